import assert from "node:assert/strict";
import { test } from "node:test";

import { catalog } from "./catalog.ts";
import { describeLimit, describePlatform, describeShapes, joinWords, listLimits } from "./describe.ts";

test("a platform is described by its declarations", () => {
  assert.equal(
    describePlatform(catalog.linkedin.capabilities),
    "LinkedIn: Posts on behalf of an authenticated member, published immediately. " +
      "Organization and Page posting is intentionally gated. Supports text, one image, 2 to 20 images or one video. " +
      "Text: up to 3000 UTF-16 units, required. Publishes immediately: scheduledFor is not supported.",
  );
  assert.match(
    describePlatform(catalog.instagram.capabilities),
    /Instagram reel supports one video\..*Without settings\.placement, the media decide: feed, reel or carousel/,
  );
});

test('shapes are joined with "or", without duplicates', () => {
  const [{ shapes }] = catalog.threads.capabilities.placements;
  assert.equal(describeShapes([...shapes, ...shapes]), "text, one image, one video or 2 to 20 images or videos");
  assert.equal(joinWords(["a"], "or"), "a");
});

test("a limit has its unit, or its own description", () => {
  assert.equal(describeLimit({ max: 300, source: "x" }, "durationSeconds"), "at most 300 s");
  const sizes = [8_000_000, 314_572_800, 10_737_418_240, 2_000, 1_234_567].map((max) =>
    describeLimit({ max, source: "x" }, "sizeBytes"),
  );
  assert.deepEqual(sizes, [
    "at most 8 MB",
    "at most 300 MiB",
    "at most 10 GiB",
    "at most 2 kB",
    "at most 1234567 bytes",
  ]);
  assert.equal(describeLimit({ min: 10, max: 60, source: "x" }, "frameRate"), "between 10 and 60 frames per second");
  assert.equal(
    describeLimit({ min: 0.8, max: 1.91, words: "between 4:5 and 1.91:1", source: "x" }, "ratio"),
    "between 4:5 and 1.91:1",
  );
});

test("the reference table gives every limit of every platform with its source", () => {
  for (const { capabilities } of Object.values(catalog)) {
    const rows = listLimits(capabilities);
    assert.ok(rows.length > 5, capabilities.platform);
    for (const row of rows)
      assert.ok(
        row.what !== "" && row.limit !== "" && row.source !== "" && !row.limit.includes("undefined"),
        JSON.stringify(row),
      );
  }
});
