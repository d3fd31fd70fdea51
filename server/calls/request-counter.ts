import type pg from "pg";

import { isDatabaseAway } from "../db/away.ts";
import { type CountedRow, countRequests } from "../db/queries/request-counts.ts";
import type { RateLimit } from "../domain/users/rates.ts";

/** Requests that are made together: all of them are within the limits, or none. */
export interface Asked {
  userId: string;
  /** A rate class, or what is counted apart from them. */
  rateClass: string;
  /** At least one. */
  windows: readonly RateLimit[];
  requests: number;
  /** Whether they count for the month if they are within the limits. */
  isOfMonth: boolean;
}

/** How many requests there have been so far, the asked ones included, and how long this is counted. */
export interface Count {
  requests: number;
  resetsAt: Date;
  millisecondsLeft: number;
}

export interface Counts {
  windows: (RateLimit & Count)[];
  /** Null if it was not counted. `notified` is the highest threshold that the user was notified of, in percent. */
  month: (Count & { notified: number }) | null;
}

export interface RequestCounter {
  /** Null if the user was deleted. */
  count(asked: Asked): Promise<Counts | null>;
}

/**
 * After this time, other users' requests no longer wait for a statement, and those in it are counted apart: something
 * keeps one of its rows.
 */
const PATIENCE_MILLISECONDS = 25;
const MOST_STATEMENTS = 4;
/** Users' requests in a statement. */
const MOST_TOGETHER = 2_000;

interface Waiting extends Asked {
  told(counts: Counts | null): void;
  failed(error: unknown): void;
}

/**
 * Counts requests in the database, for all processes together: requests that arrive while a statement counts others
 * share the next one. A user's are never in two statements at a time, and a user whose rows are locked is left with one
 * of its own.
 */
export function createRequestCounter(pool: pg.Pool): RequestCounter {
  let waiting: Waiting[] = [];
  const counting = new Set<string>();
  let statements = 0;
  let lastBegan = 0;
  let timer: NodeJS.Timeout | undefined;
  let isScheduled = false;

  function next(): void {
    if (waiting.length === 0 || statements >= MOST_STATEMENTS) return;
    const patience = statements === 0 ? 0 : lastBegan + PATIENCE_MILLISECONDS - performance.now();
    if (patience > 0) {
      timer ??= setTimeout(() => {
        timer = undefined;
        next();
      }, patience).unref();
      return;
    }
    const [those, rest]: [Waiting[], Waiting[]] = [[], []];
    for (const asked of waiting)
      (those.length < MOST_TOGETHER && !counting.has(asked.userId) ? those : rest).push(asked);
    if (those.length === 0) return;
    waiting = rest;
    void count(those);
  }

  async function count(those: readonly Waiting[]): Promise<void> {
    const users = new Set(those.map(({ userId }) => userId));
    for (const user of users) counting.add(user);
    statements += 1;
    lastBegan = performance.now();
    const [counted] = await Promise.allSettled([
      run(pool, those, users.size === 1 ? "0" : `${PATIENCE_MILLISECONDS}ms`),
    ]);
    statements -= 1;
    for (const user of users) counting.delete(user);
    if (counted.status === "fulfilled") tell(those, counted.value);
    else if (users.size > 1 && isLocked(counted.reason)) {
      const first = new Set([...users].slice(0, users.size / 2));
      void count(those.filter(({ userId }) => first.has(userId)));
      void count(those.filter(({ userId }) => !first.has(userId)));
    } else for (const { failed } of those) failed(counted.reason);
    next();
  }

  return {
    count: (asked) =>
      new Promise((told, failed) => {
        waiting.push({ ...asked, told, failed });
        if (isScheduled) return;
        isScheduled = true;
        // What is asked in this turn goes together.
        setImmediate(() => {
          isScheduled = false;
          next();
        });
      }),
  };
}

async function run(pool: pg.Pool, those: readonly Waiting[], lockTimeout: string): Promise<CountedRow[]> {
  const rows = new Map<string, { asked: Waiting; window: RateLimit; requests: number; ofMonth: number }>();
  for (const asked of those)
    for (const window of asked.windows) {
      const key = keyOf(asked, window);
      const row = rows.get(key) ?? { asked, window, requests: 0, ofMonth: 0 };
      row.requests += asked.requests;
      row.ofMonth += asked.isOfMonth ? asked.requests : 0;
      rows.set(key, row);
    }
  const all = [...rows.values()];
  const ask = () =>
    countRequests.all(pool, [
      all.map(({ asked }) => asked.userId),
      all.map(({ asked }) => asked.rateClass),
      all.map(({ window }) => window.seconds),
      all.map(({ requests }) => requests),
      all.map(({ window }) => window.limit),
      all.map(({ ofMonth }) => ofMonth),
      lockTimeout,
    ]);
  // A user who is deleted at this moment makes it fail for all; the next time, there is no such user.
  return await ask().catch((error: unknown) =>
    isDatabaseAway(error) || isLocked(error) ? Promise.reject(error) : ask(),
  );
}

function isLocked(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "55P03";
}

/** Each is told its own place. Those that count for the month come first, as they do in the statement. */
function tell(those: readonly Waiting[], rows: readonly CountedRow[]): void {
  const counted = new Map(rows.map((row) => [keyOf({ userId: row.user_id, rateClass: row.rate_class }, row), row]));
  const before = new Map<string, number>();
  for (const asked of those)
    for (const window of asked.windows) {
      const key = keyOf(asked, window);
      before.set(key, (before.get(key) ?? counted.get(key)?.requests ?? 0) - asked.requests);
    }
  const months = new Map(
    rows.map((row) => [row.user_id, row.month_requests === null ? null : row.month_requests - (row.month_passed ?? 0)]),
  );
  for (const asked of [...those].sort((a, b) => Number(b.isOfMonth) - Number(a.isOfMonth))) {
    const windows: Counts["windows"] = [];
    let row: CountedRow | undefined;
    for (const window of asked.windows) {
      const key = keyOf(asked, window);
      row = counted.get(key);
      if (row === undefined) break;
      const requests = (before.get(key) ?? 0) + asked.requests;
      before.set(key, requests);
      windows.push({ ...window, ...until(row.resets_at, row), requests });
    }
    if (row === undefined) {
      asked.told(null);
      continue;
    }
    const isWithin = windows.every(({ requests, limit }) => requests <= limit);
    const monthBefore = months.get(asked.userId) ?? null;
    const isCounted = asked.isOfMonth && isWithin && monthBefore !== null;
    if (isCounted) months.set(asked.userId, monthBefore + asked.requests);
    const month = isCounted
      ? {
          ...until(row.month_ends_at, row),
          requests: monthBefore + asked.requests,
          notified: row.month_notified ?? 0,
        }
      : null;
    asked.told({ windows, month });
  }
}

function until(resetsAt: Date, { counted_at }: CountedRow): Pick<Count, "resetsAt" | "millisecondsLeft"> {
  return { resetsAt, millisecondsLeft: Math.max(0, resetsAt.getTime() - counted_at.getTime()) };
}

function keyOf({ userId, rateClass }: { userId: string; rateClass: string }, { seconds }: { seconds: number }): string {
  return `${userId} ${rateClass} ${seconds}`;
}
