import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import type pg from "pg";
import S3rver from "s3rver";

import { createTestDatabase } from "../../../tests/database.ts";
import { openFiles } from "../../storage/files.ts";
import type { S3Access } from "../../storage/s3.ts";
import { checkBackup } from "./check-backup.ts";
import { type BackupSchedule, readBackupState, takeDueBackup } from "./scheduled-backups.ts";

const NOWHERE: S3Access = { region: "us-east-1", endpoint: null, credentials: null, forcePathStyle: true };
const log = { info: () => undefined };
const hoursLater = (hours: number) => new Date(Date.UTC(2027, 0, 31) + hours * 3_600_000);

test("a backup is taken when one is due, and the oldest goes when there are more than are kept", async (t) => {
  const { pool, folder, take } = await openSchedule(t, { everyHours: 6, keep: 2 });
  for (const hours of [0, 1, 5, 6, 7, 12]) await take(hours);
  const names = (await readdir(folder)).sort();
  assert.deepEqual(names, ["ampost-2027-01-31T06-00-00Z.tar", "ampost-2027-01-31T12-00-00Z.tar"]);
  assert.equal((await stat(join(folder, names[0] ?? ""))).mode & 0o777, 0o600);
  const { last, failed } = await readBackupState(pool);
  assert.equal(failed, null);
  assert.partialDeepStrictEqual(last, { name: names[1], at: hoursLater(12).toISOString(), posts: 0 });
  const files = await openFiles(folder, NOWHERE);
  await checkBackup(await files.read(names[1] ?? ""));
});

test("other files in the folder stay, and so does an unfinished one until nobody can be writing it", async (t) => {
  const { folder, take } = await openSchedule(t, { everyHours: 1, keep: 1 });
  await mkdir(folder);
  for (const name of ["notes.txt", "ampost-before-upgrade.tar", "old.tar.unfinished", "new.tar.unfinished"])
    await writeFile(join(folder, name), "");
  await utimes(join(folder, "old.tar.unfinished"), 0, 0);
  for (const hours of [0, 1, 2]) await take(hours);
  assert.deepEqual((await readdir(folder)).sort(), [
    "ampost-2027-01-31T02-00-00Z.tar",
    "ampost-before-upgrade.tar",
    "new.tar.unfinished",
    "notes.txt",
  ]);
});

test("a backup that fails is recorded, deletes nothing, and is tried again after an hour", async (t) => {
  const { pool, folder, take, fail } = await openSchedule(t, { everyHours: 1, keep: 1 });
  await take(0);
  await assert.rejects(fail(2), /disk is broken/);
  await fail(2.5);
  const { last, failed } = await readBackupState(pool);
  assert.deepEqual(
    [last?.at, failed],
    [hoursLater(0).toISOString(), { at: hoursLater(2).toISOString(), message: "The disk is broken" }],
  );
  assert.deepEqual(await readdir(folder), ["ampost-2027-01-31T00-00-00Z.tar"]);
  await take(3);
  assert.deepEqual((await readBackupState(pool)).failed, null);
  assert.deepEqual(await readdir(folder), ["ampost-2027-01-31T03-00-00Z.tar"]);
});

test("a bucket keeps backups as a folder does", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-bucket-"));
  const server = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory: folder,
    configureBuckets: [{ name: "backups" }],
  });
  const { port } = await server.run();
  t.after(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  const access: S3Access = {
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    forcePathStyle: true,
  };
  const to = "s3://backups/of/ampost";
  const { take } = await openSchedule(t, { everyHours: 1, keep: 2, to }, access);
  for (const hours of [0, 1, 2]) await take(hours);
  const files = await openFiles(to, access);
  const names = ["ampost-2027-01-31T01-00-00Z.tar", "ampost-2027-01-31T02-00-00Z.tar"];
  assert.deepEqual((await files.list()).sort(), names);
  await checkBackup(await files.read(names[1] ?? ""));
  files.close();
});

async function openSchedule(t: TestContext, schedule: Partial<BackupSchedule>, access = NOWHERE) {
  const root = await mkdtemp(join(tmpdir(), "ampost-schedule-"));
  const folder = join(root, "backups");
  const database = await createTestDatabase();
  const { pool } = database;
  t.after(async () => {
    await database.drop();
    await rm(root, { recursive: true });
  });
  const run = (hours: number, storage: Parameters<typeof takeDueBackup>[0]["storage"]) =>
    takeDueBackup(
      { pool, storage, version: "0.1.0", log },
      { schedule: { to: folder, everyHours: 6, keep: 2, ...schedule }, access },
      hoursLater(hours),
    );
  await addMedia(pool);
  return {
    pool,
    folder,
    take: (hours: number) => run(hours, null),
    fail: (hours: number) =>
      run(hours, {
        sizeBytes: () => Promise.reject(new Error("The disk is broken")),
        open: () => Promise.reject(new Error("The disk is broken")),
      }),
  };
}

async function addMedia(pool: pg.Pool): Promise<void> {
  await pool.query("insert into users (id, email) values ('one', 'one@example.com')");
  await pool.query(
    `insert into media (id, user_id, mode, status, storage_key, filename)
     values (gen_random_uuid(), 'one', 'test', 'ready', 'media/00/x', 'x')`,
  );
}
