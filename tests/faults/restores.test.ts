import assert from "node:assert/strict";
import { test } from "node:test";

import { sentencesOf } from "../../bench/faults/part.ts";
import { restoreBackup } from "../../bench/faults/restores.ts";

test("a database restored to an earlier state never publishes anything twice", async () => {
  assert.deepEqual(sentencesOf(await restoreBackup({ people: 1 })), []);
});
