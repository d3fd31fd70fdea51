import type { PostingTimesAnswer } from "../../../contract/operations/platform-sets.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { type PostingTimes, postingTimesBetween } from "../../../model/posting-times.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  findPostingTimes,
  listPostingTimes as selectPostingTimes,
  listTakenTimes,
  savePostingTimes,
} from "../../db/queries/platform-sets.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { setNotFound } from "./platform-sets.ts";

const NONE: PostingTimes = { timeZone: "UTC", times: {} };

/** When a set's posts are published, and the next of these times that is free. Throws NOT_FOUND. */
export async function getPostingTimes(
  { pool }: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
): Promise<Answer<{ postingTimes: PostingTimesAnswer }>> {
  const row = await findPostingTimes.one(pool, [id, caller.userId, caller.mode]);
  if (row === undefined) throw setNotFound();
  return { body: { postingTimes: await toAnswer(pool, caller, id, row.posting_times ?? NONE) } };
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
    return { body: { postingTimes: await toAnswer(tx, call, id, given) } };
  });
}

/** The posting times of all sets that have any, by the set's ID. */
export async function listPostingTimes(
  { pool }: Pick<Services, "pool">,
  caller: Tenant,
): Promise<ReadonlyMap<string, PostingTimesAnswer>> {
  const rows = await selectPostingTimes.all(pool, [caller.userId, caller.mode]);
  const all = new Map<string, PostingTimesAnswer>();
  for (const { id, posting_times: times } of rows) all.set(id, await toAnswer(pool, caller, id, times));
  return all;
}

/** How far ahead a post can be scheduled. */
const SEARCHED_MILLISECONDS = 365 * 86_400_000;

/** How many times are looked up at once. */
const TIMES_AT_ONCE = 100;

/**
 * The next posting time for which no other post of the set is scheduled; null if all of a year are taken. It stays free
 * only while `lockPostingTimes` is held.
 */
export async function findFreeTime(
  db: Db,
  { userId, mode }: { userId: string; mode: Mode },
  set: { id: string; postingTimes: PostingTimes },
  exceptPostId: string | null = null,
  now = new Date(),
): Promise<Date | null> {
  const times = postingTimesBetween(set.postingTimes, now, new Date(now.getTime() + SEARCHED_MILLISECONDS));
  for (;;) {
    const some = take(times, TIMES_AT_ONCE);
    if (some.length === 0) return null;
    const rows = await listTakenTimes.all(db, [set.id, userId, mode, some, exceptPostId]);
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

async function toAnswer(db: Db, caller: Tenant, id: string, postingTimes: PostingTimes): Promise<PostingTimesAnswer> {
  const next = await findFreeTime(db, caller, { id, postingTimes });
  const times = Object.fromEntries(Object.entries(postingTimes.times).filter(([, each]) => each.length > 0));
  return { timeZone: postingTimes.timeZone, times, nextFreeAt: next?.toISOString() ?? null };
}
