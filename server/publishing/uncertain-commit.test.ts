import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { type Broker, BrokerError } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import {
  ended,
  isOver,
  liveCount,
  type PostState,
  type PublishingWorld,
  type TestPost,
  withWorld,
} from "../../tests/publishing-world.ts";
import { jsonb } from "../db/jsonb.ts";
import { limitAccount } from "../db/queries/claims.ts";
import { resolveCommit } from "../db/queries/resolve.ts";
import { discard, retry } from "../domain/posts/post-actions.ts";

const NOWHERE = "http://127.0.0.1:9";
const POSTS = "https://ledger.example/publish/none";

test("a live post is found by its repeat, however often that could not be sent at first", async () => {
  await withWorld(async (world) => {
    const { url } = world.ledger;
    const post = await lostPost(world);
    let isAway = true;
    await world.startEngine({
      broker: ledgerBroker(world.ledger, { identicalRepeat: true }),
      faultPoint: ({ point }) => {
        if (point === "reconcile.before" && isAway) world.ledger.url = NOWHERE;
      },
    });
    await untilCommits(world, post, (known) => known.some(({ unsent }) => unsent));
    isAway = false;
    world.ledger.url = url;
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(liveCount(world.ledger, "lost"), 1);
  });
});

test("a post whose response was lost cannot be cancelled while its repeat waits to be sent", async () => {
  await withWorld(async (world) => {
    const { url } = world.ledger;
    const post = await lostPost(world);
    const broker = ledgerBroker(world.ledger, { identicalRepeat: true });
    const engine = await world.startEngine({
      broker,
      faultPoint: ({ point }) => {
        if (point === "reconcile.before") world.ledger.url = NOWHERE;
      },
    });
    await untilCommits(world, post, (known) => known.some(({ unsent }) => unsent));
    await engine.stop();
    await assert.rejects(
      world.act(post, (tx, held) => discard(tx, held)),
      /is being published/,
    );
    world.ledger.url = url;
    await world.startEngine({ broker });
    assert.equal((await world.until(post, isOver)).status, "published");
  });
});

test("cancelling leaves an unknown outcome unknown, even before a forced retry has started", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    const engine = await world.startEngine();
    await world.until(post, isOver);
    const statusAfter = async () => {
      await world.act(post, (tx, held) => discard(tx, held));
      const { status, platformPosts } = await world.read(post);
      return [status, platformPosts[0]?.status, platformPosts[0]?.error?.code];
    };
    assert.deepEqual(await statusAfter(), ["discarded", "unknown", "OUTCOME_UNKNOWN"]);
    await engine.stop();
    await world.pool.query("update posts set status = 'failed' where id = $1", [post.id]);
    await world.act(post, (tx, held) => retry(tx, held, { platforms: ["threads"], force: true }));
    assert.deepEqual(await statusAfter(), ["discarded", "unknown", "OUTCOME_UNKNOWN"]);
    assert.equal(liveCount(world.ledger, "lost"), 1);
  });
});

test("an error after a lost response is unknown, never failed, and checking continues", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    world.ledger.faults.push({ call: "publish", kind: "refuse_for_good" });
    await world.startEngine({ broker: ledgerBroker(world.ledger, { identicalRepeat: true }) });
    const state = await world.until(post, isOver);
    assert.equal(state.platformPosts[0]?.status, "unknown");
    assert.match(
      state.platformPosts[0]?.error?.message ?? "",
      /^It is not known whether an earlier request published the post\. The text is not allowed/,
    );
    assert.ok(!state.events.includes("platform_post.failed"));
    world.ledger.readBack = "truth";
    const later = await world.until(post, ({ status }) => status === "published");
    assert.equal(later.platformPosts[0]?.platform_post_id, "p1");
  });
});

