import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";

import { type Migration, ownMigrations, parseMigration } from "../server/db/migration-files.ts";
import { createTestDatabase } from "../tests/database.ts";
import { openInstallation } from "./installation.fixture.ts";
import { checkUpgrade } from "./upgrade.ts";

test("the check says what would run and lock, whether older processes can keep running, and what is unfinished; it changes nothing", async () => {
  const database = await createTestDatabase();
  const own = await ownMigrations();
  const end = own.at(-1)?.name.slice(0, 4);
  const said = async (migrations: Migration[]) => {
    const where = { databaseUrl: database.url, dataDir: tmpdir() };
    const found = await checkUpgrade(database.pool, where, [...own, ...migrations]);
    return found.map(({ name, status, message }) => `${status} ${name}: ${message}`).join("\n");
  };
  assert.match(await said([]), /^ok migrations: none to run/);
  const column = `-- compatible with: ${end}\n-- locks: posts\nalter table posts add column n integer;`;
  const index =
    `-- compatible with: ${end}\n-- transaction: none\n\n` +
    "create index concurrently if not exists posts_n on posts (n);\n\nanalyze posts;";
  const gentle = [parseMigration("9001_column", column), parseMigration("9002_index", index)];
  const text = await said(gentle);
  assert.match(text, /^ok migrations: 2 to run/);
  assert.match(text, /^ok 9001_column: in one transaction; locks posts \(\d+\.\d MB\) for a moment$/m);
  assert.match(text, /^ok 9002_index: in 2 statements that run one by one .*; locks nothing$/m);
  assert.match(text, /^ok older version: its processes can keep running/m);
  assert.match(text, /^ok disk: the database can grow by up to \d+\.\d MB/m);
  assert.match(text, /^ok unfinished: nothing$/m);
  assert.doesNotMatch(text, /job queue|transactions/);
  assert.match(
    await said([...gentle, parseMigration("9003_other", "select 1;")]),
    /^warning older version: its processes cannot keep running after 9003_other$/m,
  );
  const breaking = [9003, 9004, 9005].map((number) => parseMigration(`${number}_other`, "select 1;"));
  assert.match(
    await said([...gentle, ...breaking]),
    /^warning older version: its processes cannot keep running after 9003_other and 2 more of these migrations$/m,
  );

  await database.pool.query(
    `insert into schema_migrations (version, name, checksum, compatible_with, next_statement)
     values (9002, '9002_index', '${gentle[1]?.checksum}', ${end}, 1)`,
  );
  assert.match(await said(gentle), /^warning unfinished: 9002_index has run 1 of 2 statements$/m);
  assert.match(await said([]), /^ok older version: this one is older than the database, which is compatible/m);
  await database.pool.query("update schema_migrations set compatible_with = null where version = 9002");
  assert.match(await said([]), /^failed migrations: The database is newer than this Ampost/);
  const columns = await database.pool.query(
    "select 1 from information_schema.columns where table_name = 'posts' and column_name = 'n'",
  );
  assert.equal(columns.rowCount, 0);
  await database.drop();
});

test("a transaction that a migration would have to wait for is named", async () => {
  const database = await createTestDatabase();
  const client = await database.pool.connect();
  await client.query("begin");
  const own = await ownMigrations();
  const where = { databaseUrl: database.url, dataDir: tmpdir(), longSeconds: 0 };
  const found = await checkUpgrade(database.pool, where, [...own, parseMigration("9001_next", "select 1;")]);
  assert.match(JSON.stringify(found), /\(ampost test\) has been in a transaction for \d+ s/);
  await client.query("rollback");
  client.release();
  await database.drop();
});

test("the check of an installation exits with 0, or with 1 if this version would not start", async (t) => {
  const installation = await openInstallation(t, { database: "empty" });
  assert.equal((await installation.run(["upgrade"])).code, 2);
  assert.partialDeepStrictEqual(await installation.json("upgrade", "--check", "--json"), { ok: true });
  await installation.json("migrate", "--json");
  const { code, stdout } = await installation.run(["upgrade", "--check"]);
  assert.deepEqual([code, /none to run/.test(stdout), /can be started/.test(stdout)], [0, true, true]);
});
