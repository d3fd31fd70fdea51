import assert from "node:assert/strict";
import { test } from "node:test";

import { restoreBackup } from "../../bench/faults/restores.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("a database restored to an earlier state never publishes anything twice", async () => {
  assert.deepEqual(sentencesOf(await restoreBackup({ people: 1 })), []);
});
