import type { AccountContext } from "../../../contract/operations/account-context.ts";
import type { Usage } from "../../../contract/operations/usage.ts";
import { type Quota, quotasIn } from "../../../model/plans.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { endOfMonth, standingLimits } from "../../../model/user-limits.ts";
import { countPostsOfMonth, findMonth } from "../../db/queries/usage.ts";
import { countPostsToday, countScheduledOfUser, readContentToday } from "../../db/queries/user-limits.ts";
import { storedBytes } from "../../media/storage-quota.ts";
import type { Services } from "../services.ts";
import { beforeMonth } from "./notify-usage.ts";

const MONTHLY = ["postsPerMonth", "mediaUploadsPerMonth", "apiRequestsPerMonth"] as const;
const STANDING = ["maxScheduledPosts", "maxStorageBytes"] as const;
const DAILY = ["postsPerDay", "contentBytesPerDay"] as const;

/** PostgreSQL's largest integer: all of them. */
const ALL = 2_147_483_647;

/** How much of the plan's quotas a user has used, in live mode. */
export async function readQuotas(
  { pool, planOf }: Pick<Services, "pool" | "planOf">,
  userId: string,
  now = new Date(),
): Promise<Usage["quotas"]> {
  const { limits } = await planOf(userId);
  const resetsAt = endOfMonth(now).toISOString();
  const use = (quota: Quota, used: number) => {
    const limit = limits[quota];
    return { used, limit, remaining: limit === null ? null : Math.max(0, limit - used) };
  };
  const month = await findMonth.one(pool, [userId]);
  // Where nothing limits posts, creating one does not count it.
  const counted = limits.postsPerMonth === null ? null : (month?.posts ?? null);
  const posts = counted ?? (await countPostsOfMonth.one(pool, [userId, beforeMonth(now)]))?.posts ?? 0;
  const scheduled = (await countScheduledOfUser.one(pool, [userId, ALL, ["live"]]))?.count ?? 0;
  return {
    postsPerMonth: { ...use("postsPerMonth", posts), resetsAt },
    mediaUploadsPerMonth: { ...use("mediaUploadsPerMonth", month?.media_uploads ?? 0), resetsAt },
    apiRequestsPerMonth: { ...use("apiRequestsPerMonth", month?.api_requests ?? 0), resetsAt },
    maxScheduledPosts: { ...use("maxScheduledPosts", scheduled), resetsAt: null },
    maxStorageBytes: {
      ...use("maxStorageBytes", await storedBytes(pool, userId, ["live"])),
      resetsAt: null,
    },
  };
}

/** What a caller can still use in its mode, of the plan and of what one person can use. */
export async function readRemaining(
  services: Pick<Services, "pool" | "planOf" | "limitsOf">,
  owner: Tenant,
  now = new Date(),
): Promise<AccountContext["quotas"]> {
  const { pool } = services;
  const { userId, mode } = owner;
  const quotas = await quotasIn(services.planOf, owner);
  const isLimited = MONTHLY.some((name) => quotas[name] !== null);
  const used = isLimited ? await readQuotas(services, userId, now) : null;
  const limits = await services.limitsOf(userId, mode);
  const today = {
    postsPerDay: async () => (await countPostsToday.one(pool, [userId]))?.posts_today ?? 0,
    contentBytesPerDay: async () => (await readContentToday.one(pool, [userId]))?.content_today ?? 0,
  };
  const there = {
    maxScheduledPosts: async (most: number, modes: readonly Tenant["mode"][]) =>
      (await countScheduledOfUser.one(pool, [userId, most, modes]))?.count ?? 0,
    maxStorageBytes: async (_most: number, modes: readonly Tenant["mode"][]) => await storedBytes(pool, userId, modes),
  };
  const daily = DAILY.map(async (name) => {
    const limit = limits[name];
    return { name, limit, remaining: limit === null ? null : Math.max(0, limit - (await today[name]())) };
  });
  const standing = STANDING.map(async (name) => {
    const left = await Promise.all(
      (await standingLimits(services, owner, name)).map(async ({ most, modes }) => ({
        name,
        limit: most,
        remaining: Math.max(0, most - (await there[name](most, modes))),
      })),
    );
    return left.sort((a, b) => a.remaining - b.remaining)[0] ?? { name, limit: null, remaining: null };
  });
  return [
    ...MONTHLY.map((name) => ({ name, limit: quotas[name], remaining: used?.[name].remaining ?? null })),
    ...(await Promise.all([...daily, ...standing])),
  ];
}
