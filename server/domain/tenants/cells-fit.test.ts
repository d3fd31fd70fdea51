import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";

import { createTestDatabase } from "../../../tests/database.ts";
import { loadAuthSecret } from "../../auth/secret.ts";
import { checkKeys } from "../../vault/secrets.ts";
import { createVault, keyIdOf } from "../../vault/vault.ts";
import { type CellSettings, findMisfits, shareSecret } from "./cells-fit.ts";

test("instances between which nobody can move say why; a new one takes over the secret that signs cookies, one where people sign in does not", async () => {
  const [one, other] = [await createTestDatabase(), await createTestDatabase()];
  const key = randomBytes(32);
  const cell = (name: string, { pool }: typeof one, keys = [key]): CellSettings => ({
    name,
    pool,
    vault: createVault(keys),
    keys,
    storage: { kind: "disk", folder: `/media/${name}` },
  });
  const [a, b] = [cell("a", one), cell("b", other)];
  try {
    for (const { pool, vault } of [a, b]) await checkKeys(pool, vault);
    assert.deepEqual(await findMisfits(a, b), []);
    const found = async (change: Partial<CellSettings>) => (await findMisfits(a, { ...b, ...change })).join("\n");
    assert.match(await found({ pool: one.pool }), /^b has the database of this instance/);
    assert.match(
      await found({ keys: [randomBytes(32)] }),
      new RegExp(`does not have the encryption key ${keyIdOf(key)}`),
    );
    assert.equal(await found({ keys: [randomBytes(32), key] }), "");
    assert.match(await found({ storage: a.storage }), /^b stores media in the same place/);
    await other.pool.query("insert into instance values ('held', '{}')");
    assert.match(await found({}), /^Publishing is on hold in b/);
    await other.pool.query("alter table posts add column added text");
    assert.match(await found({}), /^b has another version of Ampost/);

    const secret = await loadAuthSecret(a.pool, a.vault);
    assert.equal(await shareSecret(a, b), false);
    assert.equal(await loadAuthSecret(b.pool, b.vault), secret);
    await other.pool.query("delete from instance where name = 'auth_secret'");
    const own = await loadAuthSecret(b.pool, b.vault);
    assert.equal(await shareSecret(a, b), true);
    assert.deepEqual([await loadAuthSecret(b.pool, b.vault), await shareSecret(a, b)], [secret, false]);
    await other.pool.query("delete from instance where name = 'auth_secret'");
    assert.notEqual(await loadAuthSecret(b.pool, b.vault), own);
    await other.pool.query("insert into users (id) values ('user_there')");
    await other.pool.query(
      `insert into sessions (id, user_id, token_digest, expires_at, created_at, updated_at)
       values (gen_random_uuid(), 'user_there', 'digest', now(), now(), now())`,
    );
    await assert.rejects(shareSecret(a, b), /^Error: People have signed in at b already/);
  } finally {
    for (const database of [one, other]) await database.drop();
  }
});
