import assert from "node:assert/strict";
import { test } from "node:test";

import { createHttpClient } from "../../platforms/kit/http.ts";
import { BrokerError, type QuietStep, type Step } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, liveCount, withWorld } from "../../tests/publishing-world.ts";
import { discard, retry } from "../domain/posts/post-actions.ts";

test("a published post goes through queued and posting to published, with its ID and link, once", async () => {
  await withWorld(async (world) => {
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
  });
});

test("waiting costs no attempt, and a failed hidden step is retried", async () => {
  await withWorld(async (world) => {
    world.ledger.pollsUntilReady = 4;
    world.ledger.faults.push({ call: "create", kind: "http_500" }, { call: "ready", kind: "drop_after" });
    await world.startEngine();
    const post = await world.addPost({ text: "patient" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.attempt_count, 3);
    assert.equal(state.platformPosts[0]?.error, null);
    assert.equal(world.ledger.calls.filter((call) => call === "create patient").length, 2);
    assert.equal(state.events.filter((type) => type === "platform_post.retry_scheduled").length, 2);
  });
});

test("a persistent content error is tried six times, and then says whose problem it is and what to do", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push(
      ...Array.from({ length: 9 }, () => ({ call: "ready" as const, kind: "dead_container" as const })),
    );
    await world.startEngine({ speed: 10_000 });
    const post = await world.addPost({ text: "never" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "failed");
    assert.equal(world.ledger.calls.filter((call) => call === "ready never").length, 6);
    const [platformPost] = state.platformPosts;
    assert.equal(platformPost?.attempt_count, 6);
    assert.deepEqual(platformPost?.error, {
      code: "MEDIA_UPLOAD_FAILED",
      message: "The container is dead.",
      category: "platform",
      retryable: true,
      retryAt: null,
      action: "Check that the media is accessible, then retry the post.",
      platformError: { status: 400, code: "dead", message: null, requestId: null },
    });
  });
});

test("a broker's exception is an internal error that reveals no details", async () => {
  await withWorld(async (world) => {
    const broker = ledgerBroker(world.ledger);
    await world.startEngine({
      speed: 10_000,
      broker: {
        ...broker,
        steps: (content) => [
          { name: "faulty", effect: "read", run: () => Promise.reject(new TypeError("token abc is undefined")) },
          ...broker.steps(content),
        ],
      },
    });
    const post = await world.addPost({ text: "faulty" });
    await world.publish(post);
    const { error } = (await world.until(post, isOver)).platformPosts[0] ?? {};
    assert.equal(error?.code, "INTERNAL_ERROR");
    assert.doesNotMatch(JSON.stringify(error), /abc/);
  });
});

test("a platform's delay beyond the latest publishing time fails the post and says when", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "create", kind: "rate_limit", seconds: 7 * 3600 });
    await world.startEngine();
    const post = await world.addPost({ text: "limited" });
    await world.publish(post);
    const { error } = (await world.until(post, isOver)).platformPosts[0] ?? {};
    assert.equal(error?.code, "RATE_LIMITED");
    assert.ok(Math.abs(Date.parse(error.retryAt ?? "") - Date.now() - 7 * 3600_000) < 60_000);
  });
});

test("a token reported as expired is renewed once, and the post fails if that does not help", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    ledger.expiredTokens.add("old").add("refused");
    let renewals = 0;
    let current = "old";
    await world.startEngine({
      freshAccess: (_account, { refused }) => {
        if (refused !== undefined) {
          renewals += 1;
          if (refused === "refused") return Promise.reject(new BrokerError("AUTH_EXPIRED", "Reconnect the account."));
          current = "new";
        }
        return Promise.resolve({ accessToken: current });
      },
    });
    const post = await world.addPost({ text: "renewed" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(renewals, 1);
    assert.equal(state.platformPosts[0]?.attempt_count, 1);
    current = "refused";
    const other = await world.addPost({ text: "not renewed" });
    await world.publish(other);
    const { error } = (await world.until(other, isOver)).platformPosts[0] ?? {};
    assert.equal(error?.code, "AUTH_EXPIRED");
    assert.equal(renewals, 2);
  });
});

test("a token that expires between preparing and committing is renewed, and one post is published", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    await world.startEngine({
      freshAccess: (_account, { refused }) =>
        Promise.resolve({ accessToken: refused === undefined ? "first" : "second" }),
      faultPoint: ({ point }) => {
        if (point === "intent.before") ledger.expiredTokens.add("first");
      },
    });
    const post = await world.addPost({ text: "expiring" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(liveCount(ledger, "expiring"), 1);
    assert.equal(ledger.publishCalls.get("expiring"), 2);
  });
});