test("access that expired while a response was lost is renewed for checking", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    const post = await world.addPost({ text: "lost" });
    await world.publish(post);
    await world.startEngine({
      freshAccess: (_account, { refused }) =>
        Promise.resolve({ accessToken: refused === undefined ? "first" : "second" }),
      faultPoint: ({ point }) => {
        if (point === "reconcile.before") world.ledger.expiredTokens.add("first");
      },
    });
    const state = await world.until(post, isOver);
    assert.equal(state.platformPosts[0]?.status, "published");
    assert.equal(liveCount(world.ledger, "lost"), 1);
  });
});

test("a rejected forced retry leaves the first request in doubt, which is checked by its own handles", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    await world.startEngine();
    await world.until(post, isOver);
    world.ledger.faults.push({ call: "publish", kind: "refuse_for_good" });
    await world.act(post, (tx, held) => retry(tx, held, { platforms: ["threads"], force: true }));
    const state = await world.until(post, isOver);
    assert.equal(state.platformPosts[0]?.status, "unknown");
    assert.equal(world.ledger.publishCalls.get("lost"), 2);
    // The second container is unpublished for good: that proves nothing of the first.
    world.ledger.readBack = "truth";
    const later = await world.until(post, ({ status }) => status === "published");
    assert.equal(later.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(world.ledger.publishCalls.get("lost"), 2);
  });
});

for (const last of ["has failed", "is under way"] as const) {
  test(`a late response for a part that another request has published does not send a later part again: the last one ${last}`, async () => {
    await withWorld(async (world) => {
      const { ledger } = world;
      const [answer, creating] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const post = await world.addPost({ text: "first", chain: ["second", "last"] });
      let commits = 0;
      await world.startEngine({
        faultPoint: async ({ point }) => {
          if (point !== "result.before" || (commits += 1) > 1) return;
          await takeAway(world, post);
          await answer.promise;
        },
      });
      ledger.readBack = "absent";
      await world.publish(post);
      await world.until(post, ({ platformPosts }) => platformPosts[0]?.status === "failed");
      if (last === "has failed") ledger.faults.push({ call: "publish", text: "last", kind: "refuse_for_good" });
      else ledger.faults.push({ call: "create", text: "last", kind: "slow", until: creating.promise });
      await world.act(post, (tx, held) => retry(tx, held));
      await world.until(post, (state) =>
        last === "has failed" ? isOver(state) && ledger.publishCalls.has("last") : ledger.calls.includes("create last"),
      );
      answer.resolve();
      await untilCommits(world, post, (known) => known.some(({ late }) => late));
      creating.resolve();
      await untilCommits(world, post, (known) => known.every(({ open }) => !open));
      if (last === "has failed") await world.act(post, (tx, held) => retry(tx, held));
      await world.until(post, ({ status }) => status === "published");
      // The platform itself called the first one absent, so that one is there twice.
      assert.deepEqual(
        ledger.posts.map(({ text }) => text),
        ["first", "first", "second", "last"],
      );
    });
  });
}

test("the database does not allow a later part of a thread to become not live", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    const post = await world.addPost({ text: "first", chain: ["second"] });
    await world.publish(post);
    await world.until(post, isOver);
    const liveThrough = (step: string) => () =>
      world.pool.query("update platform_posts set live_through = $2 where id = $1", [post.platformPostId, step]);
    // As if a second call for the first part were live as well.
    await world.pool.query(
      `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt, fence, result)
       select gen_random_uuid(), platform_post_id, account_id, user_id, mode, step, effect, attempt, fence, result
       from publish_steps where step = 'publish-0'`,
    );
    await assert.rejects(liveThrough("publish-0"), /only goes forward/);
    await liveThrough("publish-1")();
  });
});

