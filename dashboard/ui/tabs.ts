/** Tabs within a view, for the parts of Radix. */
export const tabsClass = "mb-2 flex flex-wrap gap-1";
export const tabClass =
  "min-h-9 rounded-lg px-3 text-sm font-semibold text-dim hover:bg-tint data-[state=active]:bg-tint " +
  "data-[state=active]:text-ink";

/** On a phone, not all tabs fit beside each other. */
export function showCurrent(nav: HTMLElement | null): void {
  const current = nav?.querySelector<HTMLElement>('[aria-current="page"]');
  if (nav && current) nav.scrollLeft = current.offsetLeft - (nav.clientWidth - current.offsetWidth) / 2;
}
