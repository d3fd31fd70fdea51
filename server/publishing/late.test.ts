import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { BrokerError, type Broker, type QuietStep, type Step } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, type PublishingWorld, type TestPost, untilLocked, withWorld } from "../../tests/publishing-world.ts";
import { countMissed } from "../db/queries/queue-depth.ts";
import { resetForEdit, retry } from "../domain/posts/post-actions.ts";

const DOWN = { call: "create", kind: "http_500" } as const;

test("an outage is waited out by time, however many attempts that takes", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push(...Array.from({ length: 9 }, () => DOWN));
    await world.startEngine({ speed: 1_000, latestSeconds: 24 * 3600 });
    const post = await world.addPost({ text: "patient" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.attempt_count, 10);
  });
});

/** Cannot be fetched so many times; before the commit, or of what was accepted. */
function fetchFailures(world: PublishingWorld, times: number, isAfterCommit: boolean): Broker {
  const broker = ledgerBroker(world.ledger);
  const fetched: QuietStep = {
    name: "fetched",
    effect: "read",
    run: async () => {
      if (times === 0) return { done: {} };
      times -= 1;
      if (isAfterCommit) world.ledger.posts.splice(0);
      throw new BrokerError("MEDIA_FAILED", "The platform could not fetch the media.", {
        passes: true,
        ...(isAfterCommit ? { neverLive: true } : { redoFrom: "create-0" }),
      });
    },
  };
  const isCommit = ({ effect }: Step): boolean => effect === "visible";
  const around = (step: Step) => (isAfterCommit ? [step, fetched] : [fetched, step]);
  return {
    ...broker,
    steps: (content) => broker.steps(content).flatMap((step) => (isCommit(step) ? around(step) : [step])),
  };
}

test("media that a platform could not fetch is offered again for as long as the post may be late", async () => {
  for (const isAfterCommit of [false, true]) {
    await withWorld(async (world) => {
      const broker = fetchFailures(world, 9, isAfterCommit);
      await world.startEngine({ speed: 1_000, latestSeconds: 24 * 3600, broker });
      const post = await world.addPost({ text: "fetched at last" });
      await world.publish(post);
      const state = await world.until(post, isOver);
      assert.deepEqual([state.status, state.platformPosts[0]?.attempt_count], ["published", 10]);
      assert.equal(world.ledger.calls.filter((call) => call === "create fetched at last").length, 10);
      assert.deepEqual(
        world.ledger.posts.map(({ id }) => id),
        [state.platformPosts[0]?.platform_post_id],
      );
    });
  }
});

test("media that a platform can never fetch fails the post when its time is over, and not before", async () => {
  for (const isAfterCommit of [false, true]) {
    await withWorld(async (world) => {
      const broker = fetchFailures(world, Infinity, isAfterCommit);
      await world.startEngine({ speed: 10_000, latestSeconds: 1_000, broker });
      const post = await world.addPost({ text: "never fetched" });
      await world.publish(post);
      const [failed] = (await world.until(post, isOver)).platformPosts;
      assert.deepEqual([failed?.status, failed?.error?.code], ["failed", "MEDIA_UPLOAD_FAILED"]);
      assert.ok((failed?.attempt_count ?? 0) >= 6);
    });
  }
});

test("an outage longer than a post may be late fails it, with the platform's message", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push(...Array.from({ length: 200 }, () => DOWN));
    await world.startEngine({ speed: 10_000, latestSeconds: 1_000 });
    const post = await world.addPost({ text: "too long" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "failed");
    assert.deepEqual(
      [
        state.platformPosts[0]?.error?.code,
        state.platformPosts[0]?.error?.retryable,
        state.platformPosts[0]?.error?.retryAt,
      ],
      ["BROKER_ERROR", true, null],
    );
    assert.ok((state.platformPosts[0]?.attempt_count ?? 0) >= 6);
  });
});

