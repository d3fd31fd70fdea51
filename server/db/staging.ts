import pg from "pg";

import { copyIn } from "./copy.ts";
import type { Migration } from "./migration-files.ts";
import { createPool } from "./pool.ts";
import { columnsOf, exists, objectsOf, type SnapshotTable } from "./snapshot.ts";

/** The schema in which a database is put together before it takes the place of the current one. */
const STAGING = "ampost_restore";

/** A table of the staging's own, for jobs until they are sent: the queue's tables are not ours. */
export const WAITING_JOBS = "waiting_jobs";

/** The name in pg_stat_activity. */
const NAME = "ampost restore";

/** Those that `ampost start` leaves to the last process that uses the embedded server. */
const OWNER = "ampost owner";

/** An empty schema of its own. Nobody sees what happens in it until it takes the place of the current one. */
export interface Staging extends AsyncDisposable {
  /** Its connections work in that schema. */
  pool: pg.Pool;
  /**
   * From now on rows can be loaded in any order of tables: references would require one, and triggers would do again
   * what they did when the rows were written.
   */
  beginLoad(): Promise<void>;
  /** Rows of tables that the schema does not have belong to others, and are left out. */
  load(table: SnapshotTable, rows: Buffer): Promise<void>;
  /** References are checked, triggers work again, and new rows get numbers that were never given. */
  finishLoad(): Promise<void>;
  /**
   * In one transaction, in which `also` can do more: drops everything in the current schema that `migrations` create,
   * and moves everything there.
   */
  replaceCurrent(migrations: readonly Migration[], also: (tx: pg.PoolClient) => Promise<void>): Promise<void>;
}

/** Throws if another restore is running. What it was used for is lost when it is disposed of, unless it was moved. */
export async function openStaging(url: string): Promise<Staging> {
  const pool = createPool(url, { max: 2, name: NAME, statementTimeoutSeconds: 0 });
  pool.on("connect", (client) => void client.query(SETTINGS).catch(() => undefined));
  const client = await pool.connect().catch(async (error: unknown) => {
    await pool.end();
    throw error;
  });
  const close = async () => {
    client.release(true);
    await pool.end();
  };
  let target: string;
  try {
    await beAlone(client);
    target = await findCurrent(client);
    await client.query(`drop schema if exists ${STAGING} cascade`);
    await client.query(`create schema ${STAGING}`);
    await client.query(`create temp table ${WAITING_JOBS} (name text, priority integer, group_id text, data jsonb)`);
  } catch (error) {
    await close();
    throw error;
  }
  let references: Reference[] = [];
  return {
    pool,
    beginLoad: async () => {
      references = await readReferences(client);
      for (const { table, name } of references) await client.query(`alter table ${table} drop constraint ${name}`);
      for (const table of await readNames(client)) await client.query(`alter table ${table} disable trigger user`);
    },
    load: async ({ name, columns }, rows) => {
      const into = pg.escapeIdentifier(name);
      if (await exists(client, into)) await copyIn(client, `${into} (${columnsOf(columns)})`, rows);
    },
    finishLoad: async () => {
      for (const { table, name, definition } of references)
        await client.query(`alter table ${table} add constraint ${name} ${definition}`);
      for (const table of await readNames(client)) await client.query(`alter table ${table} enable trigger user`);
      await skipNumbers(client);
    },
    replaceCurrent: async (migrations, also) => await replaceCurrent(client, target, migrations, also),
    [Symbol.asyncDispose]: async () => {
      await client.query(`drop schema if exists ${STAGING} cascade`).catch(() => undefined);
      await close();
    },
  };
}

/** How many connections of other Ampost processes the database has. */
export async function countOthers(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(OTHERS, [[NAME, OWNER]]);
  return rows[0]?.count ?? 0;
}

const OTHERS = `select count(*)::integer as count from pg_stat_activity
  where datname = current_database() and starts_with(application_name, 'ampost') and application_name <> all ($1)`;

/** What is being put together is lost anyway if the server fails; what is moved in the end is not. */
const SETTINGS = `set search_path = ${STAGING}; set statement_timeout = 0; set idle_in_transaction_session_timeout = 0;
  set synchronous_commit = off`;

