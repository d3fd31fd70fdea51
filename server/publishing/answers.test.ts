import assert from "node:assert/strict";
import { test } from "node:test";

import type { Broker } from "../../platforms/platform.ts";
import { ledgerBroker, type LedgerFault } from "../../tests/ledger-platform.ts";
import { isOver, liveCount, withWorld } from "../../tests/publishing-world.ts";

/** Every way in which the commit's answer can come or not come, and what has to be in the ledger in the end. */
const ANSWERS: { answer: string; fault: LedgerFault["kind"]; live: number; calls: number; status: string }[] = [
  { answer: "a refusal that is worth trying again", fault: "refuse", live: 1, calls: 2, status: "published" },
  { answer: "a final refusal", fault: "refuse_for_good", live: 0, calls: 1, status: "failed" },
  { answer: "a rate limit", fault: "rate_limit", live: 1, calls: 2, status: "published" },
  { answer: "a dead container", fault: "dead_container", live: 1, calls: 2, status: "published" },
  { answer: "a cut connection before anything was done", fault: "drop_before", live: 1, calls: 2, status: "published" },
  { answer: "a cut connection after everything was done", fault: "drop_after", live: 1, calls: 1, status: "published" },
  { answer: "a 500 with nothing done", fault: "http_500", live: 1, calls: 2, status: "published" },
  { answer: "a 500 with everything done", fault: "error_after", live: 1, calls: 1, status: "published" },
  { answer: "a body that is cut", fault: "cut_body", live: 1, calls: 1, status: "published" },
  { answer: "a body that is no JSON", fault: "broken_json", live: 1, calls: 1, status: "published" },
  { answer: "a redirect", fault: "redirect", live: 1, calls: 2, status: "published" },
  { answer: "silence with everything done", fault: "hang_after", live: 1, calls: 1, status: "published" },
];

test("whatever the response to a commit, one post is live, or none and the caller is told", async (t) => {
  await withWorld(async (world) => {
    const patient = ledgerBroker(world.ledger, { timeoutSeconds: 30 });
    const impatient = ledgerBroker(world.ledger, { timeoutSeconds: 3 });
    const steps: Broker["steps"] = (content) =>
      (content.text.startsWith("silence") ? impatient : patient).steps(content);
    await world.startEngine({ broker: { ...patient, steps } });
    const userId = await world.addUser();
    await Promise.all(
      ANSWERS.map(({ answer, fault, live, calls, status }) =>
        t.test(answer, async () => {
          world.ledger.faults.push({ call: "publish", kind: fault, text: answer });
          const post = await world.addPost({ text: answer, userId });
          await world.publish(post);
          const state = await world.until(post, isOver);
          assert.equal(liveCount(world.ledger, answer), live);
          assert.equal(world.ledger.publishCalls.get(answer), calls);
          assert.equal(state.status, status);
          if (live === 1)
            assert.equal(
              state.platformPosts[0]?.platform_post_id,
              world.ledger.posts.find(({ text }) => text === answer)?.id,
            );
          if (live === 0) assert.equal(state.platformPosts[0]?.error?.code, "VALIDATION_FAILED");
        }),
      ),
    );
  });
});

test("an unreachable platform is retried, since nothing was sent", async () => {
  await withWorld(async (world) => {
    const { url } = world.ledger;
    await world.startEngine();
    world.ledger.url = "http://127.0.0.1:9";
    const post = await world.addPost({ text: "unreachable" });
    await world.publish(post);
    const waiting = await world.until(post, (state) => state.platformPosts[0]?.error !== null);
    assert.equal(waiting.platformPosts[0]?.error?.category, "network");
    world.ledger.url = url;
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.equal(liveCount(world.ledger, "unreachable"), 1);
  });
});

