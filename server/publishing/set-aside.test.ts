import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";

import { PublicError } from "../../model/errors.ts";
import type { Broker, QuietStep } from "../../platforms/platform.ts";
import { ledgerBroker } from "../../tests/ledger-platform.ts";
import {
  ended,
  isOver,
  liveCount,
  type PublishingWorld,
  type TestPost,
  withWorld,
} from "../../tests/publishing-world.ts";
import { SET_ASIDE_TAKEOVERS } from "../db/queries/claims.ts";
import { retry } from "../domain/posts/post-actions.ts";

test("a post that crashes every process is set aside after three, and others are published", async () => {
  await withWorld(async (world) => {
    const pill = await world.addPost({ text: "pill" });
    const others = await Promise.all(Array.from({ length: 6 }, (_, n) => world.addPost({ text: `beside ${n}` })));
    for (const post of [pill, ...others]) await world.publish(post);
    assert.equal(await killsOf(world, pill, "step.before create-0"), 3);
    const [given] = (await world.until(pill, isOver)).platformPosts;
    assert.deepEqual(
      [given?.status, given?.error?.code, given?.error?.retryable, given?.next_action_at],
      ["failed", "INTERNAL_ERROR", true, null],
    );
    assert.match(given?.error?.message ?? "", /stopped repeatedly/);
    for (const [n, post] of others.entries()) {
      assert.equal((await world.until(post, isOver)).status, "published");
      assert.equal(liveCount(world.ledger, `beside ${n}`), 1);
    }
    await world.act(pill, (tx, held) => retry(tx, held));
    assert.equal((await world.until(pill, isOver)).status, "published");
    assert.equal(liveCount(world.ledger, "pill"), 1);
  });
});

test("a post whose check crashes every process becomes unknown, and is sent again only by the caller", async () => {
  await withWorld(async (world) => {
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    const pill = await world.addPost({ text: "pill" });
    await world.publish(pill);
    assert.equal(await killsOf(world, pill, "reconcile.before"), 3);
    const state = await world.until(pill, isOver);
    const [given] = state.platformPosts;
    assert.deepEqual(
      [state.status, given?.status, given?.error?.code, given?.next_action_at],
      ["failed", "unknown", "OUTCOME_UNKNOWN", null],
    );
    assert.ok(state.events.includes("platform_post.unknown"));
    assert.equal(liveCount(world.ledger, "pill"), 1);
    const { rows } = await world.pool.query("select result from publish_steps where effect = 'visible'");
    assert.deepEqual(rows, [{ result: "unknown" }], "no commit stays open");
    await assert.rejects(
      world.act(pill, (tx, held) => retry(tx, held)),
      (error) => error instanceof PublicError && error.code === "OUTCOME_UNKNOWN",
    );
  });
});

test("a post that the platform accepted, but whose confirmation crashes every process, is unknown, not failed", async () => {
  await withWorld(async (world) => {
    const own = ledgerBroker(world.ledger);
    const confirm: QuietStep = { name: "confirm", effect: "read", run: async () => ({ waitSeconds: 600 }) };
    const broker: Broker = {
      ...own,
      steps: (content) => own.steps(content).flatMap((step) => (step.effect === "visible" ? [step, confirm] : [step])),
    };
    const engine = await world.startEngine({ broker });
    const post = await world.addPost({ text: "accepted" });
    await world.publish(post);
    await world.until(post, ({ platformPosts: [given] }) => given?.step === "confirm" && given.lease_until === null);
    await engine.stop();
    await crashThrice(world, post);
    await world.startEngine({ broker });
    const [given] = (await world.until(post, isOver)).platformPosts;
    assert.deepEqual([given?.status, given?.error?.code, given?.next_action_at], ["unknown", "OUTCOME_UNKNOWN", null]);
    assert.equal(liveCount(world.ledger, "accepted"), 1);
  });
});

test("a post whose outcome is unknown already keeps what it says when checking it further crashes every process", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    const engine = await world.startEngine();
    const post = await world.addPost({ text: "unknown" });
    await world.publish(post);
    await world.until(post, isOver);
    await engine.stop();
    const before = await world.read(post);
    assert.equal(before.platformPosts[0]?.status, "unknown");
    await crashThrice(world, post);
    await world.startEngine();
    const after = await world.until(post, ({ platformPosts: [given] }) => given?.next_action_at === null);
    assert.deepEqual(
      [after.status, after.events, after.platformPosts[0]?.status, after.platformPosts[0]?.error],
      [before.status, before.events, "unknown", before.platformPosts[0]?.error],
    );
  });
});

