import assert from "node:assert/strict";
import { test } from "node:test";

import { newId } from "../../model/ids.ts";
import { isOver, liveCount, type PublishingWorld, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { listAttempts } from "../domain/posts/list-attempts.ts";
import { StorageAwayError } from "../storage/storage.ts";

/** A post of one image that is still to be fetched. */
async function addPictured(world: PublishingWorld, text: string, userId: string): Promise<TestPost> {
  const post = await world.addPost({ text, userId });
  const mediaId = newId();
  await world.pool.query(
    `insert into media (id, user_id, mode, status, source_url, filename)
     values ($1, $2, 'test', 'pending', 'https://example.com/a.jpg', 'a.jpg')`,
    [mediaId, userId],
  );
  await world.pool.query(
    "insert into post_media (post_id, path, media_id, user_id) values ($1, '/content/media/0', $2, $3)",
    [post.id, mediaId, userId],
  );
  await world.pool.query(
    `update posts set content = jsonb_set(content, '{media}', '[{"url": "https://example.com/a.jpg"}]') where id = $1`,
    [post.id],
  );
  return post;
}

test("posts whose media never arrives occupy no slot, and cost no attempt while they wait", async () => {
  await withWorld(async (world) => {
    const slow = await world.addUser();
    let asked = 0;
    const coming = new Set<string>();
    await world.startEngine({
      slots: { prepare: 2, commit: 2, observe: 2 },
      ensureMedia: async (_owner, ids) => {
        asked += 1;
        return new Map(
          ids.map((id) => [
            id,
            coming.has(id) ? { status: "failed", message: "The source is gone." } : { status: "fetching" },
          ]),
        );
      },
    });
    const waiting: TestPost[] = [];
    for (let made = 0; made < 6; made += 1) waiting.push(await addPictured(world, `slow ${made}`, slow));
    for (const post of waiting) await world.publish(post);
    while (asked < 8) await new Promise((passed) => setTimeout(passed, 20));
    const quick = await world.addPost({ text: "quick" });
    await world.publish(quick);
    assert.equal((await world.until(quick, isOver)).status, "published");
    assert.equal(liveCount(world.ledger, "quick"), 1);
    const [first] = waiting;
    assert.ok(first);
    const state = await world.read(first);
    assert.deepEqual(
      [state.status, state.platformPosts[0]?.attempt_count, state.platformPosts[0]?.error],
      ["queued", 0, null],
    );
    const { rows } = await world.pool.query<{ id: string }>(
      "select media_id as id from post_media where post_id = $1",
      [first.id],
    );
    coming.add(rows[0]?.id ?? "");
    const failed = await world.until(first, isOver);
    assert.equal(failed.platformPosts[0]?.error?.code, "MEDIA_UPLOAD_FAILED");
  });
});

test("a storage outage is waited out with delays, each of them counted, for as long as the post may be late", async () => {
  await withWorld(async (world) => {
    let asked = 0;
    await world.startEngine({
      ensureMedia: async (_owner, ids) => {
        asked += 1;
        if (asked <= 4) throw new StorageAwayError(new Error("connect ECONNREFUSED 127.0.0.1:9000"));
        return new Map(ids.map((id) => [id, { status: "failed", message: "The source is gone." }]));
      },
    });
    const post = await addPictured(world, "stored away", await world.addUser());
    await world.publish(post);
    const over = await world.until(post, isOver);
    assert.equal(over.platformPosts[0]?.error?.code, "MEDIA_UPLOAD_FAILED");
    const { rows } = await world.pool.query("select failures from platform_posts where post_id = $1", [post.id]);
    assert.deepEqual([asked, rows], [5, [{ failures: 5 }]]);
    assert.equal(liveCount(world.ledger, "stored away"), 0);
  });
});

test("a post whose media cannot be fetched fails naming it, and its attempts show why", async () => {
  await withWorld(async (world) => {
    await world.startEngine({
      ensureMedia: (_owner, ids) =>
        Promise.resolve(new Map(ids.map((id) => [id, { status: "failed", message: "The source answered with 404." }]))),
    });
    const post = await addPictured(world, "no picture", await world.addUser());
    await world.publish(post);
    const [failed] = (await world.until(post, isOver)).platformPosts;
    assert.match(failed?.error?.message ?? "", /content\.media\.?\[?0\]?.* The source answered with 404\./);
    const { body } = await listAttempts(world, { userId: post.userId, mode: "test" }, post.id);
    assert.deepEqual(
      body.attempts.map(({ attempt, step, verdict, reason }) => ({ attempt, step, verdict, reason })),
      [{ attempt: 1, step: "prepare", verdict: "failed", reason: failed?.error?.message }],
    );
    assert.equal(failed?.attempt_count, 1);
  });
});