test("a lost response that checking cannot settle is unknown immediately, counts as failed, and is not sent again", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    await world.startEngine();
    const post = await world.addPost({ text: "who knows" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "failed");
    assert.equal(state.platformPosts[0]?.status, "unknown");
    assert.equal(state.platformPosts[0]?.error?.code, "OUTCOME_UNKNOWN");
    assert.deepEqual(state.events, ["post.publishing", "platform_post.unknown", "post.failed"]);

    world.ledger.readBack = "truth";
    const later = await world.until(post, ({ status }) => status === "published");
    assert.equal(later.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(world.ledger.publishCalls.get("who knows"), 1);
  });
});

test("if a platform cannot be asked, the post stays posting, then unknown after 15 minutes, and a later proof of absence makes it failed, without sending it", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "away";
    world.ledger.faults.push({ call: "publish", kind: "drop_before" });
    await world.startEngine({ speed: 1000 });
    const post = await world.addPost({ text: "away" });
    await world.publish(post);
    const waiting = await world.until(post, (state) => state.platformPosts[0]?.error !== null);
    assert.equal(waiting.status, "posting");
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    world.ledger.readBack = "truth";
    const state = await world.until(post, ({ platformPosts }) => platformPosts[0]?.status === "failed");
    assert.equal(state.status, "failed");
    assert.equal(world.ledger.publishCalls.get("away"), 1);
    assert.equal(state.platformPosts[0]?.next_action_at, null);
  });
});

test("while Ampost checks, the error says to wait, how many checks are left and when it is decided; what is found was live since it was sent", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "away";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    await world.startEngine();
    const post = await world.addPost({ text: "checked" });
    await world.publish(post);
    const checked = async (checks: RegExp) => {
      const state = await world.until(post, ({ platformPosts: [one] }) => checks.test(one?.error?.action ?? ""));
      const { action = "", retryAt } = state.platformPosts[0]?.error ?? {};
      assert.match(
        action,
        /^Wait\. Ampost checks .+ and decides by \S+Z: live, not live \(if the platform can prove it\), or `unknown`\. Until then, do not retry or/,
      );
      assert.equal(retryAt, null);
    };
    await checked(/^Wait\. Ampost checks up to [345] more times/);
    await checked(/^Wait\. Ampost checks (up to 2 more times|once more)/);
    world.ledger.readBack = "truth";
    assert.equal((await world.until(post, isOver)).status, "published");
    const { rows } = await world.pool.query(
      `select pp.published_at = s.intent_at as since_sent from publish_steps s
       join platform_posts pp on pp.id = s.platform_post_id where pp.id = $1 and s.effect = 'visible'`,
      [post.platformPostId],
    );
    assert.deepEqual(rows, [{ since_sent: true }]);
  });
});

test("a post that is live without an ID is published, and gets its ID and link once the platform shows them", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "without_id";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    await world.startEngine();
    const post = await world.addPost({ text: "nameless" });
    await world.publish(post);
    const state = await world.until(post, isOver);
    assert.equal(state.status, "published");
    assert.equal(state.platformPosts[0]?.platform_post_id, null);
    world.ledger.readBack = "truth";
    const named = await world.until(post, ({ platformPosts }) => platformPosts[0]?.published_url !== null);
    assert.equal(named.platformPosts[0]?.platform_post_id, "p1");
    assert.equal(world.ledger.publishCalls.get("nameless"), 1);
  });
});

