import assert from "node:assert/strict";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { CHANNELS, createListener } from "./listen.ts";

const silent = { warn: () => undefined, debug: () => undefined };

test("a notification reaches only its channel, and again after the connection was closed", async () => {
  const database = await createTestDatabase();
  const listener = await createListener(database.url, silent);
  try {
    let heard = Promise.withResolvers<string>();
    const others: string[] = [];
    const stop = listener.on(CHANNELS.post, (payload) => heard.resolve(payload));
    listener.on(CHANNELS.due, (payload) => others.push(payload));

    await database.pool.query("select pg_notify('ampost_post', 'first')");
    assert.equal(await heard.promise, "first");

    const back = Promise.withResolvers<void>();
    listener.onReconnect(() => back.resolve());
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'ampost listen' and datname = current_database()`,
    );
    await back.promise;

    heard = Promise.withResolvers<string>();
    await database.pool.query("select pg_notify('ampost_post', 'second')");
    assert.equal(await heard.promise, "second");
    assert.deepEqual(others, []);

    heard = Promise.withResolvers<string>();
    stop();
    listener.on(CHANNELS.post, (payload) => heard.resolve(payload));
    await database.pool.query("select pg_notify('ampost_post', 'third')");
    assert.equal(await heard.promise, "third");
  } finally {
    await listener.close();
    await database.drop();
  }
});
