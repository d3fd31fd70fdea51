import assert from "node:assert/strict";
import { readdir, utimes } from "node:fs/promises";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";

import { FINISHED_MEDIA_DAYS, UNUSED_MEDIA_DAYS } from "../../model/lifetimes.ts";
import { createMediaWorld } from "../../tests/media-world.ts";
import type { MediaWorld } from "../../tests/media-world.ts";
import type { MediaRow } from "../db/queries/media.ts";
import { transaction } from "../db/sql.ts";
import { createDiskStorage } from "../storage/disk.ts";
import { newStorageKey } from "../storage/storage.ts";
import { addUrls, changeMedia, holdForPost } from "./media-objects.ts";
import { createMediaSource } from "./source.ts";
import { sweepMedia } from "./sweep.ts";

describe("the sweep of media", () => {
  let world: MediaWorld;
  before(async () => {
    world = await createMediaWorld();
  });
  after(() => world.close());

  const sweep = () => sweepMedia({ pool: world.database.pool, storage: world.storage });
  const uploadedDaysAgo = async (days: number): Promise<MediaRow> => {
    const row = await world.upload("animated.gif");
    await world.database.pool.query("update media set created_at = now() - make_interval(days => $2) where id = $1", [
      row.id,
      days,
    ]);
    return row;
  };
  const isStored = async (row: MediaRow) => (await world.storage.sizeBytes(row.storage_key ?? "")) !== null;
  const hasRow = async (row: MediaRow) =>
    (await world.database.pool.query("select from media where id = $1", [row.id])).rowCount === 1;

  it("keeps what a post still needs, however old, and what was recently finished or uploaded", async () => {
    const kept: MediaRow[] = [];
    for (const status of ["draft", "scheduled", "queued", "posting", "partial", "failed"] as const) {
      const row = await uploadedDaysAgo(400);
      await world.post(row.id, status, 399);
      kept.push(row);
    }
    for (const status of ["published", "discarded"] as const) {
      const row = await uploadedDaysAgo(400);
      await world.post(row.id, status, FINISHED_MEDIA_DAYS - 1);
      kept.push(row);
    }
    const shared = await uploadedDaysAgo(400);
    await world.post(shared.id, "published", 399);
    await world.post(shared.id, "scheduled", 399);
    kept.push(shared, await uploadedDaysAgo(UNUSED_MEDIA_DAYS - 1));
    await sweep();
    for (const row of kept) assert.ok(await isStored(row));
  });

  it("deletes what no post has used for a week: bytes, conversions and row", async () => {
    const row = await uploadedDaysAgo(UNUSED_MEDIA_DAYS + 1);
    assert.ok(row.facts !== null);
    const source = createMediaSource(
      { pool: world.database.pool, storage: world.storage, mediaUrls: { baseUrl: "", secret: "" } },
      world.owner,
    );
    await source.describe(
      { ...row.facts, id: row.id, filename: "a", altText: null, thumbnail: null },
      { mimeType: "image/jpeg" },
    );
    const [pending] = await addUrls(world.database.pool, world.jobs, world.owner, [
      { url: "https://example.com/never.jpg" },
    ]);
    assert.ok(pending !== undefined);
    await world.database.pool.query("update media set created_at = now() - interval '9 days' where id = $1", [
      pending.id,
    ]);
    const keys = await world.storageKeys();
    assert.deepEqual(await sweep(), { releasedObjects: 2, strayObjects: 0, unfinishedUploads: 0 });
    assert.equal((await world.storageKeys()).length, keys.length - 2);
    assert.deepEqual([await isStored(row), await hasRow(row), await hasRow(pending)], [false, false, false]);
  });

  it("keeps what its user wants to keep, for ever or until a time, and then no longer", async () => {
    const kept = await uploadedDaysAgo(UNUSED_MEDIA_DAYS + 1);
    const keptToday = await uploadedDaysAgo(UNUSED_MEDIA_DAYS + 1);
    const keptBefore = await uploadedDaysAgo(UNUSED_MEDIA_DAYS + 1);
    const finished = await uploadedDaysAgo(400);
    await world.post(finished.id, "published", FINISHED_MEDIA_DAYS + 1);
    for (const [row, keepUntil] of [
      [kept, "forever"],
      [finished, "forever"],
      [keptToday, new Date(Date.now() + 3_600_000).toISOString()],
      [keptBefore, new Date(Date.now() - 1).toISOString()],
    ] as const)
      await changeMedia(world.database.pool, world.owner, row.id, { keepUntil });
    await sweep();
    assert.deepEqual(await Promise.all([kept, finished, keptToday, keptBefore].map(isStored)), [
      true,
      true,
      true,
      false,
    ]);
  });

  it("deletes the bytes of a finished post's media after a month and keeps the row the post uses", async () => {
    const row = await uploadedDaysAgo(FINISHED_MEDIA_DAYS + 2);
    await world.post(row.id, "published", FINISHED_MEDIA_DAYS + 1);
    await sweep();
    assert.deepEqual([await isStored(row), await hasRow(row)], [false, true]);
    const { rows } = await world.database.pool.query(
      "select storage_key, size_bytes, deleted_at is not null as deleted, facts from media where id = $1",
      [row.id],
    );
    assert.deepEqual(rows, [{ storage_key: null, size_bytes: 0, deleted: true, facts: row.facts }]);
  });

  it("does not wait for a create that has looked up a media object, and lets it have it", async () => {
    const row = await uploadedDaysAgo(UNUSED_MEDIA_DAYS + 1);
    await transaction(world.database.pool, async (tx) => {
      assert.equal((await holdForPost(tx, world.owner, [row.id])).length, 1);
      await sweep();
      await tx.query(
        `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
         values ($1, 'user_a', 'live', $1, 'draft', '{}', '{}')`,
        [row.id],
      );
      await tx.query(
        "insert into post_media (post_id, path, media_id, user_id) values ($1, '/content/media/0', $1, 'user_a')",
        [row.id],
      );
    });
    await sweep();
    assert.ok(await isStored(row));
  });

  it("continues through more than one batch, and concurrently with another sweep", async () => {
    await world.database.pool.query(
      `insert into media (id, user_id, mode, status, filename, created_at)
       select gen_random_uuid(), 'user_a', 'test', 'failed', 'x', now() - interval '30 days'
       from generate_series(1, 450)`,
    );
    await Promise.all([sweep(), sweep()]);
    assert.equal((await world.database.pool.query("select from media where mode = 'test'")).rowCount, 0);
  });

  it("deletes objects without a row and partial uploads, once nobody can be writing them anymore", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-sweep-"));
    try {
      const storage = await createDiskStorage(folder);
      const keys = [newStorageKey(), newStorageKey(), newStorageKey()];
      for (const key of keys) await storage.put(key, Readable.from([Buffer.from("bytes")]));
      const [old = "", fresh = "", known = ""] = keys;
      for (const key of [old, known]) await utimes(join(folder, "objects", key), new Date(0), new Date(0));
      await world.database.pool.query(
        `insert into media (id, user_id, mode, status, filename, storage_key)
         values (gen_random_uuid(), 'user_b', 'live', 'ready', 'x', $1)`,
        [known],
      );
      assert.deepEqual(await sweepMedia({ pool: world.database.pool, storage }), {
        releasedObjects: 0,
        strayObjects: 1,
        unfinishedUploads: 0,
      });
      assert.deepEqual(
        [await storage.sizeBytes(old), await storage.sizeBytes(fresh), await storage.sizeBytes(known)],
        [null, 5, 5],
      );
      assert.deepEqual(await readdir(join(folder, "incoming")), []);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
