import type { RateClass } from "../../model/plans.ts";
import { usedUp } from "../../model/user-limits.ts";
import type { Services } from "../domain/services.ts";

const MINUTE = 60_000;
const UNLIMITED = 2_147_483_647;

/** The response whose headers are set. */
interface Reply {
  header(name: string, value: string): unknown;
}

/** Counts users' requests by class and minute, in memory, separately in each process. */
export interface CallMeter {
  /** Counts requests and sets the headers for their class. Throws RATE_LIMITED beyond the limit. */
  count(reply: Reply, userId: string, rateClass: RateClass, calls?: number): Promise<void>;
}

export function createCallMeter(services: Pick<Services, "limitsOf">, clock: () => number = Date.now): CallMeter {
  let minute = 0;
  let counts = new Map<string, number>();
  return {
    async count(reply, userId, rateClass, calls = 1) {
      const { callsPerMinute: limit } = await services.limitsOf(userId);
      if (limit === null) return;
      const now = clock();
      if (Math.floor(now / MINUTE) !== minute) {
        minute = Math.floor(now / MINUTE);
        counts = new Map();
      }
      const key = `${rateClass} ${userId}`;
      const made = (counts.get(key) ?? 0) + calls;
      const isOver = made > limit;
      counts.set(key, Math.min(made, limit));
      const resetsAt = new Date((minute + 1) * MINUTE);
      sendLimit(reply, { limit, remaining: Math.max(0, limit - made), resetsAt });
      if (isOver) {
        const message = `You have reached your limit of ${limit} ${rateClass} requests per minute`;
        throw usedUp(
          {
            kind: "rate",
            name: rateClass,
            limit,
            resetsAt,
            message,
            fix: `Wait until ${resetsAt.toISOString()}, and send fewer requests per minute.`,
          },
          { now: new Date(now) },
        );
      }
    },
  };
}

/** Without a limit, or before the caller is known, the headers are sent anyway. */
export function sendUnlimited(reply: Reply): void {
  sendLimit(reply, {
    limit: UNLIMITED,
    remaining: UNLIMITED,
    resetsAt: new Date((Math.floor(Date.now() / MINUTE) + 1) * MINUTE),
  });
}

/** Sets the headers of a limit. */
export function sendLimit(
  reply: Reply,
  { limit, remaining, resetsAt }: { limit: number; remaining: number; resetsAt: Date },
): void {
  reply.header("x-ratelimit-limit", String(limit));
  reply.header("x-ratelimit-remaining", String(remaining));
  reply.header("x-ratelimit-reset", String(resetsAt.getTime() / 1000));
}