test("every request for an account, also one that reads back, is prepared as its login demands", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    const sent: (string | undefined)[] = [];
    await world.startEngine({
      freshAccess: () =>
        Promise.resolve({
          accessToken: "token",
          prepare: (request) => ({ ...request, headers: { ...request.headers, "x-proof": "proved" } }),
        }),
      httpFor: (_mode, guards) => {
        const client = createHttpClient({ ...guards, sandboxUrl: ledger.url });
        return {
          send(request) {
            sent.push(request.headers?.["x-proof"]);
            return client.send(request);
          },
        };
      },
    });
    ledger.faults.push({ call: "publish", kind: "drop_after" });
    const post = await world.addPost({ text: "prepared" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.ok(
      sent.length >= ledger.calls.length && ledger.calls.some((call) => call.startsWith("state ")),
      String(sent),
    );
    assert.deepEqual(new Set(sent), new Set(["proved"]));
  });
});

test("a scheduled post is prepared ahead, stays scheduled, and is committed at its time, never before", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    const post = await world.addPost({ text: "scheduled", dueAt: new Date(Date.now() + 600_000) });
    const prepared = await world.until(post, ({ platformPosts }) => platformPosts[0]?.step === "publish-0");
    assert.equal(prepared.status, "scheduled");
    assert.equal(prepared.platformPosts[0]?.status, "pending");
    assert.equal(prepared.platformPosts[0]?.attempt_count, 0);
    assert.equal(world.ledger.posts.length, 0);
    const dueAt = await world.bringForward(post, 1);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.ok((world.ledger.posts[0]?.at ?? 0) >= dueAt.getTime());
    assert.equal(world.ledger.calls.filter((call) => call === "create scheduled").length, 1);
  });
});

test("a failure to prepare ahead is a warning, and is retried from the start when due", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "create", kind: "refuse_for_good" });
    await world.startEngine();
    const post = await world.addPost({ text: "second try", dueAt: new Date(Date.now() + 600_000) });
    const warned = await world.until(post, ({ platformPosts }) => (platformPosts[0]?.warnings.length ?? 0) > 0);
    assert.equal(warned.status, "scheduled");
    assert.equal(warned.platformPosts[0]?.error, null);
    assert.equal(warned.platformPosts[0]?.warnings[0]?.code, "PREPARATION_FAILED");
    await world.bringForward(post, 0);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.deepEqual(state.platformPosts[0]?.warnings, []);
    assert.equal(state.platformPosts[0]?.attempt_count, 1);
  });
});

test("publishing a scheduled post now uses what was prepared", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    const post = await world.addPost({ text: "now", dueAt: new Date(Date.now() + 600_000) });
    await world.until(post, ({ platformPosts }) => platformPosts[0]?.step === "publish-0");
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.calls.filter((call) => call === "create now").length, 1);
  });
});

test("a failed container is recreated", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "dead_container" });
    await world.startEngine();
    const post = await world.addPost({ text: "reborn" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(world.ledger.calls.filter((call) => call === "create reborn").length, 2);
    assert.equal(liveCount(world.ledger, "reborn"), 1);
  });
});

test("a thread that fails at its second part leaves the first live, says so, and a retry continues there", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "refuse_for_good", text: "two" });
    await world.startEngine();
    const post = await world.addPost({ text: "one", chain: ["two", "three"] });
    await world.publish(post);
    const failed = await world.until(post, isOver);
    assert.equal(failed.status, "failed");
    assert.match(failed.platformPosts[0]?.error?.message ?? "", /^1 of 3 parts are live\. /);
    assert.equal(failed.platformPosts[0]?.platform_post_id, "p1");
    await world.act(post, (tx, held) => retry(tx, held));
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.deepEqual(
      world.ledger.posts.map(({ text }) => text),
      ["one", "two", "three"],
    );
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(state.platformPosts[0]?.published_url, "https://ledger.example/p/p1");
  });
});

test("what the platform accepts but cannot publish has failed, and a retry starts from the beginning", async () => {
  await withWorld(async (world) => {
    const broker = ledgerBroker(world.ledger);
    let refusals = 1;
    const observe: QuietStep = {
      name: "observe",
      effect: "read",
      run: async () => {
        if (refusals === 0) return { done: {} };
        refusals -= 1;
        world.ledger.posts.splice(0);
        throw new BrokerError("MEDIA_FAILED", "It could not be processed.", { retryable: false, neverLive: true });
      },
    };
    const isCommit = ({ effect }: Step): boolean => effect === "visible";
    await world.startEngine({
      broker: {
        ...broker,
        steps: (content) => broker.steps(content).flatMap((step) => (isCommit(step) ? [step, observe] : [step])),
      },
    });
    const post = await world.addPost({ text: "twice" });
    await world.publish(post);
    const [failed] = (await world.until(post, isOver)).platformPosts;
    assert.deepEqual(
      [failed?.status, failed?.error?.code, failed?.platform_post_id, failed?.live_through],
      ["failed", "MEDIA_UPLOAD_FAILED", null, null],
    );
    await world.act(post, (tx, held) => retry(tx, held));
    const state = await world.until(post, isOver);
    assert.deepEqual(
      [state.status, state.platformPosts[0]?.platform_post_id],
      ["published", world.ledger.posts[0]?.id],
    );
    assert.equal(world.ledger.publishCalls.get("twice"), 2);
  });
});

