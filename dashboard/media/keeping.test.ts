import assert from "node:assert/strict";
import { test } from "node:test";

import { endOf, isKept } from "./keeping.ts";

const CREATED = { createdAt: "2026-01-01T00:00:00.000Z" };
const over = { status: "published", updatedAt: "2026-02-01T00:00:00.000Z" } as const;
const draft = { status: "draft", updatedAt: "2026-02-01T00:00:00.000Z" } as const;

test("a file is kept forever or until a time to come", () => {
  const [past, future] = [-1000, 60_000].map((after) => new Date(Date.now() + after).toISOString());
  assert.deepEqual(
    [null, "forever", past, future].map((keepUntil = null) => isKept({ keepUntil })),
    [false, true, false, true],
  );
});

test("the end of a file is known only if no post needs it, nor one that is not here might", () => {
  const endIs = (keepUntil: string | null, posts: readonly (typeof over | typeof draft)[], total = posts.length) => {
    const end = endOf({ ...CREATED, keepUntil }, { posts, total });
    return end === null ? null : new Date(end).toISOString().slice(0, 10);
  };
  assert.equal(endIs(null, []), "2026-01-08");
  assert.equal(endIs(null, [over, over]), "2026-03-03");
  assert.equal(endIs("2026-05-06T00:00:00.000Z", [over]), "2026-05-06");
  assert.equal(endIs("2026-02-02T00:00:00.000Z", [over]), "2026-03-03");
  assert.equal(endIs("2026-05-06T00:00:00.000Z", [over, draft]), null);
  assert.equal(endIs(null, [over], 2), null);
});
