import assert from "node:assert/strict";
import { test } from "node:test";

import { sentencesOf } from "../../bench/faults/part.ts";
import { stopAndContinue } from "../../bench/faults/stops.ts";

test("a worker that was stopped for longer than its lease neither sends nor writes when it continues", async () => {
  assert.deepEqual(
    sentencesOf(await stopAndContinue(["step.after", "intent.written", "send.before", "answer.received"])),
    [],
  );
});
