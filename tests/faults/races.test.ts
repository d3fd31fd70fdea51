import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import {
  cancelAgainstPublish,
  createWithOneKey,
  editAgainstDueTime,
  publishManyTimes,
} from "../../bench/faults/races.ts";
import { repeatNotifications } from "../../bench/faults/repeated-notifications.ts";
import { sentencesOf, type SharedWorld, shareWorld } from "../../bench/faults/scenario.ts";

let world: SharedWorld;
before(async () => {
  world = await shareWorld({ people: 24, apis: 2 });
});
after(() => world.close());

test("a cancel that races publishing succeeds and nothing is live, or is rejected and the post is live", async () => {
  assert.deepEqual(sentencesOf(await world.run(cancelAgainstPublish({ races: 240, seed: 14 }))), []);
});

test("an edit that races the due time is the only one published, or is rejected", async () => {
  assert.deepEqual(sentencesOf(await world.run(editAgainstDueTime({ rounds: 2, seed: 15 }))), []);
});

test("twenty concurrent publishes publish once", async () => {
  assert.deepEqual(sentencesOf(await world.run(publishManyTimes({ posts: 12 }))), []);
});

test("two hundred concurrent creates with one idempotency key create one post", async () => {
  assert.deepEqual(sentencesOf(await world.run(createWithOneKey({ rounds: 1, calls: 200 }))), []);
});

test("being woken ten times for the same post publishes it once", async () => {
  assert.deepEqual(sentencesOf(await world.run(repeatNotifications({ rounds: 1 }))), []);
});
