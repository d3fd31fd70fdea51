import assert from "node:assert/strict";
import { test } from "node:test";

import { rollVersions } from "../../bench/faults/rolls.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("an upgrade and its way back, one process after the other, fail no request and delay no post", async () => {
  assert.deepEqual(sentencesOf(await rollVersions({ rolls: 1, people: 3, pauseSeconds: 1, beforeSeconds: 0 })), []);
});
