import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";

import { PublicError } from "../../model/errors.ts";
import { createMediaWorld } from "../../tests/media-world.ts";
import type { MediaWorld } from "../../tests/media-world.ts";
import { transaction } from "../db/sql.ts";
import { addUrls, deleteMedia, getMedia, holdForPost, listMediaPage } from "./media-objects.ts";
import { DROP_BYTES_QUEUE, INGEST_QUEUE } from "./queues.ts";
import { storedBytes } from "./storage-quota.ts";
import { dropBytes } from "./sweep.ts";

describe("media objects", () => {
  let world: MediaWorld;
  before(async () => {
    world = await createMediaWorld();
  });
  after(() => world.close());

  const remove = (id: string, owner = world.owner) =>
    transaction(world.database.pool, (tx) => deleteMedia(tx, world.jobs, owner, id));

  it("of an upload are ready immediately", async () => {
    const row = await world.upload("photo-4x5.jpg");
    assert.deepEqual(await getMedia(world.database.pool, world.owner, [row.id]), [row]);
    assert.deepEqual(
      [row.status, row.filename, row.facts?.width, row.size_bytes],
      ["ready", "photo-4x5.jpg", 1080, row.facts?.sizeBytes],
    );
  });

  it("of URLs come in the requested order, pending, each with a job", async () => {
    const urls = [
      { url: "https://example.com/a/b%20c.jpg?x=1" },
      { url: "https://example.com/", filename: "../../etc/pass\u0000wd" },
      { url: "nonsense" },
    ];
    const rows = await addUrls(world.database.pool, world.jobs, world.owner, urls);
    assert.deepEqual(
      rows.map((row) => [row.status, row.source_url, row.filename]),
      [
        ["pending", urls[0]?.url, "b c.jpg"],
        ["pending", urls[1]?.url, "passwd"],
        ["pending", "nonsense", "media"],
      ],
    );
    const wanted = rows.map((row) => ({
      queue: INGEST_QUEUE,
      data: { userId: "user_a", mode: "live", mediaId: row.id },
    }));
    assert.deepEqual(world.jobs.sent.slice(-3), wanted);
  });

  it("are visible only to their owner in their mode", async () => {
    const { id } = await world.upload("photo-1x1.jpg");
    for (const other of [world.stranger, { ...world.owner, mode: "test" as const }]) {
      assert.deepEqual(await getMedia(world.database.pool, other, [id]), []);
      assert.deepEqual(await listMediaPage(world.database.pool, other, { limit: 100, offset: 0 }), {
        media: [],
        total: 0,
      });
      await assert.rejects(remove(id, other), { code: "NOT_FOUND" });
    }
    assert.equal(await storedBytes(world.database.pool, world.stranger.userId), 0);
    assert.equal((await getMedia(world.database.pool, world.owner, [id])).length, 1);
  });

  it("are listed newest first, in pages, with their number", async () => {
    const newest = await world.upload("photo-1x1.png");
    const all = await listMediaPage(world.database.pool, world.owner, { limit: 100, offset: 0 });
    assert.equal(all.media[0]?.id, newest.id);
    assert.equal(all.total, all.media.length);
    assert.deepEqual(
      (await listMediaPage(world.database.pool, world.owner, { limit: 1, offset: 1 })).media,
      all.media.slice(1, 2),
    );
  });

  it("are deleted with their bytes and their share of the storage", async () => {
    const row = await world.upload("silent.mp4");
    const bytes = await storedBytes(world.database.pool, world.owner.userId);
    await remove(row.id);
    const job = world.jobs.sent.at(-1);
    assert.equal(job?.queue, DROP_BYTES_QUEUE);
    await dropBytes({ storage: world.storage }, job?.data);
    assert.ok(!(await world.storageKeys()).includes(row.storage_key ?? ""));
    assert.equal(await storedBytes(world.database.pool, world.owner.userId), bytes - row.size_bytes);
    await assert.rejects(remove(row.id), { code: "NOT_FOUND" });
    assert.equal((await world.database.pool.query("select from media where id = $1", [row.id])).rowCount, 0);
  });

  it("are kept while a post needs them, and released when it is done", async () => {
    for (const status of ["draft", "scheduled", "queued", "posting", "partial", "failed"] as const) {
      const { id } = await world.upload("photo-1x1.webp");
      const postId = await world.post(id, status);
      await assert.rejects(
        remove(id),
        (error: unknown) =>
          error instanceof PublicError && error.code === "INVALID_STATUS_TRANSITION" && error.message.includes(postId),
      );
    }
    for (const status of ["published", "discarded"] as const) {
      const { id } = await world.upload("photo-1x1.webp");
      await world.post(id, status);
      await remove(id);
      assert.deepEqual(await getMedia(world.database.pool, world.owner, [id]), []);
    }
  });

  it("cannot be deleted during a create that has just looked them up", async () => {
    const { id } = await world.upload("photo-1x1.jpg");
    let deletion: Promise<void> | undefined;
    await transaction(world.database.pool, async (tx) => {
      assert.equal((await holdForPost(tx, world.owner, [id])).length, 1);
      deletion = remove(id);
      deletion.catch(() => {});
      await tx.query(
        `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
         values ($1, 'user_a', 'live', $1, 'draft', '{}', '{}')`,
        [id],
      );
      await tx.query(
        "insert into post_media (post_id, path, media_id, user_id) values ($1, '/content/media/0', $1, 'user_a')",
        [id],
      );
    });
    await assert.rejects(deletion ?? Promise.resolve(), { code: "INVALID_STATUS_TRANSITION" });
  });
});