test("a post on several platforms is partial while some are live and some failed, and published once all are", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "create", kind: "refuse_for_good", text: "both facebook" });
    await world.startEngine();
    const post = await world.addPost({ text: "both", also: ["facebook"] });
    await world.publish(post);
    const partial = await world.until(post, isOver);
    assert.equal(partial.status, "partial");
    assert.deepEqual(
      partial.platformPosts.map(({ status }) => status),
      ["published", "failed"],
    );
    await world.act(post, (tx, held) => retry(tx, held, { platforms: ["facebook"] }));
    assert.equal((await world.read(post)).status, "posting");
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.deepEqual(
      world.ledger.posts.map(({ text }) => text),
      ["both", "both facebook"],
    );
  });
});

test("platform posts that settle at the same time leave their post in the right status", async () => {
  await withWorld(async (world) => {
    await Promise.all([world.startEngine(), world.startEngine()]);
    const posts = await Promise.all(
      Array.from({ length: 15 }, (_, n) => world.addPost({ text: `together ${n}`, also: ["facebook", "linkedin"] })),
    );
    await Promise.all(posts.map((post) => world.publish(post)));
    for (const post of posts) {
      const state = await world.until(post, isOver);
      assert.equal(state.status, "published");
      assert.equal(state.events.filter((type) => type === "post.publishing").length, 1);
      assert.equal(state.events.at(-1), "post.published");
    }
    assert.equal(world.ledger.posts.length, 45);
  });
});

test("an unreadable link does not fail a live post, and is read later", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "permalink", kind: "http_500" }, { call: "permalink", kind: "http_500" });
    await world.startEngine();
    const post = await world.addPost({ text: "linkless" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.error, null);
    await world.until(post, ({ platformPosts }) => platformPosts[0]?.published_url !== null);
  });
});

test("a cancelled post with an unknown outcome still reports if it turns out to be live", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    await world.startEngine();
    const post = await world.addPost({ text: "too late" });
    await world.publish(post);
    await world.until(post, ({ platformPosts }) => platformPosts[0]?.status === "unknown");
    await world.act(post, (tx, held) => discard(tx, held));
    const cancelled = await world.read(post);
    assert.deepEqual([cancelled.status, cancelled.platformPosts[0]?.status], ["discarded", "unknown"]);
    world.ledger.readBack = "truth";
    const state = await world.until(post, ({ platformPosts }) => platformPosts[0]?.status === "published");
    assert.equal(state.status, "discarded");
    assert.equal(world.ledger.publishCalls.get("too late"), 1);
  });
});

test("a cancelled thread says if parts of it are live, and publishes no more of it", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    for (const kind of ["rate_limit", "refuse_for_good"] as const) {
      const [text, next] = [`first, ${kind}`, `second, ${kind}`];
      world.ledger.faults.push({ call: "publish", text: next, kind, seconds: 600 });
      const post = await world.addPost({ text, chain: [next] });
      await world.publish(post);
      await world.until(post, ({ platformPosts: [each] }) => each?.error !== null && each?.lease_until === null);
      await world.act(post, (tx, held) => discard(tx, held));
      const { status, platformPosts } = await world.read(post);
      assert.deepEqual([status, platformPosts[0]?.status], ["discarded", "discarded"]);
      assert.deepEqual(
        platformPosts[0]?.warnings.map(({ code }) => code),
        ["PARTS_LIVE"],
      );
      assert.deepEqual([liveCount(world.ledger, text), liveCount(world.ledger, next)], [1, 0]);
    }
    const untouched = await world.addPost({ text: "not begun", chain: ["nor this"] });
    await world.act(untouched, (tx, held) => discard(tx, held));
    assert.deepEqual((await world.read(untouched)).platformPosts[0]?.warnings, []);
  });
});

test("a post's events are numbered without gaps, whatever happens to it", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "create", kind: "http_500" }, { call: "publish", kind: "refuse_for_good" });
    await world.startEngine();
    const post = await world.addPost({ text: "told", also: ["linkedin"] });
    await world.publish(post);
    await world.until(post, isOver);
    const { rows } = await world.pool.query<{ post_sequence: number }>(
      "select post_sequence from outbox where post_id = $1 order by id",
      [post.id],
    );
    assert.ok(rows.length >= 4);
    assert.deepEqual(
      rows.map(({ post_sequence: sequence }) => sequence),
      rows.map((_, index) => index + 1),
    );
  });
});
