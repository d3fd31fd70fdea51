import { offsetAt, offsetFormat } from "./time-zones.ts";

/**
 * How much may still be published when: pure arithmetic over what is reserved. Times are in milliseconds since 1970.
 *
 * A post on time is sent within ON_TIME_SECONDS of its time, and requests that prepare it up to `earlySeconds` before.
 * So whatever the platform counts happens somewhere in that span, and two posts count as in one window if they can be.
 */
export interface Budget {
  /** Null: unlimited. */
  most: number | null;
  period: Period;
  earlySeconds: number;
}

export type Period = { rollingSeconds: number } | { every: "day" | "month"; timeZone: TimeZone };
export type TimeZone = "UTC" | "America/Los_Angeles";

/** What is used, or reserved, at a time. */
export interface Use {
  at: number;
  units: number;
}

/** Use of one budget that a post needs, and what others use of it. */
export interface Need {
  budget: Budget;
  units: number;
  /** In any order. */
  uses: readonly Use[];
}

/** How late a post can be sent and still be on time. */
export const ON_TIME_SECONDS = 60;

/** How far ahead free times are searched for. */
export const SEARCHED_DAYS = 31;

const DAY_MS = 86_400_000;
const LATE_MS = ON_TIME_SECONDS * 1000;

/** Other uses share a window with one at `at` only if they are after `from` and before `to`. */
export function reachOf(budget: Budget, at: number): { from: number; to: number } {
  const { period } = budget;
  if ("rollingSeconds" in period) return { from: at - spanOf(budget), to: at + spanOf(budget) };
  const touched = windowsAt(budget, at);
  return { from: Math.min(...touched.map(({ from }) => from)), to: Math.max(...touched.map(({ to }) => to)) };
}

/** Whether there is room for the need at that time, whichever moments the platform counts. */
export function isFree(need: Need, at: number): boolean {
  const { most } = need.budget;
  return most === null || need.units <= most - fullestAt(need, at);
}

/**
 * The first time from `from` on at which there is room for all needs; null if there is none within SEARCHED_DAYS.
 */
export function nextFree(needs: readonly Need[], from: number): number | null {
  const until = from + SEARCHED_DAYS * DAY_MS;
  const times = new Set([from, ...needs.flatMap((need) => relievedAt(need, from, until))]);
  const found = [...times]
    .filter((at) => at >= from && at <= until)
    .sort((a, b) => a - b)
    .find((at) => needs.every((need) => isFree(need, at)));
  return found ?? null;
}

/** What is left now, and when there is more; `resetsAt` is null if nothing is used. */
export function standingOf(
  budget: Budget,
  uses: readonly Use[],
  now: number,
): { used: number; remaining: number | null; resetsAt: number | null } {
  const need = { budget, uses, units: 0 };
  const used = fullestAt(need, now);
  const resetsAt =
    used === 0 ? null : relievedAt(need, now, now + SEARCHED_DAYS * DAY_MS).find((at) => fullestAt(need, at) < used);
  return {
    used,
    remaining: budget.most === null ? null : Math.max(0, budget.most - used),
    resetsAt: resetsAt ?? null,
  };
}

/** What others use in the fullest window that a post at `at` can be in. */
function fullestAt({ budget, uses }: Need, at: number): number {
  const { from, to } = reachOf(budget, at);
  const near = uses.filter((use) => use.at > from && use.at < to).sort((a, b) => a.at - b.at);
  const windows =
    "rollingSeconds" in budget.period
      ? // The fullest window begins with a use, or with the post itself.
        [...near.filter((use) => use.at <= at), { at }].map((first) => ({
          from: first.at - 1,
          to: first.at + spanOf(budget),
        }))
      : windowsAt(budget, at);
  return Math.max(
    ...windows.map((window) =>
      near.reduce((sum, use) => sum + (use.at > window.from && use.at < window.to ? use.units : 0), 0),
    ),
  );
}

/** The times from `from` to `until` at which windows end, in order: between them it only gets fuller. */
function relievedAt({ budget, uses }: Need, from: number, until: number): number[] {
  if ("rollingSeconds" in budget.period)
    return [...new Set(uses.map(({ at }) => at + spanOf(budget)))]
      .filter((at) => at >= from && at <= until)
      .sort((a, b) => a - b);
  const { every, timeZone } = budget.period;
  const times: number[] = [];
  for (
    let start = nextStart(every, timeZone, from - budget.earlySeconds * 1000);
    ;
    start = nextStart(every, timeZone, start)
  ) {
    const at = start + budget.earlySeconds * 1000;
    if (at > until) return times;
    times.push(at);
  }
}

/** How far apart two uses must be at least, so that no rolling window has both. */
function spanOf({ period, earlySeconds }: Budget): number {
  return "rollingSeconds" in period ? (period.rollingSeconds + earlySeconds) * 1000 + LATE_MS : 0;
}

/** The days or months that a post at `at` may count in: uses in one of them are after `from` and before `to`. */
function windowsAt({ period, earlySeconds }: Budget, at: number): { from: number; to: number }[] {
  if ("rollingSeconds" in period) return [];
  const earlyMs = earlySeconds * 1000;
  // What is counted by month is money, in the month of the post's time.
  const lateMs = period.every === "month" ? 0 : LATE_MS;
  const windows: { from: number; to: number }[] = [];
  for (let start = startBefore(period.every, period.timeZone, at - earlyMs); start <= at + lateMs;) {
    const end = nextStart(period.every, period.timeZone, start);
    windows.push({ from: start - lateMs - 1, to: end + earlyMs });
    start = end;
  }
  return windows;
}

/** The latest start of a day or month at or before `at`. */
function startBefore(every: "day" | "month", timeZone: TimeZone, at: number): number {
  const local = new Date(at + offsetIn(timeZone, at));
  return fromLocal(
    timeZone,
    Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), every === "day" ? local.getUTCDate() : 1),
  );
}

/** The earliest start of a day or month after `at`. */
function nextStart(every: "day" | "month", timeZone: TimeZone, at: number): number {
  const local = new Date(at + offsetIn(timeZone, at));
  const [year, month, day] = [local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()];
  return fromLocal(timeZone, every === "day" ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1));
}

/** The clocks there change at two in the night, so midnight has the offset of the moment before or after. */
function fromLocal(timeZone: TimeZone, local: number): number {
  const guess = local - offsetIn(timeZone, local);
  return local - offsetIn(timeZone, guess);
}

const PACIFIC = offsetFormat("America/Los_Angeles");

const offsetIn = (timeZone: TimeZone, at: number): number => (timeZone === "UTC" ? 0 : offsetAt(PACIFIC, at));
