import type { Mode } from "../../model/platform-names.ts";
import { isTimeZone, readLocalTime } from "../../model/time-zones.ts";
import { workspace } from "../shell/workspace.ts";
import { start } from "../start.ts";
import { type Draft, isItem, isRecord, type Item, type When } from "./draft.ts";
import type { Saved } from "./saving.ts";

/** What is not saved yet, kept in this browser for who is signed in and the workspace that is open. */
export interface Kept {
  /** The composer that it is written in: no other replaces it. */
  key: string;
  /** When it was kept, as `Date.now()` has it. */
  at: number;
  /** The post that it changes, as it was then; null if there was none. */
  version: Saved | null;
  draft: Draft;
}

/** When there is more, the oldest goes. */
const MOST = 10;
const MOST_CHARACTERS = 2_000_000;

export function keep(mode: Mode, { key, ...kept }: Kept): void {
  const name = prefixOf("composer", mode) + key;
  const text = JSON.stringify(kept, withoutFiles);
  const isNew = localStorage.getItem(name) === null;
  const others = isNew ? storedIn(mode) : [];
  let room = MOST_CHARACTERS - text.length;
  const left = others.filter((each, place) => {
    room -= each.text.length;
    if (place + 1 < MOST && room >= 0) return true;
    localStorage.removeItem(each.name);
    return false;
  });
  while (!store(name, text)) {
    const oldest = left.pop();
    // A browser without room for it keeps what it has.
    if (oldest === undefined) return;
    localStorage.removeItem(oldest.name);
  }
}

/** Drops what is kept, or only if it is this draft. */
export function dropKept(mode: Mode, key: string, draft?: Draft): void {
  if (draft === undefined || isSame(draft, readKept(mode, key)?.draft))
    localStorage.removeItem(prefixOf("composer", mode) + key);
}

export function readKept(mode: Mode, key: string): Kept | null {
  return read(key, localStorage.getItem(prefixOf("composer", mode) + key));
}

/** What is kept for a post, or for new ones (null), the newest first. */
export function listKept(mode: Mode, postId: string | null): Kept[] {
  const prefix = prefixOf("composer", mode);
  return storedIn(mode).flatMap(({ name, text }) => {
    const kept = read(name.slice(prefix.length), text);
    return kept === null || (kept.version?.post.id ?? null) !== postId ? [] : [kept];
  });
}

/** All that is kept, the newest first. */
function storedIn(mode: Mode): { name: string; text: string; at: number }[] {
  const prefix = prefixOf("composer", mode);
  return Object.keys(localStorage)
    .filter((name) => name.startsWith(prefix))
    .map((name) => {
      const text = localStorage.getItem(name) ?? "";
      return { name, text, at: read("", text)?.at ?? 0 };
    })
    .toSorted((one, other) => other.at - one.at);
}

function read(key: string, text: string | null): Kept | null {
  const kept = parse(text);
  if (!isRecord(kept)) return null;
  const { at, version, draft } = kept;
  const isVersion = version === null || (isRecord(version) && isRecord(version["post"]));
  const isDraft = isRecord(draft) && isRecord(draft["overrides"]) && isRecord(draft["when"]);
  return typeof at === "number" && isVersion && isDraft
    ? { key, at, version: version === null ? null : Object(version), draft: Object(draft) }
    : null;
}

function isSame(draft: Draft, kept: Draft | undefined): boolean {
  return JSON.stringify(draft, withoutFiles) === JSON.stringify(kept);
}

const MOST_TIMES = 50;

/** Keeps the time that was chosen for a draft, which has none on the server until it is scheduled. */
export function keepTime(mode: Mode, postId: string, when: When | null): void {
  const others = timesIn(mode).filter(([id]) => id !== postId);
  const chosen = when === null || when.kind === "draft" ? [] : [[postId, when]];
  if (others.length + chosen.length === 0) localStorage.removeItem(prefixOf("times", mode));
  else store(prefixOf("times", mode), JSON.stringify([...others, ...chosen].slice(-MOST_TIMES)));
}

/** The time that was chosen for a draft, unless it has passed. */
export function readTime(mode: Mode, postId: string): When | null {
  const when = timesIn(mode).find(([id]) => id === postId)?.[1];
  if (when === undefined || when.kind !== "at") return when ?? null;
  const at = when.at ?? readLocalTime(when.local, when.timeZone).instant?.toISOString();
  return at !== undefined && Date.parse(at) < Date.now() ? null : when;
}

function timesIn(mode: Mode): [string, When][] {
  const times = parse(localStorage.getItem(prefixOf("times", mode)));
  return (Array.isArray(times) ? times : []).flatMap((each: unknown): [string, When][] => {
    const [id, when]: unknown[] = Array.isArray(each) ? each : [];
    return typeof id === "string" && isWhen(when) ? [[id, when]] : [];
  });
}

function isWhen(value: unknown): value is When {
  if (!isRecord(value)) return false;
  const { kind, local, at, timeZone } = value;
  return (
    ["next", "at"].some((each) => each === kind) &&
    typeof local === "string" &&
    (at === null || typeof at === "string") &&
    typeof timeZone === "string" &&
    isTimeZone(timeZone)
  );
}

function prefixOf(what: "composer" | "times", mode: Mode): string {
  return ["ampost", what, start.user.id, workspace.id, mode, ""].join(".");
}

function parse(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}

function store(name: string, text: string): boolean {
  try {
    localStorage.setItem(name, text);
    return true;
  } catch {
    return false;
  }
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
