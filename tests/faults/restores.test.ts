import assert from "node:assert/strict";
import { test } from "node:test";

import { FATES, restoreRounds } from "../../bench/faults/restore-rounds.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("after a restore, a revert and clones at random moments, everything is published once and nothing is untrue", async () => {
  assert.deepEqual(sentencesOf(await restoreRounds({ rounds: FATES.length, seed: 1 })), []);
});
