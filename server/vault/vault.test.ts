import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { createVault, VaultError } from "./vault.ts";

const place = { table: "connections", row: "1", column: "access_token_sealed" };
const key = randomBytes(32);

test("an encrypted value decrypts in its place and is not readable", () => {
  const vault = createVault([key]);
  const sealed = vault.seal("THQVJ-secret", place);
  assert.equal(vault.open(sealed, place), "THQVJ-secret");
  assert.ok(!sealed.includes("secret"));
  assert.notEqual(sealed, vault.seal("THQVJ-secret", place));
});

test("an encrypted value copied to another row, column or table does not decrypt", () => {
  const vault = createVault([key]);
  const sealed = vault.seal("secret", place);
  for (const other of [
    { ...place, row: "2" },
    { ...place, column: "refresh_token_sealed" },
    { ...place, table: "oauth_apps" },
  ]) {
    assert.throws(() => vault.open(sealed, other), VaultError);
  }
});

test("a changed value does not decrypt", () => {
  const vault = createVault([key]);
  const [version, id, bytes] = vault.seal("secret", place).split(".");
  const changed = Buffer.from(bytes ?? "", "base64url");
  changed[14] = (changed[14] ?? 0) ^ 1;
  assert.throws(() => vault.open(`${version}.${id}.${changed.toString("base64url")}`, place), VaultError);
});

test("a new first key encrypts while the old one still decrypts, and a missing key is named", () => {
  const old = createVault([key]);
  const rotated = createVault([randomBytes(32), key]);
  const sealed = old.seal("secret", place);
  assert.equal(rotated.open(sealed, place), "secret");
  assert.throws(
    () => old.open(rotated.seal("secret", place), place),
    new RegExp(`${rotated.keyId}, which this process does not have`),
  );
});

test("a key of another length is rejected", () => {
  assert.throws(() => createVault([randomBytes(31)]), /32 bytes/);
});