test("the database does not allow failed or discarded while a commit is open or was abandoned", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    await world.startEngine();
    await world.until(post, isOver);
    const become = (status: string) => () =>
      world.pool.query("update platform_posts set status = $2, next_action_at = null where id = $1", [
        post.platformPostId,
        status,
      ]);
    const fail = become("failed");
    await assert.rejects(fail, /may be live/);
    await assert.rejects(become("discarded"), /may be live/);
    await world.pool.query(
      "update publish_steps set result = 'unknown' where platform_post_id = $1 and result is null",
      [post.platformPostId],
    );
    await assert.rejects(fail, /may be live/);
    await world.pool.query(
      "update publish_steps set result = 'definite_failure' where platform_post_id = $1 and result = 'unknown'",
      [post.platformPostId],
    );
    await fail();
  });
});

for (const { within, status } of [
  { within: 600, status: "published" },
  { within: 30, status: "unknown" },
]) {
  test(`a late record of the repeat proves nothing about the post: ${status} with a window of ${within} s`, async () => {
    await withWorld(async (world) => {
      const { url } = world.ledger;
      const post = await lostPost(world);
      let commits = 0;
      await world.startEngine({
        broker: ledgerBroker(world.ledger, { identicalRepeat: { withinSeconds: within } }),
        faultPoint: async ({ point }) => {
          if (point === "intent.before") commits += 1;
          if (point === "intent.written" && commits === 2) world.ledger.url = NOWHERE;
          if (point !== "result.before" || commits !== 2) return;
          if (within === 30)
            await world.pool.query("update publish_steps set intent_at = intent_at - interval '1 min'");
          await takeAway(world, post);
          world.ledger.url = url;
        },
      });
      await untilCommits(world, post, ([commit]) => commit?.unsent === "Nothing was sent.");
      const state = await world.until(post, isOver);
      assert.equal(state.platformPosts[0]?.status, status);
      assert.equal(liveCount(world.ledger, "lost"), 1);
    });
  });
}

test("a request is not repeated after the time in which the platform rejects duplicates", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    await world.startEngine({ broker: ledgerBroker(world.ledger, { identicalRepeat: { withinSeconds: 0.1 } }) });
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    assert.equal(world.ledger.publishCalls.get("lost"), 1);
  });
});

for (const what of ["pause", "limit", "hold"] as const) {
  test(`under a ${what}, a lost request is not repeated; its post is unknown by the promised time, and a person can settle it`, async () => {
    await withWorld(async (world) => {
      const post = await lostPost(world);
      let isRefused = false;
      await world.startEngine({
        broker: ledgerBroker(world.ledger, { identicalRepeat: { withinSeconds: 8 } }),
        faultPoint: async ({ point }) => {
          if (point !== "reconcile.before" || isRefused) return;
          isRefused = true;
          await refuseCommits(world, what);
        },
      });
      const state = await world.until(post, isOver);
      assert.equal(state.platformPosts[0]?.status, "unknown");
      assert.equal(world.ledger.publishCalls.get("lost"), 1);
      const found = { answered: { isLive: true, publishedUrl: "https://ledger.example/p/p1", id: "p1" } };
      await world.act(post, async (tx, { user_id: userId, mode }) => {
        assert.ok(await resolveCommit.one(tx, [post.platformPostId, userId, mode, jsonb(found), true]));
      });
      await world.pool.query("notify ampost_due");
      const settled = await world.until(post, ({ status }) => status === "published");
      assert.equal(settled.platformPosts[0]?.platform_post_id, "p1");
      assert.equal(liveCount(world.ledger, "lost"), 1);
    });
  });
}

test("a lost request is repeated as soon as its account may send again within the time", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    let times = 0;
    await world.startEngine({
      broker: ledgerBroker(world.ledger, { identicalRepeat: true }),
      faultPoint: async ({ point }) => {
        if (point !== "reconcile.before") return;
        times += 1;
        if (times === 1) await refuseCommits(world, "pause");
        else await world.pool.query("update publishing_pauses set until = clock_timestamp()");
      },
    });
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual([times, world.ledger.publishCalls.get("lost")], [2, 2]);
    assert.equal(liveCount(world.ledger, "lost"), 1);
  });
});

