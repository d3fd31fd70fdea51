import assert from "node:assert/strict";
import { test } from "node:test";

import type pg from "pg";

import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { GROWTH } from "./growth.ts";
import { migrate } from "./migrate.ts";
import { type Migration, ownMigrations, parseMigration } from "./migration-files.ts";

/** Everyone runs these from the start: before them, nothing was released. */
const FIRST_RELEASE = 79;

/** Columns that the version before no longer uses either. */
const UNUSED: readonly string[] = [];

/** All that can be large; the others have a row for each thing of the instance or of a few per person. */
const LARGE = new Set(Object.keys(GROWTH).filter((table) => GROWTH[table]?.because === undefined));

test("a migration says which older programs can keep running, and what it locks; it locks no large table for long", async () => {
  const own = await ownMigrations();
  const database = await createTestDatabase({ migrated: false });
  await migrate(database.pool, { migrations: own.filter(({ version }) => version <= FIRST_RELEASE) });
  const wrong: string[] = [];
  for (const migration of own.filter(({ version }) => version > FIRST_RELEASE)) {
    wrong.push(...(await examine(database, migration)));
    await migrate(database.pool, { migrations: own.filter(({ version }) => version <= migration.version) });
  }
  await database.drop();
  assert.deepEqual(wrong, []);
});

const REFUSED: Readonly<Record<string, [sql: string, because: RegExp]>> = {
  "an index": ["-- locks: posts\ncreate index on posts (created_at);", /locks posts while it reads all of posts/],
  "another type": ["-- locks: posts\nalter table posts alter column revision type bigint;", /reads all of posts/],
  "a check": ["-- locks: posts\nalter table posts add check (revision > 0);", /reads all of posts/],
  "not null": ["-- locks: posts\nalter table posts alter column scheduled_for set not null;", /reads all of posts/],
  "a reference": [
    "-- locks: posts, users\nalter table posts add foreign key (user_id) references users;",
    /reads all of posts/,
  ],
  "a changing default": [
    "-- locks: posts\nalter table posts add column at timestamptz default clock_timestamp();",
    /reads all of posts/,
  ],
  "a backfill": ["update posts set revision = revision + 1;", /changes all of posts in one transaction/],
  "a backfill by another": [
    "-- locks: accounts\nalter table accounts add column n integer;\nupdate accounts set n = 1;",
    /locks accounts while it reads all of accounts/,
  ],
  "an unnamed lock": ["alter table posts add column n integer;", /locks posts, and says nothing of it/],
  "a lock it does not take": ["-- locks: posts\nselect 1;", /locks nothing, but says posts/],
  "a column that goes": [
    "-- locks: posts\nalter table posts drop column scheduled_for;",
    /posts\.scheduled_for is gone/,
  ],
  "another name": [
    "-- locks: posts\nalter table posts rename scheduled_for to due_at;",
    /posts\.scheduled_for is gone/,
  ],
  "a column to fill": [
    "-- locks: posts\nalter table posts add column n integer not null;",
    /posts\.n must be filled by programs that do not know it/,
  ],
  "an index that cannot be repeated": [
    "-- transaction: none\n\ncreate index concurrently posts_n on posts (created_at);",
    /cannot be repeated/,
  ],
  "endless batches": ["-- transaction: none\n\n-- in batches\nupdate posts set revision = 1;", /has no limit/],
};

const ACCEPTED: Readonly<Record<string, string>> = {
  "a column": "-- locks: posts\nalter table posts add column n integer, add column m text not null default '';",
  "a table": "-- locks: posts\ncreate table fresh (id uuid primary key references posts);\ncreate index on fresh (id);",
  "a check of new rows": "-- locks: posts\nalter table posts add constraint c check (revision > 0) not valid;",
  "an index": "-- transaction: none\n\ncreate index concurrently if not exists posts_n on posts (created_at);",
  "a backfill":
    "-- transaction: none\n-- locks: posts\n\nalter table posts add column n integer;\n\n-- in batches\n" +
    "update posts set n = 1 where id in (select id from posts where n is null limit 1000);",
};

test("a migration that would stop requests, or that older programs cannot live with, is refused", async (t) => {
  const database = await createTestDatabase();
  for (const [name, [sql, because]] of Object.entries(REFUSED))
    await t.test(name, async () => {
      const found = await examine(database, parseMigration("9999_fake", `-- compatible with: 0075\n${sql}`));
      assert.match(found.join("\n"), because);
    });
  for (const [name, sql] of Object.entries(ACCEPTED))
    await t.test(`${name} is accepted`, async () => {
      assert.deepEqual(await examine(database, parseMigration("9999_fake", `-- compatible with: 0075\n${sql}`)), []);
    });
  await t.test("one that says nothing of older programs", async () => {
    assert.match((await examine(database, parseMigration("9999_fake", "select 1;"))).join("\n"), /older programs/);
  });
  await database.drop();
});

