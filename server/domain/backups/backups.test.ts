import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

import pg from "pg";

import { newId } from "../../../model/ids.ts";
import { createTestDatabase } from "../../../tests/database.ts";
import { seededRandom } from "../../../tests/seeded-random.ts";
import { migrate } from "../../db/migrate.ts";
import { ownMigrations } from "../../db/migration-files.ts";
import { createPool } from "../../db/pool.ts";
import { startJobQueue } from "../../jobs/jobs.ts";
import { WEBHOOK_QUEUE } from "../../jobs/queues.ts";
import { MAIL_QUEUE } from "../../mail/queues.ts";
import { readHold } from "../../publishing/hold.ts";
import { createDiskStorage } from "../../storage/disk.ts";
import { newStorageKey, type Storage } from "../../storage/storage.ts";
import { checkKeys } from "../../vault/secrets.ts";
import { createVault, keyIdOf } from "../../vault/vault.ts";
import { checkBackup } from "./check-backup.ts";
import { BackupRefused } from "./read-backup.ts";
import { planRestore, restoreBackup } from "./restore-backup.ts";
import { readTar } from "./tar.ts";
import { writeBackup } from "./write-backup.ts";

const KEY = Buffer.alloc(32, 7);
const log = { warn: () => undefined, error: () => undefined, info: () => undefined };

test("what is restored is what was backed up: every row, every file, and the jobs that waited", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  const backup = await takeBackup(source);
  const target = await openInstance(t, { migrated: false });
  await restore(target, backup);
  assert.deepEqual(await rowsOf(target), await rowsOf(source));
  assert.deepEqual(await filesOf(target.storage), await filesOf(source.storage));
  const { rows: jobs } = await target.pool.query("select name, data, priority, group_id from jobs.job");
  assert.deepEqual(jobs, [
    { name: WEBHOOK_QUEUE, data: { text: 'tab\there, "quotes" and \\ back' }, priority: 3, group_id: "g" },
  ]);
  // References, triggers and numbers work as before.
  await assert.rejects(target.pool.query("delete from audit_events"), /never deleted/);
  await assert.rejects(target.pool.query("update posts set user_id = 'nobody'"), { code: "23503" });
  const { rows: events } = await target.pool.query<{ id: number }>(
    "insert into outbox (user_id, mode, type) select id, 'test', 'x' from users limit 1 returning id",
  );
  assert.ok((events[0]?.id ?? 0) > 1_000_000, "numbers that were given since are not given again");
});

test("a backup is of one moment, whatever is written while it is taken", async (t) => {
  const source = await openInstance(t);
  const post = await fill(source);
  let isWriting = true;
  const writer = (async () => {
    while (isWriting) await addPost(source.pool, post);
  })();
  for (let round = 0; round < 3; round += 1) {
    const target = await openInstance(t, { migrated: false });
    await restore(target, await takeBackup(source));
    const { rows } = await target.pool.query<{ posts: number; parts: number; counted: number; alone: number }>(
      `select (select count(*) from posts) as posts, (select count(*) from platform_posts) as parts,
         (select sum(change)::int from post_counts) as counted,
         (select count(*) from posts p where not exists (select from platform_posts where post_id = p.id)) as alone`,
    );
    const [{ posts, parts, counted, alone } = { posts: 0, parts: 1, counted: 1, alone: 1 }] = rows;
    assert.deepEqual([parts, counted, alone], [posts, posts, 0]);
  }
  isWriting = false;
  await writer;
});

