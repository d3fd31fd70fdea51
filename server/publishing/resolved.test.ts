import assert from "node:assert/strict";
import { test } from "node:test";

import { isOver, liveCount, type PublishingWorld, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { jsonb } from "../db/jsonb.ts";
import { CHANNELS } from "../db/listen.ts";
import { notify } from "../db/notify.ts";
import { resolveCommit } from "../db/queries/resolve.ts";
import { retry } from "../domain/posts/post-actions.ts";

const LINK = "https://ledger.example/p/found";

test("an unknown post that a person has found is published, under its ID, since its request was sent", async () => {
  await withWorld(async (world) => {
    const post = await unknownPost(world, "there");
    await resolve(world, post, "p1");
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(state.platformPosts[0]?.error, null);
    assert.ok(state.events.includes("platform_post.published"));
    assert.deepEqual(await commitsOf(world, post), [{ result: "ok", remote_id: "p1", since_sent: true }]);
    assert.equal(world.ledger.publishCalls.get("there"), 1);
  });
});

test("a link without an ID is enough", async () => {
  await withWorld(async (world) => {
    const post = await unknownPost(world, "only a link");
    await resolve(world, post, null);
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.published_url, LINK);
    assert.equal(state.platformPosts[0]?.platform_post_id, null);
  });
});

test("the ID of another post is never an unknown one's, and what a person said of it is dropped", async () => {
  await withWorld(async (world) => {
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const other = await world.addPost({ text: "other", userId, accountId });
    const post = await unknownPost(world, "mine", { userId, accountId });
    await world.publish(other);
    const { platformPosts } = await world.until(other, isOver);
    const id = platformPosts[0]?.platform_post_id ?? "";
    await resolve(world, post, id);
    const dropped = async () => {
      const { rows } = await world.pool.query(
        `select evidence -> 'answered' as answered, evidence ->> 'taken' as taken from publish_steps
         where platform_post_id = $1 and evidence ? 'taken'`,
        [post.platformPostId],
      );
      return rows;
    };
    while ((await dropped()).length === 0) await world.read(post);
    assert.deepEqual(await dropped(), [{ answered: null, taken: id }]);
    assert.equal((await world.read(post)).platformPosts[0]?.status, "unknown");
  });
});

test("an unknown post that a person has not found fails, whatever was tried before, and can be retried", async () => {
  await withWorld(async (world) => {
    const post = await unknownPost(world, "gone", {}, "drop_before");
    world.ledger.faults.push({ call: "publish", kind: "drop_before" });
    await world.act(post, (tx, held) => retry(tx, held, { platforms: ["threads"], force: true }));
    await world.until(post, (state) => isOver(state) && state.platformPosts[0]?.attempt_count === 2);
    await resolve(world, post, false);
    const state = await world.until(post, ({ platformPosts: [one] }) => one?.status === "failed");
    assert.equal(state.status, "failed");
    assert.match(state.platformPosts[0]?.error?.message ?? "", /the post is not there/);
    assert.deepEqual(
      (await commitsOf(world, post)).map(({ result }) => result),
      ["definite_failure", "definite_failure"],
    );
    await world.act(post, (tx, held) => retry(tx, held));
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(liveCount(world.ledger, "gone"), 1);
  });
});

test("a person's word is no proof: if the platform then rejects the retry as a duplicate, the first post is the one", async () => {
  await withWorld(async (world) => {
    world.ledger.refusesRepeats = true;
    const post = await unknownPost(world, "overlooked");
    await resolve(world, post, false);
    await world.until(post, ({ platformPosts: [one] }) => one?.status === "failed");
    await world.act(post, (tx, held) => retry(tx, held));
    const state = await world.until(post, ({ status }) => status === "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(liveCount(world.ledger, "overlooked"), 1);
  });
});

/** Its response is lost, and nothing can be read. */
async function unknownPost(
  world: PublishingWorld,
  text: string,
  owner: { userId?: string; accountId?: string } = {},
  kind: "drop_after" | "drop_before" = "drop_after",
): Promise<TestPost> {
  world.ledger.readBack = "cannot_tell";
  world.ledger.faults.push({ call: "publish", kind, text });
  await world.startEngine();
  const post = await world.addPost({ text, ...owner });
  await world.publish(post);
  const state = await world.until(post, isOver);
  assert.equal(state.platformPosts[0]?.status, "unknown");
  return post;
}

/** The post is live with this ID or only its link, or `false`: it is not. */
async function resolve(world: PublishingWorld, post: TestPost, id: string | null | false): Promise<void> {
  const evidence =
    id === false
      ? { answered: { isLive: false }, closed: "A person says that it is not there." }
      : { answered: { isLive: true, publishedUrl: LINK, id } };
  await world.act(post, async (tx, { user_id: userId, mode }) => {
    const resolved = await resolveCommit.one(tx, [post.platformPostId, userId, mode, jsonb(evidence), id !== false]);
    assert.ok(resolved);
    notify(tx, CHANNELS.due);
  });
}

async function commitsOf(world: PublishingWorld, post: TestPost) {
  const { rows } = await world.pool.query(
    `select s.result, s.remote_id, pp.published_at is not distinct from s.intent_at as since_sent
     from publish_steps s join platform_posts pp on pp.id = s.platform_post_id
     where pp.id = $1 and s.effect = 'visible' order by s.intent_at`,
    [post.platformPostId],
  );
  return rows;
}
