import assert from "node:assert/strict";
import { test } from "node:test";

import { version } from "uuid";

import { newId } from "./ids.ts";

test("ids are of version 7, all different, and each is greater than the one before", () => {
  const ids = Array.from({ length: 5_000 }, newId);
  assert.ok(ids.every((id) => version(id) === 7));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
});

test("the time of an id is the time it was made", () => {
  const before = Date.now();
  const milliseconds = Number.parseInt(newId().replaceAll("-", "").slice(0, 12), 16);
  assert.ok(milliseconds >= before && milliseconds <= Date.now());
});
