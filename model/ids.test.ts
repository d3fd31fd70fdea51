import assert from "node:assert/strict";
import { test } from "node:test";

import { version } from "uuid";

import { newId } from "./ids.ts";

test("IDs are version 7, unique, and increasing", () => {
  const ids = Array.from({ length: 5_000 }, newId);
  assert.ok(ids.every((id) => version(id) === 7));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual([...ids].sort(), ids);
});

test("an ID contains the time it was created", () => {
  const before = Date.now();
  const milliseconds = Number.parseInt(newId().replaceAll("-", "").slice(0, 12), 16);
  assert.ok(milliseconds >= before && milliseconds <= Date.now());
});
