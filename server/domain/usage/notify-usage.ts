import { firstIdAt } from "../../../model/ids.ts";
import type { Quota } from "../../../model/plans.ts";
import { noteUsage } from "../../db/note-usage.ts";
import { holdMonth, type MonthRow } from "../../db/queries/usage.ts";
import { transaction } from "../../db/sql.ts";
import type { Services } from "../services.ts";

type MonthlyQuota = Exclude<Quota, `max${string}`>;

const COUNTED = {
  postsPerMonth: ["posts", "posts_notified"],
  mediaUploadsPerMonth: ["media_uploads", "media_uploads_notified"],
  apiRequestsPerMonth: ["api_requests", "api_requests_notified"],
} as const satisfies Record<MonthlyQuota, [used: keyof MonthRow, notified: keyof MonthRow]>;

const underWay = new Set<string>();

/**
 * Notifies a user of the thresholds that a monthly quota has reached, apart from the request that noticed it, which does
 * not wait. If this fails, the next request that notices it tries again.
 */
export function notifyOfUsage(
  services: Pick<Services, "pool" | "planOf" | "jobs" | "log">,
  userId: string,
  quota: MonthlyQuota,
): void {
  const key = `${quota} ${userId}`;
  if (underWay.has(key)) return;
  underWay.add(key);
  notify(services, userId, quota)
    .catch((error: unknown) =>
      services.log.warn({ err: error, userId, quota }, "A user could not be notified of usage"),
    )
    .finally(() => underWay.delete(key));
}

async function notify(
  services: Pick<Services, "pool" | "planOf" | "jobs">,
  userId: string,
  quota: MonthlyQuota,
): Promise<void> {
  const limit = (await services.planOf(userId)).limits[quota];
  if (limit === null) return;
  const [counted, known] = COUNTED[quota];
  await transaction(services.pool, async (tx) => {
    const row = await holdMonth.one(tx, [userId, beforeMonth(), null]);
    if (row === undefined) return;
    await noteUsage(services, tx, { userId, quota, used: row[counted], limit, notified: row[known] });
  });
}

/** Lower than every ID of this month, by whatever clock: a day is left for the difference. */
export function beforeMonth(now = new Date()): string {
  return firstIdAt(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 0)));
}