async function refuseCommits({ pool }: PublishingWorld, by: "pause" | "limit" | "hold"): Promise<void> {
  if (by === "pause")
    await pool.query("insert into publishing_pauses (id, by_operator) values (gen_random_uuid(), true)");
  else if (by === "limit") {
    const { rows } = await pool.query<{ id: string }>("select id from accounts");
    for (const { id } of rows) await limitAccount.run(pool, [id, 86_400]);
  } else await pool.query("insert into instance (name, value) values ('held', '{}')");
}

test("a request is repeated only byte for byte", async () => {
  await withWorld(async (world) => {
    const post = await lostPost(world);
    const broker = ledgerBroker(world.ledger, { identicalRepeat: true });
    let asked = 0;
    const changing: Broker = {
      ...broker,
      steps: (content) =>
        broker
          .steps(content)
          .map((step) =>
            step.effect === "visible"
              ? { ...step, request: (context) => ({ ...step.request(context), json: { account: `${(asked += 1)}` } }) }
              : step,
          ),
    };
    await world.startEngine({ broker: changing });
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    assert.equal(world.ledger.publishCalls.get("lost"), 1);
  });
});

test("a request is not repeated while the first may still be in progress", async () => {
  await withWorld(async (world) => {
    world.ledger.refusesRepeats = true;
    world.ledger.readBack = "cannot_tell";
    const worker = await world.startWorker({ FAULT: "answer.received" });
    const post = await world.addPost({ text: "lost" });
    await world.publish(post);
    await world.until(post, () => worker.signalCode === "SIGKILL");
    // As if the call had been given this long.
    await world.pool.query(
      "update publish_steps set evidence = evidence || '{\"timeoutSeconds\": 900}' where result is null",
    );
    await world.startEngine({ broker: ledgerBroker(world.ledger, { identicalRepeat: true }) });
    assert.equal((await world.until(post, isOver)).status, "published");
    const { rows } = await world.pool.query<{ apart: number }>(
      `select extract(epoch from deadline_at - interval '5 s' - intent_at)::float8 as apart from publish_steps
       where platform_post_id = $1 and effect = 'visible'`,
      [post.platformPostId],
    );
    // It is watched from a little before its intent is stored.
    assert.ok((rows[0]?.apart ?? 0) >= 5 + 9 - 2, JSON.stringify(rows));
  });
});

test("an ID found that belongs to another post is never this one's, whichever account leads to the profile", async () => {
  await withWorld(async (world) => {
    const [userId, other] = [await world.addUser(), await world.addUser()];
    const accounts = [await world.addAccount(userId), await world.addAccount(userId), await world.addAccount(other)];
    await world.pool.query("update accounts set platform_account_id = 'one profile'");
    await world.startEngine();
    const first = await world.addPost({ text: "lost", userId, accountId: accounts[0] ?? "" });
    await world.publish(first);
    await world.until(first, isOver);
    world.ledger.readBack = "lookalike";
    for (const [n, accountId] of accounts.entries()) {
      world.ledger.faults.push({ call: "publish", kind: "drop_before" });
      const post = await world.addPost({ text: "lost", userId: n === 2 ? other : userId, accountId });
      await world.publish(post);
      const state = await world.until(post, isOver);
      assert.equal(state.platformPosts[0]?.status, "unknown");
      assert.equal(state.platformPosts[0]?.platform_post_id, null);
    }
    assert.equal(liveCount(world.ledger, "lost"), 1);
  });
});