test("no attempt starts after the post's own latest time", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push(DOWN, DOWN);
    // So slow that the second attempt would come too late.
    await world.startEngine({ speed: 0.1 });
    const post = await world.addPost({ text: "own bound" });
    await world.pool.query("update posts set publish_by = now() + interval '30 s' where id = $1", [post.id]);
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "failed");
    assert.deepEqual(world.ledger.calls, ["create own bound"]);
  });
});

test("a scheduled post whose time passed long ago is not sent but reported as missed, once, and can be published", async () => {
  await withWorld(async (world) => {
    const post = await dueBefore(world, 7);
    await world.startEngine();
    const missed = await world.until(
      post,
      ({ platformPosts, events }) =>
        events.includes("post.missed") && platformPosts.every((each) => each.next_action_at === null),
    );
    assert.equal(missed.status, "scheduled");
    for (const { status, next_action_at, warnings } of missed.platformPosts) {
      assert.deepEqual(
        [status, next_action_at, warnings.map(({ code }) => code)],
        ["pending", null, ["PUBLISH_MISSED"]],
      );
      assert.match(warnings[0]?.message ?? "", /^The post was due at .* Publish the post/);
    }
    assert.deepEqual(missed.events, ["post.missed"]);
    assert.deepEqual(await countMissed.all(world.pool), [{ missed: 2 }]);
    assert.deepEqual(world.ledger.calls, []);
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.deepEqual(
      state.platformPosts.flatMap(({ warnings }) => warnings),
      [],
    );
  });
});

