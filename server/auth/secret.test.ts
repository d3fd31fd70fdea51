import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { createTestDatabase, type TestDatabase } from "../../tests/database.ts";
import { createVault } from "../vault/vault.ts";
import { loadAuthSecret } from "./secret.ts";

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});
after(() => database.drop());

test("processes that start at the same time have one secret, which outlives the encryption key and is not readable in the database", async () => {
  const [key, nextKey] = [randomBytes(32), randomBytes(32)];
  const secrets = await Promise.all(Array.from({ length: 4 }, () => loadAuthSecret(database.pool, createVault([key]))));
  const secret = secrets[0] ?? "";
  assert.ok(Buffer.from(secret, "base64url").length === 32);
  assert.deepEqual(new Set(secrets).size, 1);
  assert.equal(await loadAuthSecret(database.pool, createVault([nextKey, key])), secret);
  const { rows } = await database.pool.query<{ value: string }>("select value from instance");
  assert.ok(rows.length === 1 && !JSON.stringify(rows).includes(secret));
  await assert.rejects(loadAuthSecret(database.pool, createVault([nextKey])), /does not have/);
});
