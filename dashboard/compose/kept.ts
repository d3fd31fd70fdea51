import type { Mode } from "../../model/platform-names.ts";
import { workspace } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { type Draft, isItem, isRecord, type Item } from "./draft.ts";

/** Keeps what is not saved yet in this browser, for who is signed in and the workspace that is open. `by` tells apart the tabs that write the same post. */
export function keep(mode: Mode, id: string | null, by: string, draft: Draft): void {
  try {
    localStorage.setItem(nameOf(mode, id), JSON.stringify({ by, draft }, withoutFiles));
  } catch {
    // A browser without room for it keeps nothing.
  }
}

/** Drops what is kept, or only if this tab has kept it. */
export function dropKept(mode: Mode, id: string | null, by?: string): void {
  if (by === undefined || read(mode, id)?.["by"] === by) localStorage.removeItem(nameOf(mode, id));
}

export function readKept(mode: Mode, id: string | null): Draft | null {
  const draft = read(mode, id)?.["draft"];
  return isRecord(draft) && isRecord(draft["overrides"]) && isRecord(draft["when"]) ? Object(draft) : null;
}

function read(mode: Mode, id: string | null): Record<string, unknown> | null {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(nameOf(mode, id)) ?? "null");
    return isRecord(kept) ? kept : null;
  } catch {
    return null;
  }
}

function nameOf(mode: Mode, id: string | null): string {
  return ["ampost.composer", start.user.id, workspace.id, mode, id ?? "new"].join(".");
}

/** Files that are not stored are gone with the page, and so are the addresses at which it shows them. */
function withoutFiles(_: string, value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value
    .filter((each) => !isItem(each) || each.entry !== null)
    .map((each: unknown) => (isItem(each) ? withoutFile(each) : each));
}

function withoutFile(item: Item): Item {
  const isLocal = item.shown.src?.startsWith("blob:") === true;
  return isLocal ? { ...item, shown: { ...item.shown, src: null } } : item;
}
