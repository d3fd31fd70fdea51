import assert from "node:assert/strict";
import { test } from "node:test";

import { createPublishingWorld, isOver } from "../../tests/publishing-world.ts";

test("a post that is published goes through queued and posting to published, with its id and link, once", async () => {
  const world = await createPublishingWorld();
  try {
    await world.startEngine();
    const post = await world.addPost({ text: "hello" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    const [platformPost] = state.platformPosts;
    assert.equal(platformPost?.platform_post_id, "p1");
    assert.equal(platformPost?.published_url, "https://ledger.example/p/p1");
    assert.equal(platformPost?.attempt_count, 1);
    assert.equal(platformPost?.next_action_at, null);
    assert.deepEqual(state.events, ["post.publishing", "platform_post.published", "post.published"]);
    assert.deepEqual(world.ledger.calls, ["create hello", "ready hello", "publish hello", "permalink "]);
  } finally {
    await world.end();
  }
});
