import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { before, test } from "node:test";

import type pg from "pg";

import { createTestDatabase } from "../../tests/database.ts";
import { startJobQueue } from "../jobs/jobs.ts";
import { GROWTH } from "./growth.ts";
import { statements } from "./sql.ts";

before(async () => {
  for (const file of await readdir(import.meta.dirname, { recursive: true }))
    if (file.endsWith(".ts") && !file.endsWith(".test.ts")) await import(`./${file}`);
});

test("every table has something that limits its growth", async () => {
  const database = await createTestDatabase();
  try {
    const queue = await startJobQueue({ pool: database.pool, log: { warn: () => {}, error: () => {} } });
    await queue.stop();
    const tables = await database.pool.query<{ name: string }>(
      `select case when n.nspname = 'public' then relname else n.nspname || '.' || relname end as name
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where relkind in ('r', 'p') and not relispartition and n.nspname !~ '^(pg_|information_schema)'`,
    );
    assert.deepEqual(
      tables.rows.map(({ name }) => name).sort(),
      Object.keys(GROWTH).sort(),
      "name in growth.ts what bounds a new table",
    );
    const cascades = await database.pool.query<{ pair: string }>(
      `select conrelid::regclass || ' with ' || confrelid::regclass as pair from pg_constraint
       where contype = 'f' and confdeltype = 'c'`,
    );
    const taken = new Set(cascades.rows.map(({ pair }) => pair));
    for (const [table, { swept, with: parent, limits, bounds, because }] of Object.entries(GROWTH)) {
      assert.ok(swept ?? parent ?? limits ?? bounds ?? because, table);
      if (parent !== undefined) assert.ok(taken.has(`${table} with ${parent}`), `${table} does not go with ${parent}`);
      if (swept !== undefined)
        assert.match(statements.get(swept)?.text ?? "", new RegExp(`delete from ${table}\\b`), `${table}: ${swept}`);
    }
  } finally {
    await database.drop();
  }
});

test("every reference has an index, by which deleting what it leads to finds what goes with it", async () => {
  const database = await createTestDatabase();
  try {
    const { rows } = await database.pool.query(
      `select conrelid::regclass || ': ' || pg_get_constraintdef(c.oid) as reference
       from pg_constraint c
       where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
         select from pg_index i
         where i.indrelid = c.conrelid and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @> c.conkey
           and coalesce(pg_get_expr(i.indpred, i.indrelid), '(x IS NOT NULL)') ~ '^\\(\\w+ IS NOT NULL\\)$'
       )`,
    );
    assert.deepEqual(rows, []);
  } finally {
    await database.drop();
  }
});

test("a sweep finds what it deletes by an index, however much there is to keep", async () => {
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  try {
    // A table is then read as a whole only if no index leads to what is wanted.
    await client.query("set enable_seqscan = off; set plan_cache_mode = force_generic_plan");
    const readWhole: Record<string, string[]> = {};
    for (const [table, { swept }] of Object.entries(GROWTH)) {
      const text = statements.get(swept ?? "")?.text;
      if (swept === undefined || text === undefined) continue;
      const plan = await explain(client, text);
      const whole = plan.filter((node) => node.includes("Seq Scan on ") && !SMALL.test(node));
      if (whole.length > 0) readWhole[`${table}: ${swept}`] = whole;
    }
    assert.deepEqual(readWhole, {});
  } finally {
    client.release();
    await database.drop();
  }
});

test("deleting a row reads only what goes with it: every reference has an index", async () => {
  const database = await createTestDatabase();
  try {
    const { rows } = await database.pool.query<{ reference: string }>(UNINDEXED_REFERENCES);
    assert.deepEqual(
      rows.map(({ reference }) => reference),
      [],
    );
  } finally {
    await database.drop();
  }
});

/** An index serves a reference if it begins with its columns, and has every row in which they are set. */
const UNINDEXED_REFERENCES = `
  select f.conrelid::regclass || ': ' || pg_get_constraintdef(f.oid) as reference
  from pg_constraint f
  where f.contype = 'f' and f.connamespace = 'public'::regnamespace and not exists (
    select from pg_index i
    where i.indrelid = f.conrelid and i.indisvalid
      and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey
      and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) in (
        select format('(%I IS NOT NULL)', a.attname) from pg_attribute a
        where a.attrelid = f.conrelid and a.attnum = any (f.conkey))))
  order by 1`;

/** What a statement has found already, and tables that have few rows: their own sweeps see to that. */
const SMALL =
  /Seq Scan on (looked|old|crowded|held|folded|oauth_attempts|connections|data_deletions|invites|budget_limits)\b/;

async function explain(client: pg.PoolClient, text: string): Promise<string[]> {
  const parameters = new Set(text.match(/\$\d+/g)).size;
  await client.query(`prepare swept as ${text}`);
  const nothing = Array.from({ length: parameters }, () => "null").join(", ");
  const { rows } = await client.query<{ "QUERY PLAN": string }>(
    `explain execute swept${parameters === 0 ? "" : `(${nothing})`}`,
  );
  await client.query("deallocate swept");
  return rows.map((row) => row["QUERY PLAN"].trim());
}
