import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

import { pino } from "pino";

import { isOver, type PublishingWorld, type TestPost, withWorld } from "../../tests/publishing-world.ts";
import { createPool } from "../db/pool.ts";

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
    const urgentPool = createPool(world.databaseUrl, { max: 2, lockTimeoutSeconds: 0.2 });
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
      urgentPool,
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
    await urgentPool.end();
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
    const urgentPool = createPool(world.databaseUrl, { max: 2 });
    const [taken, seen] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held: { release(): void }[] = [];
    const post = await world.addPost({ text: "urgent" });
    const engine = await world.startEngine({
      pool,
      urgentPool,
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
    await Promise.all([pool.end(), urgentPool.end()]);
  });
}