test("a duplicate error never gives a post the ID of an identical one whose response is not known yet", async () => {
  await withWorld(async (world) => {
    const own = ledgerBroker(world.ledger, { identicalRepeat: true });
    const accept = () => ({
      done: { "post-0": "p1" },
      remoteId: "p1",
      platformPostId: "p1",
      onDuplicateRemoteId: new BrokerError("CONTENT_REJECTED", "It is a duplicate of p1.", { notPublished: true }),
    });
    const broker: Broker = {
      ...own,
      // Without a handle, so that the same text is the same request.
      steps: (content) =>
        own.steps(content).map((step) =>
          step.effect === "visible"
            ? {
                ...step,
                request: (context) => ({ ...step.request(context), url: POSTS, json: { text: content.text } }),
                accept,
              }
            : step,
        ),
    };
    await world.startEngine({ broker });
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    world.ledger.readBack = "cannot_tell";
    const lookOf = ({ platformPosts: [given] }: PostState) => [given?.status, given?.platform_post_id];
    const looks: ReturnType<typeof lookOf>[] = [];
    for (let n = 0; n < 2; n += 1) {
      // The response is lost, and that of the repeat, too.
      if (n === 0)
        for (let call = 0; call < 2; call += 1) world.ledger.faults.push({ call: "publish", kind: "drop_before" });
      const post = await world.addPost({ text: "same", userId, accountId });
      await world.publish(post);
      looks.push(lookOf(await world.until(post, isOver)));
    }
    assert.deepEqual(looks, [
      ["unknown", null],
      ["unknown", null],
    ]);
  });
});

test("an ID that a platform gives twice stays with the first post, and the second is asked about", async () => {
  await withWorld(async (world) => {
    const own = ledgerBroker(world.ledger);
    const broker: Broker = {
      ...own,
      steps: (content) =>
        own
          .steps(content)
          .map((step) =>
            step.effect === "visible"
              ? { ...step, accept: () => ({ done: { "post-0": "p1" }, remoteId: "p1", platformPostId: "p1" }) }
              : step,
          ),
    };
    await world.startEngine({ broker });
    const userId = await world.addUser();
    const accountId = await world.addAccount(userId);
    const [first, second] = [
      await world.addPost({ text: "first", userId, accountId }),
      await world.addPost({ text: "second", userId, accountId }),
    ];
    await world.publish(first);
    await world.until(first, ({ platformPosts: [given] }) => given?.next_action_at === null);
    world.ledger.readBack = "without_id";
    await world.publish(second);
    const nameOf = ({ platformPosts: [given] }: PostState) => [
      given?.status,
      given?.platform_post_id,
      given?.published_url,
    ];
    assert.deepEqual(nameOf(await world.until(second, isOver)), ["published", null, null]);
    world.ledger.readBack = "truth";
    const named = await world.until(second, ({ platformPosts: [given] }) => given?.next_action_at === null);
    assert.deepEqual(nameOf(named), ["published", "p2", "https://ledger.example/p/p2"]);
    assert.deepEqual(nameOf(await world.read(first)), ["published", "p1", "https://ledger.example/p/p1"]);
    assert.equal(liveCount(world.ledger, "second"), 1);
  });
});

/**
 * Two posts with the same text: the first is sent by a worker that dies before, and is looked for in a list at the moment
 * when the second is live and its response is not stored yet. With `look`, they are known to look the same.
 */
async function findTheOther(world: PublishingWorld, look: boolean): Promise<{ first: TestPost; second: TestPost }> {
  const userId = await world.addUser();
  const accountId = await world.addAccount(userId);
  const first = await world.addPost({ text: "same", userId, accountId });
  const worker = await world.startWorker({ FAULT: "intent.written" });
  await world.publish(first);
  await ended(worker);
  if (look) await world.pool.query("update publish_steps set request_hash = 'same'");
  world.ledger.readBack = "lookalike";
  const own = ledgerBroker(world.ledger);
  const [looked, mayRead, isStored] = [1, 2, 3].map(() => Promise.withResolvers<void>());
  assert.ok(looked !== undefined && mayRead !== undefined && isStored !== undefined);
  const seconds: TestPost[] = [];
  await world.startEngine({
    speed: 20,
    broker: {
      ...own,
      // As a platform with a list and nothing else.
      reconcile: async (context, intent) => {
        looked.resolve();
        await mayRead.promise;
        const found = await own.reconcile(context, intent);
        if (found.verdict !== "published" || intent.accountedIds.has(found.remoteId ?? ""))
          return { verdict: "not_listed", reason: "It is not listed." };
        return intent.hasTwin ? { verdict: "cannot_tell", reason: "Two were sent." } : found;
      },
    },
    faultPoint: async ({ point, platformPostId }) => {
      if (platformPostId === first.platformPostId && point === "settle.after") isStored.resolve();
      if (platformPostId !== seconds[0]?.platformPostId) return;
      if (point === "intent.written" && look) await world.pool.query("update publish_steps set request_hash = 'same'");
      if (point !== "answer.received") return;
      mayRead.resolve();
      await isStored.promise;
    },
  });
  await looked.promise;
  const second = await world.addPost({ text: "same", userId, accountId });
  seconds.push(second);
  await world.publish(second);
  return { first, second };
}

