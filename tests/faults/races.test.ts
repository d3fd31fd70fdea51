import assert from "node:assert/strict";
import { test } from "node:test";

import {
  cancelAgainstPublish,
  createWithOneKey,
  editAgainstDueTime,
  publishManyTimes,
} from "../../bench/faults/races.ts";
import { repeatNotifications } from "../../bench/faults/repeated-notifications.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("a cancel that races publishing succeeds and nothing is live, or is rejected and the post is live", async () => {
  assert.deepEqual(sentencesOf(await cancelAgainstPublish({ races: 240, seed: 14 })), []);
});

test("an edit that races the due time is the only one published, or is rejected", async () => {
  assert.deepEqual(sentencesOf(await editAgainstDueTime({ rounds: 2, seed: 15 })), []);
});

test("twenty concurrent publishes publish once", async () => {
  assert.deepEqual(sentencesOf(await publishManyTimes({ posts: 12 })), []);
});

test("two hundred concurrent creates with one idempotency key create one post", async () => {
  assert.deepEqual(sentencesOf(await createWithOneKey({ rounds: 1, calls: 200 })), []);
});

test("being woken ten times for the same post publishes it once", async () => {
  assert.deepEqual(sentencesOf(await repeatNotifications({ rounds: 1 })), []);
});
