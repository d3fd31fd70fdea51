import type { Tenant } from "./tenant.ts";

/** The rate classes of operations, and the seconds that each is counted over. */
export const RATES = { createPost: 60, publishPost: 60, connectPlatform: 3600, mediaUpload: 60, apiRead: 60 } as const;
export type RateClass = keyof typeof RATES;
export const RATE_CLASSES = [
  "createPost",
  "publishPost",
  "connectPlatform",
  "mediaUpload",
  "apiRead",
] as const satisfies readonly RateClass[];

/** What a plan limits besides rates, in live mode. The first three count per calendar month (UTC). */
export const QUOTAS = [
  "postsPerMonth",
  "mediaUploadsPerMonth",
  "apiRequestsPerMonth",
  "maxScheduledPosts",
  "maxStorageBytes",
] as const;
export type Quota = (typeof QUOTAS)[number];

/** Every limit that an operator can change for one user: those of plans, and platform sets in each mode. */
export const LIMIT_NAMES = [...RATE_CLASSES, ...QUOTAS, "maxPlatformSets"] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** Requests per window, and quotas; null: unlimited. */
export type PlanLimits = Record<RateClass | Quota, number | null>;

interface Plan {
  monthlyPriceUsd: number;
  limits: PlanLimits;
}

export const PLANS = {
  free: {
    monthlyPriceUsd: 0,
    limits: {
      createPost: 10,
      publishPost: 10,
      connectPlatform: 10,
      mediaUpload: 10,
      apiRead: 60,
      postsPerMonth: 30,
      mediaUploadsPerMonth: 30,
      apiRequestsPerMonth: 3_000,
      maxScheduledPosts: 10,
      maxStorageBytes: 500e6,
    },
  },
  creator: {
    monthlyPriceUsd: 19,
    limits: {
      createPost: 60,
      publishPost: 60,
      connectPlatform: 30,
      mediaUpload: 60,
      apiRead: 300,
      postsPerMonth: 500,
      mediaUploadsPerMonth: 1_000,
      apiRequestsPerMonth: 100_000,
      maxScheduledPosts: 200,
      maxStorageBytes: 10e9,
    },
  },
  pro: {
    monthlyPriceUsd: 59,
    limits: {
      createPost: 120,
      publishPost: 120,
      connectPlatform: 100,
      mediaUpload: 120,
      apiRead: 600,
      postsPerMonth: 5_000,
      mediaUploadsPerMonth: 10_000,
      apiRequestsPerMonth: 1_000_000,
      maxScheduledPosts: 2_000,
      maxStorageBytes: 100e9,
    },
  },
  scale: {
    monthlyPriceUsd: 249,
    limits: {
      createPost: 600,
      publishPost: 600,
      connectPlatform: 500,
      mediaUpload: 600,
      apiRead: 3_000,
      postsPerMonth: 50_000,
      mediaUploadsPerMonth: 100_000,
      apiRequestsPerMonth: 10_000_000,
      maxScheduledPosts: 20_000,
      maxStorageBytes: 1e12,
    },
  },
  /** Users of an instance without billing, unless the operator gives them another plan. */
  "self-hosted": {
    monthlyPriceUsd: 0,
    limits: {
      createPost: null,
      publishPost: null,
      connectPlatform: null,
      mediaUpload: null,
      apiRead: null,
      postsPerMonth: null,
      mediaUploadsPerMonth: null,
      apiRequestsPerMonth: null,
      maxScheduledPosts: null,
      maxStorageBytes: null,
    },
  },
} as const satisfies Record<string, Plan>;

export type PlanName = keyof typeof PLANS;

/** The name as people read it. */
export function planLabel(name: PlanName): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** A user's plan, with the limits that the operator changed for this user. */
export interface UserPlan {
  name: PlanName;
  limits: PlanLimits;
  /** Platform sets in each mode, if the operator changed the instance's limit for this user; null: unlimited. */
  maxPlatformSets?: number | null;
}

/** Where a user's plan is looked up, for every purpose. */
export type PlanOf = (userId: string) => Promise<UserPlan>;

/** What a user's plan limits in a mode, besides rates: nothing in test mode. */
export async function quotasIn(planOf: PlanOf, { userId, mode }: Tenant): Promise<Record<Quota, number | null>> {
  return mode === "live" ? (await planOf(userId)).limits : PLANS["self-hosted"].limits;
}

/** Percents of a quota; users are notified when so much of it has been used. */
export const USAGE_THRESHOLDS = [80, 100] as const;

/** The highest threshold that has been reached; 0 if none. */
export function thresholdAt(used: number, limit: number): number {
  return USAGE_THRESHOLDS.findLast((percent) => used * 100 >= limit * percent) ?? 0;
}

export const selfHosted: PlanOf = async () => ({ name: "self-hosted", limits: PLANS["self-hosted"].limits });
