import assert from "node:assert/strict";
import { test } from "node:test";

import { breakDatabase } from "../../bench/faults/database.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("PostgreSQL can crash during creates and publishing: every post is created and published once", async () => {
  assert.deepEqual(sentencesOf(await breakDatabase({ posts: 120, breaks: 2, seed: 13 })), []);
});
