import type pg from "pg";
import type { Logger } from "pino";

import { isDatabaseAway } from "./away.ts";
import { statement } from "./sql.ts";

const LOOK_MILLISECONDS = 2_000;
/** Below these, reading a table whole takes no time. */
const FEW_PAGES = 16;
const GROWN_TIMES = 4;

/** Tables that are several times as large as PostgreSQL knows. */
const listGrown = statement<{ name: string }, [fewPages: number, times: number]>(
  "tables.list_grown",
  `select quote_ident(c.relname) as name from pg_class c
   where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
     and pg_relation_size(c.oid) > greatest(c.relpages, $1) * $2::bigint * current_setting('block_size')::int`,
);

/**
 * Has plans made anew that were made while a table was small, which read it whole: autovacuum looks only once a minute,
 * and in a rush that is late. Returns the tables' names.
 */
export async function analyzeGrown(pool: pg.Pool): Promise<string[]> {
  const grown = await listGrown.all(pool, [FEW_PAGES, GROWN_TIMES]);
  for (const { name } of grown) await pool.query(`analyze ${name}`);
  return grown.map(({ name }) => name);
}

/** Does so until the function that is returned is called. */
export function keepAnalyzed({ pool, log }: { pool: pg.Pool; log: Logger }): () => Promise<void> {
  let running: Promise<unknown> | null = null;
  const timer = setInterval(() => {
    running ??= analyzeGrown(pool)
      .catch((error: unknown) => {
        if (!isDatabaseAway(error)) log.warn({ err: error }, "tables that have grown could not be analyzed");
      })
      .finally(() => (running = null));
  }, LOOK_MILLISECONDS);
  return async () => {
    clearInterval(timer);
    await running;
  };
}
