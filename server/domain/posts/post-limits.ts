import type pg from "pg";

import type { PublicError } from "../../../model/errors.ts";
import { quotasIn } from "../../../model/plans.ts";
import { endOfDay, endOfMonth, standingLimits, usedUp } from "../../../model/user-limits.ts";
import { noteStanding, noteUsage } from "../../db/note-usage.ts";
import { addPostToMonth, countPostOfMonth, holdMonth } from "../../db/queries/usage.ts";
import { countPostOfUser, countScheduledOfUser, countContentOfUser } from "../../db/queries/user-limits.ts";
import { lockUser } from "../../db/queries/users.ts";
import type { Call } from "../call.ts";
import type { Services } from "../services.ts";
import { beforeMonth, notifyOfUsage } from "../usage/notify-usage.ts";

/**
 * Counts a post that a user creates, in the transaction that creates it. Throws RATE_LIMITED if the user has reached
 * the daily limit.
 */
export async function countPostAgainstLimit(
  { limitsOf }: Pick<Services, "limitsOf">,
  tx: pg.PoolClient,
  { userId, mode }: Call,
  now = new Date(),
): Promise<void> {
  const { postsPerDay: most } = await limitsOf(userId, mode);
  if (most === null || (await countPostOfUser.one(tx, [userId, most])) !== undefined) return;
  const resetsAt = endOfDay(now);
  throw usedUp(
    {
      kind: "quota",
      name: "postsPerDay",
      limit: most,
      resetsAt,
      message: `You have reached your limit of ${most} ${most === 1 ? "post" : "posts"} per day`,
      fix: `Wait until ${resetsAt.toISOString()}, or ask the operator of this instance for a higher limit.`,
    },
    { now },
  );
}

/**
 * Counts a post against the monthly quota, in the transaction that has created it. Throws RATE_LIMITED if it has been used
 * up.
 */
export async function countPostAgainstQuota(
  services: Pick<Services, "planOf" | "jobs" | "pool" | "log">,
  tx: pg.PoolClient,
  call: Call,
  postId: string,
): Promise<void> {
  const { postsPerMonth: limit } = await quotasIn(services.planOf, call);
  if (limit === null || (await countPostOfMonth.run(tx, [call.userId, limit])) === 1) return;
  const { posts = 0, posts_notified: notified = 0 } =
    (await holdMonth.one(tx, [call.userId, beforeMonth(), postId])) ?? {};
  if (posts >= limit) {
    // As after a change to a smaller plan: nothing that is counted tells.
    if (notified < 100) notifyOfUsage(services, call.userId, "postsPerMonth");
    throw postsUsedUp(limit);
  }
  await addPostToMonth.run(tx, [call.userId]);
  await noteUsage(services, tx, { userId: call.userId, quota: "postsPerMonth", used: posts + 1, limit, notified });
}

function postsUsedUp(limit: number, now = new Date()): PublicError {
  const resetsAt = endOfMonth(now);
  return usedUp(
    {
      kind: "quota",
      name: "postsPerMonth",
      limit,
      resetsAt,
      message: `You have reached your limit of ${limit} ${limit === 1 ? "post" : "posts"} per month`,
      fix: `Wait until ${resetsAt.toISOString()}, discard a draft or scheduled post, or switch to a larger plan.`,
    },
    { now },
  );
}

/**
 * Counts the content of a created or edited post, in the same transaction. Throws RATE_LIMITED beyond the user's daily
 * limit.
 */
export async function countContentAgainstLimit(
  { limitsOf }: Pick<Services, "limitsOf">,
  tx: pg.PoolClient,
  { userId, mode }: Pick<Call, "userId" | "mode">,
  bytes: number,
  now = new Date(),
): Promise<void> {
  const { contentBytesPerDay: most } = await limitsOf(userId, mode);
  if (most === null || (await countContentOfUser.one(tx, [userId, most, bytes])) !== undefined) return;
  const resetsAt = endOfDay(now);
  throw usedUp(
    {
      kind: "quota",
      name: "contentBytesPerDay",
      limit: most,
      resetsAt,
      message: `This post would exceed your limit of ${most} bytes of post content per day`,
      fix: `Wait until ${resetsAt.toISOString()}, send less, or ask the operator of this instance for more.`,
    },
    { now },
  );
}

/**
 * Checks the limit of scheduled posts, in the transaction that schedules one more. Throws RATE_LIMITED at the limit.
 */
export async function enforceScheduledLimit(
  services: Pick<Services, "limitsOf" | "planOf" | "jobs">,
  tx: pg.PoolClient,
  call: Call,
): Promise<void> {
  const limits = await standingLimits(services, call, "maxScheduledPosts");
  if (limits.length === 0) return;
  const { userId } = call;
  const notified = (await lockUser.one(tx, [userId]))?.scheduled_notified ?? 0;
  for (const { most, modes, isQuota } of limits) {
    const { count = 0, first = null } = (await countScheduledOfUser.one(tx, [userId, most, modes])) ?? {};
    if (count >= most) throw scheduledUsedUp(most, isQuota ? null : first);
    const usage = {
      userId,
      quota: "maxScheduledPosts",
      used: count + 1,
      before: count,
      limit: most,
      notified,
    } as const;
    if (isQuota) await noteStanding(services, tx, usage);
  }
}

function scheduledUsedUp(most: number, resetsAt: Date | null): PublicError {
  return usedUp(
    {
      kind: "quota",
      name: "maxScheduledPosts",
      limit: most,
      resetsAt,
      message: `You have reached your limit of ${most} scheduled ${most === 1 ? "post" : "posts"}`,
      fix: "Wait until one of them is published, discard one, or create a draft and publish it when its time has come.",
    },
    { path: "/scheduledFor" },
  );
}
