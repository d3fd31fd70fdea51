import type pg from "pg";

import { transaction } from "../../server/db/sql.ts";

/** Every row of an instance at one moment, as a backup of its database has it. */
export interface Snapshot {
  /** The rows of each table, as a JSON array. */
  tables: ReadonlyMap<string, string>;
  /** The IDs of the commits in it. */
  commits: ReadonlySet<string>;
}

/** Not part of the instance: the harness's own record, and what migrations write. */
const OTHERS = ["fault_history", "schema_migrations"];

/** Reads everything at one moment, while others write. */
export async function takeSnapshot(pool: pg.Pool): Promise<Snapshot> {
  const client = await pool.connect();
  try {
    await client.query("begin isolation level repeatable read read only");
    const { rows: names } = await client.query<{ name: string }>(
      `select table_name as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE' and table_name <> all($1)`,
      [OTHERS],
    );
    const tables = new Map<string, string>();
    for (const { name } of names) {
      const { rows } = await client.query<{ rows: string }>(
        `select coalesce(json_agg(t), '[]')::text as rows from public.${name} t`,
      );
      tables.set(name, rows[0]?.rows ?? "[]");
    }
    const { rows } = await client.query<{ id: string }>("select id from publish_steps where effect = 'visible'");
    await client.query("commit");
    return { tables, commits: new Set(rows.map(({ id }) => id)) };
  } finally {
    client.release();
  }
}

/**
 * Makes the database what it was. Like a restore, without triggers, which would count everything again. What a killed
 * process has asked for may still be under way, and lock the same rows in another order.
 */
export async function restoreSnapshot(pool: pg.Pool, snapshot: Snapshot): Promise<void> {
  for (;;)
    try {
      return await replaceRows(pool, snapshot);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "40P01")) throw error;
    }
}

async function replaceRows(pool: pg.Pool, { tables }: Snapshot): Promise<void> {
  await transaction(pool, async (tx) => {
    await tx.query("set local session_replication_role = replica");
    for (const name of tables.keys()) await tx.query(`delete from public.${name}`);
    for (const [name, rows] of tables)
      await tx.query(
        `insert into public.${name} overriding system value
         select * from json_populate_recordset(null::public.${name}, $1)`,
        [rows],
      );
    const { rows: sequences } = await tx.query<{ table: string; column: string }>(
      `select table_name as table, column_name as column from information_schema.columns
       where table_schema = 'public' and is_identity = 'YES' and table_name <> all($1)`,
      [OTHERS],
    );
    for (const { table, column } of sequences)
      await tx.query(
        `select setval(pg_get_serial_sequence('public.${table}', '${column}'),
           greatest(nextval(pg_get_serial_sequence('public.${table}', '${column}')),
             (select coalesce(max(${column}), 0) + 1 from public.${table})))`,
      );
  });
}