test("a live post whose link crashes every process that reads it is published, with a warning", async () => {
  await withWorld(async (world) => {
    const pill = await world.addPost({ text: "pill" });
    await world.publish(pill);
    assert.equal(await killsOf(world, pill, "step.before permalink"), 3);
    const state = await world.until(pill, isOver);
    const [given] = state.platformPosts;
    assert.deepEqual(
      [state.status, given?.status, given?.platform_post_id, given?.error, given?.next_action_at],
      ["published", "published", "p1", null, null],
    );
    assert.deepEqual(
      given?.warnings.map(({ code }) => code),
      ["INTERNAL_ERROR"],
    );
    assert.ok(state.events.includes("platform_post.published"));
  });
});

test("an earlier request in doubt makes a post that is set aside unknown, and nothing of it is checked anymore", async () => {
  await withWorld(async (world) => {
    const { ledger } = world;
    ledger.readBack = "cannot_tell";
    ledger.faults.push({ call: "publish", kind: "drop_after" });
    const pill = await world.addPost({ text: "pill" });
    await world.publish(pill);
    const engine = await world.startEngine();
    await world.until(pill, isOver);
    ledger.faults.push({ call: "publish", kind: "refuse_for_good" });
    await world.act(pill, (tx, held) => retry(tx, held, { platforms: ["threads"], force: true }));
    await world.until(pill, () => ledger.publishCalls.get("pill") === 2);
    await world.until(pill, isOver);
    await engine.stop();
    await world.act(pill, (tx, held) => retry(tx, held, { platforms: ["threads"], force: true }));
    assert.equal(await killsOf(world, pill, "step.before create-0"), 3);
    const [given] = (await world.until(pill, isOver)).platformPosts;
    assert.deepEqual([given?.status, given?.error?.code, given?.next_action_at], ["unknown", "OUTCOME_UNKNOWN", null]);
    assert.equal(liveCount(ledger, "pill"), 1);
  });
});

test("a post that living processes take from each other, while the database is slow, is not set aside", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "innocent" });
    await world.publish(post);
    const claims: PromiseWithResolvers<void>[] = [];
    const startSlow = () => {
      const answering = Promise.withResolvers<void>();
      let isFirst = true;
      return world.startEngine({
        faultPoint: async ({ point }) => {
          if (point !== "claim.after" || !isFirst) return;
          isFirst = false;
          claims.push(answering);
          await answering.promise;
        },
      });
    };
    // None of the four knows yet that it has the post, and the last is the third that took it over.
    for (let n = 1; n <= 4; n += 1) {
      await startSlow();
      await world.until(post, () => claims.length === n);
      await endLeases(world, { ofHeld: false });
    }
    assert.equal(await takeovers(world, post), 3);
    assert.ok(Date.parse(String((await world.read(post)).platformPosts[0]?.lease_until)) > Date.now() + 30_000);
    for (const { resolve } of claims) resolve();
    await world.until(post, ({ platformPosts: [given] }) => given?.takeovers === 0);
    await endLeases(world);
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual(world.ledger.calls, ["create innocent", "ready innocent", "publish innocent", "permalink "]);
  });
});

test("a post that blocks its process for longer than its lease is set aside, though no process dies", async () => {
  await withWorld(async (world) => {
    const pill = await world.addPost({ text: "pill" });
    const faults = { FAULT: "step.before create-0", FAULT_POST: pill.platformPostId, FAULT_BLOCKS_SECONDS: "7" };
    await Promise.all([world.startWorker(faults), world.startWorker(faults)]);
    await world.publish(pill);
    await world.until(pill, ({ platformPosts: [given] }) => given?.takeovers === SET_ASIDE_TAKEOVERS);
    // Each of them knows by then that it has lost the post.
    await setTimeout(8000);
    assert.equal(await takeovers(world, pill), SET_ASIDE_TAKEOVERS);
    await endLeases(world, { ofWorkers: "alive" });
    const [given] = (await world.until(pill, isOver)).platformPosts;
    assert.match(given?.error?.message ?? "", /stopped repeatedly/);
    assert.equal(liveCount(world.ledger, "pill"), 0);
  });
});