test("a damaged or cut backup is refused before anything is written", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  const backup = await takeBackup(source);
  const random = seededRandom(11);
  const check = (bytes: Buffer) => checkBackup(Readable.from([bytes]));
  for (let round = 0; round < 60; round += 1) {
    const at = Math.floor(random() * (backup.length - 1024));
    const damaged = Buffer.from(backup);
    damaged[at] = (damaged[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    await assert.rejects(check(damaged), BackupRefused, `a bit of byte ${at}`);
    await assert.rejects(check(backup.subarray(0, at)), BackupRefused, `cut after ${at}`);
  }
  for (const other of [Buffer.alloc(0), randomBytes(5_000), Buffer.alloc(2_048)])
    await assert.rejects(check(other), /not a backup made by `ampost backup`/);
});

test("a restore that fails half-way changes nothing, and the next one succeeds", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  const backup = await takeBackup(source);
  const target = await openInstance(t);
  await addPost(target.pool, await fill(target));
  const [rows, files] = [await rowsOf(target), await filesOf(target.storage)];
  let puts = 0;
  const full: Storage = {
    ...target.storage,
    put: async (key, bytes) => {
      if ((puts += 1) === 2) throw new Error("no space left");
      return await target.storage.put(key, bytes);
    },
  };
  await assert.rejects(restore({ ...target, storage: full }, backup), /no space left/);
  const changing = restoreBackup(
    { ...target, log },
    await checkBackup(Readable.from([backup])),
    Readable.from([await takeBackup(source)]),
  );
  await assert.rejects(changing, /has changed since it was checked/);
  assert.deepEqual(await rowsOf(target), rows);
  assert.deepEqual(await filesOf(target.storage), files);
  await restore(target, backup);
  assert.deepEqual(await rowsOf(target), await rowsOf(source));
});

test("tables of others stay as they are", async (t) => {
  const source = await openInstance(t);
  await source.pool.query("create table theirs (n integer); insert into theirs values (1)");
  await fill(source);
  const backup = await takeBackup(source);
  const target = await openInstance(t);
  await target.pool.query("create table theirs (n integer); insert into theirs values (2)");
  await restore(target, backup);
  assert.deepEqual((await target.pool.query("select n from theirs")).rows, [{ n: 2 }]);
});

test("after a restore publishing is on hold, and everything that was due by then is checked first", async (t) => {
  const source = await openInstance(t);
  const owner = await fill(source);
  const due = await addPost(source.pool, owner, new Date(Date.now() - 60_000));
  const backup = await takeBackup(source);
  assert.partialDeepStrictEqual(await checkBackup(Readable.from([backup])), { unsettled: 4, doubted: 1 });
  const target = await openInstance(t, { migrated: false });
  await restore(target, backup);
  assert.partialDeepStrictEqual(await readHold(target.pool), { reason: "moved", doubted: 1, unknown: 0 });
  const { rows } = await target.pool.query(
    `select lane, s.result from platform_posts pp join publish_steps s on s.platform_post_id = pp.id
     where pp.post_id = $1`,
    [due],
  );
  assert.deepEqual(rows, [{ lane: "observe", result: null }]);
});

test("the encryption key is not in the backup, and without it nothing is restored", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  const backup = await takeBackup(source);
  const unpacked = Buffer.concat([backup, ...(await unpackedParts(backup))]);
  for (const form of [KEY, KEY.toString("base64"), KEY.toString("hex"), KEY.toString("base64url")])
    assert.equal(unpacked.includes(form), false);
  assert.equal(unpacked.includes(keyIdOf(KEY)), true, "its ID is");
  const target = await openInstance(t, { migrated: false });
  const plan = await planRestore({ ...target, keyIds: [] }, await checkBackup(Readable.from([backup])), false);
  assert.match(
    plan.problems.join(),
    new RegExp(`encrypted with the key ${keyIdOf(KEY)}, which this instance does not`),
  );
});

test("nobody is signed in by a restore", async (t) => {
  const source = await openInstance(t);
  const { userId } = await fill(source);
  await source.pool.query(
    "insert into sessions (id, user_id, token_digest, expires_at) values ($1, $2, 'digest', now() + interval '1 day')",
    [randomUUID(), userId],
  );
  const target = await openInstance(t, { migrated: false });
  await restore(target, await takeBackup(source));
  assert.equal((await target.pool.query("select from sessions")).rowCount, 0);
});

