import assert from "node:assert/strict";
import { test } from "node:test";

import { answerTable } from "../../bench/faults/answers.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("whatever the response to a commit, the post is published once or truthfully reported as failed", async () => {
  assert.deepEqual(sentencesOf(await answerTable({ long: false })), []);
});
