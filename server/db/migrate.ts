import { setTimeout as sleep } from "node:timers/promises";

import pg from "pg";

import { type Migration, type MigrationStatement, ownMigrations } from "./migration-files.ts";

/** The oldest PostgreSQL whose features the statements use. */
export const OLDEST_POSTGRES = 15;

// Any number, as long as all processes use the same one.
const ADVISORY_LOCK = 7_240_001;

/** How often another process that migrates is waited for. */
const LOOK_SECONDS = 0.1;

/**
 * Everyone who needs a table waits behind a migration that waits for its lock, so it gives up early, and tries again
 * after a pause, until the patience ends.
 */
const LOCK_SECONDS = 2;
const LOCK_PAUSE_SECONDS = 1;
const LOCK_PATIENCE_SECONDS = 300;

/** A database that this program must not touch; the message says why and what to do. */
export class MigrationRefused extends Error {
  override name = "MigrationRefused";
}

interface MigrateOptions {
  migrations?: Migration[];
  oldestPostgres?: number;
  /** How long to try to get the locks of one transaction. */
  lockPatienceSeconds?: number;
}

/**
 * Migrates the database and returns the names of the migrations that ran. Each runs once, however many processes start
 * at the same time: in a transaction, or statement by statement, continuing where a process that died has stopped.
 * Throws MigrationRefused, without changing anything, if the server is too old, the database is newer than this program
 * and not compatible with it, or a file differs from the one that ran.
 */
export async function migrate(pool: pg.Pool, options: MigrateOptions = {}): Promise<string[]> {
  const known = options.migrations ?? (await ownMigrations());
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await refuseOldServer(client, options.oldestPostgres ?? OLDEST_POSTGRES);
    if (pendingOf(known, await readApplied(client)).length === 0) return [];
    await client.query("set statement_timeout = 0");
    await lockOthersOut(client);
    const ran: string[] = [];
    const pending = pendingOf(known, await readApplied(client));
    const lockPatience = options.lockPatienceSeconds ?? LOCK_PATIENCE_SECONDS;
    if (pending.length > 0) await inTransaction(client, lockPatience, () => client.query(TABLE));
    for (const migration of pending) {
      await run(client, migration, lockPatience);
      ran.push(migration.name);
    }
    await client.query("select pg_advisory_unlock($1)", [ADVISORY_LOCK]);
    await client.query("reset statement_timeout");
    return ran;
  } catch (error) {
    // Closing the connection releases the lock.
    broken = error instanceof Error ? error : new Error(String(error));
    throw error;
  } finally {
    client.release(broken);
  }
}

/** The names of pending migrations. Throws MigrationRefused like `migrate`; changes nothing. */
export async function pendingMigrations(pool: pg.Pool): Promise<string[]> {
  return (await migrationState(pool)).pending.map(({ name }) => name);
}

/** How a database and this program fit together. */
export interface MigrationState {
  pending: Migration[];
  /** What has run, including what this program does not have but is compatible with. */
  applied: AppliedMigration[];
}

/** A row of `schema_migrations`. Older rows lack the last two. */
export interface AppliedMigration {
  version: number;
  name: string;
  checksum: string;
  compatible_with?: number | null;
  /** The place of the statement that runs next, in a migration that is not finished. */
  next_statement?: number | null;
}

/** Throws MigrationRefused like `migrate`; changes nothing. */
export async function migrationState(pool: pg.Pool, migrations?: Migration[]): Promise<MigrationState> {
  const known = migrations ?? (await ownMigrations());
  const client = await pool.connect();
  try {
    await refuseOldServer(client, OLDEST_POSTGRES);
    const applied = await readApplied(client);
    return { pending: pendingOf(known, applied), applied };
  } finally {
    client.release();
  }
}

const TABLE = `
  create table if not exists schema_migrations (
    version integer primary key, name text not null, checksum text not null,
    applied_at timestamptz not null default now());
  alter table schema_migrations
    add column if not exists compatible_with integer,
    add column if not exists next_statement integer`;

/**
 * It asks again and again instead of waiting in the database: an index that is built concurrently waits for every
 * statement that is older.
 */
async function lockOthersOut(client: pg.PoolClient): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ held: boolean }>("select pg_try_advisory_lock($1) as held", [ADVISORY_LOCK]);
    if (rows[0]?.held === true) return;
    await sleep(LOOK_SECONDS * 1000);
  }
}

