import pg from "pg";

import { waitForAnswers } from "./sql.ts";

export interface PoolOptions {
  /** Connections at most. Each costs the server about 10 MB. */
  max?: number;
  /** Statements that run longer are cancelled; 30 s by default, 0 for no limit. */
  statementTimeoutSeconds?: number;
  /** Statements that wait longer for a lock fail; by default, they wait until their own timeout. */
  lockTimeoutSeconds?: number;
  /** A statement is planned once for all values: none of this pool may need another plan for others. */
  keepsPlans?: boolean;
  /** How long to wait for a free or new connection; 5 s by default. */
  connectTimeoutSeconds?: number;
  /** The name in pg_stat_activity. */
  name?: string;
  /** Called when an idle connection breaks. The pool replaces it; without a listener, Node would exit. */
  onError?: (error: Error) => unknown;
}

/**
 * A pool of connections. Times come as Date, jsonb parsed, int8 as number: our int8 columns are counters and sequence
 * numbers, far below 2^53. `numeric` stays a string.
 */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
  const { lockTimeoutSeconds, keepsPlans = false } = options;
  const settings = [
    ...(lockTimeoutSeconds === undefined ? [] : [`set lock_timeout = ${lockTimeoutSeconds * 1000}`]),
    ...(keepsPlans ? ["set plan_cache_mode = force_generic_plan"] : []),
  ];
  // Awaited before the first use, and not parameters of the start, which a pooler would have to be told to accept.
  const askedFirst = settings.length === 0 ? {} : { onConnect: setFirst(settings.join("; ")) };
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    min: 0,
    idleTimeoutMillis: 60_000,
    connectionTimeoutMillis: (options.connectTimeoutSeconds ?? 5) * 1000,
    statement_timeout: (options.statementTimeoutSeconds ?? 30) * 1000,
    // A transaction that its owner forgot would hold row locks for ever.
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
    application_name: options.name ?? "ampost",
    types: int8AsNumber(),
    ...askedFirst,
  });
  pool.on("error", (error) => options.onError?.(error));
  // A closing server reports to a connection twice; without a listener, the second time would end the process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  if (options.statementTimeoutSeconds === 0) {
    waitForAnswers(pool);
    pool.on("connect", waitForAnswers);
  }
  return pool;
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(name)}`;
  return changed.href;
}

function setFirst(text: string): (client: pg.ClientBase) => Promise<void> {
  return async (client) => void (await client.query(Object.assign({ text }, { query_timeout: 5_000 })));
}

function int8AsNumber(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return types;
}
