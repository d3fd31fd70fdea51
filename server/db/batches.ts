import type pg from "pg";

import { isDatabaseAway, isFromDatabase } from "./away.ts";

/** The most that one statement is asked for. */
const MOST = 64;

/**
 * How many statements of a kind are under way over a pool, unless they have stalled, and how much later than the one
 * before each begins. What comes meanwhile waits.
 */
const AT_ONCE = 2;
const STALLED_MILLISECONDS = 250;
const APART_MILLISECONDS = 5;

/** Asks one item over a pool. Undefined: the statement has done nothing for it, and it has to be asked for alone. */
export type Together<Item, Result> = (pool: pg.Pool, item: Item) => Promise<Result | undefined>;

interface Asked<Item, Result> {
  item: Item;
  resolve(result: Result | undefined): void;
  reject(error: unknown): void;
}

interface Batch<Item, Result> {
  waiting: Asked<Item, Result>[];
  underWay: number;
  isPlanned: boolean;
  /** When the latest statement began. */
  begunAt: number;
}

/**
 * Collects what is asked for in one turn of the event loop, and while other statements are under way, into one
 * statement. `ask` returns the results of those for whom it could be done.
 *
 * Items that have nothing to do with each other must not fail or wait together. So the statement skips rows that others
 * have locked, and if PostgreSQL rejects it, nothing has been done, and each item is asked for alone. If the connection
 * fails, each item fails like that: what has been done is not known.
 */
export function together<Item, Result>(
  ask: (pool: pg.Pool, items: readonly Item[]) => Promise<ReadonlyMap<Item, Result>>,
): Together<Item, Result> {
  const batches = new WeakMap<pg.Pool, Batch<Item, Result>>();

  function start(pool: pg.Pool, batch: Batch<Item, Result>): void {
    batch.isPlanned = false;
    while (batch.waiting.length > 0 && batch.underWay < AT_ONCE) {
      const asked = batch.waiting.splice(0, MOST);
      batch.underWay += 1;
      batch.begunAt = performance.now();
      const leave = once(() => {
        batch.underWay -= 1;
        plan(pool, batch);
      });
      const stalled = setTimeout(leave, STALLED_MILLISECONDS);
      void answer(pool, asked).finally(() => {
        clearTimeout(stalled);
        leave();
      });
    }
  }

  /** Begins at the end of this turn of the event loop, or later if a statement has just begun. */
  function plan(pool: pg.Pool, batch: Batch<Item, Result>): void {
    if (batch.isPlanned || batch.waiting.length === 0) return;
    batch.isPlanned = true;
    const waits = batch.begunAt + APART_MILLISECONDS - performance.now();
    if (waits > 0) setTimeout(() => start(pool, batch), waits);
    else setImmediate(() => start(pool, batch));
  }

  async function answer(pool: pg.Pool, asked: readonly Asked<Item, Result>[]): Promise<void> {
    try {
      const items = asked.map(({ item }) => item);
      const results = await ask(pool, items);
      for (const { item, resolve } of asked) resolve(results.get(item));
    } catch (error) {
      const isRejected = isFromDatabase(error) && !isDatabaseAway(error);
      for (const { resolve, reject } of asked) {
        if (isRejected) resolve(undefined);
        else reject(error);
      }
    }
  }

  return (pool, item) =>
    new Promise((resolve, reject) => {
      const batch = batches.get(pool) ?? { waiting: [], underWay: 0, isPlanned: false, begunAt: -Infinity };
      batches.set(pool, batch);
      batch.waiting.push({ item, resolve, reject });
      plan(pool, batch);
    });
}

/** The results of a statement, by what they have in common with what was asked. */
export function matched<Item, Row>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  rows: readonly Row[],
  keyOfRow: (row: Row) => string,
): Map<Item, Row> {
  const byKey = new Map(rows.map((row) => [keyOfRow(row), row]));
  const found = new Map<Item, Row>();
  for (const item of items) {
    const row = byKey.get(keyOf(item));
    if (row !== undefined) found.set(item, row);
  }
  return found;
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
