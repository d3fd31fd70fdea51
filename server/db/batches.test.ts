import assert from "node:assert/strict";
import { test } from "node:test";

import pg from "pg";

import { matched, together } from "./batches.ts";

const pool = new pg.Pool({ max: 1 });
const otherPool = new pg.Pool({ max: 1 });

test("what is asked for in one turn is one statement, and everybody gets their own result", async () => {
  const asked: (readonly number[])[] = [];
  const double = together<number, string>(async (_pool, items) => {
    asked.push(items);
    return new Map([...items].reverse().map((item) => [item, `twice ${item}`]));
  });
  const answers = await Promise.all([1, 2, 3].map((item) => double(pool, item)));
  assert.deepEqual(answers, ["twice 1", "twice 2", "twice 3"]);
  assert.deepEqual(asked, [[1, 2, 3]]);
});

test("what the statement has not done is undefined for its item alone", async () => {
  const odd = together<number, number>(
    async (_pool, items) => new Map(items.filter((n) => n % 2 === 1).map((n) => [n, n])),
  );
  assert.deepEqual(await Promise.all([1, 2, 3].map((item) => odd(pool, item))), [1, undefined, 3]);
});

test("if the database rejects the statement, nothing is done for any item, also if it is the only one", async () => {
  for (const items of [[1], [1, 2]]) {
    const reject = together<number, number>(() => Promise.reject(databaseError("23505")));
    assert.deepEqual(
      await Promise.all(items.map((item) => reject(pool, item))),
      items.map(() => undefined),
    );
  }
});

test("if the connection fails, or the database accepts no writes, each item fails", async () => {
  for (const failure of [
    new Error("Connection terminated unexpectedly"),
    databaseError("25006"),
    new TypeError("no"),
  ]) {
    const fail = together<number, number>(() => Promise.reject(failure));
    const outcomes = await Promise.allSettled([1, 2].map((item) => fail(pool, item)));
    assert.deepEqual(
      outcomes,
      [1, 2].map(() => ({ status: "rejected", reason: failure })),
    );
  }
});

test("while two statements are under way, the rest waits for both no longer than a stalled one takes", async () => {
  const held: { items: readonly number[]; end(): void }[] = [];
  const begun: (() => void)[] = [];
  const hold = together<number, number>(
    (_pool, items) =>
      new Promise((resolve) => {
        held.push({ items, end: () => resolve(new Map(items.map((item) => [item, item]))) });
        begun.splice(0).forEach((each) => each());
      }),
  );
  const next = () => new Promise<void>((resolve) => begun.push(resolve));
  const answers: Promise<number | undefined>[] = [];
  for (const item of [1, 2]) {
    const isBegun = next();
    answers.push(hold(pool, item));
    await isBegun;
  }
  answers.push(hold(pool, 3));
  // Over another pool, a second statement begins by the time at which the third could have.
  for (const item of [-1, -2]) {
    const isBegun = next();
    answers.push(hold(otherPool, item));
    await isBegun;
  }
  answers.push(hold(pool, 4));
  const isBegun = next();
  held[0]?.end();
  await isBegun;
  assert.deepEqual(
    held.map(({ items }) => items),
    [[1], [2], [-1], [-2], [3, 4]],
  );
  // Nothing ends any more: the fifth goes all the same once the others have stalled.
  const isLastBegun = next();
  answers.push(hold(pool, 5));
  await isLastBegun;
  for (const { end } of held) end();
  assert.deepEqual(await Promise.all(answers), [1, 2, 3, -1, -2, 4, 5]);
});

test("rows are matched by their key, in whatever order they come", () => {
  const rows = [{ key: "b" }, { key: "a" }];
  const found = matched(
    ["a", "b", "c"],
    (item) => item,
    rows,
    ({ key }) => key,
  );
  assert.deepEqual(
    [...found],
    [
      ["a", { key: "a" }],
      ["b", { key: "b" }],
    ],
  );
});

function databaseError(code: string): pg.DatabaseError {
  return Object.assign(new pg.DatabaseError("rejected", 0, "error"), { code });
}
