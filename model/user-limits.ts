import { PublicError } from "./errors.ts";
import { type PlanOf, quotasIn } from "./plans.ts";
import { type Mode, MODES } from "./platform-names.ts";
import type { Tenant } from "./tenant.ts";

/** What one person can use on an instance, in both modes together; null: unlimited. */
export interface UserLimits {
  /** Requests of each rate class per clock minute. */
  callsPerMinute: number | null;
  /** Posts created per UTC day. */
  postsPerDay: number | null;
  /** Scheduled posts. */
  maxScheduledPosts: number | null;
  /** Size of post contents created and changed per UTC day. */
  contentBytesPerDay: number | null;
  /** Stored media, including the announced size of uploads in progress. */
  maxStorageBytes: number | null;
}

export const NO_LIMITS: UserLimits = {
  callsPerMinute: null,
  postsPerDay: null,
  maxScheduledPosts: null,
  contentBytesPerDay: null,
  maxStorageBytes: null,
};

/** For new users, if sign-up is open. */
export const OPEN_LIMITS: UserLimits = {
  callsPerMinute: 120,
  postsPerDay: 200,
  maxScheduledPosts: 500,
  contentBytesPerDay: 20_000_000,
  maxStorageBytes: 2_000_000_000,
};

/** How many users an instance has at most, if sign-up is open. */
export const OPEN_MAX_USERS = 1000;

/** Where a person's limits are looked up, for every purpose. Those of rates are the same in both modes. */
export type LimitsOf = (userId: string, mode?: Mode) => Promise<UserLimits>;

/** A limit on what is there at a time. */
export interface StandingLimit {
  most: number;
  /** What is counted together. */
  modes: readonly Mode[];
  isQuota: boolean;
}

/** What limits scheduled posts or storage: the plan in live mode, and what a person can use in the modes it limits. */
export async function standingLimits(
  { limitsOf, planOf }: { limitsOf: LimitsOf; planOf: PlanOf },
  owner: Tenant,
  name: "maxScheduledPosts" | "maxStorageBytes",
): Promise<StandingLimit[]> {
  const quota = (await quotasIn(planOf, owner))[name];
  const own = (await limitsOf(owner.userId, owner.mode))[name];
  const limits: StandingLimit[] = quota === null ? [] : [{ most: quota, modes: ["live"], isQuota: true }];
  if (own !== null) {
    const limited = await Promise.all(
      MODES.map(async (mode) => ((await limitsOf(owner.userId, mode))[name] === null ? [] : [mode])),
    );
    limits.push({ most: own, modes: limited.flat(), isQuota: false });
  }
  return limits;
}

export const unlimited: LimitsOf = async () => NO_LIMITS;

export interface UsedUp {
  kind: "rate" | "quota";
  /** The rate class, or the field of UserLimits. */
  name: string;
  limit: number;
  /** Null if it does not depend on time. */
  resetsAt: Date | null;
  /** The message for callers, with what to do. */
  message: string;
  fix: string;
}

/** For limits that do not depend on time: how often unused data is deleted. */
const SWEPT_SECONDS = 3600;

/** The error for exceeding a limit. */
export function usedUp(
  { kind, name, limit, resetsAt, message, fix }: UsedUp,
  { rule = `${kind}.${name}`, path = "", now = new Date() }: { rule?: string; path?: string; now?: Date } = {},
): PublicError {
  const seconds = resetsAt === null ? SWEPT_SECONDS : Math.ceil((resetsAt.getTime() - now.getTime()) / 1000);
  return PublicError.of(
    { rule, code: "RATE_LIMITED", path, message, limit, fix },
    {
      headers: { "retry-after": String(Math.max(1, seconds)) },
      extra: { limit: { kind, name, limit, resetsAt: resetsAt?.toISOString() ?? null } },
    },
  );
}

/** When the counted month ends. */
export function endOfMonth(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

/** When the counted day ends. */
export function endOfDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}