test("a missed post can be rescheduled", async () => {
  await withWorld(async (world) => {
    const post = await dueBefore(world, 7);
    await world.startEngine();
    await world.until(post, ({ events }) => events.includes("post.missed"));
    await world.act(post, (tx, held) => resetForEdit(tx, held, new Date()));
    assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("a post that is rescheduled while it is being set down as missed is published at its new time", async () => {
  await withWorld(async (world) => {
    const post = await dueBefore(world, 7);
    await world.act(post, async (tx, held) => {
      await world.startEngine();
      await untilLocked(world, 1);
      await resetForEdit(tx, held, new Date());
    });
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.ok(!state.events.includes("post.missed"));
  });
});

test("if another platform begins while a platform post is being set down as missed, that one fails and the post ends", async () => {
  await withWorld(async (world) => {
    const [intending, begins] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const post = await world.addPost({ text: "first", dueAt: new Date(Date.now() + 600_000), also: ["linkedin"] });
    await world.startEngine({
      faultPoint: async ({ point, platformPostId }) => {
        if (point !== "intent.before" || platformPostId !== post.platformPostId) return;
        intending.resolve();
        await begins.promise;
      },
    });
    await world.until(post, ({ platformPosts }) => platformPosts.every(({ step }) => step === "publish-0"));
    await world.pool.query(
      `update platform_posts set due_at = now() - interval '1 minute',
         next_action_at = case when id = $1 then now() else now() + interval '1 hour' end`,
      [post.platformPostId],
    );
    await world.pool.query("notify ampost_due");
    await intending.promise;
    // The latest time passes, and both wait for the post's lock: the first to publish, then the second to miss.
    await world.pool.query("update posts set publish_by = now() - interval '1 second'");
    await world.act(post, async () => {
      begins.resolve();
      await untilLocked(world, 1);
      await world.pool.query("update platform_posts set next_action_at = now() where id <> $1", [post.platformPostId]);
      await world.pool.query("notify ampost_due");
      await untilLocked(world, 2);
    });
    const state = await world.until(post, isOver);
    assert.equal(state.status, "partial");
    assert.deepEqual(
      state.platformPosts.map(({ status, error }) => [status, error?.code]),
      [
        ["published", undefined],
        ["failed", "PUBLISH_MISSED"],
      ],
    );
    assert.ok(!state.events.includes("post.missed"));
  });
});

test("posts on two platforms whose latest time passes while they begin are all settled, or wait as a whole for their owner", async () => {
  await withWorld(async (world) => {
    let isDue = false;
    const userId = await world.addUser();
    const dueAt = new Date(Date.now() + 600_000);
    const posts = await Promise.all(
      Array.from({ length: 100 }, (_, n) => world.addPost({ text: `${n}`, userId, dueAt, also: ["linkedin"] })),
    );
    await world.startEngine({
      speed: 1,
      freshAccess: async () => {
        if (isDue) await pause(Math.random() * 30);
        return { accessToken: "token" };
      },
    });
    for (const post of posts)
      await world.until(post, ({ platformPosts }) => platformPosts.every(({ step }) => step === "publish-0"));
    isDue = true;
    await world.pool.query("update posts set publish_by = now() + make_interval(secs => 2 * random())");
    await world.pool.query(
      `update platform_posts set due_at = now() - interval '1 s',
         next_action_at = now() + make_interval(secs => 2 * random())`,
    );
    await world.pool.query("notify ampost_due");
    for (const post of posts) {
      const state = await world.until(post, (seen) => isOver(seen) || seen.events.includes("post.missed"));
      const statuses = state.platformPosts.map(({ status }) => status);
      if (state.status === "scheduled") assert.deepEqual(statuses, ["pending", "pending"]);
      else assert.ok(isOver(state), `${state.status}: ${statuses.join()}`);
    }
    const live = world.ledger.posts.map(({ text }) => text);
    assert.equal(new Set(live).size, live.length);
  });
});

test("a scheduled post that is late, but not too late, is published", async () => {
  await withWorld(async (world) => {
    const post = await dueBefore(world, 5);
    await world.startEngine();
    assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("a post that could not be published for hours after a publish has failed, and can be retried", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "forgotten" });
    await world.publish(post);
    await world.pool.query(
      `update platform_posts set due_at = due_at - interval '7 hours',
         next_action_at = next_action_at - interval '7 hours'`,
    );
    await world.startEngine();
    const failed = await world.until(post, isOver);
    assert.equal(failed.status, "failed");
    assert.deepEqual(
      [
        failed.platformPosts[0]?.error?.code,
        failed.platformPosts[0]?.error?.retryable,
        failed.platformPosts[0]?.next_action_at,
      ],
      ["PUBLISH_MISSED", true, null],
    );
    assert.deepEqual(world.ledger.calls, []);
    await world.act(post, (tx, held) => retry(tx, held));
    assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("a post being published when its time runs out is still checked", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    const engine = await world.startEngine({ speed: 1 });
    const post = await world.addPost({ text: "in between" });
    await world.publish(post);
    await world.until(post, ({ platformPosts }) => platformPosts[0]?.error !== null);
    await engine.stop();
    await world.pool.query("update platform_posts set due_at = due_at - interval '7 hours', next_action_at = now()");
    await world.startEngine({ speed: 100 });
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.publishCalls.get("in between"), 1);
  });
});

test("a post that was abandoned while it was being published is not published hours after its time", async () => {
  await withWorld(async (world) => {
    const worker = await world.startWorker({ FAULT: "step.after", FAULT_SIGNAL: "SIGKILL" });
    const post = await world.addPost({ text: "abandoned" });
    await world.publish(post);
    await once(worker, "exit");
    await world.pool.query(
      `update platform_posts set due_at = due_at - interval '7 hours', updated_at = updated_at - interval '7 hours',
         next_action_at = now(), lease_until = null, lease_owner = null`,
    );
    assert.equal((await world.read(post)).platformPosts[0]?.status, "posting");
    await world.startEngine();
    const [failed] = (await world.until(post, isOver)).platformPosts;
    assert.deepEqual([failed?.status, failed?.error?.code], ["failed", "PUBLISH_MISSED"]);
    assert.equal(world.ledger.publishCalls.get("abandoned"), undefined);
  });
});

async function dueBefore(world: PublishingWorld, hours: number): Promise<TestPost> {
  return world.addPost({ text: "late", dueAt: new Date(Date.now() - hours * 3600_000), also: ["linkedin"] });
}
