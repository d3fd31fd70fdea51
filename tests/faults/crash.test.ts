import assert from "node:assert/strict";
import { test } from "node:test";

import { crashEverywhere } from "../../bench/faults/crashes.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";
import type { FaultPoint } from "../../server/publishing/fault-points.ts";

const COMMIT: readonly FaultPoint[] = [
  "intent.before",
  "intent.written",
  "send.before",
  "answer.received",
  "result.before",
  "result.written",
  "step.saved",
];

test("a crash at any point of publishing never publishes twice and never loses a post", async () => {
  const result = await crashEverywhere(
    [
      { kind: "text" },
      { kind: "text", lost: true, points: ["reconcile.before", "reconcile.after", "settle.before", "settle.after"] },
      { kind: "chain", points: COMMIT },
    ],
    64,
  );
  assert.deepEqual(sentencesOf(result), []);
});
