import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import type pg from "pg";

/** Numbered and forward only: `0001_core.sql`, `0002_…sql`. A file that has run anywhere is never changed. */
export const MIGRATIONS_FOLDER = join(import.meta.dirname, "migrations");

/** The oldest PostgreSQL whose features the statements use. */
export const OLDEST_POSTGRES = 15;

// Any number, as long as all processes use the same one.
const ADVISORY_LOCK = 7_240_001;

export interface Migration {
  version: number;
  name: string;
  sql: string;
  checksum: string;
}

/** A database that this program must not touch; the message says why and what to do. */
export class MigrationRefused extends Error {
  override name = "MigrationRefused";
}

/**
 * Migrates the database and returns the names of the migrations that ran. Each runs in its own transaction, once,
 * however many processes start at the same time. Throws MigrationRefused, without changing anything, if the server is
 * too old, the database is newer than this program, or a file differs from the one that ran.
 */
export async function migrate(
  pool: pg.Pool,
  options: { migrations?: Migration[]; oldestPostgres?: number } = {},
): Promise<string[]> {
  const known = options.migrations ?? (await readMigrations());
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await refuseOldServer(client, options.oldestPostgres ?? OLDEST_POSTGRES);
    if ((await outstanding(client, known)).length === 0) return [];
    // Another process may hold the lock for as long as its migrations run.
    await client.query("set statement_timeout = 0");
    await client.query("select pg_advisory_lock($1)", [ADVISORY_LOCK]);
    const ran: string[] = [];
    for (const migration of await outstanding(client, known)) {
      await run(client, migration);
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
  const known = await readMigrations();
  const client = await pool.connect();
  try {
    await refuseOldServer(client, OLDEST_POSTGRES);
    return (await outstanding(client, known)).map((migration) => migration.name);
  } finally {
    client.release();
  }
}

export async function readMigrations(folder = MIGRATIONS_FOLDER): Promise<Migration[]> {
  const files = (await readdir(folder)).filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file)).sort();
  return Promise.all(
    files.map(async (file) => {
      const sql = await readFile(join(folder, file), "utf8");
      const checksum = createHash("sha256").update(sql).digest("hex");
      return { version: Number(file.slice(0, 4)), name: file.replace(/\.sql$/, ""), sql, checksum };
    }),
  );
}

async function run(client: pg.PoolClient, migration: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(
      `create table if not exists schema_migrations (
         version integer primary key, name text not null, checksum text not null,
         applied_at timestamptz not null default now())`,
    );
    await client.query(migration.sql);
    await client.query("insert into schema_migrations (version, name, checksum) values ($1, $2, $3)", [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw new Error(
      `Migration ${migration.name} failed and was undone: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

async function outstanding(client: pg.PoolClient, known: Migration[]): Promise<Migration[]> {
  const exists = await client.query(
    "select 1 from pg_tables where schemaname = current_schema() and tablename = 'schema_migrations'",
  );
  if (exists.rowCount === 0) return known;
  const { rows } = await client.query<{ version: number; name: string; checksum: string }>(
    "select version, name, checksum from schema_migrations order by version",
  );
  for (const ran of rows) {
    const migration = known.find(({ version }) => version === ran.version);
    if (migration === undefined) {
      throw new MigrationRefused(
        `The database is newer than this Ampost: it has had migration ${ran.name}, ` +
          `and this program ends at ${known.at(-1)?.name ?? "none"}. ` +
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
  return known.filter(({ version }) => !rows.some((ran) => ran.version === version));
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
