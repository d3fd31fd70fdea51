import { PublicError } from "./errors.ts";

/** What one person may take up of an instance, in both modes together; null: as much as they like. */
export interface UserLimits {
  /** Calls of each rate class in a minute, by the clock. */
  callsPerMinute: number | null;
  /** Posts made in a day, in UTC. */
  postsPerDay: number | null;
  /** Posts that wait for their time. */
  maxScheduledPosts: number | null;
  /** Contents of posts, as they are made and changed in a day, in UTC. */
  contentBytesPerDay: number | null;
  /** Stored media, what is announced of uploads that go on included. */
  maxStorageBytes: number | null;
}

export const NO_LIMITS: UserLimits = {
  callsPerMinute: null,
  postsPerDay: null,
  maxScheduledPosts: null,
  contentBytesPerDay: null,
  maxStorageBytes: null,
};

/** Of whoever comes along, where sign-up is open. */
export const OPEN_LIMITS: UserLimits = {
  callsPerMinute: 120,
  postsPerDay: 200,
  maxScheduledPosts: 500,
  contentBytesPerDay: 20_000_000,
  maxStorageBytes: 2_000_000_000,
};

/** Where a person's limits are looked up, whoever asks and for whatever. */
export type LimitsOf = (userId: string) => Promise<UserLimits>;

export const unlimited: LimitsOf = async () => NO_LIMITS;

export interface UsedUp {
  kind: "rate" | "quota";
  /** The rate class, or the member of UserLimits. */
  name: string;
  limit: number;
  /** Null where it is no matter of time. */
  resetsAt: Date | null;
  /** What callers are told, and what to do. */
  message: string;
  fix: string;
}

/** Where it is no matter of time: so often what nobody needs any more is swept. */
const SWEPT_SECONDS = 3600;

/** The refusal of what would go beyond a limit. */
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

/** When the day ends, as it is counted. */
export function endOfDay(now: Date): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}
