import type pg from "pg";

import { endOfDay, usedUp } from "../../../model/user-limits.ts";
import { countPostOfUser, countScheduledOfUser, countContentOfUser } from "../../db/queries/user-limits.ts";
import { lockUser } from "../../db/queries/users.ts";
import type { Call } from "../call.ts";
import type { Services } from "../services.ts";

/**
 * Counts a post that a user creates, in the transaction that creates it. Throws RATE_LIMITED if the user has reached
 * the daily limit.
 */
export async function countPostAgainstLimit(
  { limitsOf }: Pick<Services, "limitsOf">,
  tx: pg.PoolClient,
  { userId }: Call,
  now = new Date(),
): Promise<void> {
  const { postsPerDay: most } = await limitsOf(userId);
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
 * Counts the content of a created or edited post, in the same transaction. Throws RATE_LIMITED beyond the user's daily
 * limit.
 */
export async function countContentAgainstLimit(
  { limitsOf }: Pick<Services, "limitsOf">,
  tx: pg.PoolClient,
  { userId }: Pick<Call, "userId">,
  bytes: number,
  now = new Date(),
): Promise<void> {
  const { contentBytesPerDay: most } = await limitsOf(userId);
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
  { limitsOf }: Pick<Services, "limitsOf">,
  tx: pg.PoolClient,
  { userId }: Call,
): Promise<void> {
  const { maxScheduledPosts: most } = await limitsOf(userId);
  if (most === null) return;
  await lockUser.one(tx, [userId]);
  const { count, first } = (await countScheduledOfUser.one(tx, [userId, most])) ?? { count: 0, first: null };
  if (count < most) return;
  throw usedUp(
    {
      kind: "quota",
      name: "maxScheduledPosts",
      limit: most,
      resetsAt: first,
      message: `You have reached your limit of ${most} scheduled ${most === 1 ? "post" : "posts"}`,
      fix: "Wait until one of them is published, discard one, or create a draft and publish it when its time has come.",
    },
    { path: "/scheduledFor" },
  );
}
