import { usedUp } from "../../model/user-limits.ts";
import { sendLimit } from "./call-meter.ts";

/** Requests of an operator key per minute, in each process: far more than a program needs that makes tenants. */
export const OPERATOR_REQUESTS = 3_000;
const MINUTE = 60_000;

/** Counts an operator key's request and sets the rate limit headers. Throws RATE_LIMITED beyond the limit. */
export type OperatorMeter = (reply: Parameters<typeof sendLimit>[0], operatorKeyId: string) => void;

export function createOperatorMeter(limit = OPERATOR_REQUESTS, clock: () => number = Date.now): OperatorMeter {
  let minute = 0;
  const counts = new Map<string, number>();
  return (reply, id) => {
    const now = clock();
    if (Math.floor(now / MINUTE) !== minute) {
      minute = Math.floor(now / MINUTE);
      counts.clear();
    }
    const made = (counts.get(id) ?? 0) + 1;
    counts.set(id, Math.min(made, limit + 1));
    const resetsAt = new Date((minute + 1) * MINUTE);
    sendLimit(reply, { limit, remaining: Math.max(0, limit - made), resetsAt });
    if (made > limit) throw tooMany(limit, resetsAt, new Date(now));
  };
}

function tooMany(limit: number, resetsAt: Date, now: Date) {
  const message = `This operator key has reached its limit of ${limit} requests per minute`;
  const fix = `Wait until ${resetsAt.toISOString()}, and send fewer requests per minute.`;
  return usedUp({ kind: "rate", name: "operator", limit, resetsAt, message, fix }, { now });
}
