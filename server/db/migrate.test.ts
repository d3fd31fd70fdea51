import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { createTestDatabase } from "../../tests/database.ts";
import { migrate, MigrationRefused, migrationState, pendingMigrations } from "./migrate.ts";
import { type Migration, ownMigrations, parseMigration } from "./migration-files.ts";
import { createPool } from "./pool.ts";

test("every migration runs once, however many processes start at the same time", async () => {
  const database = await createTestDatabase({ migrated: false });
  const pools = Array.from({ length: 8 }, () => createPool(database.url, { max: 1 }));
  const ran = await Promise.all(pools.map((pool) => migrate(pool)));
  const names = (await ownMigrations()).map(({ name }) => name);
  assert.deepEqual(ran.flat().sort(), names);
  assert.deepEqual(await migrate(database.pool), []);
  assert.deepEqual(await pendingMigrations(database.pool), []);
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

test("a failed migration leaves nothing behind, and earlier ones stay", async () => {
  const database = await createTestDatabase({ migrated: false });
  const first = fake(1, "create table a (n integer)");
  const second = fake(2, "create table b (n integer); create table a (n integer)");
  await assert.rejects(
    migrate(database.pool, { migrations: [first, second] }),
    /Migration 0002_fake failed and was undone: relation "a" already exists/,
  );
  const tables = await database.pool.query(
    "select tablename from pg_tables where schemaname = 'public' and length(tablename) = 1",
  );
  assert.deepEqual(
    tables.rows.map((row) => row.tablename),
    ["a"],
  );
  assert.deepEqual(await migrate(database.pool, { migrations: [first, fake(2, "create table b (n integer)")] }), [
    "0002_fake",
  ]);
  await database.drop();
});

test("a database newer than the program is rejected untouched", async () => {
  const database = await createTestDatabase({ migrated: false });
  await migrate(database.pool, { migrations: [fake(1, "select 1"), fake(2, "select 1")] });
  await assert.rejects(migrate(database.pool, { migrations: [fake(1, "select 1")] }), (error) => {
    assert.ok(error instanceof MigrationRefused);
    assert.match(
      error.message,
      /newer than this Ampost: it has had migration 0002_fake, and this program ends at 0001_fake/,
    );
    return true;
  });
  await database.drop();
});

test("a migration that was changed after it ran is rejected", async () => {
  const database = await createTestDatabase({ migrated: false });
  await migrate(database.pool, { migrations: [fake(1, "select 1")] });
  await assert.rejects(
    migrate(database.pool, { migrations: [fake(1, "select 2"), fake(2, "select 1")] }),
    /0001_fake ran here in another form/,
  );
  await database.drop();
});

test("a server that is too old is rejected by its version", async () => {
  const database = await createTestDatabase({ migrated: false });
  await assert.rejects(
    migrate(database.pool, { oldestPostgres: 99 }),
    /This is PostgreSQL \d+\.\d+.*; Ampost needs 99 or newer\./,
  );
  await database.drop();
});

test("a database newer than the program is accepted if everything it lacks is compatible with where it ends", async () => {
  const database = await createTestDatabase({ migrated: false });
  const first = fake(1, "select 1");
  const second = fake(2, "-- compatible with: 0001\nselect 1");
  const third = fake(3, "-- compatible with: 0002\nselect 1");
  await migrate(database.pool, { migrations: [first, second] });
  assert.deepEqual(await migrate(database.pool, { migrations: [first] }), []);
  await migrate(database.pool, { migrations: [first, second, third] });
  assert.deepEqual(await migrate(database.pool, { migrations: [first, second] }), []);
  await assert.rejects(migrate(database.pool, { migrations: [first] }), /it has had migration 0003_fake/);
  await database.drop();
});

/** Each of its statements may run once only, or leaves something to do for the next. */
const WITHOUT_TRANSACTION = [
  "-- compatible with: 0000\n-- transaction: none",
  "-- What it is for.\ncreate table things (n integer, filled boolean not null default false);",
  "insert into things (n) select generate_series(1, 5);",
  "-- in batches\nupdate things set filled = true where n in (select n from things where not filled limit 2);",
  "create unique index concurrently if not exists things_n on things (n);",
  "alter table things add constraint filled check (filled) not valid;",
].join("\n\n");

test("a migration without a transaction continues where it was interrupted, whatever the point", async () => {
  const database = await createTestDatabase({ migrated: false });
  const migrations = [fake(1, WITHOUT_TRANSACTION)];
  let crashes = 0;
  for (const when of ["before", "after"] as const) {
    for (let query = 1; ; query += 1) {
      const dying = dyingPool(database.url, query, when);
      const ran = await migrate(dying, { migrations }).catch((error: Error) => error);
      await dying.end();
      if (Array.isArray(ran)) break;
      crashes += 1;
      await migrate(database.pool, { migrations });
      const { rows } = await database.pool.query(
        `select count(*) as rows, count(*) filter (where filled) as filled,
           (select indisvalid from pg_index where indexrelid = 'things_n'::regclass) as valid,
           (select next_statement from schema_migrations) as next
         from things`,
      );
      assert.deepEqual(rows, [{ rows: 5, filled: 5, valid: true, next: null }], `${when} query ${query}`);
      await database.pool.query("drop table things, schema_migrations");
    }
    await database.pool.query("drop table things, schema_migrations");
  }
  assert.ok(crashes > 40, `${crashes} crashes`);
  await database.drop();
});

test("an index that could not be completed is built anew", async () => {
  const database = await createTestDatabase({ migrated: false });
  await database.pool.query("create table things (n integer)");
  await database.pool.query("insert into things values (1), (1)");
  const migrations = [
    fake(1, "-- transaction: none\n\ncreate unique index concurrently if not exists things_n on things (n);"),
  ];
  await assert.rejects(migrate(database.pool, { migrations }), /0001_fake failed and stopped: could not create unique/);
  await database.pool.query("truncate things");
  assert.deepEqual(await migrate(database.pool, { migrations }), ["0001_fake"]);
  const { rows } = await database.pool.query("select indisvalid from pg_index where indexrelid = 'things_n'::regclass");
  assert.deepEqual(rows, [{ indisvalid: true }]);
  await database.drop();
});

test("processes that wait for a migration do not stop an index from being built concurrently", async () => {
  const database = await createTestDatabase({ migrated: false });
  const pools = Array.from({ length: 6 }, () => createPool(database.url, { max: 1 }));
  const migrations = [fake(1, WITHOUT_TRANSACTION)];
  const ran = await Promise.all(pools.map((pool) => migrate(pool, { migrations })));
  assert.deepEqual(ran.flat(), ["0001_fake"]);
  await Promise.all(pools.map((pool) => pool.end()));
  await database.drop();
});

test("a migration that cannot lock a table lets others use it meanwhile", async () => {
  const database = await createTestDatabase({ migrated: false });
  await database.pool.query("create table things (n integer)");
  const slow = await database.pool.connect();
  await slow.query("begin; select from things");
  const migrating = migrate(database.pool, { migrations: [fake(1, "alter table things add column m integer")] });
  const isWaiting = async () =>
    (await database.pool.query("select 1 from pg_locks where relation = 'things'::regclass and not granted")).rowCount;
  while ((await isWaiting()) === 0) await sleep(10);
  assert.deepEqual((await database.pool.query("select n from things")).rows, []);
  await slow.query("commit");
  slow.release();
  assert.deepEqual(await migrating, ["0001_fake"]);
  await database.drop();
});

test("an unfinished migration is pending, and says how far it is", async () => {
  const database = await createTestDatabase();
  await database.pool.query("update schema_migrations set next_statement = 1 where version = 1");
  assert.deepEqual(await pendingMigrations(database.pool), ["0001_core"]);
  const { applied } = await migrationState(database.pool);
  assert.partialDeepStrictEqual(applied[0], { name: "0001_core", next_statement: 1 });
  await database.drop();
});

function fake(version: number, sql: string): Migration {
  return parseMigration(`000${version}_fake`, sql);
}

/** As if the process died at its nth query: before it is sent, or after it has run but before the answer arrives. */
function dyingPool(url: string, nth: number, when: "before" | "after"): pg.Pool {
  const pool = createPool(url, { max: 1 });
  let count = 0;
  pool.on("connect", (client) => {
    const query = client.query;
    const dying = async (...given: unknown[]) => {
      count += 1;
      if (count > nth || (count === nth && when === "before")) throw new Error("The process died");
      const answer: unknown = await Reflect.apply(query, client, given);
      if (count === nth) throw new Error("The process died");
      return answer;
    };
    Object.assign(client, { query: dying });
  });
  return pool;
}