test("a post that a list shows is never taken for one whose identical post is in doubt, even if that began after the look at the journal", async () => {
  await withWorld(async (world) => {
    const { first, second } = await findTheOther(world, true);
    assert.equal((await world.until(second, isOver)).platformPosts[0]?.platform_post_id, "p1");
    const state = await world.until(first, isOver);
    assert.equal(state.platformPosts[0]?.status, "unknown");
    assert.ok(!state.events.includes("platform_post.published"));
    assert.equal(liveCount(world.ledger, "same"), 1);
  });
});

test("a platform's own response takes its ID from a post for which a list had shown it, and that one is unknown", async () => {
  await withWorld(async (world) => {
    const { first, second } = await findTheOther(world, false);
    const own = await world.until(second, isOver);
    assert.deepEqual([own.status, own.platformPosts[0]?.platform_post_id], ["published", "p1"]);
    const { status, platformPosts, events } = await world.until(first, (seen) => seen.status === "failed");
    const [given] = platformPosts;
    assert.deepEqual(
      [status, given?.status, given?.platform_post_id, given?.published_url],
      ["failed", "unknown", null, null],
    );
    assert.match(given?.error?.message ?? "", /found for this one is another one/);
    const { rows } = await world.pool.query("select published_at from posts where id = $1", [first.id]);
    assert.deepEqual(rows, [{ published_at: null }]);
    assert.deepEqual(events.slice(-4), [
      "platform_post.published",
      "post.published",
      "platform_post.unknown",
      "post.failed",
    ]);
    assert.equal(liveCount(world.ledger, "same"), 1);
    // It was never sent, and a person says so.
    await world.act(first, async (tx, { user_id: userId, mode }) => {
      const answered = jsonb({ answered: { isLive: false }, closed: "A person says that it is not there." });
      assert.ok(await resolveCommit.one(tx, [first.platformPostId, userId, mode, answered, false]));
    });
    await world.pool.query("notify ampost_due");
    await world.until(first, ({ platformPosts: [part] }) => part?.status === "failed");
  });
});

