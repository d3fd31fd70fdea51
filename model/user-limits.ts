import { PublicError } from "./errors.ts";

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

/** Where a person's limits are looked up, for every purpose. */
export type LimitsOf = (userId: string) => Promise<UserLimits>;

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

/** When the counted day ends. */
export function endOfDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}
