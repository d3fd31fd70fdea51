import assert from "node:assert/strict";
import { test } from "node:test";

import { isOver, withWorld } from "../../tests/publishing-world.ts";
import { createPool } from "../db/pool.ts";

test("leases are prolonged and the results of commits written though all other connections are taken", async () => {
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
    const lease = (await world.read(post)).platformPosts[0]?.lease_until;
    assert.ok(lease);
    await world.until(post, ({ platformPosts: [found] }) => (found?.lease_until ?? lease) > lease);
    seen.resolve();
    await world.until(post, ({ platformPosts: [found] }) => found?.live_through === "publish-0");
    for (const each of held) each.release();
    assert.equal((await world.until(post, isOver)).status, "published");
    await engine.stop();
    await Promise.all([pool.end(), urgentPool.end()]);
  });
});
