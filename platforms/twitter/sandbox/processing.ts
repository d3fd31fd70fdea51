import type { Call } from "../../../sandbox/platform.ts";
import { integer, textOrNull, type Row } from "../../../sandbox/store.ts";
import type { XMedia } from "./stored-media.ts";

/**
 * The states of a GIF or video after its last byte:
 *
 *   pending      until the first status read, or for a second
 *   in_progress  then
 *   succeeded or failed, at the second read or after 3 s (GIF) or 5 s (video)
 *
 * Source: X docs, media upload status, for the states; the times are the sandbox's choice.
 */
export const PROCESSING_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_processing (
  media_id TEXT PRIMARY KEY, begun_at INTEGER NOT NULL, ready_at INTEGER NOT NULL, reads_left INTEGER NOT NULL,
  stuck INTEGER NOT NULL, name TEXT, message TEXT) WITHOUT ROWID;`;

const SLOW_SECONDS = 60;

/** `problem` is the message it will fail with; null if it will succeed. */
export function startProcessing(call: Call, media: XMedia, problem: string | null): void {
  const seconds = media.category.endsWith("_gif") ? 3 : 5;
  call.world.store.run(
    "INSERT INTO twitter_processing VALUES (?, ?, ?, 2, 0, ?, ?)",
    media.id,
    call.now,
    call.now + seconds * 1000,
    problem === null ? null : "InvalidMedia",
    problem,
  );
  actOut(call, media.id);
}

/** `processing_info`; undefined for media that needs no processing. A read counts toward those that end it. */
export function readProcessing(
  call: Call,
  id: string,
  { isRead }: { isRead: boolean },
): Record<string, unknown> | undefined {
  if (isRead) actOut(call, id);
  if (isRead) call.world.store.run("UPDATE twitter_processing SET reads_left = reads_left - 1 WHERE media_id = ?", id);
  const found = find(call, id);
  if (!found) return undefined;
  const { begunAt, readyAt } = found;
  if (isDone(found, call.now)) return outcome(found);
  if (!isRead && call.now < begunAt + 1000) return { state: "pending", check_after_secs: 1 };
  const progress = Math.floor((99 * (call.now - begunAt)) / Math.max(1, readyAt - begunAt));
  const leftSeconds = Math.ceil((readyAt - call.now) / 1000);
  return {
    state: "in_progress",
    check_after_secs: Math.min(5, Math.max(1, leftSeconds)),
    progress_percent: Math.min(99, Math.max(1, progress)),
  };
}

/** Whether it can be posted; media without processing always can. */
export function hasSucceeded(call: Call, id: string): boolean {
  const row = find(call, id);
  return row === undefined || (isDone(row, call.now) && row.message === null);
}

interface Processing {
  begunAt: number;
  readyAt: number;
  readsLeft: number;
  stuck: boolean;
  name: string | null;
  message: string | null;
}

function isDone({ readyAt, readsLeft, stuck }: Processing, now: number): boolean {
  return !stuck && (readsLeft <= 0 || now >= readyAt);
}

function outcome({ name, message }: Processing): Record<string, unknown> {
  return message === null
    ? { state: "succeeded", progress_percent: 100 }
    : { state: "failed", progress_percent: 100, error: { code: 1, name, message } };
}

/** The faults that processing reports. */
function actOut({ behaviour, world, now }: Call, id: string): void {
  const set = (what: string, ...values: (string | number)[]) =>
    world.store.run(`UPDATE twitter_processing SET ${what} WHERE media_id = ?`, ...values, id);
  if (behaviour?.name === "process_forever") set("stuck = 1");
  if (behaviour?.name === "media-failed") set("name = ?, message = ?", "InvalidMedia", "Unsupported video format");
  if (behaviour?.name === "media-failed-internal")
    set("name = ?, message = ?", "InternalError", "Internal error while processing the media");
  if (behaviour?.name === "slow-processing") set("ready_at = ?, reads_left = ?", now + SLOW_SECONDS * 1000, 1000);
}

function find({ world }: Call, id: string): Processing | undefined {
  const row = world.store.get("SELECT * FROM twitter_processing WHERE media_id = ?", id);
  return row && toProcessing(row);
}

function toProcessing(row: Row): Processing {
  return {
    begunAt: integer(row, "begun_at"),
    readyAt: integer(row, "ready_at"),
    readsLeft: integer(row, "reads_left"),
    stuck: integer(row, "stuck") === 1,
    name: textOrNull(row, "name"),
    message: textOrNull(row, "message"),
  };
}
