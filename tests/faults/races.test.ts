import assert from "node:assert/strict";
import { test } from "node:test";

import { sentencesOf } from "../../bench/faults/part.ts";
import {
  cancelAgainstPublish,
  createWithOneKey,
  editAgainstDueTime,
  publishManyTimes,
} from "../../bench/faults/races.ts";
import { wakeOften } from "../../bench/faults/wakes.ts";

test("a cancel that races publishing is done and nothing is live, or is refused and the post is live", async () => {
  assert.deepEqual(sentencesOf(await cancelAgainstPublish({ races: 240, seed: 14 })), []);
});

test("an edit that races the due time goes out alone, or is refused", async () => {
  assert.deepEqual(sentencesOf(await editAgainstDueTime({ rounds: 2, seed: 15 })), []);
});

test("twenty publishes at once publish once", async () => {
  assert.deepEqual(sentencesOf(await publishManyTimes({ posts: 12 })), []);
});

test("two hundred creates at once with one idempotency key make one post", async () => {
  assert.deepEqual(sentencesOf(await createWithOneKey({ rounds: 1, calls: 200 })), []);
});

test("being woken ten times for the same post publishes it once", async () => {
  assert.deepEqual(sentencesOf(await wakeOften({ rounds: 1 })), []);
});