async function beAlone(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ alone: boolean }>(
    "select pg_try_advisory_lock(hashtext('ampost restore')) as alone",
  );
  if (rows[0]?.alone !== true) throw new Error("Another restore is running on this database.");
}

/** The schema that other connections work in. */
async function findCurrent(client: pg.ClientBase): Promise<string> {
  await client.query("reset search_path");
  const { rows } = await client.query<{ schema: string | null }>("select quote_ident(current_schema()) as schema");
  await client.query(SETTINGS);
  const schema = rows[0]?.schema ?? null;
  if (schema === null) throw new Error("The database has no schema to restore into.");
  return schema;
}

/** A foreign key, with names as SQL needs them. */
interface Reference {
  table: string;
  name: string;
  definition: string;
}

async function readReferences(client: pg.ClientBase): Promise<Reference[]> {
  const { rows } = await client.query<Reference>(
    `select conrelid::regclass::text as table, quote_ident(conname) as name, pg_get_constraintdef(oid) as definition
     from pg_constraint where connamespace = '${STAGING}'::regnamespace and contype = 'f' and conparentid = 0
     order by 1, 2`,
  );
  return rows;
}

async function readNames(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relnamespace = '${STAGING}'::regnamespace and relkind in ('r', 'p') order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Callers may have been told of events that the backup does not have, by their numbers. */
const SKIPPED_NUMBERS = 1_000_000;

async function skipNumbers(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ table: string; column: string }>(
    `select attrelid::regclass::text as table, quote_ident(attname) as column from pg_attribute
     join pg_class c on c.oid = attrelid
     where c.relnamespace = '${STAGING}'::regnamespace and c.relkind in ('r', 'p') and attidentity <> ''`,
  );
  for (const { table, column } of rows)
    await client.query(
      `select setval(pg_get_serial_sequence('${table}', '${column}'),
         (select coalesce(max(${column}), 0) + ${SKIPPED_NUMBERS} from ${table}))`,
    );
}

/** How long to wait for tables that another program is using. */
const LOCK_SECONDS = 10;

async function replaceCurrent(
  client: pg.PoolClient,
  target: string,
  migrations: readonly Migration[],
  also: (tx: pg.PoolClient) => Promise<void>,
): Promise<void> {
  await client.query("begin");
  try {
    await client.query(
      `set local search_path = ${target}; set local synchronous_commit = on; set local lock_timeout = '${LOCK_SECONDS}s'`,
    );
    await dropOwn(client, target, migrations);
    for (const { kind, name } of await listObjects(client, STAGING))
      await client.query(`alter ${kind} ${name} set schema ${target}`);
    // Refused if anything was left behind.
    await client.query(`drop schema ${STAGING}`);
    await also(client);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

/** Functions first: some return rows of a table. PostgreSQL refuses if others have built on our tables. */
async function dropOwn(client: pg.ClientBase, schema: string, migrations: readonly Migration[]): Promise<void> {
  const own = objectsOf(migrations);
  const there = (await listObjects(client, schema)).filter(({ bare }) => own.has(bare));
  for (const { name } of there.filter(({ kind }) => kind === "function"))
    await client.query(`drop function ${name} cascade`);
  const tables = there.filter(({ kind }) => kind === "table").map(({ name }) => name);
  if (tables.length > 0) await client.query(`drop table ${tables.join(", ")}`);
  for (const { name } of there.filter(({ kind }) => kind === "domain")) await client.query(`drop domain ${name}`);
}

interface SchemaObject {
  kind: "function" | "table" | "domain";
  /** As SQL needs it. */
  name: string;
  bare: string;
}

async function listObjects(client: pg.ClientBase, schema: string): Promise<SchemaObject[]> {
  const { rows } = await client.query<SchemaObject>(
    `select 'table' as kind, oid::regclass::text as name, relname::text as bare from pg_class
     where relnamespace = $1::regnamespace and relkind in ('r', 'p')
     union all
     select 'function', oid::regprocedure::text, proname::text from pg_proc where pronamespace = $1::regnamespace
     union all
     select 'domain', oid::regtype::text, typname::text from pg_type
     where typnamespace = $1::regnamespace and typtype = 'd' order by 1 desc`,
    [schema],
  );
  return rows;
}
