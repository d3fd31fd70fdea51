import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { createTestDatabase, PATIENT } from "../../tests/database.ts";
import { analyzeGrown, keepAnalyzed } from "./analyze.ts";
import { readMigrations } from "./migration-files.ts";
import { createPool } from "./pool.ts";
import { openSnapshot } from "./snapshot.ts";

/** Autovacuum, which looks once a minute, would otherwise come first now and then. */
const COLUMNS = "(id int, note text) with (autovacuum_enabled = off)";

test("a plan that was made while a table was small is made anew once it has grown", async () => {
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  try {
    await client.query(`create table grown ${COLUMNS}`);
    await client.query("create index grown_id on grown (id)");
    await client.query("insert into grown values (1, 'one')");
    await client.query("analyze");
    await client.query("set plan_cache_mode = force_generic_plan");
    await client.query("prepare find (int[]) as select note from grown where id = any ($1)");
    const plan = async () => {
      const { rows } = await client.query<{ "QUERY PLAN": string }>("explain execute find ('{1}')");
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    assert.match(await plan(), /Seq Scan/);
    await client.query("insert into grown select n, repeat('x', 100) from generate_series(1, 20000) as n");
    assert.match(await plan(), /Seq Scan/);
    assert.deepEqual(await analyzeGrown(database.pool), ["grown"]);
    assert.match(await plan(), /grown_id/);
    assert.deepEqual(await analyzeGrown(database.pool), []);
  } finally {
    client.release(true);
    await database.drop();
  }
});

const FILL = "insert into posts select n, repeat('x', 100) from generate_series(1, 20000) as n";

test("the schema's name may need quotes, for backups too", async () => {
  const database = await createTestDatabase({ migrated: false });
  const url = new URL(database.url);
  url.searchParams.set("options", '-c search_path="Ampost-prod"');
  const pool = createPool(url.href);
  try {
    await pool.query('create schema "Ampost-prod"');
    await pool.query(`create table posts ${COLUMNS}`);
    await pool.query(FILL);
    assert.deepEqual(await analyzeGrown(pool), ["posts"]);
    await using snapshot = await openSnapshot(pool, await readMigrations());
    assert.deepEqual(snapshot.tables, [{ name: "posts", columns: ["id", "note"] }]);
  } finally {
    await pool.end();
    await database.drop();
  }
});

test("a table that someone else is at is not waited for", async () => {
  const database = await createTestDatabase({ migrated: false });
  const client = await database.pool.connect();
  try {
    await client.query(`create table posts ${COLUMNS}`);
    await client.query(FILL);
    await client.query("begin");
    await client.query("lock table posts in share update exclusive mode");
    const analyzed = analyzeGrown(database.pool).then(() => "skipped");
    assert.equal(await Promise.race([analyzed, pause(20_000, undefined, { ref: false })]), "skipped");
  } finally {
    client.release(true);
    await database.drop();
  }
});

test("a process that ends does not wait for a table to be analyzed, and warns of nothing", async () => {
  const database = await createTestDatabase({ migrated: false });
  const pool = createPool(database.url, { ...PATIENT, name: "slow" });
  const warnings: unknown[] = [];
  try {
    await database.pool.query(
      `create function slow(id int) returns int immutable language plpgsql as $$ begin
         if current_setting('application_name') = 'slow' then perform pg_sleep(0.01); end if;
         return id; end $$`,
    );
    await database.pool.query(`create table posts ${COLUMNS}`);
    await database.pool.query("create index posts_slow on posts (slow(id))");
    await database.pool.query(FILL);
    const end = keepAnalyzed({ pool, log: { warn: (entry: unknown) => void warnings.push(entry) } });
    const isAtIt =
      "select from pg_stat_activity where application_name = 'slow' and state = 'active' and query like 'analyze%'";
    while ((await database.pool.query(isAtIt)).rowCount === 0) await pause(20);
    end();
    const ended = pool.end().then(() => "ended");
    assert.equal(await Promise.race([ended, pause(20_000, undefined, { ref: false })]), "ended");
    assert.deepEqual(warnings, []);
  } finally {
    await database.drop();
  }
});
