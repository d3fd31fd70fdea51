import type pg from "pg";

import { USAGE_THRESHOLDS } from "../../model/plans.ts";
import { giveBackRequests } from "../db/queries/request-counts.ts";
import { type Asked, type Count, type Counts, createRequestCounter } from "./request-counter.ts";

/** Requests of a user and class in a second from which the next ones are counted ahead. */
const LEAST_RECENT = 3;
/** Nothing is counted ahead if less is left of a limit, or until a threshold of the month. */
const LEAST_LEFT = 1_000;
/** At most this part of what is left is counted ahead. */
const LARGEST_PART = 1 / 100;
const HELD_MILLISECONDS = 2_000;

export interface RequestBlocks {
  /** `most`: the month's limit; null: unlimited. Null if the user was deleted. */
  count(asked: Asked, most: number | null): Promise<Counts | null>;
  /** Gives back what was counted ahead. From then on, nothing is. */
  close(): Promise<void>;
}

/** Requests that were counted before they are made. */
interface Block {
  asked: Asked;
  /** As of the last request in it. */
  counts: Counts;
  unused: number;
  /** By the monotonic clock: when it was asked for, and until when it may be used. */
  began: number;
  until: number;
  timer: NodeJS.Timeout;
}

/**
 * Counts requests as the counter does, but those of a busy user who is far from every limit in blocks: with one of them,
 * as many of the next as there were in a second. These cost no statement. What is unused is given back. A block never
 * extends beyond a limit, and less than `LEAST_LEFT` before one, each request is counted when it is made.
 */
export function createRequestBlocks(pool: pg.Pool, counter = createRequestCounter(pool)): RequestBlocks {
  const recent = createRecent();
  const blocks = new Map<string, Block>();
  const taking = new Map<string, Promise<unknown>>();
  const returning = new Set<Promise<unknown>>();
  let isClosed = false;

  function fromBlock(name: string, requests: number): Counts | null {
    const block = blocks.get(name);
    const now = performance.now();
    if (block === undefined || block.unused < requests || now >= block.until) return null;
    block.unused -= requests;
    return placed(block.counts, block.unused, now - block.began);
  }

  async function take(name: string, asked: Asked, most: number | null, ahead: number): Promise<Counts | null> {
    endBlock(name);
    const began = performance.now();
    const requests = asked.requests + ahead;
    const counts = await counter.count({ ...asked, requests });
    if (counts === null) return null;
    if (!isWithin(counts, most)) {
      // Other processes were faster: this request may still be within the limits.
      await giveBack(asked, counts, requests);
      return await counter.count(asked);
    }
    const left = Math.min(...counts.windows.map(millisecondsLeft), counts.month?.millisecondsLeft ?? Infinity);
    const until = began + Math.min(HELD_MILLISECONDS, left);
    const timer = setTimeout(() => endBlock(name), until - performance.now()).unref();
    blocks.set(name, { asked, counts, unused: ahead, began, until, timer });
    return placed(counts, ahead, performance.now() - began);
  }

  function endBlock(name: string): void {
    const block = blocks.get(name);
    if (block === undefined) return;
    blocks.delete(name);
    clearTimeout(block.timer);
    if (block.unused > 0) void giveBack(block.asked, block.counts, block.unused);
  }

  /** If it fails, they count as made. */
  async function giveBack({ userId, rateClass }: Asked, { windows, month }: Counts, requests: number): Promise<void> {
    const given = giveBackRequests.run(pool, [
      userId,
      rateClass,
      windows.map(({ seconds }) => seconds),
      windows.map(({ resetsAt }) => resetsAt),
      month?.resetsAt ?? null,
      requests,
    ]);
    returning.add(given);
    await Promise.allSettled([given]);
    returning.delete(given);
  }

  return {
    async count(asked, most) {
      const name = nameOf(asked, most);
      const { requests, left } = recent.note(name, asked.requests);
      await taking.get(name);
      const known = fromBlock(name, asked.requests);
      if (known !== null) return known;
      const isBusy = !isClosed && !taking.has(name) && requests >= LEAST_RECENT && left >= LEAST_LEFT;
      const taken = isBusy
        ? take(name, asked, most, Math.min(requests, Math.floor(left * LARGEST_PART)))
        : counter.count(asked);
      if (isBusy) {
        const settled = Promise.allSettled([taken]).then(() => taking.delete(name));
        taking.set(name, settled);
      }
      const counts = await taken;
      if (counts !== null) recent.noteLeft(name, leftOf(counts, most));
      return counts;
    },
    async close() {
      isClosed = true;
      await Promise.all(taking.values());
      for (const name of [...blocks.keys()]) endBlock(name);
      await Promise.allSettled(returning);
    },
  };
}

/** The counts of a request with so many counted after it, as they are told some milliseconds later. */
function placed({ windows, month }: Counts, after: number, later: number): Counts {
  const place = <Placed extends Count>(count: Placed): Placed => ({
    ...count,
    requests: count.requests - after,
    millisecondsLeft: Math.max(0, count.millisecondsLeft - later),
  });
  return { windows: windows.map(place), month: month && place(month) };
}

function isWithin({ windows, month }: Counts, most: number | null): boolean {
  return windows.every(({ requests, limit }) => requests <= limit) && (month?.requests ?? 0) <= (most ?? Infinity);
}

/** The requests until the nearest limit or threshold. */
function leftOf({ windows, month }: Counts, most: number | null): number {
  const left = windows.map(({ limit, requests }) => limit - requests);
  if (month === null || most === null) return Math.min(...left);
  const threshold = USAGE_THRESHOLDS.find((percent) => percent > month.notified) ?? 100;
  return Math.min(...left, (most * threshold) / 100 - month.requests);
}

function millisecondsLeft(count: Count): number {
  return count.millisecondsLeft;
}

/** Users with other limits have other blocks, so that a change applies immediately. */
function nameOf({ userId, rateClass, windows, isOfMonth }: Asked, most: number | null): string {
  const limits = windows.map(({ limit, seconds }) => `${limit}/${seconds}`).join();
  return `${userId} ${rateClass} ${limits} ${isOfMonth ? most : ""}`;
}

interface Recent {
  requests: number;
  left: number;
}

/** The requests of the last second, or of this one if they are more, and what was left after the latest of them. */
function createRecent() {
  let last = new Map<string, Recent>();
  let current = new Map<string, Recent>();
  let began = performance.now();

  function pass(): void {
    const passed = performance.now() - began;
    if (passed < 1_000) return;
    last = passed < 2_000 ? current : new Map();
    current = new Map();
    began = performance.now();
  }

  return {
    note(name: string, requests: number): Recent {
      pass();
      const before = last.get(name);
      const known = current.get(name) ?? { requests: 0, left: before?.left ?? 0 };
      known.requests += requests;
      current.set(name, known);
      return { requests: Math.max(known.requests, before?.requests ?? 0), left: known.left };
    },
    noteLeft(name: string, left: number): void {
      const known = current.get(name) ?? last.get(name);
      if (known !== undefined) known.left = left;
    },
  };
}