async function run(client: pg.PoolClient, migration: Migration, lockPatience: number): Promise<void> {
  try {
    if (migration.statements !== null)
      return await runStatements(client, migration, migration.statements, lockPatience);
    await inTransaction(client, lockPatience, async () => {
      await client.query(migration.sql);
      await record(client, migration, null);
    });
  } catch (error) {
    throw new Error(
      `Migration ${migration.name} failed and ${migration.statements === null ? "was undone" : "stopped"}: ` +
        `${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function runStatements(
  client: pg.PoolClient,
  migration: Migration,
  statements: readonly MigrationStatement[],
  lockPatience: number,
): Promise<void> {
  const begun = (await readApplied(client)).find(({ version }) => version === migration.version);
  const first = begun?.next_statement ?? 0;
  if (begun === undefined) await record(client, migration, 0);
  for (const [place, statement] of statements.entries()) {
    if (place < first) continue;
    const next = place + 1 === statements.length ? null : place + 1;
    if (statement.runs === "alone") {
      await runAlone(client, statement.sql);
      await record(client, migration, next);
    } else if (statement.runs === "batches") await runBatches(client, statement.sql, migration, next, lockPatience);
    else
      await inTransaction(client, lockPatience, async () => {
        await client.query(statement.sql);
        await record(client, migration, next);
      });
  }
}

/** An index whose build was interrupted stays, unusable, under its name. */
async function runAlone(client: pg.PoolClient, sql: string): Promise<void> {
  const index = /concurrently if not exists (\w+)/.exec(sql)?.[1];
  if (index !== undefined) {
    const { rowCount } = await client.query(
      "select 1 from pg_index where indexrelid = to_regclass($1) and not indisvalid",
      [index],
    );
    if (rowCount === 1) await client.query(`drop index concurrently ${pg.escapeIdentifier(index)}`);
  }
  await client.query(sql);
}

/** Rests after each batch for as long as it took, so that others are not slowed down. */
async function runBatches(
  client: pg.PoolClient,
  sql: string,
  migration: Migration,
  next: number | null,
  lockPatience: number,
): Promise<void> {
  for (let isDone = false; !isDone;) {
    const began = performance.now();
    await inTransaction(client, lockPatience, async () => {
      isDone = ((await client.query(sql)).rowCount ?? 0) === 0;
      if (isDone) await record(client, migration, next);
    });
    if (!isDone) await sleep(performance.now() - began);
  }
}

async function record(client: pg.PoolClient, migration: Migration, next: number | null): Promise<void> {
  await client.query(
    `insert into schema_migrations (version, name, checksum, compatible_with, next_statement) values ($1, $2, $3, $4, $5)
     on conflict (version) do update set next_statement = excluded.next_statement, applied_at = now()`,
    [migration.version, migration.name, migration.checksum, migration.compatibleWith, next],
  );
}

async function inTransaction(
  client: pg.PoolClient,
  patienceSeconds: number,
  work: () => Promise<unknown>,
): Promise<void> {
  const since = performance.now();
  for (;;) {
    await client.query("begin");
    try {
      await client.query(`set local lock_timeout = '${LOCK_SECONDS}s'`);
      await work();
      await client.query("commit");
      return;
    } catch (error) {
      await client.query("rollback");
      if (!isBusy(error) || performance.now() - since > patienceSeconds * 1000) throw error;
    }
    await sleep(LOCK_PAUSE_SECONDS * 1000);
  }
}

/** A lock that was not free, or a deadlock. */
function isBusy(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === "55P03" || error.code === "40P01");
}

async function readApplied(client: pg.PoolClient): Promise<AppliedMigration[]> {
  const exists = await client.query(
    "select 1 from pg_tables where schemaname = current_schema() and tablename = 'schema_migrations'",
  );
  if (exists.rowCount === 0) return [];
  // As JSON, because a table of before lacks columns.
  const { rows } = await client.query<{ applied: AppliedMigration }>(
    "select to_jsonb(m) as applied from schema_migrations m order by version",
  );
  return rows.map(({ applied }) => applied);
}

/** Throws MigrationRefused if the two do not fit together. */
function pendingOf(known: Migration[], applied: AppliedMigration[]): Migration[] {
  const end = known.at(-1);
  for (const ran of applied) {
    const migration = known.find(({ version }) => version === ran.version);
    if (migration === undefined) {
      if (isCompatible(end?.version ?? 0, ran.compatible_with ?? null)) continue;
      throw new MigrationRefused(
        `The database is newer than this Ampost: it has had migration ${ran.name}, ` +
          `and this program ends at ${end?.name ?? "none"}. ` +
          "Start the newer Ampost, or point DATABASE_URL or AMPOST_DATA_DIR elsewhere.",
      );
    }
    if (migration.checksum !== ran.checksum) {
      throw new MigrationRefused(
        `Migration ${ran.name} ran here in another form than the file this program has. ` +
          "Install an unchanged Ampost; for a database without data worth keeping, empty it (or the data folder) and " +
          "start again.",
      );
    }
  }
  const finished = new Set(
    applied.filter((ran) => (ran.next_statement ?? null) === null).map(({ version }) => version),
  );
  return known.filter(({ version }) => !finished.has(version));
}

/** Whether a program whose last migration is `end` works with a database that has had a migration it lacks. */
export function isCompatible(end: number, compatibleWith: number | null): boolean {
  return compatibleWith !== null && compatibleWith <= end;
}

async function refuseOldServer(client: pg.PoolClient, oldest: number): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    "select current_setting('server_version_num')::integer as number, current_setting('server_version') as text",
  );
  const server = rows[0];
  if (server && server.number < oldest * 10_000) {
    throw new MigrationRefused(`This is PostgreSQL ${server.text}; Ampost needs ${oldest} or newer.`);
  }
}
