import assert from "node:assert/strict";
import { test } from "node:test";

import { pauseWorkers } from "../../bench/faults/paused-workers.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("a worker that was stopped for longer than its lease neither sends nor writes when it continues", async () => {
  assert.deepEqual(
    sentencesOf(await pauseWorkers(["step.after", "intent.written", "send.before", "answer.received"])),
    [],
  );
});
