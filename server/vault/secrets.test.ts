import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

import { EXAMPLE_KEY } from "../../model/environment.ts";
import { createTestDatabase } from "../../tests/database.ts";
import { addKey, keyFile } from "./key-file.ts";
import { checkKeys, loadSecrets } from "./secrets.ts";
import { createVault } from "./vault.ts";

test("the first start creates one key, readable only by its owner, however many processes start concurrently", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-secrets-"));
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => loadSecrets({ dataDir, encryptionKeys: null })));
  for (const secrets of all) {
    assert.equal(secrets.keys().length, 1);
    assert.deepEqual([secrets.keys(), secrets.mediaSecrets()], [all[0]?.keys(), all[0]?.mediaSecrets()]);
  }
  assert.equal((await stat(keyFile(dataDir))).mode & 0o777, 0o600);
  await rm(dataDir, { recursive: true });
});

test("a configured key is used, and media URLs are signed with another one derived from it", async () => {
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const one = await loadSecrets({ dataDir: "/nowhere", encryptionKeys: [first] });
  assert.deepEqual(one.keys(), [first]);
  assert.notDeepEqual(one.mediaSecrets()[0], first);
  const rotated = await loadSecrets({ dataDir: "/nowhere", encryptionKeys: [second, first] });
  assert.deepEqual(rotated.mediaSecrets()[1], one.mediaSecrets()[0]);
  assert.notDeepEqual(rotated.mediaSecrets()[0], one.mediaSecrets()[0]);
});

test("the public example key, as an earlier one, opens what it has sealed, and no media URL that it has signed", async () => {
  const [own, example] = [Buffer.alloc(32, 1), Buffer.from(EXAMPLE_KEY, "base64")];
  const secrets = await loadSecrets({ dataDir: "/nowhere", encryptionKeys: [own, example] });
  const place = { table: "connections", row: "1", column: "access_token_sealed" };
  assert.equal(createVault(secrets).open(createVault([example]).seal("a token", place), place), "a token");
  const { mediaSecrets } = await loadSecrets({ dataDir: "/nowhere", encryptionKeys: [own] });
  assert.deepEqual(secrets.mediaSecrets(), mediaSecrets());
});

test("a key that another process puts first is noticed by a running one, which uses it, and the earlier one stays", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-secrets-"));
  const [running, rotating] = await Promise.all([1, 2].map(() => loadSecrets({ dataDir, encryptionKeys: null })));
  assert.ok(running && rotating);
  const place = { table: "connections", row: "1", column: "access_token_sealed" };
  const [vault, other] = [createVault(running), createVault(rotating)];
  const [before, earlier] = [vault.seal("before", place), vault.keyId];
  const [signedBefore] = running.mediaSecrets();
  await addKey(dataDir);
  assert.deepEqual([rotating.reread().length, (await stat(keyFile(dataDir))).mode & 0o777], [2, 0o600]);
  const after = other.seal("after", place);
  assert.notEqual(other.keyId, earlier);
  assert.equal(vault.open(after, place), "after");
  assert.equal(vault.keyId, other.keyId);
  assert.equal(vault.open(before, place), "before");
  assert.deepEqual(running.mediaSecrets(), rotating.mediaSecrets());
  assert.deepEqual(running.mediaSecrets()[1], signedBefore);
  await rm(dataDir, { recursive: true });
});

test("a process with its keys continues while the file is missing or broken", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-secrets-"));
  const secrets = await loadSecrets({ dataDir, encryptionKeys: null });
  const keys = secrets.keys();
  await writeFile(keyFile(dataDir), "broken");
  assert.equal(secrets.reread(), keys);
  await rm(dataDir, { recursive: true });
  assert.equal(secrets.reread(), keys);
});

test("a key file without a key is rejected, not replaced", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-secrets-"));
  await writeFile(keyFile(dataDir), "");
  await assert.rejects(loadSecrets({ dataDir, encryptionKeys: null }), /must have a 32-byte key/);
  await rm(dataDir, { recursive: true });
});

test("a key that did not encrypt this database is rejected; a list with the earlier one is accepted", async () => {
  const database = await createTestDatabase();
  const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  await checkKeys(database.pool, createVault([first]));
  await checkKeys(database.pool, createVault([first]));
  await assert.rejects(
    checkKeys(database.pool, createVault([second])),
    /does not match the one that sealed this database's tokens/,
  );
  await checkKeys(database.pool, createVault([second, first]));
  await database.drop();
});
