import type { Call } from "../platform.ts";
import { invalid } from "./graph.ts";

/** A page of a Graph list, and its parameters: `limit`, `since`, `until`, `after`, `before`. */
export interface Window {
  limit: number;
  /** Milliseconds since 1970, both inclusive. */
  sinceAt: number;
  untilAt: number;
  /** Only items before this position in creation order, exclusive; 0 and the largest number mean no bound. */
  afterSeq: number;
  beforeSeq: number;
}

export function windowOf(call: Call, options: { preset: number; most: number }): Window {
  const { params } = call;
  const since = timeOf(params["since"], "since");
  const until = timeOf(params["until"], "until");
  return {
    limit: Math.min(limitOf(params["limit"], options.preset), options.most),
    sinceAt: since === null ? 0 : since * 1000,
    untilAt: until === null ? Number.MAX_SAFE_INTEGER : until * 1000 + 999,
    beforeSeq: cursorOf(params["after"]) ?? Number.MAX_SAFE_INTEGER,
    afterSeq: cursorOf(params["before"]) ?? 0,
  };
}

/** The response fields. `rows` holds one more than the page if there are more. */
export function pageOf<T>(
  call: Call,
  rows: T[],
  limit: number,
  { seqOf, toItem }: { seqOf: (row: T) => number; toItem: (row: T) => unknown },
): Record<string, unknown> {
  const page = rows.slice(0, limit);
  const [first, last] = [page[0], page.at(-1)];
  if (first === undefined || last === undefined) return { data: [] };
  const cursors = { before: toCursor(seqOf(first)), after: toCursor(seqOf(last)) };
  const next = new URL(call.url);
  next.searchParams.set("after", cursors.after);
  next.searchParams.delete("access_token");
  return { data: page.map(toItem), paging: { cursors, ...(rows.length > limit && { next: String(next) }) } };
}

/** `MTAx` for 101. */
export function toCursor(seq: number | string): string {
  return Buffer.from(String(seq)).toString("base64");
}

/** Unix seconds, or a date string. */
export function timeOf(value: string | undefined, name: string): number | null {
  if (value === undefined || value === "") return null;
  const seconds = /^\d{1,12}$/.test(value) ? Number(value) : Math.floor(Date.parse(value) / 1000);
  if (!Number.isFinite(seconds)) throw invalid(`Param ${name} must be a unix time or a date.`);
  return seconds;
}

function limitOf(value: string | undefined, preset: number): number {
  if (value === undefined || value === "") return preset;
  if (!/^\d{1,9}$/.test(value) || Number(value) < 1) throw invalid("Param limit must be a whole number above 0.");
  return Number(value);
}

function cursorOf(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === "") return null;
  const seq = Number(Buffer.from(cursor, "base64").toString());
  if (!Number.isSafeInteger(seq)) throw invalid("Invalid cursors values");
  return seq;
}
