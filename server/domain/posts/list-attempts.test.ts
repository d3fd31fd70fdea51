import assert from "node:assert/strict";
import { test } from "node:test";

import { postsAttempts } from "../../../contract/operations/post-attempts.ts";
import { isOver, withWorld } from "../../../tests/publishing-world.ts";
import { listAttempts } from "./list-attempts.ts";

test("a post's attempts show every step with its requests, in order, and their results", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    world.ledger.faults.push({ call: "publish", kind: "refuse", text: "twice" });
    const post = await world.addPost({ text: "twice" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    const { body } = await listAttempts(world, { userId: post.userId, mode: "test" }, post.id);
    const { attempts } = postsAttempts.answer.parse(body);
    assert.ok(attempts.every(({ platformPostId }) => platformPostId === post.platformPostId));
    const commits = attempts.filter(({ effect }) => effect === "visible");
    assert.deepEqual(
      commits.map(({ attempt, verdict }) => [attempt, verdict]),
      [
        [1, "failed"],
        [2, "done"],
      ],
    );
    for (const { requests, endedAt } of commits) {
      assert.notEqual(endedAt, null);
      assert.equal(requests.length, 1);
      assert.equal(requests[0]?.method, "POST");
      assert.equal(requests[0]?.reached, true);
    }
    assert.equal(commits[1]?.remoteId, world.ledger.posts.find(({ text }) => text === "twice")?.id);
    assert.ok(attempts.some(({ effect, verdict }) => effect === "hidden" && verdict === "done"));
    assert.deepEqual(
      [...attempts].sort((one, other) => one.startedAt.localeCompare(other.startedAt)).map(({ id }) => id),
      attempts.map(({ id }) => id),
    );
    assert.doesNotMatch(JSON.stringify(attempts), /Bearer (?!\[)/);
    await assert.rejects(listAttempts(world, { userId: "user_other", mode: "test" }, post.id), /Post not found/);
  });
});

test("an outcome that was checked shows how often, and the requests of the last check", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    world.ledger.faults.push({ call: "publish", kind: "drop_after", text: "lost" });
    const post = await world.addPost({ text: "lost" });
    await world.publish(post);
    await world.until(post, isOver);
    const { attempts } = (await listAttempts(world, { userId: post.userId, mode: "test" }, post.id)).body;
    const commit = attempts.find(({ effect }) => effect === "visible");
    assert.deepEqual(
      [commit?.verdict, commit?.requests[0]?.status, commit?.requests[0]?.failure],
      ["done", null, "cut"],
    );
    assert.ok((commit?.readBacks ?? 0) >= 1);
    assert.ok((commit?.readBackRequests.length ?? 0) >= 1);
  });
});

test("a request that nobody answered is open while its post is being published, and unknown once that is left open", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "left" });
    const verdict = async () => {
      const { attempts } = (await listAttempts(world, { userId: post.userId, mode: "test" }, post.id)).body;
      return attempts.map((each) => each.verdict);
    };
    await world.pool.query(
      `insert into publish_steps (id, user_id, mode, platform_post_id, account_id, fence, attempt, step, effect)
       select gen_random_uuid(), $1, 'test', $2, id, 1, 1, 'publish', 'visible' from accounts where user_id = $1 limit 1`,
      [post.userId, post.platformPostId],
    );
    const set = async (status: string) =>
      await world.pool.query("update platform_posts set status = $1, next_action_at = null where id = $2", [
        status,
        post.platformPostId,
      ]);
    await set("posting");
    assert.deepEqual(await verdict(), ["open"]);
    await set("unknown");
    assert.deepEqual(await verdict(), ["unknown"]);
  });
});
