import pg from "pg";

export interface PoolOptions {
  /** Connections at most. Each costs the server about 10 MB. */
  max?: number;
  /** A statement that runs longer is cancelled; 30 s where none is given, 0 for no limit. */
  statementTimeoutSeconds?: number;
  /** How long a caller waits for a free or a new connection before it fails; 5 s where none is given. */
  connectTimeoutSeconds?: number;
  /** What pg_stat_activity shows. */
  name?: string;
  /** Told of a connection that broke while nobody used it. The pool replaces it; without a listener Node would exit. */
  onError?: (error: Error) => unknown;
}

/**
 * A pool of connections. Times come as Date, jsonb parsed, int8 as number: our int8 columns are counters and sequence
 * numbers, far below 2^53. `numeric` stays a string.
 */
export function createPool(url: string, options: PoolOptions = {}): pg.Pool {
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
  });
  pool.on("error", (error) => options.onError?.(error));
  // A server that goes tells a connection twice, and the second time nobody may be listening: that would end the
  // process.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** The same server, another database. */
export function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(name)}`;
  return changed.href;
}

function int8AsNumber(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  return types;
}
