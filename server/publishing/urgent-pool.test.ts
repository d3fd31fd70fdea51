import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { pino } from "pino";

import { ledgerBroker } from "../../tests/ledger-platform.ts";
import { isOver, type PublishingWorld, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { createPool } from "../db/pool.ts";
import { LEASE_SECONDS, URGENT_LOCK_SECONDS } from "./timing.ts";

test("leases are extended and results of commits stored even if all other connections are in use", async () => {
  await withTakenPool(async ({ read, until }, post, answer) => {
    const lease = (await read(post)).platformPosts[0]?.lease_until;
    assert.ok(lease);
    await until(post, ({ platformPosts: [found] }) => (found?.lease_until ?? lease) > lease);
    answer();
    await until(post, ({ platformPosts: [found] }) => found?.live_through === "publish-0");
  });
});

test("a response after the claim is lost is recorded even if all other connections are in use", async () => {
  await withTakenPool(async ({ pool }, post, answer) => {
    await pool.query(
      "update platform_posts set fence = fence + 1, lease_until = null, lease_owner = null where id = $1",
      [post.platformPostId],
    );
    answer();
    const isNoted = async () => (await pool.query("select from publish_steps where evidence ? 'late'")).rowCount === 1;
    while (!(await isNoted())) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

test("a row that others hold for seconds is waited for, and is no server error", async () => {
  await withWorld(async (world) => {
    world.ledger.readBack = "cannot_tell";
    world.ledger.faults.push({ call: "publish", kind: "drop_after" });
    const resultPool = createPool(world.databaseUrl, { max: 2, lockTimeoutSeconds: URGENT_LOCK_SECONDS });
    const errors: string[] = [];
    let held: Promise<unknown> | undefined;
    const hold = async () => {
      const client = await world.pool.connect();
      await client.query("begin");
      await client.query("select from posts p join platform_posts pp on pp.post_id = p.id for update");
      await pause(1500);
      await client.query("commit");
      client.release();
    };
    const engine = await world.startEngine({
      resultPool,
      log: pino({ level: "error" }, { write: (line) => void errors.push(line) }),
      faultPoint: async ({ point }) => {
        if (point !== "reconcile.before" || held !== undefined) return;
        held = hold();
        await pause(100);
      },
    });
    const post = await world.addPost({ text: "held" });
    await world.publish(post);
    assert.equal((await world.until(post, isOver)).platformPosts[0]?.status, "unknown");
    await held;
    assert.deepEqual(errors, []);
    await engine.stop();
    await resultPool.end();
  });
});

test("while others hold the rows of many results, leases are renewed and the results of others stored", async () => {
  await withWorld(async (world) => {
    const { pool, ledger } = world;
    const urgent = { lockTimeoutSeconds: URGENT_LOCK_SECONDS };
    const resultPool = createPool(world.databaseUrl, { max: 2, ...urgent });
    const leasePool = createPool(world.databaseUrl, { max: 1, ...urgent });
    const answering = Promise.withResolvers<void>();
    ledger.faults.push({ call: "create", text: "other", kind: "slow", until: answering.promise });
    const holder = await pool.connect();
    let waiting = 0;
    const isHeld = Promise.withResolvers<void>();
    const engine = await world.startEngine({
      resultPool,
      leasePool,
      broker: ledgerBroker(ledger, { timeoutSeconds: 600 }),
      faultPoint: async ({ point, platformPostId }) => {
        if (point !== "result.before" || platformPostId === other.platformPostId) return;
        waiting += 1;
        await isHeld.promise;
      },
    });
    const userId = await world.addUser();
    const other = await world.addPost({ text: "other" });
    const leaving = await Promise.all(Array.from({ length: 24 }, (_, n) => world.addPost({ text: `of ${n}`, userId })));
    for (const post of [other, ...leaving]) await world.publish(post);
    await world.until(other, () => waiting === leaving.length && ledger.calls.includes("create other"));
    await holder.query("begin");
    await holder.query("select from posts where user_id = $1 for update", [userId]);
    await holder.query("select from platform_posts where user_id = $1 for update", [userId]);
    isHeld.resolve();
    try {
      await pause(2 * LEASE_SECONDS * 1000);
      answering.resolve();
      const answeredAt = performance.now();
      assert.equal((await world.until(other, isOver)).status, "published");
      assert.ok(performance.now() - answeredAt < 15_000, "the result of another user waited");
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    for (const post of leaving) assert.equal((await world.until(post, isOver)).status, "published");
    const { rows } = await pool.query("select from publish_steps where step = 'create-0' and fence > 1");
    assert.equal(rows.length, 0, "nothing was lost");
    assert.equal(ledger.calls.filter((call) => call === "create other").length, 1);
    await engine.stop();
    await Promise.all([resultPool.end(), leasePool.end()]);
  });
});

/**
 * The answer to a commit has come and is held back, and the engine's pool has no connection left, until the work is
 * done.
 */
async function withTakenPool(
  work: (world: PublishingWorld, post: TestPost, answer: () => void) => Promise<void>,
): Promise<void> {
  await withWorld(async (world) => {
    const pool = createPool(world.databaseUrl, { max: 2 });
    const resultPool = createPool(world.databaseUrl, { max: 2 });
    const leasePool = createPool(world.databaseUrl, { max: 1 });
    const [taken, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held: { release(): void }[] = [];
    const post = await world.addPost({ text: "urgent" });
    const engine = await world.startEngine({
      pool,
      resultPool,
      leasePool,
      faultPoint: async ({ point }) => {
        if (point !== "answer.received" || held.length > 0) return;
        held.push(await pool.connect(), await pool.connect());
        taken.resolve();
        await seen.promise;
      },
    });
    await world.publish(post);
    await taken.promise;
    await work(world, post, seen.resolve);
    for (const each of held) each.release();
    assert.equal((await world.until(post, isOver)).status, "published");
    await engine.stop();
    await Promise.all([pool.end(), resultPool.end(), leasePool.end()]);
  });
}
