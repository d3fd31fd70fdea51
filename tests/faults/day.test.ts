import assert from "node:assert/strict";
import { test } from "node:test";

import { mixDay } from "../../bench/faults/day/day.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("among attacks, floods and faults, honest tenants lose nothing and receive no duplicate or false notification", async () => {
  assert.deepEqual(
    sentencesOf(await mixDay({ seconds: 48, hours: 8, tenants: 6, every: 5, seed: 16, pauseMilliseconds: 100 })),
    [],
  );
});
