import { type Quota, thresholdAt, USAGE_THRESHOLDS } from "../../model/plans.ts";
import { endOfMonth } from "../../model/user-limits.ts";
import type { JobSender } from "./job-sender.ts";
import { insertThresholdEvent, setNotified, setNotifiedOfMonth } from "./queries/usage.ts";
import type { Db } from "./sql.ts";

/** Emails about thresholds. */
export const USAGE_QUEUE = "usage.notify";

/** How much of a quota a user has used, and the highest threshold that the user was notified of. */
export interface Used {
  userId: string;
  quota: Quota;
  used: number;
  limit: number;
  notified: number;
}

/** What an event of a threshold says. */
export interface ThresholdReached {
  quota: Quota;
  percent: number;
  used: number;
  limit: number;
  /** ISO 8601; null if the quota does not reset. */
  resetsAt: string | null;
}

/**
 * Notifies the user of thresholds of a monthly quota that have been reached, once each in a month: with an event each,
 * and an email about the highest. Runs in a transaction that holds the month's row.
 */
export async function noteUsage(deps: { jobs: JobSender }, tx: Db, usage: Used, now = new Date()): Promise<void> {
  const percent = thresholdAt(usage.used, usage.limit);
  if (percent <= usage.notified) return;
  await setNotifiedOfMonth.run(tx, [usage.userId, usage.quota, percent]);
  await notify(deps, tx, usage, usage.notified, endOfMonth(now));
}

/**
 * Notifies the user of thresholds of a quota that does not reset, once each until it is below them again. `before` is
 * how much was used before the transaction, which holds the user's row.
 */
export async function noteStanding(
  deps: { jobs: JobSender },
  tx: Db,
  { before, ...usage }: Used & { before: number },
): Promise<void> {
  const known = Math.min(usage.notified, thresholdAt(before, usage.limit));
  const percent = thresholdAt(usage.used, usage.limit);
  if (percent !== usage.notified) await setNotified.run(tx, [usage.userId, usage.quota, percent]);
  if (percent > known) await notify(deps, tx, usage, known, null);
}

async function notify(
  { jobs }: { jobs: JobSender },
  tx: Db,
  { userId, quota, used, limit }: Used,
  known: number,
  resetsAt: Date | null,
): Promise<void> {
  const reached = USAGE_THRESHOLDS.filter((percent) => percent > known && percent <= thresholdAt(used, limit)).map(
    (percent): ThresholdReached => ({ quota, percent, used, limit, resetsAt: resetsAt?.toISOString() ?? null }),
  );
  for (const event of reached) await insertThresholdEvent.run(tx, [userId, event]);
  await jobs.send(tx, USAGE_QUEUE, { userId, ...reached.at(-1) });
}
