import assert from "node:assert/strict";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { type Migration, migrate, MigrationRefused, pendingMigrations, readMigrations } from "./migrate.ts";
import { createPool } from "./pool.ts";

test("every migration runs once, however many processes start at the same time", async () => {
  const database = await createTestDatabase({ migrated: false });
  const pools = Array.from({ length: 8 }, () => createPool(database.url, { max: 1 }));
  const ran = await Promise.all(pools.map((pool) => migrate(pool)));
  const names = (await readMigrations()).map(({ name }) => name);
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

function fake(version: number, sql: string): Migration {
  return { version, name: `000${version}_fake`, sql, checksum: sql };
}
