import assert from "node:assert/strict";
import { test } from "node:test";

import { killApis, killWorkers } from "../../bench/faults/kills.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("one of three workers can be killed repeatedly: every post is published once", async () => {
  assert.deepEqual(sentencesOf(await killWorkers({ posts: 60, kills: 5, seed: 11 })), []);
});

test("a killed API process creates one post per idempotency key", async () => {
  assert.deepEqual(sentencesOf(await killApis({ posts: 96, kills: 4, seed: 12 })), []);
});
