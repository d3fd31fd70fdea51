const STORED = "ampost.shortcuts";

/** Something that can be done from anywhere, by its name or, where nothing is typed, by its keys. */
export interface Command {
  name: string;
  /** Pressed one after the other. */
  keys?: readonly string[];
  run: () => void;
}

export type Shortcut = Required<Command>;

/** Shortcuts of one key can be in the way of speech input, so they can be turned off. */
export function areShortcutsOn(): boolean {
  return localStorage.getItem(STORED) !== "off";
}

export function turnShortcuts(isOn: boolean): void {
  if (isOn) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, "off");
}

/** How a key is written that is pressed together with Ctrl, or ⌘ on a Mac. */
export function withControl(key: string): string {
  return /Mac|iP(hone|ad)/.test(navigator.userAgent) ? `⌘${key}` : `Ctrl ${key}`;
}

const MOST_MILLISECONDS_BETWEEN = 1_500;

/** Calls a shortcut once its keys were pressed. Returns what ends it. */
export function listenForShortcuts(shortcuts: () => readonly Shortcut[]): () => void {
  let before: { key: string; at: number } | null = null;
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!areShortcutsOn() || isTaken(event.target)) return;
    const first = before !== null && event.timeStamp - before.at < MOST_MILLISECONDS_BETWEEN ? before.key : null;
    const found =
      find(shortcuts(), first === null ? [event.key] : [first, event.key]) ?? find(shortcuts(), [event.key]);
    before = found === undefined ? { key: event.key, at: event.timeStamp } : null;
    if (found === undefined) return;
    event.preventDefault();
    found.run();
  };
  addEventListener("keydown", onKey);
  return () => removeEventListener("keydown", onKey);
}

function find(shortcuts: readonly Shortcut[], pressed: readonly string[]): Shortcut | undefined {
  return shortcuts.find(({ keys }) => keys.join(" ") === pressed.join(" "));
}

/** Whether keys mean something else there: in what is typed, and in anything that is open over the view. */
function isTaken(target: EventTarget | null): boolean {
  return (
    (target instanceof Element &&
      target.closest("input, textarea, select, [contenteditable='true'], [role='menu'], [role='listbox']") !== null) ||
    document.querySelector("dialog[open]") !== null
  );
}
