import assert from "node:assert/strict";
import { test } from "node:test";

import { createTestDatabase } from "./database.ts";
import { isOver, withWorld } from "./publishing-world.ts";

test("each test database is migrated, empty and its own", async () => {
  const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  await one.pool.query("insert into users (id, email) values ('u1', 'a@example.com')");
  assert.equal((await other.pool.query("select 1 from users")).rowCount, 0);
  await one.drop();
  await other.drop();
});

test("counters come as numbers, times as Date", async () => {
  const database = await createTestDatabase();
  const { rows } = await database.pool.query("select 7::bigint as counter, now() as at");
  assert.equal(rows[0].counter, 7);
  assert.ok(rows[0].at instanceof Date);
  await database.drop();
});

test("waiting for a post does not outlive its world", async () => {
  let waiting: Promise<void> | undefined;
  await withWorld(async (world) => {
    const post = await world.addPost({ text: "never published" });
    waiting = assert.rejects(world.until(post, isOver), /the world ended/);
  });
  await waiting;
});
