import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { AccountKey } from "../../model/tenant.ts";
import { type CareWorld, openCareWorld } from "../../tests/token-care-world.ts";
import { confirmRefusal } from "./confirm-refusal.ts";
import { sendExpiryWarnings } from "./expiry-warnings.ts";
import { freshToken } from "./fresh-token.ts";
import { readDueProfiles, renewDueTokens } from "./renew-due.ts";
import { restoreHealth } from "./token-health.ts";

let world: CareWorld;
before(async () => (world = await openCareWorld()));
after(() => world.end());

const NEVER = new AbortController().signal;
const REFUSAL = { code: "AUTH_REVOKED", message: "The connection is missing a permission." } as const;

/** As one refusal marked an account before its profile was read first. */
async function markWrongly({ accountId }: AccountKey): Promise<void> {
  await world.database.pool.query(
    "update accounts set token_health = 'revoked', token_health_reason = 'One refusal.' where id = $1",
    [accountId],
  );
}

for (const platform of ["linkedin", "instagram", "facebook", "threads"] as const)
  test(`one refusal does not end a ${platform} account whose profile can be read, and one that a read confirms does`, async () => {
    const account = await world.connect(platform);
    assert.equal(await confirmRefusal(world.services, account, REFUSAL), "works");
    assert.deepEqual(await world.health(account), { token_health: "healthy", token_health_reason: null });
    assert.deepEqual(await world.events(account), []);
    await world.control("faults", { platform, operation: "read", kind: "revoke_token" });
    assert.equal(await confirmRefusal(world.services, account, REFUSAL), "ended");
    assert.deepEqual(await world.health(account), { token_health: "revoked", token_health_reason: REFUSAL.message });
    assert.deepEqual(
      (await world.events(account)).map(({ type, data }) => [type, data["reason"]]),
      [["account.disconnected", REFUSAL.message]],
    );
  });

test("a profile that cannot be read because the platform is down proves nothing", async () => {
  const account = await world.connect("linkedin");
  await world.control("faults", { platform: "linkedin", operation: "read", kind: "http_500" });
  assert.equal(await confirmRefusal(world.services, account, REFUSAL), "unclear");
  assert.equal((await world.health(account)).token_health, "healthy");
});

test("a single refusal of the daily profile read ends nothing", async () => {
  const account = await world.connect("linkedin");
  await onlyDue(account);
  await world.control("faults", { platform: "linkedin", operation: "read", kind: "reject", error: "ACCESS_DENIED" });
  await readDueProfiles(world.services, NEVER);
  assert.equal((await world.health(account)).token_health, "healthy");
  assert.deepEqual(await world.events(account), []);
});

test("an account that was marked wrongly is read again, and that restores it", async () => {
  const account = await world.connect("threads");
  await markWrongly(account);
  await onlyDue(account);
  await readDueProfiles(world.services, NEVER);
  assert.deepEqual(await world.health(account), { token_health: "healthy", token_health_reason: null });
});

test("an account that was marked wrongly is renewed in time, and that restores it", async () => {
  const account = await world.connect("threads");
  await world.pass(account, 40 * 86_400);
  await markWrongly(account);
  const token = await freshToken(world.services, account, { minLifetimeSeconds: 0, afterSeconds: Infinity });
  await renewDueTokens(world.services, NEVER);
  assert.deepEqual(await world.health(account), { token_health: "healthy", token_health_reason: null });
  assert.notEqual(await freshToken(world.services, account, { minLifetimeSeconds: 0, afterSeconds: Infinity }), token);
});

test("an account that was marked wrongly is warned of its end, and stays marked until it is used", async () => {
  const account = await world.connect("linkedin");
  await markWrongly(account);
  await endAt(account, "access_token_expires_at", "5 days");
  await sendExpiryWarnings(world.services, NEVER);
  assert.deepEqual(
    (await world.events(account)).map(({ type, data }) => [type, data["daysLeft"]]),
    [["account.expiring", 7]],
  );
  assert.equal((await world.health(account)).token_health, "revoked");
  await restoreHealth(world.services, account);
  assert.equal((await world.health(account)).token_health, "expiring");
});

test("an account whose access has ended is not announced as ending, however often it is looked at", async () => {
  const account = await world.connect("linkedin");
  await markWrongly(account);
  await endAt(account, "access_token_expires_at", "-1 day");
  await sendExpiryWarnings(world.services, NEVER);
  assert.deepEqual(await world.events(account), []);
  assert.equal((await world.health(account)).token_health, "revoked");
});

test("the end of Meta's data access is stored when an account is connected, announced like any end, and moves when the platform says so", async () => {
  const account = await world.connect("facebook");
  const end = async () =>
    (
      await world.database.pool.query<{ end: Date; days: number }>(
        `select data_access_expires_at as end,
           extract(epoch from data_access_expires_at - now())::float8 / 86400 as days
         from connections where account_id = $1`,
        [account.accountId],
      )
    ).rows[0];
  const days = (await end())?.days ?? 0;
  assert.ok(days > 85, String(days));
  await endAt(account, "data_access_expires_at", "2 days");
  await sendExpiryWarnings(world.services, NEVER);
  assert.match((await world.health(account)).token_health_reason ?? "", /^Access to the Facebook account expires on /);
  assert.deepEqual(
    (await world.events(account)).map(({ type, data }) => [type, data["daysLeft"], data["expiresAt"]]),
    [["account.expiring", 3, (await end())?.end.toISOString()]],
  );
  await onlyDue(account);
  await readDueProfiles(world.services, NEVER);
  assert.ok(((await end())?.days ?? 0) > 85);
});

test("an end of data access that has passed is one disconnection, however often the account works", async () => {
  const account = await world.connect("facebook");
  await endAt(account, "data_access_expires_at", "-1 minute");
  for (let turn = 0; turn < 2; turn += 1) {
    await sendExpiryWarnings(world.services, NEVER);
    await restoreHealth(world.services, account);
  }
  assert.equal((await world.health(account)).token_health, "expired");
  assert.deepEqual(
    (await world.events(account)).map(({ type }) => type),
    ["account.disconnected"],
  );
});

async function onlyDue({ accountId }: AccountKey): Promise<void> {
  const { pool } = world.database;
  await pool.query("update accounts set profile_read_at = now() where id <> $1", [accountId]);
  await pool.query("update accounts set connected_at = now() - interval '40 days' where id = $1", [accountId]);
}

async function endAt({ accountId }: AccountKey, column: string, left: string): Promise<void> {
  await world.database.pool.query(
    `update connections set refresh_token_sealed = null, refresh_token_expires_at = null,
       ${column} = now() + $2::interval where account_id = $1`,
    [accountId, left],
  );
}
