import assert from "node:assert/strict";
import { test } from "node:test";

import { transaction } from "../server/db/sql.ts";
import { BY_INSTANCE } from "../server/domain/call.ts";
import { type PauseTarget, startPause, stopPause } from "../server/domain/publishing/pauses.ts";
import { withWorld } from "../tests/publishing-world.ts";
import { checkMissed, checkPauses, checkSetAside } from "./doctor-publishing.ts";
import { readPublishing } from "./publishing.ts";

test("doctor and the publishing status list posts that were set aside, and what to do, until they are retried", async () => {
  await withWorld(async (world) => {
    const { id, platformPostId } = await world.addPost({ text: "set aside" });
    assert.equal((await checkSetAside(world.pool)).status, "ok");
    await world.pool.query("update platform_posts set status = 'failed', takeovers = 3 where id = $1", [
      platformPostId,
    ]);
    const finding = await checkSetAside(world.pool);
    assert.equal(finding.status, "warning");
    assert.match(finding.message, new RegExp(`1 platform post .*${id} \\(threads, failed\\)`));
    const { json, lines } = await readPublishing(world.pool);
    assert.deepEqual(json, {
      publishing: "running",
      pauses: [],
      setAside: [{ postId: id, platform: "threads", status: "failed" }],
    });
    assert.match(lines.join("\n"), new RegExp(`${id} on threads: failed\n.*ampost posts retry ID`));
    await world.pool.query("update platform_posts set status = 'queued', next_action_at = now() where id = $1", [
      platformPostId,
    ]);
    assert.equal((await checkSetAside(world.pool)).status, "ok");
    assert.deepEqual((await readPublishing(world.pool)).lines, ["Publishing is running."]);
  });
});

test("doctor says how many scheduled posts have missed their time", async () => {
  await withWorld(async (world) => {
    const post = await world.addPost({
      text: "missed",
      dueAt: new Date(Date.now() - 7 * 3600_000),
      also: ["linkedin"],
    });
    assert.equal((await checkMissed(world.pool)).status, "ok");
    await world.startEngine();
    await world.until(post, ({ events }) => events.includes("post.missed"));
    assert.match((await checkMissed(world.pool)).message, /^2 platform posts have missed/);
  });
});

test("doctor and the publishing status say what is paused, by whom and since when", async () => {
  await withWorld(async (world) => {
    const userId = await world.addUser();
    const own: PauseTarget = {
      user_id: userId,
      mode: "live",
      platform_set_id: null,
      account_id: null,
      by_operator: false,
    };
    const whole = { ...own, user_id: null, mode: null, by_operator: true };
    assert.equal((await checkPauses(world.pool)).status, "ok");
    await transaction(world.pool, (tx) => startPause(tx, BY_INSTANCE, own));
    assert.match((await checkPauses(world.pool)).message, new RegExp(`^paused: everything of ${userId} in live mode`));
    assert.match(
      (await readPublishing(world.pool)).lines.join("\n"),
      /^Publishing is running\.\nPaused since .* by the user/,
    );
    await transaction(world.pool, (tx) => startPause(tx, BY_INSTANCE, whole));
    const finding = await checkPauses(world.pool);
    assert.equal(finding.status, "warning");
    assert.match(finding.message, /^paused: the whole instance since /);
    assert.match((await readPublishing(world.pool)).lines[0] ?? "", /^Publishing is paused\.$/);
    for (const target of [own, whole]) await transaction(world.pool, (tx) => stopPause(tx, BY_INSTANCE, target));
    assert.deepEqual((await readPublishing(world.pool)).lines, ["Publishing is running."]);
  });
});
