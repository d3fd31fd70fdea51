import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { SPEED } from "../conformance/engine.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** What is X's own, with the real engine against the sandbox. */
let world: World;

before(async () => {
  world = await startWorld({ name: "twitter", readsBack: true, refusals: [] });
});

after(() => world?.close());

test("a lost post that the timeline shows 90 seconds late is found there in the end, and is one", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "timeline-lag-90s-lost" });
  const published = await world.keepPace(SPEED, () => world.publish(account, { text: "late", media: [], linkUrl: null, platformOverrides: {} }));
  const entries = await world.ledger(account);
  assert.deepEqual([published.status, published.platformPostId, entries.length], ["published", entries[0]?.id, 1], JSON.stringify(published.error));
  const calls = await world.requests();
  assert.ok(calls.filter(({ url }) => url.includes("/tweets?")).length > 1, "it was in the timeline at the first look");
  assert.ok(calls.filter(({ operation }) => operation === "publish").slice(1).every(({ status }) => status === 403), "it was made twice");
});

test("a thread whose third part meets a 503 goes on from there, in reply to the second", async () => {
  const account = await world.connect();
  await world.fault({ operation: "publish", kind: "reject", error: "503", after: 2 });
  const settings = { thread: [{ text: "two" }, { text: "three" }, { text: "four" }] };
  const published = await world.publish(account, { text: "one", media: [], linkUrl: null, platformOverrides: { twitter: { settings } } });
  const parts = (await world.ledger(account)).toReversed();
  assert.deepEqual([published.status, published.platformPostId, parts.map(({ text }) => text)], ["published", parts[0]?.id, ["one", "two", "three", "four"]], JSON.stringify(published.error));
  const made = (await world.requests()).filter(({ operation }) => operation === "publish").map(({ body, status }) => [body?.["text"], Object(body?.["reply"]).in_reply_to_tweet_id, status]);
  assert.deepEqual(made, [["one", undefined, 201], ["two", parts[0]?.id, 201], ["three", parts[1]?.id, 503], ["three", parts[1]?.id, 201], ["four", parts[2]?.id, 201]]);
});
