import assert from "node:assert/strict";
import { test } from "node:test";

import { restoreRounds } from "../../bench/faults/restore-rounds.ts";
import { restoreBackup } from "../../bench/faults/restores.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("a database restored to an earlier state never publishes anything twice", async () => {
  assert.deepEqual(sentencesOf(await restoreBackup({ people: 1 })), []);
});

test("after restores, reverts and clones at random moments, everything is published once and nothing is untrue", async () => {
  assert.deepEqual(sentencesOf(await restoreRounds({ rounds: 4, seed: 1 })), []);
});
