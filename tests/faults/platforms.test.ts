import assert from "node:assert/strict";
import { test } from "node:test";

import { sentencesOf } from "../../bench/faults/part.ts";
import { breakPlatforms } from "../../bench/faults/platforms.ts";

test("on every platform, a crash right after the commit and a lost response never publish twice and never lose a post", async () => {
  assert.deepEqual(
    sentencesOf(await breakPlatforms({ people: 7, points: ["answer.received"], losses: ["drop_after"] })),
    [],
  );
});
