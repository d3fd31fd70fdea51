import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import type { AccountKey } from "../../model/tenant.ts";
import { type CareWorld, openCareWorld } from "../../tests/token-care-world.ts";
import { sendExpiryWarnings } from "./expiry-warnings.ts";

let world: CareWorld;
before(async () => (world = await openCareWorld()));
after(() => world.end());

const NEVER = new AbortController().signal;

test("access that cannot be renewed is announced once 7, 3 and 1 days ahead, and then reported as expired", async () => {
  const account = await world.connect("linkedin");
  await schedule(account, "4 days", "10 days", "20 days");
  const at = async (left: string) => {
    await world.database.pool.query(
      `update connections set refresh_token_sealed = null, refresh_token_expires_at = null,
         access_token_expires_at = now() + $2::interval where account_id = $1`,
      [account.accountId, left],
    );
    await Promise.all([1, 2].map(() => sendExpiryWarnings(world.services, NEVER)));
    return (await world.health(account)).token_health;
  };
  assert.equal(await at("8 days"), "healthy");
  assert.deepEqual(await world.events(account), []);
  assert.equal(await at("6 days 23 hours"), "expiring");
  assert.equal(await at("6 days"), "expiring");
  assert.equal(await at("2 days 20 hours"), "expiring");
  assert.equal(await at("20 hours"), "expiring");
  assert.match(
    (await world.health(account)).token_health_reason ?? "",
    /^Access to the LinkedIn account expires on .* UTC\. Reconnect the account before then\.$/,
  );
  assert.equal(await at("-1 minute"), "expired");
  const events = await world.events(account);
  assert.deepEqual(
    events.map(({ type, data }) => [type, data["daysLeft"] ?? data["tokenHealth"], data["scheduledPosts"]]),
    [
      ["account.expiring", 7, 2],
      ["account.expiring", 3, 3],
      ["account.expiring", 1, 3],
      ["account.disconnected", "expired", undefined],
    ],
  );
});

test("reconnecting ends the warning, and a later expiry is announced again", async () => {
  const account = await world.connect("linkedin");
  const endIn = (left: string) =>
    world.database.pool.query(
      `update connections set refresh_token_sealed = null, access_token_expires_at = now() + $2::interval
       where account_id = $1`,
      [account.accountId, left],
    );
  await endIn("12 hours");
  await sendExpiryWarnings(world.services, NEVER);
  await endIn("60 days");
  await world.database.pool.query(
    "update accounts set token_health = 'healthy', token_health_reason = null where id = $1",
    [account.accountId],
  );
  await sendExpiryWarnings(world.services, NEVER);
  await endIn("6 days");
  await sendExpiryWarnings(world.services, NEVER);
  assert.deepEqual(
    (await world.events(account)).map(({ data }) => data["daysLeft"]),
    [1, 7],
  );
});

test("access renewed automatically is not announced, until its refresh token expires or the platform no longer renews", async () => {
  const [tiktok, threads] = [await world.connect("tiktok"), await world.connect("threads")];
  const soon = "update connections set access_token_expires_at = now() + interval '1 hour' where account_id = $1";
  for (const { accountId } of [tiktok, threads]) await world.database.pool.query(soon, [accountId]);
  const run = () => sendExpiryWarnings(world.services, NEVER);
  await run();
  assert.deepEqual([await world.events(tiktok), await world.events(threads)], [[], []]);
  await world.database.pool.query(
    "update connections set refresh_token_expires_at = now() + interval '5 days' where account_id = $1",
    [tiktok.accountId],
  );
  await world.database.pool.query(
    "update connections set renewal_refused_at = now() + interval '1 second' where account_id = $1",
    [threads.accountId],
  );
  await world.database.pool.query(
    "update accounts set token_health = 'expiring', token_health_reason = 'Threads does not renew it.' where id = $1",
    [threads.accountId],
  );
  await run();
  assert.deepEqual(
    (await world.events(tiktok)).map(({ data }) => data["daysLeft"]),
    [7],
  );
  assert.deepEqual(
    (await world.events(threads)).map(({ data }) => data["daysLeft"]),
    [1],
  );
  assert.equal((await world.health(threads)).token_health_reason, "Threads does not renew it.");
});

async function schedule({ accountId, userId }: AccountKey, ...delays: string[]): Promise<void> {
  for (const delay of delays) {
    const id = randomUUID();
    await world.database.pool.query(
      `insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for)
       values ($1, $2, 'test', $1, 'scheduled', '{}', '{linkedin}', now() + $3::interval)`,
      [id, userId, delay],
    );
    await world.database.pool.query(
      `insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at, next_action_at)
       values ($1, $1, $2, 'test', 'linkedin', 0, $3, now() + $4::interval,
         now() + $4::interval - interval '30 minutes')`,
      [id, userId, accountId, delay],
    );
  }
}
