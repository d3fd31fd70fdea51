import { writeFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";

import pg from "pg";

import { copyOut } from "./copy.ts";
import type { Migration } from "./migration-files.ts";

export interface SnapshotTable {
  name: string;
  columns: string[];
}

/** The state of the database at one moment, while others keep writing. Nobody waits for it. */
export interface Snapshot extends AsyncDisposable {
  takenAt: Date;
  /** Those that ran, in order. */
  migrations: Pick<Migration, "version" | "name" | "checksum">[];
  /** Those that Ampost's migrations create; all, if some of the migrations that ran are not known here. */
  tables: SnapshotTable[];
  /** The rows of a query, in PostgreSQL's text format. One query at a time. */
  read(query: string): AsyncIterable<Buffer>;
  /** A single value; null if there is no row. */
  find(query: string): Promise<string | null>;
  /** Whether the table exists. */
  has(table: string): Promise<boolean>;
}

/**
 * The database as it is now, until it is disposed of. `known` are this program's migrations. `isPatient`: PostgreSQL, on
 * this machine, reads for it at a low priority.
 */
export async function openSnapshot(
  pool: pg.Pool,
  known: readonly Migration[],
  { isPatient = false } = {},
): Promise<Snapshot> {
  const client = await pool.connect();
  try {
    if (isPatient) await lowerPriority(client);
    await client.query("begin isolation level repeatable read read only");
    await client.query(PORTABLE);
    const migrations = await readRan(client);
    const isKnown = migrations.every((ran) => known.some(({ version }) => version === ran.version));
    return {
      takenAt: await readTime(client),
      migrations,
      tables: await readTables(client, isKnown ? objectsOf(known) : null),
      read: (query) => copyOut(client, query),
      find: async (query) =>
        (await client.query<[string | null]>({ text: query, rowMode: "array" })).rows[0]?.[0] ?? null,
      has: async (table) => await exists(client, table),
      // It may be in the middle of an answer, so nobody else gets this connection.
      [Symbol.asyncDispose]: async () => client.release(true),
    };
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/**
 * Each of PostgreSQL's processes is a session of its own, and where Linux shares processors by session, only what stands
 * in `autogroup` counts. Where the system does not allow it, requests wait a little longer.
 */
async function lowerPriority(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  try {
    for (const { pid } of rows) {
      setPriority(pid, constants.priority.PRIORITY_LOW);
      await writeFile(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_LOW));
    }
  } catch {
    return;
  }
}

/** Settings under which values are written and read in the same way by every server. */
const PORTABLE =
  "set local datestyle = 'ISO'; set local intervalstyle = 'postgres'; set local timezone = 'UTC'; " +
  "set local extra_float_digits = 1; set local bytea_output = 'hex'; " +
  "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0";

/** Names of all tables, functions and domains that migrations have ever created. */
export function objectsOf(migrations: readonly Migration[]): Set<string> {
  const named = ({ sql }: Migration) => [...sql.matchAll(CREATES)].map(([, name = ""]) => name);
  return new Set(["schema_migrations", ...migrations.flatMap(named)]);
}

const CREATES = /\b(?:create table(?: if not exists)?|create(?: or replace)? function|create domain|rename to) (\w+)/gi;

export function selectFrom({ name, columns }: SnapshotTable): string {
  return `select ${columnsOf(columns)} from ${pg.escapeIdentifier(name)}`;
}

export function columnsOf(columns: readonly string[]): string {
  return columns.map((column) => pg.escapeIdentifier(column)).join(", ");
}

async function readTables(client: pg.ClientBase, own: ReadonlySet<string> | null): Promise<SnapshotTable[]> {
  const { rows } = await client.query<SnapshotTable>(
    `select c.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname = current_schema() and c.relkind in ('r', 'p') and not c.relispartition
       and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     group by 1 order by 1`,
  );
  return rows.filter(({ name }) => own?.has(name) !== false && name !== "schema_migrations");
}

async function readTime(client: pg.ClientBase): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>("select now() as now");
  return rows[0]?.now ?? new Date();
}

async function readRan(client: pg.ClientBase): Promise<Snapshot["migrations"]> {
  if (!(await exists(client, "schema_migrations"))) return [];
  // As JSON, because tables of earlier versions lack a column.
  const { rows } = await client.query<Snapshot["migrations"][number] & { unfinished: boolean }>(
    `select version, name, checksum, to_jsonb(m) ->> 'next_statement' is not null as unfinished
     from schema_migrations m order by version`,
  );
  const unfinished = rows.find((ran) => ran.unfinished);
  if (unfinished) throw new Error(`Migration ${unfinished.name} has not finished. Try again when it has.`);
  return rows.map(({ version, name, checksum }) => ({ version, name, checksum }));
}

/** `table` as SQL needs it. */
export async function exists(client: pg.ClientBase, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>("select to_regclass($1) is not null as there", [table]);
  return rows[0]?.there ?? false;
}
