import { join } from "node:path";
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from "node:sqlite";

/**
 * The sandbox's database: one SQLite file in write-ahead mode. Committed transactions survive a kill -9 of the process,
 * and several processes can share the file, because every transaction is short and takes the write lock at its start.
 */
export interface Store {
  get(sql: string, ...values: SQLInputValue[]): Row | undefined;
  all(sql: string, ...values: SQLInputValue[]): Row[];
  /** Returns the number of changed rows. */
  run(sql: string, ...values: SQLInputValue[]): number;
  /** Runs several statements without parameters, such as a schema. */
  execute(sql: string): void;
  /** The next number of a named series, starting at 1. Numbers are never reused, not even after a reset. */
  next(series: string): number;
  /** All or nothing. The callback must not await. A nested transaction is part of the outer one. */
  transaction<T>(work: () => T): T;
  close(): void;
}

export type Row = Record<string, SQLOutputValue>;

const BUSY_TIMEOUT_MS = 10_000;

export function openStore(dataDir: string): Store {
  const database = new DatabaseSync(join(dataDir, "sandbox.sqlite"), { timeout: BUSY_TIMEOUT_MS });
  enterWriteAheadMode(database);
  // Committed transactions survive a kill without waiting for the disk; it syncs once every 32 MB.
  database.exec("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 8000");

  const statements = new Map<string, StatementSync>();
  let depth = 0;

  function statement(sql: string): StatementSync {
    const known = statements.get(sql);
    if (known) return known;
    const made = database.prepare(sql);
    statements.set(sql, made);
    return made;
  }

  const store: Store = {
    get: (sql, ...values) => statement(sql).get(...values),
    all: (sql, ...values) => statement(sql).all(...values),
    run: (sql, ...values) => Number(statement(sql).run(...values).changes),
    execute: (sql) => database.exec(sql),
    next(series) {
      const row = store.get(
        `INSERT INTO series (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1
         RETURNING value`,
        series,
      );
      return integer(row, "value");
    },
    transaction(work) {
      if (depth > 0) return work();
      statement("BEGIN IMMEDIATE").run();
      depth += 1;
      try {
        const result = work();
        statement("COMMIT").run();
        return result;
      } catch (error) {
        if (database.isTransaction) statement("ROLLBACK").run();
        throw error;
      } finally {
        depth -= 1;
      }
    },
    close() {
      statements.clear();
      database.close();
    },
  };

  store.transaction(() => store.execute(SCHEMA));
  return store;
}

/** A column that must contain text. */
export function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new Error(`column ${column} holds no text`);
  return value;
}

export function textOrNull(row: Row | undefined, column: string): string | null {
  return (row?.[column] ?? null) === null ? null : text(row, column);
}

/** A column that must contain a whole number within JavaScript's safe range. */
export function integer(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new Error(`column ${column} holds no number`);
  return value;
}

export function integerOrNull(row: Row | undefined, column: string): number | null {
  return (row?.[column] ?? null) === null ? null : integer(row, column);
}

/** Changing the journal mode does not wait for other processes, so two that start together would conflict. */
function enterWriteAheadMode(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (attempt === 50) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

const SCHEMA = `
CREATE TABLE IF NOT EXISTS series (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS clock (
  id INTEGER PRIMARY KEY CHECK (id = 1), ahead_ms INTEGER NOT NULL, stands_at INTEGER, starts_at INTEGER);
CREATE TABLE IF NOT EXISTS apps (
  platform TEXT NOT NULL, client_id TEXT NOT NULL, client_secret TEXT NOT NULL, redirect_uris TEXT NOT NULL,
  programmatic_refresh INTEGER NOT NULL, PRIMARY KEY (platform, client_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_scopes (
  platform TEXT NOT NULL, client_id TEXT NOT NULL, scopes TEXT NOT NULL, PRIMARY KEY (platform, client_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS app_settings (
  platform TEXT NOT NULL, client_id TEXT NOT NULL, settings TEXT NOT NULL,
  PRIMARY KEY (platform, client_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS people (
  platform TEXT NOT NULL, id TEXT NOT NULL, username TEXT NOT NULL, name TEXT NOT NULL, hint TEXT, facts TEXT NOT NULL,
  PRIMARY KEY (platform, id), UNIQUE (platform, username), UNIQUE (platform, hint)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS grants (
  id INTEGER PRIMARY KEY, platform TEXT NOT NULL, client_id TEXT NOT NULL, person_id TEXT NOT NULL,
  scopes TEXT NOT NULL, created_at INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS codes (
  platform TEXT NOT NULL, code TEXT NOT NULL, grant_id INTEGER NOT NULL, redirect_uri TEXT NOT NULL,
  issued_at INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0, facts TEXT NOT NULL,
  PRIMARY KEY (platform, code)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, platform TEXT NOT NULL, grant_id INTEGER NOT NULL, kind TEXT NOT NULL,
  issued_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (
  platform TEXT NOT NULL, account_id TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (platform, account_id, name, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS requests (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, platform TEXT NOT NULL, operation TEXT, method TEXT NOT NULL,
  url TEXT NOT NULL, headers TEXT NOT NULL, body TEXT NOT NULL, status INTEGER);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY, platform TEXT NOT NULL, operation TEXT NOT NULL, kind TEXT NOT NULL, error TEXT,
  delay_ms INTEGER NOT NULL, times INTEGER NOT NULL, after INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS account_faults (
  id INTEGER PRIMARY KEY, grant_id INTEGER NOT NULL, token_kind TEXT NOT NULL, kind TEXT NOT NULL,
  expires_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS magic_strikes (
  platform TEXT NOT NULL, account_id TEXT NOT NULL, content TEXT NOT NULL, kind TEXT NOT NULL, strikes INTEGER NOT NULL,
  PRIMARY KEY (platform, account_id, content, kind)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS publish_calls (
  platform TEXT NOT NULL, handle TEXT NOT NULL, calls INTEGER NOT NULL, PRIMARY KEY (platform, handle)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS posts (
  seq INTEGER PRIMARY KEY, platform TEXT NOT NULL, account_id TEXT NOT NULL, id TEXT NOT NULL, url TEXT NOT NULL,
  text TEXT NOT NULL, media TEXT NOT NULL, kind TEXT NOT NULL, visibility TEXT NOT NULL, settings TEXT NOT NULL,
  extra TEXT NOT NULL, created_at INTEGER NOT NULL, ends_at INTEGER, handle TEXT NOT NULL, root_id TEXT NOT NULL,
  look TEXT NOT NULL, UNIQUE (platform, id));
CREATE TABLE IF NOT EXISTS post_changes (
  platform TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, extra TEXT NOT NULL,
  PRIMARY KEY (platform, id)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS grants_by_person ON grants (platform, person_id, client_id);
CREATE INDEX IF NOT EXISTS account_faults_by_grant ON account_faults (grant_id);
CREATE INDEX IF NOT EXISTS posts_by_url ON posts (url);
CREATE INDEX IF NOT EXISTS posts_by_author ON posts (json_extract(look, '$.author.url'));
CREATE INDEX IF NOT EXISTS posts_by_root ON posts (platform, root_id);
`;
