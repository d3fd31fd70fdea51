import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { PostContent } from "../../model/post.ts";
import { SPEED } from "../conformance/engine.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** What is X's own, with the real engine against the sandbox. */
let world: World;

before(async () => {
  world = await startWorld({ name: "twitter", readsBack: true, refusals: [] });
});

after(() => world?.close());

test("a lost post that the timeline shows 90 seconds late is found, and created once", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "timeline-lag-90s-lost" });
  const published = await world.keepPace(SPEED, () => world.publish(account, textOf("late")));
  const entries = await world.ledger(account);
  assert.deepEqual(
    [published.status, published.platformPostId, entries.length],
    ["published", entries[0]?.id, 1],
    JSON.stringify(published.error),
  );
  assert.equal((await world.requests()).filter(({ operation }) => operation === "publish").length, 1);
});

test("a forced retry of a live post is rejected as a duplicate and never called failed: the post is found", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "timeline-lag-60s-lost" });
  const lost = await world.publish(account, textOf("by force"));
  assert.deepEqual([lost.status, (await world.ledger(account)).length], ["unknown", 1]);
  const forced = await world.retryByForce(lost.id);
  assert.deepEqual([forced.status, forced.error?.code], ["unknown", "OUTCOME_UNKNOWN"]);
  await world.advance(account, 60);
  const again = await world.retryByForce(lost.id);
  const entries = await world.ledger(account);
  assert.deepEqual(
    [again.status, again.platformPostId, entries.length],
    ["published", entries[0]?.id, 1],
    JSON.stringify(again.error),
  );
  assert.deepEqual(
    (await world.requests())
      .filter(({ operation }) => operation === "publish")
      .slice(1)
      .map(({ status }) => status),
    [403, 403],
  );
});

test("a lost post is found on a timeline whose clock is ten minutes behind", async () => {
  const behind = await startWorld(
    { name: "twitter", readsBack: true, refusals: [] },
    { startAt: new Date(Date.now() - 600_000) },
  );
  try {
    const account = await behind.connect();
    await behind.fault({ operation: "publish", kind: "drop_after" });
    const published = await behind.publish(account, textOf("by another clock"));
    const entries = await behind.ledger(account);
    assert.deepEqual(
      [published.status, published.platformPostId, entries.length],
      ["published", entries[0]?.id, 1],
      JSON.stringify(published.error),
    );
  } finally {
    await behind.close();
  }
});

test("a thread whose third part gets a 503 stops there, and a forced retry continues in reply to the second", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "503", after: 2 });
  const settings = { thread: [{ text: "two" }, { text: "three" }, { text: "four" }] };
  const stopped = await world.publish(account, { ...textOf("one"), platformOverrides: { twitter: { settings } } });
  assert.deepEqual([stopped.status, (await world.ledger(account)).length], ["unknown", 2]);
  const published = await world.retryByForce(stopped.id);
  const parts = (await world.ledger(account)).toReversed();
  assert.deepEqual(
    [published.status, published.platformPostId, parts.map(({ text }) => text)],
    ["published", parts[0]?.id, ["one", "two", "three", "four"]],
    JSON.stringify(published.error),
  );
  const made = (await world.requests())
    .filter(({ operation }) => operation === "publish")
    .map(({ body, status }) => [body?.["text"], Object(body?.["reply"]).in_reply_to_tweet_id, status]);
  assert.deepEqual(made, [
    ["one", undefined, 201],
    ["two", parts[0]?.id, 201],
    ["three", parts[1]?.id, 503],
    ["three", parts[1]?.id, 201],
    ["four", parts[2]?.id, 201],
  ]);
});

function textOf(text: string): PostContent {
  return { text, media: [], linkUrl: null, platformOverrides: {} };
}
