import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createTestDatabase } from "../tests/database.ts";
import { createVault } from "./oauth/vault.ts";
import { checkKeys, keyFile, loadSecrets } from "./secrets.ts";

test("the first start makes one key, readable by its owner only, however many processes start at once", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-secrets-"));
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => loadSecrets({ dataDir, encryptionKeys: null })));
  for (const secrets of all) assert.deepEqual(secrets, all[0]);
  assert.equal((await stat(keyFile(dataDir))).mode & 0o777, 0o600);
  await rm(dataDir, { recursive: true });
});

test("a configured key is used, and media URLs are signed with another that follows from it", async () => {
  const key = Buffer.alloc(32, 1);
  const one = await loadSecrets({ dataDir: "/nowhere", encryptionKeys: [key] });
  assert.deepEqual(one.encryptionKeys, [key]);
  assert.notDeepEqual(one.mediaSecret, key);
  assert.deepEqual(one, await loadSecrets({ dataDir: "/nowhere", encryptionKeys: [key] }));
});

test("a key file that holds no key is refused, not replaced", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-secrets-"));
  await writeFile(keyFile(dataDir), "");
  await assert.rejects(loadSecrets({ dataDir, encryptionKeys: null }), /does not hold a key of 32 bytes/);
  await rm(dataDir, { recursive: true });
});

test("a key that did not seal this database is refused; a list with the earlier one is taken", async () => {
  const database = await createTestDatabase();
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await checkKeys(database.pool, createVault([first]));
  await checkKeys(database.pool, createVault([first]));
  await assert.rejects(checkKeys(database.pool, createVault([second])), /not the one that this database's tokens were sealed with/);
  await checkKeys(database.pool, createVault([second, first]));
  await database.drop();
});
