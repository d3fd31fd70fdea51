import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { countSetAside, MOST_TRIES } from "./queries/tries.ts";
import { tryWork } from "./try-work.ts";

let database: TestDatabase;
const told: object[] = [];
const log = { warn: () => undefined, error: (entry: object) => void told.push(entry) };

before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

/** As if every lease and pause were over. */
const later = () => database.pool.query("update tries set not_before = now() - interval '1 second'");

test("work that kills its process each time is set aside after some tries, told to the operator, and tried once a day", async () => {
  const deps = { pool: database.pool, log };
  let begun = 0;
  const killing = () => {
    begun += 1;
    return new Promise<never>(() => undefined);
  };
  const work = { work: "killing", subject: "a user", run: killing };
  for (let number = 1; number <= MOST_TRIES; number += 1) {
    void tryWork(deps, work);
    while (begun < number) await database.pool.query("select 1");
    assert.equal(await tryWork(deps, work), false, "another process waits for this one");
    await later();
  }
  assert.equal(await tryWork(deps, work), false);
  assert.equal(begun, MOST_TRIES, "it was not begun again");
  assert.equal(told.length, 1);
  assert.deepEqual(await countSetAside.all(database.pool), [{ work: "killing", count: 1 }]);
  assert.equal(await tryWork(deps, work), false);
  assert.equal(begun, MOST_TRIES, "not on the same day");
  await later();
  assert.equal(await tryWork(deps, { ...work, run: () => Promise.resolve() }), true);
  assert.deepEqual(await countSetAside.all(database.pool), []);
});

test("work that fails is tried again after a pause, and what goes well leaves nothing behind", async () => {
  const deps = { pool: database.pool, log };
  let fails = true;
  let runs = 0;
  const work = {
    work: "failing",
    subject: "a user",
    run: async () => {
      runs += 1;
      if (fails) throw new Error("not now");
    },
  };
  assert.equal(await tryWork(deps, work), false);
  assert.equal(await tryWork(deps, work), false);
  assert.equal(runs, 1);
  fails = false;
  await later();
  assert.equal(await tryWork(deps, work), true);
  assert.equal((await database.pool.query("select from tries where work = 'failing'")).rowCount, 0);
});

test("failures that are not the work's fault set nothing aside, nor does one crash after them, and the operator is told", async () => {
  const deps = { pool: database.pool, log };
  let runs = 0;
  const work = {
    work: "not at fault",
    subject: "a user",
    isAtFault: () => Promise.resolve(false),
    setAside: () => Promise.reject(new Error("It was set aside")),
    run: async () => {
      runs += 1;
      throw new Error("not now");
    },
  };
  for (let tries = 0; tries <= MOST_TRIES; tries += 1) {
    assert.equal(await tryWork(deps, work), false);
    await later();
  }
  assert.deepEqual(await countSetAside.all(database.pool), [{ work: "not at fault", count: 1 }]);
  void tryWork(deps, { ...work, run: () => new Promise<never>(() => (runs += 1)) });
  while (runs < MOST_TRIES + 2) await database.pool.query("select 1");
  await later();
  assert.equal(await tryWork(deps, { ...work, run: () => Promise.resolve() }), true);
  assert.deepEqual(await countSetAside.all(database.pool), []);
});
