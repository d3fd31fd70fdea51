export const menuClass = "z-50 min-w-44 rounded-xl border bg-card p-1 text-ink shadow-lg";
export const menuItemClass =
  "block rounded-lg px-3 py-2 text-sm text-ink no-underline outline-none data-highlighted:bg-tint data-disabled:opacity-50";