test("a plan says what would be replaced, and asks twice", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  const backup = await checkBackup(Readable.from([await takeBackup(source)]));
  const empty = await openInstance(t);
  const keyIds = [keyIdOf(KEY)];
  assert.deepEqual(await planRestore({ ...empty, keyIds }, backup, false), {
    replaces: null,
    missingFiles: 0,
    migrations: [],
    isInUse: false,
    problems: [],
  });
  const used = await openInstance(t);
  await fill(used);
  const asked = async (replace: boolean) => await planRestore({ ...used, keyIds }, backup, replace);
  assert.partialDeepStrictEqual(await asked(false), { replaces: { users: 1, posts: 3 } });
  assert.match((await asked(false)).problems.join(), /not empty\. To replace everything in it.* --replace/);
  assert.partialDeepStrictEqual(await asked(true), { problems: [], isInUse: false });
  const other = new pg.Client({ connectionString: used.databaseUrl, application_name: "ampost worker" });
  await other.connect();
  assert.equal((await asked(true)).isInUse, true);
  await other.end();
});

test("a backup of an older version is restored and migrated; one of a newer version is refused with the version to install", async (t) => {
  const known = await ownMigrations();
  const older = known.slice(0, -1);
  const source = await openInstance(t, { migrated: false });
  await migrate(source.pool, { migrations: older });
  const owner = { userId: `user_${newId()}`, setId: newId(), accountId: newId() };
  await addOwner(source.pool, owner);
  await addPost(source.pool, owner);
  const backup = await takeBackup(source);
  const checked = await checkBackup(Readable.from([backup]));
  const target = await openInstance(t, { migrated: false });
  const plan = await planRestore({ ...target, keyIds: [] }, checked, false);
  assert.deepEqual(plan.migrations, [known.at(-1)?.name]);
  await restore(target, backup);
  assert.deepEqual(await migrate(target.pool), []);
  assert.equal((await target.pool.query("select from posts")).rowCount, 1);

  const newer = { version: 9999, name: "9999_later", checksum: "x" };
  const header = { ...checked.header, version: "9.0.0", migrations: [...checked.header.migrations, newer] };
  const { problems } = await planRestore({ ...target, keyIds: [] }, { ...checked, header }, true);
  assert.match(problems.join(), /made by a newer Ampost \(9\.0\.0\).*9999_later.*Install that version or a newer one/);
});

test("a database that a newer version has migrated is backed up with tables that this version does not know", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  await source.pool.query("create table later (n integer)");
  await source.pool.query("insert into later values (1)");
  await source.pool.query(
    "insert into schema_migrations (version, name, checksum, compatible_with) values (9999, '9999_later', 'x', 75)",
  );
  const checked = await checkBackup(Readable.from([await takeBackup(source)]));
  assert.equal(checked.checks.rows.later, 1);
  const plan = await planRestore({ ...source, keyIds: [keyIdOf(KEY)] }, checked, true);
  assert.match(
    plan.problems.join(" "),
    /made by a newer Ampost.* database of this instance has had migration 9999_later/,
  );
});

test("media that nobody has is counted before it is missed", async (t) => {
  const source = await openInstance(t);
  await fill(source);
  const backup = await takeBackup({ ...source, storage: null });
  const target = await openInstance(t, { migrated: false });
  const plan = async () =>
    await planRestore({ ...target, keyIds: [keyIdOf(KEY)] }, await checkBackup(Readable.from([backup])), false);
  assert.equal((await plan()).missingFiles, 2);
  const [key = ""] = await filesOf(source.storage).then((files) => [...files.keys()]);
  await target.storage.put(key, Readable.from([randomBytes(10)]));
  assert.equal((await plan()).missingFiles, 1);
});

interface TestInstance {
  databaseUrl: string;
  dataDir: string;
  /** Of a name that is not Ampost's, which would keep a restore from beginning. */
  pool: pg.Pool;
  storage: Storage;
}

async function openInstance(t: TestContext, options: { migrated?: boolean } = {}): Promise<TestInstance> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-backups-"));
  const database = await createTestDatabase(options);
  const pool = createPool(database.url, { name: "test" });
  t.after(async () => {
    await pool.end();
    await database.drop();
    await rm(folder, { recursive: true });
  });
  return { databaseUrl: database.url, dataDir: folder, pool, storage: await createDiskStorage(folder) };
}

interface Owner {
  userId: string;
  setId: string;
  accountId: string;
}

