import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { quarantine, uniqueCommits } from "../../bench/faults/guards.ts";
import { sentencesOf, type SharedWorld, shareWorld } from "../../bench/faults/scenario.ts";

let world: SharedWorld;
before(async () => {
  world = await shareWorld(quarantine().needs);
});
after(() => world.close());

test("a commit left open by a dead process is not checked before its deadline and quarantine are over", async () => {
  assert.deepEqual(sentencesOf(await world.run(quarantine())), []);
});

test("the database rejects a second open commit, and one platform post for two commits", async () => {
  assert.deepEqual(sentencesOf(await world.run(uniqueCommits())), []);
});
