import assert from "node:assert/strict";
import { test } from "node:test";

import { quarantine, uniqueCommits } from "../../bench/faults/guards.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("a commit left open by a dead process is not checked before its deadline and quarantine are over", async () => {
  assert.deepEqual(sentencesOf(await quarantine()), []);
});

test("the database rejects a second open commit, and one platform post for two commits", async () => {
  assert.deepEqual(sentencesOf(await uniqueCommits()), []);
});
