import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { createTestDatabase, type TestDatabase } from "../../../tests/database.ts";
import { SEALED_COLUMNS, SEALED_MEMBER } from "../../db/queries/sealed-values.ts";
import { transaction } from "../../db/sql.ts";
import { checkKeys } from "../../vault/secrets.ts";
import { createVault, type Vault } from "../../vault/vault.ts";
import { countByKey, rotateEncryption } from "./rotate-encryption.ts";

let database: TestDatabase;
before(async () => (database = await createTestDatabase()));
after(() => database.drop());

const [old, next] = [randomBytes(32), randomBytes(32)];
const earlier = createVault([old]);
const rotated = createVault([next, old]);
const ACCESS = "access_token_sealed";

test("every column whose name says that it is encrypted is among those that are re-encrypted", async () => {
  const { rows } = await database.pool.query<{ name: string }>(
    `select table_name || '.' || column_name as name from information_schema.columns
     where table_schema = current_schema() and column_name like '%\_sealed'`,
  );
  const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`).filter((name) =>
    name.endsWith("_sealed"),
  );
  assert.deepEqual(rows.map(({ name }) => name).sort(), known.sort());
});

test("a rotation re-encrypts everything with the new key, in every column, and a second one finds nothing to do", async () => {
  await checkKeys(database.pool, earlier);
  const accounts = await Promise.all(Array.from({ length: 7 }, () => connect(earlier)));
  const app = randomUUID();
  const sealedSecret = earlier.seal("client secret", { table: "oauth_apps", row: app, column: "client_secret_sealed" });
  await database.pool.query(
    `insert into oauth_apps (id, mode, platform, client_id, client_secret_sealed, redirect_uri)
     values ($1, 'test', 'threads', 'id', $2, '')`,
    [app, sealedSecret],
  );
  const first = await rotateEncryption({ pool: database.pool, vault: rotated }, { batchSize: 3 });
  assert.deepEqual([first.keyId, first.resealed, first.unreadable, first.left], [rotated.keyId, 2 * 7 + 2, 0, 0]);
  assert.deepEqual(await countByKey(database.pool), [{ keyId: rotated.keyId, count: 16 }]);
  const alone = createVault([next]);
  for (const account of accounts) assert.equal(await tokenOf(alone, account), `token of ${account}`);
  await checkKeys(database.pool, alone);
  assert.equal((await rotateEncryption({ pool: database.pool, vault: rotated })).resealed, 0);
  const { rows } = await database.pool.query(
    "select data from audit_events where action = 'encryption.rotated' order by id",
  );
  assert.deepEqual(
    rows.map(({ data }) => data.resealed),
    [16, 0],
  );
});

test("encrypted data in checkpoints is re-encrypted for its platform post, also in the journal", async () => {
  const [account, post] = [await connect(rotated), randomUUID()];
  const place = { table: "platform_posts", row: post, column: "checkpoint" };
  const checkpoint = { publishId: "p1", [SEALED_MEMBER]: earlier.seal("address", place) };
  const values = [post, account, checkpoint];
  await database.pool.query(
    `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms)
     select $1, user_id, mode, id, 'posting', '{}', '{tiktok}' from accounts where id = $2`,
    [post, account],
  );
  await database.pool.query(
    `insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, checkpoint)
     select $1, $1, user_id, mode, 'tiktok', 0, id, $3 from accounts where id = $2`,
    values,
  );
  await database.pool.query(
    `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt, fence,
       checkpoint)
     select gen_random_uuid(), $1, id, user_id, mode, 'publish', 'visible', 1, 1, $3 from accounts where id = $2`,
    values,
  );
  const { resealed, unreadable, left } = await rotateEncryption({ pool: database.pool, vault: rotated });
  assert.deepEqual([resealed, unreadable, left], [2, 0, 0]);
  const { rows } = await database.pool.query(
    `select checkpoint from platform_posts where id = $1
     union all select checkpoint from publish_steps where platform_post_id = $1`,
    [post],
  );
  for (const row of rows) {
    assert.equal(row.checkpoint.publishId, "p1");
    assert.equal(createVault([next]).open(row.checkpoint[SEALED_MEMBER], place), "address");
  }
  assert.equal(rows.length, 2);
});

test("a token renewed during a rotation is not lost", async () => {
  const account = await connect(earlier);
  const held = Promise.withResolvers<void>();
  const renewing = transaction(database.pool, async (tx) => {
    await tx.query("select 1 from connections where account_id = $1 for update", [account]);
    const { left } = await rotateEncryption({ pool: database.pool, vault: rotated }, { patienceSeconds: 0 });
    assert.equal(left, 2, "what is held is left");
    held.resolve();
    await tx.query(`update connections set ${ACCESS} = $2 where account_id = $1`, [
      account,
      earlier.seal("renewed", sealContext(account)),
    ]);
  });
  await Promise.race([held.promise, renewing]);
  const rotating = rotateEncryption({ pool: database.pool, vault: rotated });
  await renewing;
  assert.equal((await rotating).left, 0);
  assert.equal(await tokenOf(createVault([next]), account), "renewed");
});

test("a value that no key decrypts is left unchanged and reported", async () => {
  const account = await connect(createVault([randomBytes(32)]));
  const { unreadable, left } = await rotateEncryption({ pool: database.pool, vault: rotated });
  assert.deepEqual([unreadable, left], [2, 0]);
  await database.pool.query("delete from connections where account_id = $1", [account]);
});

async function connect(vault: Vault): Promise<string> {
  const [account, user] = [randomUUID(), randomUUID()];
  await database.pool.query("insert into users (id, email) values ($1, $1)", [user]);
  await database.pool.query(
    `insert into accounts (id, user_id, mode, platform_set_id, platform, platform_account_id)
     values ($1::uuid, $2, 'test', $1::uuid, 'threads', $1::text)`,
    [account, user],
  );
  await database.pool.query(
    `insert into connections (account_id, user_id, mode, ${ACCESS}, refresh_token_sealed)
     values ($1, $2, 'test', $3, $4)`,
    [
      account,
      user,
      vault.seal(`token of ${account}`, sealContext(account)),
      vault.seal("renew", { ...sealContext(account), column: "refresh_token_sealed" }),
    ],
  );
  return account;
}

async function tokenOf(vault: Vault, account: string): Promise<string> {
  const { rows } = await database.pool.query<{ sealed: string }>(
    `select ${ACCESS} as sealed from connections where account_id = $1`,
    [account],
  );
  return vault.open(rows[0]?.sealed ?? "", sealContext(account));
}

function sealContext(account: string) {
  return { table: "connections", row: account, column: ACCESS };
}
