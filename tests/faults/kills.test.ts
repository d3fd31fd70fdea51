import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { killApis, killWorkers } from "../../bench/faults/kills.ts";
import { sentencesOf, type SharedWorld, shareWorld } from "../../bench/faults/scenario.ts";

let world: SharedWorld;
before(async () => {
  world = await shareWorld({ people: 24, apis: 2 });
});
after(() => world.close());

test("one of three workers can be killed repeatedly: every post is published once", async () => {
  assert.deepEqual(sentencesOf(await world.run(killWorkers({ posts: 60, kills: 5, seed: 11 }))), []);
});

test("a killed API process creates one post per idempotency key", async () => {
  assert.deepEqual(sentencesOf(await world.run(killApis({ posts: 96, kills: 4, seed: 12 }))), []);
});
