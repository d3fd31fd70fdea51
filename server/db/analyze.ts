import type pg from "pg";
import type { Logger } from "pino";

import { isDatabaseAway } from "./away.ts";
import { statement, within } from "./sql.ts";

const LOOK_MILLISECONDS = 2_000;
/** Below these, reading a table whole takes no time. */
const FEW_PAGES = 16;
const GROWN_TIMES = 4;

/** Tables that are several times as large as PostgreSQL knows. */
const listGrown = statement<{ name: string }, [fewPages: number, times: number]>(
  "tables.list_grown",
  `select quote_ident(c.relname) as name from pg_class c
   where c.relnamespace = (select oid from pg_namespace where nspname = current_schema()) and c.relkind = 'r'
     and pg_relation_size(c.oid) > greatest(c.relpages, $1) * $2::bigint * current_setting('block_size')::int`,
);

/**
 * Has plans made anew that were made while a table was small, which read it whole: autovacuum looks only once a minute,
 * and in a rush that is late. Not those that someone else is at, such as another worker, autovacuum or a migration.
 * Returns the tables' names.
 */
export async function analyzeGrown(pool: pg.Pool, signal = new AbortController().signal): Promise<string[]> {
  const grown = await listGrown.all(pool, [FEW_PAGES, GROWN_TIMES]);
  for (const { name } of grown) if (!signal.aborted) await analyze(pool, name, signal);
  return grown.map(({ name }) => name);
}

/** Its connection is cut by the signal. */
async function analyze(pool: pg.Pool, name: string, signal: AbortSignal): Promise<void> {
  const client = await pool.connect();
  let isHeld = true;
  const release = (isCut: boolean) => {
    if (isHeld) client.release(isCut);
    isHeld = false;
  };
  const cut = () => release(true);
  signal.addEventListener("abort", cut);
  try {
    await client.query(within(client, { text: `analyze (skip_locked) ${name}` }));
    release(false);
  } finally {
    signal.removeEventListener("abort", cut);
    release(true);
  }
}

/** Does so until the function that is returned is called, which waits for nothing: nothing is lost. */
export function keepAnalyzed({ pool, log }: { pool: pg.Pool; log: Pick<Logger, "warn"> }): () => void {
  const ending = new AbortController();
  const look = async () => {
    try {
      await analyzeGrown(pool, ending.signal);
    } catch (error) {
      if (!ending.signal.aborted && !isDatabaseAway(error))
        log.warn({ err: error }, "tables that have grown could not be analyzed");
    }
  };
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => (busy = false));
  }, LOOK_MILLISECONDS);
  return () => {
    clearInterval(timer);
    ending.abort();
  };
}