test("on a platform that rejects duplicates, one identical repeat settles a lost response, journaled as a second request of the same commit", async () => {
  await withWorld(async (world) => {
    world.ledger.refusesRepeats = true;
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push(
      { call: "publish", kind: "drop_after", text: "done" },
      { call: "publish", kind: "drop_before", text: "not done" },
    );
    const told: { message: string; action: string }[] = [];
    await world.startEngine({
      broker: ledgerBroker(world.ledger, { identicalRepeat: true }),
      faultPoint: async ({ point, platformPostId }) => {
        if (point !== "reconcile.before") return;
        const { rows } = await world.pool.query("select error from platform_posts where id = $1", [platformPostId]);
        told.push(rows[0].error);
      },
    });
    for (const text of ["done", "not done"]) {
      const post = await world.addPost({ text });
      await world.publish(post);
      assert.equal((await world.until(post, isOver)).status, "published");
      assert.equal(liveCount(world.ledger, text), 1);
      assert.equal(world.ledger.publishCalls.get(text), 2);
      const { rows } = await world.pool.query(
        `select s.result, pp.published_at = s.intent_at as went_live, p.published_at = pp.published_at as is_post
         from publish_steps s join platform_posts pp on pp.id = s.platform_post_id join posts p on p.id = pp.post_id
         where s.platform_post_id = $1 and s.effect = 'visible' order by s.intent_at`,
        [post.platformPostId],
      );
      // A repeat that is refused proves that the first one was live since it was sent.
      assert.deepEqual(rows, [{ result: "ok", went_live: text === "done", is_post: true }]);
      for (const { message, action } of told) {
        assert.match(message, /sends the identical request once more/);
        assert.match(
          action,
          /^Wait\. Ampost checks .+ and decides by .+Z: live, not live \(if the platform can prove it\), or `unknown`\./,
        );
      }
      assert.notEqual(told.length, 0);
    }
  });
});

test("access that has expired when an identical repeat is due is renewed, and the repeat settles the lost response", async () => {
  await withWorld(async (world) => {
    world.ledger.refusesRepeats = true;
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push(
      { call: "publish", kind: "drop_after", text: "done" },
      { call: "publish", kind: "drop_before", text: "not done" },
    );
    await world.startEngine({
      broker: ledgerBroker(world.ledger, { identicalRepeat: true }),
      freshAccess: (_account, { refused }) =>
        Promise.resolve({ accessToken: refused === undefined ? "first" : "second" }),
      faultPoint: ({ point }) => {
        if (point === "reconcile.before") world.ledger.expiredTokens.add("first");
      },
    });
    for (const text of ["done", "not done"]) {
      const post = await world.addPost({ text });
      await world.publish(post);
      assert.equal((await world.until(post, isOver)).status, "published");
      assert.equal(liveCount(world.ledger, text), 1);
      world.ledger.expiredTokens.clear();
    }
  });
});

test("a repeat whose response is lost too is not sent again", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_before" }, { call: "publish", kind: "drop_before" });
    await world.startEngine({ broker: ledgerBroker(world.ledger, { identicalRepeat: true }) });
    const post = await world.addPost({ text: "twice lost" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    assert.equal(world.ledger.publishCalls.get("twice lost"), 2);
  });
});

test("a negative read before the platform's indexing lag has passed proves nothing", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "drop_before" });
    // At a hundredth of its usual length.
    const lagSeconds = 7.5;
    await world.startEngine({ broker: ledgerBroker(world.ledger, { indexingLagSeconds: lagSeconds * 100 }) });
    const post = await world.addPost({ text: "lagging" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).status, "published");
    const { rows } = await world.pool.query<{ reads: number; counted: number[]; ended: number }>(
      `select (evidence ->> 'reads')::int as reads, evidence -> 'negativeReads' as counted,
         (evidence ->> 'endedAfterSeconds')::float8 as ended
       from publish_steps where platform_post_id = $1 and evidence ? 'proof'`,
      [post.platformPostId],
    );
    assert.equal(rows.length, 1);
    for (const { reads, counted, ended } of rows) {
      assert.ok(counted.length === 2 && counted.every((age) => age - ended >= lagSeconds), JSON.stringify(counted));
      assert.ok(reads > counted.length, "nothing was read within the lag");
    }
  });
});

test("no character of a text stops a post, wherever the journal truncates it", async () => {
  await withWorld(async (world) => {
    await world.startEngine();
    const texts = [0, 1].map((more) => `${"x".repeat(more)}${"\u{1f680}".repeat(1100)}`);
    const posts = await Promise.all(texts.map((text) => world.addPost({ text, platform: "facebook" })));
    for (const post of posts) await world.publish(post);
    for (const post of posts) assert.equal((await world.until(post, isOver)).status, "published");
    for (const text of texts) assert.equal(liveCount(world.ledger, text), 1);
  });
});