/** A user with three posts for next week, two files, texts that are hard to copy, and jobs. */
async function fill({ pool, storage }: TestInstance): Promise<Owner> {
  const owner = { userId: `user_${newId()}`, setId: newId(), accountId: newId() };
  await addOwner(pool, owner);
  await checkKeys(pool, createVault([KEY]));
  for (let number = 0; number < 3; number += 1) await addPost(pool, owner, new Date(Date.now() + 7 * 86_400_000));
  for (const sizeBytes of [70_000, 3]) {
    const storageKey = newStorageKey();
    await storage.put(storageKey, Readable.from([randomBytes(sizeBytes)]));
    await pool.query(
      "insert into media (id, user_id, mode, status, storage_key, filename, size_bytes) values ($1, $2, 'test', 'ready', $3, $4, $5)",
      [newId(), owner.userId, storageKey, "a\tb\\N\n\r.png", sizeBytes],
    );
  }
  await pool.query("insert into audit_events (id, actor_kind, action) values ($1, 'instance', 'user.created')", [
    newId(),
  ]);
  await pool.query(
    "insert into api_keys (id, user_id, mode, name, digest, prefix) values ($1, $2, 'test', '', $3, 'amp')",
    [newId(), owner.userId, randomBytes(32)],
  );
  const jobs = await startJobQueue({ pool, log });
  await jobs.send(pool, WEBHOOK_QUEUE, { text: 'tab\there, "quotes" and \\ back' }, "g", 3);
  await jobs.send(pool, MAIL_QUEUE, { to: "x" });
  await jobs.stop();
  return owner;
}

async function addOwner(pool: pg.Pool, { userId, setId, accountId }: Owner): Promise<void> {
  await pool.query("insert into users (id, email, is_owner) values ($1, $1, true)", [userId]);
  await pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, 'test', 'set')", [
    setId,
    userId,
  ]);
  await pool.query(
    `insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id)
     values ($1::uuid, $2, 'test', $3, 'threads', $1::text)`,
    [accountId, userId, setId],
  );
}

async function addPost(pool: pg.Pool, { userId, setId, accountId }: Owner, dueAt: Date | null = null): Promise<string> {
  const id = newId();
  await pool.query(
    `with post as (
       insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for)
       values ($1, $2, 'test', $3, 'scheduled', $4, array['threads'], $5)
     ), counted as (
       insert into post_counts values ($2, 'test', 'scheduled', array['threads'], 1)
     )
     insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at, next_action_at)
     values ($6, $1, $2, 'test', 'threads', 0, $7, $5, $5)`,
    [id, userId, setId, { text: "line\nand\ttab, \\N and \\." }, dueAt, newId(), accountId],
  );
  return id;
}

async function takeBackup({ pool, storage }: { pool: pg.Pool; storage: Storage | null }): Promise<Buffer> {
  let written = Buffer.alloc(0);
  await writeBackup({ pool, storage, version: "0.1.0" }, async (bytes) => {
    written = await buffer(Readable.from(bytes));
  });
  return written;
}

async function restore(target: TestInstance, backup: Buffer): Promise<void> {
  await restoreBackup({ ...target, log }, await checkBackup(Readable.from([backup])), Readable.from([backup]));
}

/** Of all tables that a backup includes, but for facts of the instance. */
async function rowsOf({ pool }: TestInstance): Promise<Record<string, string[]>> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname::text as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace
       and relname not in ('schema_migrations', 'instance', 'sessions', 'verifications', 'throttles', 'request_counts')`,
  );
  const found: Record<string, string[]> = {};
  for (const { name } of tables) {
    const { rows } = await pool.query<{ row: string }>(`select to_jsonb(t)::text as row from ${name} t order by 1`);
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}

async function filesOf(storage: Storage): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { key } of storage.list())
    files.set(key, (await buffer(await storage.open(key))).toString("base64"));
  return new Map([...files].sort());
}

async function unpackedParts(backup: Buffer): Promise<Buffer[]> {
  const parts: Buffer[] = [];
  for await (const { name, bytes } of readTar(Readable.from([backup]), () => undefined)) {
    const content = await buffer(bytes);
    if (name.endsWith(".gz")) parts.push(await promisify(gunzip)(content));
  }
  return parts;
}