/** What is wrong with a migration on a database that has had everything before it. Leaves the database as it was. */
async function examine(database: TestDatabase, migration: Migration): Promise<string[]> {
  const isOpen = migration.compatibleWith !== null;
  if (!isOpen && !migration.sql.includes("-- not compatible: "))
    return [
      `${migration.name} does not say which older programs can keep running (-- compatible with: or -- not compatible:)`,
    ];
  const client = await database.pool.connect();
  try {
    await client.query("begin");
    // Whatever is looked for shows as a scan.
    await client.query("set local enable_indexscan = off; set local enable_bitmapscan = off");
    const before = await look(client);
    const wrong: string[] = [];
    const locked = new Set<string>();
    for (const { sql, runs } of migration.statements ?? [{ sql: migration.sql, runs: "once" }]) {
      if (runs === "alone") {
        if (!/ if (not )?exists /.test(sql)) wrong.push(`${sql} cannot be repeated after a crash`);
        continue;
      }
      if (runs === "batches" && !sql.includes(" limit ")) wrong.push(`${sql} has no limit`);
      const began = await look(client);
      await client.query(sql);
      const ended = await look(client);
      // A table that the migration creates is empty.
      const read = [...LARGE].filter(
        (table) => before.columns.has(`${table}.`) && (ended.scans.get(table) ?? 0) > (began.scans.get(table) ?? 0),
      );
      const strong = [...ended.strong].filter((table) => before.columns.has(`${table}.`));
      for (const table of strong) locked.add(table);
      for (const table of runs === "batches" ? [] : read) {
        if (strong.length > 0)
          wrong.push(`${migration.name} locks ${strong.join(", ")} while it reads all of ${table}`);
        else if (ended.changed.has(table)) wrong.push(`${migration.name} changes all of ${table} in one transaction`);
      }
    }
    const [said, taken] = [migration.locks.join(", ") || "nothing", [...locked].sort().join(", ") || "nothing"];
    if (said === "nothing" && taken !== said) wrong.push(`${migration.name} locks ${taken}, and says nothing of it`);
    else if (taken !== said) wrong.push(`${migration.name} locks ${taken}, but says ${said}`);
    return [...wrong, ...(isOpen ? breaking(before, await look(client)) : [])];
  } finally {
    await client.query("rollback");
    client.release();
  }
}

interface Look {
  /** How often each table was read from its beginning. */
  scans: Map<string, number>;
  /** Tables that nobody else can write, or read. */
  strong: Set<string>;
  /** Tables of which this transaction changes rows. */
  changed: Set<string>;
  /** Each column and its type, with the name of its table; and each table, with a dot. */
  columns: Map<string, { type: string; isRequired: boolean }>;
}

async function look(client: pg.PoolClient): Promise<Look> {
  const scans = await client.query<{ name: string; scans: number }>(
    "select relname as name, seq_scan as scans from pg_stat_xact_user_tables where schemaname = 'public'",
  );
  const locks = await client.query<{ name: string; mode: string }>(
    `select c.relname as name, l.mode from pg_locks l join pg_class c on c.oid = l.relation
     where l.pid = pg_backend_pid() and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace`,
  );
  const columns = await client.query<{ name: string; type: string; required: boolean }>(
    `select table_name || '.' || column_name as name, data_type as type,
       is_nullable = 'NO' and column_default is null and is_identity = 'NO' as required
     from information_schema.columns where table_schema = 'public'
     union all select table_name || '.', 'table', false from information_schema.tables where table_schema = 'public'`,
  );
  const inMode = (...modes: string[]) =>
    new Set(locks.rows.filter(({ mode }) => modes.includes(mode)).map(({ name }) => name));
  return {
    scans: new Map(scans.rows.map((row) => [row.name, row.scans])),
    strong: inMode("ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"),
    changed: inMode("RowExclusiveLock"),
    columns: new Map(columns.rows.map(({ name, type, required }) => [name, { type, isRequired: required }])),
  };
}

/** What programs that know only the columns of before would stumble over. */
function breaking(before: Look, after: Look): string[] {
  const gone = [...before.columns].flatMap(([name, { type }]) => {
    if (UNUSED.includes(name)) return [];
    const now = after.columns.get(name);
    if (now === undefined) return [`${name} is gone`];
    return now.type === type ? [] : [`${name} is now of type ${now.type}`];
  });
  const required = [...after.columns].filter(
    ([name, { isRequired }]) =>
      isRequired && before.columns.get(name)?.isRequired !== true && before.columns.has(`${name.split(".")[0] ?? ""}.`),
  );
  return [...gone, ...required.map(([name]) => `${name} must be filled by programs that do not know it`)];
}
