import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";

import { createTestDatabase } from "../../tests/database.ts";
import { createPool } from "./pool.ts";

test("a connection waits for locks no longer than its pool says, from its first statement on", async () => {
  const database = await createTestDatabase({ migrated: false });
  const [pool, wrong] = [
    createPool(database.url, { lockTimeoutSeconds: 0.2 }),
    createPool(database.url, { lockTimeoutSeconds: -1 }),
  ];
  const warnings: Error[] = [];
  const warn = (warning: Error) => void warnings.push(warning);
  process.on("warning", warn);
  try {
    const shown = await Promise.all([1, 2, 3].map(() => pool.query("show lock_timeout")));
    assert.deepEqual(shown.map(({ rows }) => rows).flat(), Array(3).fill({ lock_timeout: "200ms" }));
    await assert.rejects(wrong.query("select 1"), /lock_timeout/);
    assert.equal(wrong.totalCount, 0);
    assert.deepEqual(warnings, []);
  } finally {
    process.off("warning", warn);
    await Promise.all([pool.end(), wrong.end()]);
    await database.drop();
  }
});

test("a pooler needs to accept no parameters but those that the guide names", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const pool = createPool(`postgresql://user@127.0.0.1:${typeof address === "object" ? address?.port : 0}/x`, {
    lockTimeoutSeconds: 1,
  });
  const connected = once(server, "connection");
  const failed = assert.rejects(pool.query("select 1"));
  const [socket] = await connected;
  const [data] = await once(socket, "data");
  socket.destroy();
  await failed;
  // Its length and the protocol's version, then names and values.
  const parts = data.subarray(8).toString().split("\0");
  assert.deepEqual(parts.filter((part: string, place: number) => part !== "" && place % 2 === 0).sort(), [
    "application_name",
    "client_encoding",
    "database",
    "idle_in_transaction_session_timeout",
    "statement_timeout",
    "user",
  ]);
  await pool.end();
  server.close();
});
