import assert from "node:assert/strict";
import { test } from "node:test";

import { breakPlatforms } from "../../bench/faults/platforms.ts";
import { sentencesOf } from "../../bench/faults/scenario.ts";

test("on every platform, a crash right after the commit and a lost response never publish twice and never lose a post", async () => {
  assert.deepEqual(
    sentencesOf(await breakPlatforms({ people: 7, points: ["answer.received"], losses: ["drop_after"] })),
    [],
  );
});