test("a checking broker knows if another post of the account with the same content is in doubt as well", async () => {
  await withWorld(async (world) => {
    const broker = ledgerBroker(world.ledger);
    const seen: { about: string; hasTwin: boolean; hasOthers: boolean }[] = [];
    await world.startEngine({
      broker: {
        ...broker,
        // Without a handle, so that the same text is the same request. In upper case, it looks the same.
        steps: (content) =>
          broker.steps(content).map((step) =>
            step.effect === "visible"
              ? {
                  ...step,
                  request: (context) => ({ ...step.request(context), url: POSTS, json: { text: content.text } }),
                  look: () => (content.text.startsWith("once") ? null : content.text.toLowerCase()),
                }
              : step,
          ),
        reconcile: ({ account, content }, { hasTwin, hasOthers }) => {
          seen.push({ about: `${content.text}, ${account.platformAccountId}`, hasTwin, hasOthers });
          return Promise.resolve(
            content.text === "live"
              ? { verdict: "published", done: {}, remoteId: null }
              : { verdict: "cannot_tell", reason: "The list shows none of them." },
          );
        },
      },
    });
    const userId = await world.addUser();
    const [account = "", other = ""] = [await world.addAccount(userId), await world.addAccount(userId)];
    for (const [text, accountId] of [
      ["once", account],
      ["twice", account],
      ["twice", account],
      ["twice", other],
      ["alike", account],
      ["ALIKE", account],
      ["live", account],
      ["LIVE", account],
    ] as const) {
      world.ledger.faults.push({ call: "publish", kind: "drop_before" });
      const post = await world.addPost({ text, userId, accountId });
      await world.publish(post);
      const expected = text === "live" ? "published" : "unknown";
      assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, expected);
    }
    const seenOf = (about: string) =>
      new Set(seen.filter((each) => each.about === about).map(({ hasTwin }) => hasTwin));
    assert.deepEqual([...seenOf(`once, ${account}`)], [false]);
    assert.deepEqual([...seenOf(`twice, ${account}`)], [false, true]);
    assert.deepEqual([...seenOf(`twice, ${other}`)], [false]);
    assert.deepEqual([...seenOf(`ALIKE, ${account}`)], [true]);
    assert.deepEqual([...seenOf(`LIVE, ${account}`)], [true], "one that is live without an ID counts");
    const others = (text: string) => seen.filter(({ about }) => about === `${text}, ${account}`)[0]?.hasOthers;
    assert.deepEqual([others("once"), others("twice")], [false, true]);
  });
});

test("a checking broker knows which posts of the account are known to be others", async () => {
  await withWorld(async (world) => {
    const seen = new Map<string, string[]>();
    await world.startEngine({
      broker: {
        ...ledgerBroker(world.ledger),
        reconcile: ({ account }, { accountedIds }) => {
          seen.set(account.platformAccountId, [...accountedIds]);
          return Promise.resolve({ verdict: "cannot_tell", reason: "The list shows none of them." });
        },
      },
    });
    const userId = await world.addUser();
    const [account, other] = [await world.addAccount(userId), await world.addAccount(userId)];
    const known = await world.addPost({ text: "known", userId, accountId: account });
    await world.publish(known);
    assert.equal((await world.until(known, isOver)).status, "published");
    for (const accountId of [account, other]) {
      world.ledger.faults.push({ call: "publish", kind: "drop_before" });
      const post = await world.addPost({ text: "lost", userId, accountId });
      await world.publish(post);
      assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    }
    assert.deepEqual([seen.get(account), seen.get(other)], [[world.ledger.posts[0]?.id], []]);
  });
});

/** One whose commit is done and whose answer is lost, on a platform that cannot be read back and refuses repeats. */
async function lostPost(world: PublishingWorld): Promise<TestPost> {
  world.ledger.refusesRepeats = true;
  world.ledger.readBack = "cannot_tell";
  world.ledger.faults.push({ call: "publish", kind: "drop_after" });
  const post = await world.addPost({ text: "lost" });
  await world.publish(post);
  return post;
}

/** Waits until its commits are as wanted. */
async function untilCommits(
  { pool }: PublishingWorld,
  post: TestPost,
  wanted: (commits: { late: boolean; open: boolean; unsent: string | null }[]) => boolean,
): Promise<void> {
  for (;;) {
    const { rows } = await pool.query<{ late: boolean; open: boolean; unsent: string | null }>(
      `select evidence ? 'late' as late, result is null as open, evidence -> 'repeat' ->> 'proof' as unsent
       from publish_steps
       where platform_post_id = $1 and effect = 'visible'`,
      [post.platformPostId],
    );
    if (wanted(rows)) return;
    await pause(20);
  }
}

/** As if another process had taken it over; it is looked at when the quarantine is over. */
async function takeAway({ pool }: PublishingWorld, post: TestPost): Promise<void> {
  await pool.query(
    "update platform_posts set fence = fence + 1, lease_until = null, lease_owner = null where id = $1",
    [post.platformPostId],
  );
}
