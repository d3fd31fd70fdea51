import { RATES, type RateClass, thresholdAt } from "../../model/plans.ts";
import { usedUp } from "../../model/user-limits.ts";
import type { Services } from "../domain/services.ts";
import { notifyOfUsage } from "../domain/usage/notify-usage.ts";
import { endOfWindow, rateLimitsOf } from "../domain/users/rates.ts";
import type { Authenticated } from "./authenticate.ts";
import { createRequestBlocks } from "./request-blocks.ts";
import type { Count } from "./request-counter.ts";

const UNLIMITED = 2_147_483_647;
const MOST_REMEMBERED = 20_000;

/** The dashboard's reads are counted apart, because each view takes several, and programs have limits of their own. */
const DASHBOARD_READS = { name: "dashboardRead", factor: 10 };

/** The response whose headers are set. */
interface Reply {
  header(name: string, value: string): unknown;
}

/** Counts users' requests by class and window, and those of a plan by month, exactly and across all processes. */
export interface CallMeter {
  /**
   * Counts requests and sets the headers for their class. Throws RATE_LIMITED beyond a limit: then none of them may be
   * done. A file of a request counts in its class, but not as a request of the month.
   */
  count(
    reply: Reply,
    caller: Pick<Authenticated, "userId" | "mode" | "actor">,
    rateClass: RateClass,
    what?: { requests?: number; isFile?: boolean },
  ): Promise<void>;
  /** Gives back the requests that were counted ahead. */
  close(): Promise<void>;
}

interface Limit extends Count {
  limit: number;
}

export function createCallMeter(services: Pick<Services, "pool" | "limitsOf" | "planOf" | "jobs" | "log">): CallMeter {
  const blocks = createRequestBlocks(services.pool);
  const usedUps = createUsedUps();
  return {
    close: () => blocks.close(),
    async count(reply, { userId, mode, actor }, rateClass, { requests = 1, isFile = false } = {}) {
      const [plan, limits] = await Promise.all([services.planOf(userId), services.limitsOf(userId)]);
      const isOfDashboard = actor.kind === "session" && rateClass === "apiRead";
      const windows = rateLimitsOf(plan, limits, rateClass).map(({ limit, seconds }) => ({
        limit: isOfDashboard ? limit * DASHBOARD_READS.factor : limit,
        seconds,
      }));
      const counter = isOfDashboard ? DASHBOARD_READS.name : rateClass;
      const most = plan.limits.apiRequestsPerMonth;
      const isOfMonth =
        mode === "live" && actor.kind === "key" && !isFile && (plan.name !== "self-hosted" || most !== null);
      if (windows.length === 0 && !isOfMonth) return;
      const nameOf = (seconds: number) => `${userId} ${counter} ${seconds}`;
      const month = `${userId} month`;
      for (const { limit, seconds } of windows) {
        const known = usedUps.find(nameOf(seconds), limit);
        if (known !== null) refuseRate(reply, rateClass, { ...known, limit, seconds });
      }
      const knownMonth = isOfMonth && most !== null ? usedUps.find(month, most) : null;
      if (most !== null && knownMonth !== null) {
        for (const { limit, seconds } of windows)
          sendLimit(reply, { limit, remaining: 0, resetsAt: endOfWindow(seconds, new Date()) });
        refuseMonth({ ...knownMonth, limit: most });
      }

      const unlimited = { limit: UNLIMITED, seconds: RATES[rateClass] };
      const asked = windows.length === 0 ? [unlimited] : windows;
      const counted = await blocks.count({ userId, rateClass: counter, windows: asked, requests, isOfMonth }, most);
      // A user who was deleted meanwhile has no limits, and nothing else.
      if (counted === null) return;
      for (const each of counted.windows) usedUps.note(nameOf(each.seconds), each, each.limit);
      const [over] = counted.windows
        .filter(({ limit, requests }) => requests > limit)
        .sort((a, b) => b.seconds - a.seconds);
      if (over !== undefined) refuseRate(reply, rateClass, over);
      const [strictest] = counted.windows.sort((a, b) => a.limit - a.requests - (b.limit - b.requests));
      if (windows.length > 0 && strictest !== undefined)
        sendLimit(reply, { ...strictest, remaining: strictest.limit - strictest.requests });
      if (counted.month === null || most === null) return;
      usedUps.note(month, counted.month, most);
      if (thresholdAt(counted.month.requests, most) > counted.month.notified)
        notifyOfUsage(services, userId, "apiRequestsPerMonth");
      if (counted.month.requests > most) refuseMonth({ ...counted.month, limit: most });
    },
  };
}

/** Who has used up a limit: until it resets, they are refused without being counted. */
function createUsedUps() {
  const known = new Map<string, { count: Count; until: number }>();
  return {
    find(name: string, limit: number): Count | null {
      const found = known.get(name);
      if (found === undefined) return null;
      const millisecondsLeft = found.until - performance.now();
      if (millisecondsLeft > 0) return found.count.requests < limit ? null : { ...found.count, millisecondsLeft };
      known.delete(name);
      return null;
    },
    note(name: string, count: Count, limit: number): void {
      if (count.requests < limit || count.requests <= (this.find(name, 0)?.requests ?? 0)) return;
      if (known.size >= MOST_REMEMBERED) known.clear();
      known.set(name, { count, until: performance.now() + count.millisecondsLeft });
    },
  };
}

function refuseRate(
  reply: Reply,
  rateClass: RateClass,
  { limit, seconds, ...count }: Limit & { seconds: number },
): never {
  const { resetsAt } = count;
  sendLimit(reply, { limit, remaining: 0, resetsAt });
  const per = seconds === 60 ? "minute" : "hour";
  const message = `You have reached your limit of ${limit} ${rateClass} requests per ${per}`;
  const fix = `Wait until ${resetsAt.toISOString()}, and send fewer requests per ${per}.`;
  throw usedUp({ kind: "rate", name: rateClass, limit, resetsAt, message, fix }, { now: timeOf(count) });
}

function refuseMonth({ limit, ...count }: Limit): never {
  const { resetsAt } = count;
  const message = `You have reached your plan's limit of ${limit} API requests per month`;
  const fix = `Wait until ${resetsAt.toISOString()}, or change to a plan with more requests.`;
  const name = "apiRequestsPerMonth";
  throw usedUp({ kind: "quota", name, limit, resetsAt, message, fix }, { now: timeOf(count) });
}

/** The time by the clock that counts, which may not be this machine's. */
function timeOf({ resetsAt, millisecondsLeft }: Count): Date {
  return new Date(resetsAt.getTime() - millisecondsLeft);
}

/** Without a limit, or before the caller is known, the headers are sent anyway. */
export function sendUnlimited(reply: Reply): void {
  sendLimit(reply, { limit: UNLIMITED, remaining: UNLIMITED, resetsAt: endOfWindow(60, new Date()) });
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
