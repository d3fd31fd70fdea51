import {
  PLANS,
  type PlanOf,
  type Quota,
  QUOTAS,
  RATE_CLASSES,
  RATES,
  type RateClass,
  type UserPlan,
} from "../../../model/plans.ts";
import type { LimitsOf, UserLimits } from "../../../model/user-limits.ts";
import { readRequestCounts } from "../../db/queries/request-counts.ts";
import type { Services } from "../services.ts";

/** At most this many requests in each window: a clock minute or hour. */
export interface RateLimit {
  limit: number;
  seconds: number;
}

const MINUTE = 60;

/** What limits a user's requests of this class: the stricter limit of each length of windows; none: unlimited. */
export function rateLimitsOf(
  { limits }: Pick<UserPlan, "limits">,
  { callsPerMinute }: Pick<UserLimits, "callsPerMinute">,
  rateClass: RateClass,
): RateLimit[] {
  const bySeconds = new Map<number, number>();
  for (const [seconds, limit] of [
    [RATES[rateClass], limits[rateClass]],
    [MINUTE, callsPerMinute],
  ] as const)
    if (limit !== null) bySeconds.set(seconds, Math.min(limit, bySeconds.get(seconds) ?? Infinity));
  return [...bySeconds].map(([seconds, limit]) => ({ seconds, limit }));
}

/** The state of a rate limit; `limit` and `remaining` are null if there is none. */
export interface Rate {
  limit: number | null;
  remaining: number | null;
  windowSeconds: number;
  resetsAt: Date;
}

/** A user's rate limits, with what is left of each in all processes. */
export async function readRates(
  { pool, planOf, limitsOf }: Pick<Services, "pool" | "planOf" | "limitsOf">,
  userId: string,
  now = new Date(),
): Promise<Record<RateClass, Rate>> {
  const [plan, limits, counts] = await Promise.all([
    planOf(userId),
    limitsOf(userId),
    readRequestCounts.all(pool, [userId]),
  ]);
  const rateOf = (rateClass: RateClass): Rate => {
    const rates = rateLimitsOf(plan, limits, rateClass).map(({ limit, seconds }) => {
      const counted = counts.find((row) => row.rate_class === rateClass && row.seconds === seconds);
      return {
        limit,
        remaining: Math.max(0, limit - (counted?.requests ?? 0)),
        windowSeconds: seconds,
        resetsAt: counted?.resets_at ?? endOfWindow(seconds, now),
      };
    });
    const seconds = RATES[rateClass];
    const unlimited = { limit: null, remaining: null, windowSeconds: seconds, resetsAt: endOfWindow(seconds, now) };
    return rates.sort((a, b) => a.remaining - b.remaining)[0] ?? unlimited;
  };
  return {
    createPost: rateOf("createPost"),
    publishPost: rateOf("publishPost"),
    connectPlatform: rateOf("connectPlatform"),
    mediaUpload: rateOf("mediaUpload"),
    apiRead: rateOf("apiRead"),
  };
}

/** When the clock minute or hour ends. */
export function endOfWindow(seconds: number, now: Date): Date {
  return new Date((Math.floor(now.getTime() / 1000 / seconds) + 1) * seconds * 1000);
}

/**
 * Looks up limits per user: those of the instance. The defaults of open sign-up do not apply in live mode to users with
 * a paid plan, or with limits of their own, who have those of their plan. Rates are the same in both modes.
 */
export function createLimitsOf(
  { userLimits, setUserLimits }: { userLimits: UserLimits; setUserLimits: UserLimits },
  planOf: PlanOf,
): LimitsOf {
  const inTestMode = { ...userLimits, callsPerMinute: setUserLimits.callsPerMinute };
  return async (userId, mode) => {
    if (!hasOwnLimits(await planOf(userId))) return userLimits;
    return mode === "live" ? setUserLimits : inTestMode;
  };
}

function hasOwnLimits({ name, limits }: UserPlan): boolean {
  return (
    (name !== "free" && name !== "self-hosted") || LIMITS.some((limit) => limits[limit] !== PLANS[name].limits[limit])
  );
}

const LIMITS: readonly (RateClass | Quota)[] = [...RATE_CLASSES, ...QUOTAS];