test("crashes on a post do not count once it was released", async () => {
  await withWorld(async (world) => {
    world.ledger.pollsUntilReady = 1;
    const post = await world.addPost({ text: "waits" });
    await world.publish(post);
    for (const point of ["step.before create-0", "step.before ready-0"]) await killAt(world, post, point);
    assert.equal(await takeovers(world, post), 1);
    const engine = await world.startEngine();
    await world.until(post, isOver);
    await engine.stop();
    assert.equal(await takeovers(world, post), 0);
  });
});

test("a process that stood still for longer than its lease has not crashed, and goes on with what nobody took", async () => {
  await withWorld(async (world) => {
    const answering = Promise.withResolvers<void>();
    world.ledger.faults.push({ call: "create", kind: "slow", until: answering.promise });
    const post = await world.addPost({ text: "slept" });
    await world.startEngine({ broker: ledgerBroker(world.ledger, { timeoutSeconds: 600 }) });
    await world.publish(post);
    await world.until(post, () => world.ledger.calls.includes("create slept"));
    await world.pool.query("update platform_posts set takeovers = 2 where id = $1", [post.platformPostId]);
    await endLeases(world);
    await world.until(post, ({ platformPosts: [given] }) => new Date(given?.lease_until ?? 0).getTime() > Date.now());
    answering.resolve();
    assert.equal((await world.until(post, isOver)).status, "published");
    assert.deepEqual(world.ledger.calls, ["create slept", "ready slept", "publish slept", "permalink "]);
  });
});

/**
 * Starts worker after worker, each of which dies at the point over the post, until one lives; answers how many died.
 * The last goes on.
 */
async function killsOf(world: PublishingWorld, post: TestPost, point: string): Promise<number> {
  for (let kills = 0; ; kills += 1) {
    const worker = await world.startWorker({ FAULT: point, FAULT_POST: post.platformPostId });
    const outcome = await Promise.race([
      ended(worker).then(() => "ended"),
      world.until(post, ({ platformPosts: [given] }) => given?.takeovers === SET_ASIDE_TAKEOVERS).then(() => "held"),
    ]);
    if (outcome === "held") {
      await endLeases(world, { ofWorkers: "alive" });
      await world.until(post, isOver);
      worker.kill("SIGKILL");
      await ended(worker);
      await world.startEngine();
      return kills;
    }
    await endLeases(world);
  }
}

async function killAt(world: PublishingWorld, post: TestPost, point: string): Promise<void> {
  const worker = await world.startWorker({ FAULT: point, FAULT_POST: post.platformPostId });
  await ended(worker);
  assert.equal(worker.signalCode, "SIGKILL", `${point} was not reached`);
  await endLeases(world);
}

/** As if three processes had died while they held it, and the minute was over. */
async function crashThrice({ pool }: PublishingWorld, post: TestPost): Promise<void> {
  await pool.query(
    `update platform_posts set takeovers = 3, lease_owner = gen_random_uuid(), lease_until = now(),
       next_action_at = now()
     where id = $1`,
    [post.platformPostId],
  );
}

/** As if the processes had ended a lease ago, and what they had asked of the database too. */
async function endLeases(
  { pool }: PublishingWorld,
  { ofWorkers = "ended", ofHeld = true }: { ofWorkers?: "ended" | "alive"; ofHeld?: boolean } = {},
): Promise<void> {
  const sessions = `select from pg_stat_activity where application_name = 'test worker'
    and datname = current_database()`;
  while (ofWorkers === "ended" && (await pool.query(sessions)).rowCount !== 0) await setTimeout(20);
  await pool.query("update accounts set busy_until = now() where busy_until is not null");
  await pool.query(
    `update platform_posts set lease_until = now(), next_action_at = least(next_action_at, now())
     where lease_until is not null and ($1 or takeovers < 3)`,
    [ofHeld],
  );
}

async function takeovers({ pool }: PublishingWorld, post: TestPost): Promise<number | undefined> {
  const { rows } = await pool.query<{ takeovers: number }>("select takeovers from platform_posts where id = $1", [
    post.platformPostId,
  ]);
  return rows[0]?.takeovers;
}
