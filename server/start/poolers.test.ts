import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { pino } from "pino";

import { findFreePort } from "../../cli/free-port.ts";
import { openInstallation } from "../../cli/installation.fixture.ts";
import { startDatabaseProxy } from "../../tests/database-proxy.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { startPooler } from "../../tests/pooler.ts";
import { isDatabaseAway } from "../db/away.ts";
import { createPool } from "../db/pool.ts";
import { waitForDatabase } from "./wait-for-database.ts";

/** Besides those about the database. */
const EXPECTED = /"msg":"(?:Stopping|This process was blocked|Requests are missing in the request log)/;

for (const mode of ["session", "transaction"] as const) {
  test(`a pooler whose server is gone is a database that is down: 503, and two lines in the log (${mode} pooling)`, async (t) => {
    const database = await createTestDatabase();
    const proxy = await startDatabaseProxy(database.url);
    const pooler = await startPooler(proxy.url, { mode });
    t.after(async () => {
      await pooler.close();
      await proxy.close();
      await database.drop();
    });
    const installation = await openInstallation(t);
    const server = await installation.start("start", { DATABASE_URL: pooler.url });
    const { apiKey } = Object(
      JSON.parse((await installation.run(["bootstrap", "--json"], { DATABASE_URL: pooler.url })).stdout),
    );
    const list = () => fetch(`${installation.url}/api/v1/posts`, { headers: { authorization: `Bearer ${apiKey}` } });
    assert.equal((await list()).status, 200);
    const before = server.output().length;
    const since = () => server.output().slice(before);
    const count = (text: string) => since().split(text).length - 1;
    await proxy.refuse();
    for (const answer of await Promise.all(Array.from({ length: 40 }, list))) {
      assert.equal(answer.status, 503);
      assert.ok(answer.headers.has("retry-after"));
    }
    await installation.until(async () => count("The database is down") === 2);
    for (const _ of Array.from({ length: 10 })) assert.equal((await list()).status, 503);
    await proxy.accept();
    await installation.until(async () => count("The database is back") === 2);
    await installation.until(async () => (await list()).status === 200);
    assert.equal(await server.end("SIGTERM"), 0);
    const lines = since()
      .split("\n")
      .filter((line) => line.startsWith("{") && !EXPECTED.test(line));
    assert.equal(lines.length, 4, lines.join("\n"));
  });
}

test("a statement that does not fit its values is a mistake in the program, although it has the state of a pooler's errors", async () => {
  const database = await createTestDatabase({ migrated: false });
  try {
    const error: unknown = await database.pool
      .query("select $1::int + $2::int", [1])
      .catch((reason: unknown) => reason);
    assert.equal(Object(error).code, "08P01");
    assert.equal(isDatabaseAway(error), false);
  } finally {
    await database.drop();
  }
});

test("a process that starts while the pooler or its server is gone waits, says so once, and goes on", async (t) => {
  const database = await createTestDatabase();
  const proxy = await startDatabaseProxy(database.url);
  await proxy.refuse();
  const pooler = await startPooler(proxy.url, { mode: "session" });
  t.after(async () => {
    await pooler.close();
    await proxy.close();
    await database.drop();
  });
  const lines: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const write = (line: string) => {
    lines.push(JSON.parse(line).msg);
    waiting.resolve();
  };
  const log = pino({}, { write });
  const pool = createPool(pooler.url);
  let tries = 0;
  const begun = waitForDatabase(
    () => {
      tries += 1;
      return pool.query("select 1");
    },
    { log, setting: "DATABASE_URL" },
  );
  await waiting.promise;
  while (tries < 3) await sleep(20);
  await proxy.accept();
  assert.equal((await begun).rowCount, 1);
  assert.deepEqual(lines, [
    "The database cannot be reached; waiting for it. If this does not end, check DATABASE_URL",
    "The database can be reached",
  ]);
  await pool.end();
});

test("what does not pass by itself ends the start with a sentence that says what to change", async (t) => {
  const database = await createTestDatabase({ migrated: false });
  const strict = await startPooler(database.url, { mode: "session", accepts: [] });
  const pooler = await startPooler(database.url, { mode: "session" });
  t.after(async () => {
    await strict.close();
    await pooler.close();
    await database.drop();
  });
  const refusal = async (url: string) => {
    const pool = createPool(url);
    const log = { info: () => undefined, warn: () => assert.fail("nothing to wait for") };
    const error: unknown = await waitForDatabase(() => pool.query("select 1"), { log, setting: "DATABASE_URL" }).catch(
      (reason: unknown) => reason,
    );
    await pool.end();
    return error instanceof Error ? error.message : "";
  };
  const changed = (url: string, from: string | RegExp, to: string) => url.replace(from, to);
  assert.match(await refusal(strict.url), /unsupported startup parameter.*ignore_startup_parameters = /);
  assert.match(await refusal(changed(pooler.url, /[^/]+$/, "nothing")), /no such database.*name in DATABASE_URL\.$/);
  assert.match(await refusal(changed(pooler.url, "//ampost@", "//stranger@")), /user and password in DATABASE_URL\.$/);
  assert.match(await refusal(`${pooler.url}?sslmode=verify-full`), /Remove sslmode from DATABASE_URL/);
  assert.match(await refusal(changed(database.url, /test_[0-9a-f]+/, "nothing")), /Create the database, or correct/);
  assert.match(await refusal(changed(database.url, "ampost@", "stranger@")), /user and password in DATABASE_URL\.$/);
});

test("a worker that starts before its database is there begins to work once it is", async (t) => {
  const database = await createTestDatabase();
  const proxy = await startDatabaseProxy(database.url);
  const port = await findFreePort();
  const installation = await openInstallation(t);
  const url = `postgresql://ampost@127.0.0.1:${port}/${new URL(database.url).pathname.slice(1)}`;
  const refused = await installation.run(["publishing", "status"], { DATABASE_URL: url });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /The database cannot be reached: .*ECONNREFUSED.* Check DATABASE_URL\./);
  // Nothing that answers yet: the worker has tried once this has a connection.
  const silent = createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  const starting = installation.start("worker", { DATABASE_URL: url });
  starting.catch(() => undefined);
  await once(silent, "connection");
  await new Promise((resolve) => silent.close(resolve));
  const pooler = await startPooler(proxy.url, { mode: "session", port });
  t.after(async () => {
    await pooler.close();
    await proxy.close();
    await database.drop();
  });
  const server = await starting;
  assert.match(server.output(), /The database cannot be reached; waiting for it/);
  assert.equal(await server.end("SIGTERM"), 0);
});
