import type { PostingTimesAnswer } from "../../../contract/operations/posting-times.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { commonTimesBetween, type PostingTimes } from "../../../model/posting-times.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findPostingTimes, listTakenTimes, savePostingTimes } from "../../db/queries/platform-sets.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { setNotFound } from "./platform-sets.ts";

export const NONE: PostingTimes = { timeZone: "UTC", times: {} };

/** When a set's posts are published, and the next of these times that is free. Throws NOT_FOUND. */
export async function getPostingTimes(
  { pool }: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
): Promise<Answer<{ postingTimes: PostingTimesAnswer }>> {
  const row = await findPostingTimes.one(pool, [id, caller.userId, caller.mode]);
  if (row === undefined) throw setNotFound();
  return { body: { postingTimes: await showTimes(pool, caller, ofSet(id), row.posting_times ?? NONE) } };
}

/** Replaces a set's posting times. Scheduled posts keep their times. Throws NOT_FOUND. */
export async function setPostingTimes(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
  given: PostingTimes,
): Promise<Answer<{ postingTimes: PostingTimesAnswer }>> {
  const { userId, mode } = call;
  return await write(services, call, async (tx) => {
    const isNone = Object.values(given.times).every((times) => times.length === 0);
    if ((await savePostingTimes.one(tx, [id, userId, mode, isNone ? null : given])) === undefined) throw setNotFound();
    const action = "platform_set.posting_times_changed";
    await recordAudit(tx, call, { userId, mode, action, target: id, data: { ...given } });
    return { body: { postingTimes: await showTimes(tx, call, ofSet(id), given) } };
  });
}

const ofSet = (platformSetId: string) => ({ platformSetId, platforms: null });

/** How far ahead a post can be scheduled. */
const SEARCHED_MILLISECONDS = 365 * 86_400_000;

/** How many times are looked up at once. */
const TIMES_AT_ONCE = 100;

/** Whose posting times: of a set's accounts on some platforms, or of the set itself, for all of them. */
interface TimesOf {
  platformSetId: string;
  platforms: readonly PlatformName[] | null;
  /** A post needs a time that is in all of them. */
  all: readonly PostingTimes[];
}

/**
 * The next common posting time for which no other post of these accounts is scheduled, or why there is none within a
 * year. It stays free only while `lockPostingTimes` is held.
 */
export async function findFreeTime(
  db: Db,
  { userId, mode }: Tenant,
  { platformSetId, platforms, all }: TimesOf,
  exceptPostId: string | null = null,
  now = new Date(),
): Promise<Date | "differ" | "taken"> {
  const times = commonTimesBetween(all, now, new Date(now.getTime() + SEARCHED_MILLISECONDS));
  for (let looked = 0; ; looked += TIMES_AT_ONCE) {
    const some = take(times, TIMES_AT_ONCE);
    if (some.length === 0) return looked === 0 ? "differ" : "taken";
    const rows = await listTakenTimes.all(db, [platformSetId, userId, mode, some, platforms, exceptPostId]);
    const taken = new Set(rows.map((row) => row.scheduled_for.getTime()));
    const free = some.find((at) => !taken.has(at.getTime()));
    if (free !== undefined) return free;
  }
}

function take(times: Iterator<Date, void>, most: number): Date[] {
  const taken: Date[] = [];
  while (taken.length < most) {
    const { value, done } = times.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

/** Posting times as they are shown, with the next free one. */
export async function showTimes(
  db: Db,
  caller: Tenant,
  of: Omit<TimesOf, "all">,
  { timeZone, times }: PostingTimes,
): Promise<PostingTimesAnswer> {
  const next = await findFreeTime(db, caller, { ...of, all: [{ timeZone, times }] });
  return {
    timeZone,
    times: Object.fromEntries(Object.entries(times).filter(([, each]) => each.length > 0)),
    nextFreeAt: typeof next === "string" ? null : next.toISOString(),
  };
}
