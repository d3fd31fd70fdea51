import assert from "node:assert/strict";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { CHANNELS, createListener } from "./listen.ts";
import { notificationsSent, notify } from "./notify.ts";
import { afterCommit, transaction } from "./sql.ts";

const silent = { warn: () => undefined, debug: () => undefined };

/** A database, and what is heard about posts. */
async function listen(t: { after(work: () => Promise<void>): void }) {
  const database = await createTestDatabase();
  const listener = await createListener(database.url, silent);
  t.after(async () => {
    await listener.close();
    await database.drop();
  });
  const heard: string[] = [];
  const ended = Promise.withResolvers<void>();
  listener.on(CHANNELS.post, (payload) => (payload === "end" ? ended.resolve() : heard.push(payload)));
  return { pool: database.pool, heard, ended: ended.promise };
}

test("a transaction's notifications are sent after its commit, and never if it is rolled back", async (t) => {
  const { pool, heard, ended } = await listen(t);
  const sends = t.mock.method(pool, "query");
  await transaction(pool, async (tx) => {
    notify(tx, CHANNELS.post, "committed");
    await notificationsSent(pool);
    assert.equal(sends.mock.callCount(), 0, "it was sent before the commit");
  });
  await assert.rejects(
    transaction(pool, (tx) => {
      notify(tx, CHANNELS.post, "rolled back");
      throw new Error("no");
    }),
    /no/,
  );
  notify(pool, CHANNELS.post, "end");
  await ended;
  assert.deepEqual(heard, ["committed"]);
});

test("a hundred notifications of the same moment take two statements, and equal ones are sent once", async (t) => {
  const { pool, heard, ended } = await listen(t);
  const sends = t.mock.method(pool, "query");
  for (let n = 0; n < 100; n += 1) notify(pool, CHANNELS.post, `post ${n % 50}`);
  notify(pool, CHANNELS.post, "end");
  await ended;
  await notificationsSent(pool);
  assert.equal(sends.mock.callCount(), 2);
  // The first was sent alone, since nothing was known of the others yet.
  assert.deepEqual(heard, ["post 0", ...Array.from({ length: 50 }, (_, n) => `post ${(n + 1) % 50}`)]);
});

test("a notification that cannot be sent is dropped, and those after it are sent", async (t) => {
  const { pool, heard, ended } = await listen(t);
  notify(pool, CHANNELS.post, "too long ".repeat(1_000));
  await notificationsSent(pool);
  notify(pool, CHANNELS.post, "end");
  await ended;
  assert.deepEqual(heard, []);
});

test("a connection without a transaction is an error", async (t) => {
  const { pool } = await listen(t);
  const client = await pool.connect();
  try {
    assert.throws(() => afterCommit(client, () => undefined), /no transaction/);
  } finally {
    client.release();
  }
});
