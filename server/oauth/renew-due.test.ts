import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { PlatformName } from "../../model/platform-names.ts";
import type { AccountKey } from "../../model/tenant.ts";
import { type CareWorld, openCareWorld } from "../../tests/token-care-world.ts";
import { createPool } from "../db/pool.ts";
import { countSetAside, MOST_TRIES } from "../db/queries/tries.ts";
import { freshToken } from "./fresh-token.ts";
import { readDueProfiles, renewDueTokens } from "./renew-due.ts";

let world: CareWorld;
before(async () => (world = await openCareWorld()));
after(() => world.end());

const NEVER = new AbortController().signal;
const DAY = 86_400;

test("a hundred concurrent uses of an expired X account, in two processes and several pools, make one refresh request", async () => {
  const account = await world.connect("twitter");
  await world.pass(account, 7300);
  const askers = await Promise.all([world.startAsker(account, 30), world.startAsker(account, 30)]);
  const pools = [1, 2].map(() => createPool(world.database.url, { max: 5 }));
  const here = pools.flatMap((pool) =>
    Array.from({ length: 20 }, () => freshToken({ ...world.services, pool }, account, { minLifetimeSeconds: 60 })),
  );
  const tokens = await Promise.all([...askers.map((asker) => asker.ask()), Promise.all(here)]);
  await Promise.all(pools.map((pool) => pool.end()));
  assert.equal(new Set(tokens.flat()).size, 1);
  assert.equal(await world.received("refresh", "twitter"), 1);
});

test("if a process is killed between a renewal's response and storing it, nothing false is reported, and then what happened", async () => {
  const account = await world.connect("twitter");
  await world.pass(account, 7300);
  const asker = await world.startAsker(account, 1, { dies: true });
  assert.deepEqual(await asker.ask(), []);
  const ask = () => freshToken(world.services, account, { minLifetimeSeconds: 60 });
  await world.database.pool.query(
    "update connections set renewing_until = now() where account_id = $1 and renewing_by is not null",
    [account.accountId],
  );
  await assert.rejects(ask(), /while renewing the account's access/);
  assert.deepEqual(await world.health(account), { token_health: "healthy", token_health_reason: null });
  assert.deepEqual(await world.events(account), []);
  await world.database.pool.query(
    "update connections set renewal_lost_at = renewal_lost_at - interval '10 minutes' where account_id = $1",
    [account.accountId],
  );
  await assert.rejects(ask(), /Reconnect the account/);
  const { token_health: health, token_health_reason: reason } = await world.health(account);
  assert.equal(health, "expired");
  assert.match(reason ?? "", /^The server stopped .* while renewing the account's access/);
  assert.deepEqual(
    (await world.events(account)).map(({ type, data }) => [type, data["reason"]]),
    [["account.disconnected", reason]],
  );
});

test("many accounts due at the same time are renewed over few connections", async () => {
  const accounts = [
    await world.connect("youtube"),
    ...(await Promise.all(Array.from({ length: 11 }, () => world.connect("youtube")))),
  ];
  for (const { accountId } of accounts)
    await world.database.pool.query(
      `update connections set access_token_expires_at = now(), issued_at = now() - interval '1 hour'
       where account_id = $1`,
      [accountId],
    );
  const pool = createPool(world.database.url, { max: 3 });
  await Promise.all(
    accounts.map((account) => freshToken({ ...world.services, pool }, account, { minLifetimeSeconds: 60 })),
  );
  await pool.end();
  assert.equal(await world.received("refresh", "youtube"), 12);
});

const AGES: [PlatformName, number, number][] = [
  ["twitter", 1000, 6900],
  ["tiktok", 1000, 6600],
  ["youtube", 1000, 3300],
  ["threads", 25 * DAY, 30 * DAY],
  ["instagram", 25 * DAY, 30 * DAY],
];
for (const [platform, young, due] of AGES) {
  test(`${platform}: access is renewed ahead in the background, once, and not while it is new`, async () => {
    const account = await world.connect(platform);
    await world.database.pool.query("update accounts set status = 'revoked' where id <> $1", [account.accountId]);
    const before = await world.received("refresh", platform);
    await world.pass(account, young);
    await renewDueTokens(world.services, NEVER);
    assert.equal(await world.received("refresh", platform), before);
    await world.pass(account, due - young);
    await renewDueTokens(world.services, NEVER);
    await renewDueTokens(world.services, NEVER);
    assert.equal(await world.received("refresh", platform), before + 1);
    assert.deepEqual(await world.health(account), { token_health: "healthy", token_health_reason: null });
  });
}

test("accounts are due at different times, the same in every process, and each is taken once", async () => {
  // Half of them are due by then, give or take: that it is all or none of so many never happens.
  const accounts = await Promise.all(Array.from({ length: 32 }, () => world.connect("tiktok")));
  await world.database.pool.query(
    "update connections set issued_at = now() - make_interval(secs => 6600 * 0.95) where account_id = any($1)",
    [accounts.map(({ accountId }) => accountId)],
  );
  const before = await world.received("refresh", "tiktok");
  await Promise.all([renewDueTokens(world.services, NEVER), renewDueTokens(world.services, NEVER)]);
  const renewed = (await world.received("refresh", "tiktok")) - before;
  assert.ok(renewed > 0 && renewed < accounts.length, `${renewed} of ${accounts.length}`);
  await renewDueTokens(world.services, NEVER);
  assert.equal((await world.received("refresh", "tiktok")) - before, renewed);
});

test("a platform that is down changes nothing, is left alone for a while, and is asked again", async () => {
  const account = await world.connect("twitter");
  await world.pass(account, 6900);
  await world.control("faults", { platform: "twitter", operation: "refresh", kind: "http_500" });
  const before = await world.received("refresh", "twitter");
  await renewDueTokens(world.services, NEVER);
  await renewDueTokens(world.services, NEVER);
  assert.equal(await world.received("refresh", "twitter"), before + 1);
  assert.equal((await world.health(account)).token_health, "healthy");
  await world.database.pool.query(
    "update connections set renewal_tried_at = renewal_tried_at - interval '121 seconds' where account_id = $1",
    [account.accountId],
  );
  await renewDueTokens(world.services, NEVER);
  assert.equal(await world.received("refresh", "twitter"), before + 2);
  assert.deepEqual(await world.events(account), []);
});

test("a grant ended by the platform is reported once: by health, event and audit log", async () => {
  const account = await world.connect("twitter");
  await world.database.pool.query("update accounts set profile_read_at = now() where id <> $1", [account.accountId]);
  await world.database.pool.query("update accounts set connected_at = now() - interval '2 days' where id = $1", [
    account.accountId,
  ]);
  await world.control("faults", { platform: "twitter", operation: "read", kind: "revoke_token" });
  await readDueProfiles(world.services, NEVER);
  await world.pass(account, 7300);
  await renewDueTokens(world.services, NEVER);
  assert.equal((await world.health(account)).token_health, "revoked");
  assert.deepEqual(
    (await world.events(account)).map(({ type, data }) => [type, data["tokenHealth"]]),
    [["account.disconnected", "revoked"]],
  );
  const { rows } = await world.database.pool.query("select action from audit_events where target = $1", [
    account.accountId,
  ]);
  assert.deepEqual(rows, [{ action: "account.revoked" }]);
});

test("profiles and metadata are refreshed about once a day, on LinkedIn only once a month", async () => {
  const [tiktok, linkedin, facebook] = await Promise.all([
    world.connect("tiktok"),
    world.connect("linkedin"),
    world.connect("facebook"),
  ]);
  const ids = [tiktok, linkedin, facebook].map(({ accountId }) => accountId);
  await world.database.pool.query("update accounts set profile_read_at = now() where id <> all($1)", [ids]);
  await world.database.pool.query(
    `update accounts set connected_at = now() - interval '25 hours',
       username = 'earlier', platform_metadata = platform_metadata - 'creatorInfoFetchedAt' || '{"kept": 1}'
     where id = any($1)`,
    [ids],
  );
  await readDueProfiles(world.services, NEVER);
  const { rows } = await world.database.pool.query<{
    platform: string;
    username: string;
    platform_metadata: Record<string, unknown>;
  }>("select platform, username, platform_metadata from accounts where id = any($1) order by platform", [ids]);
  assert.deepEqual(
    rows.map(({ platform, username }) => [platform, username === "earlier"]),
    [
      ["facebook", false],
      ["linkedin", true],
      ["tiktok", false],
    ],
  );
  const metadata = rows.find(({ platform }) => platform === "tiktok")?.platform_metadata;
  assert.ok(typeof metadata?.["creatorInfoFetchedAt"] === "string" && metadata["kept"] === 1);
  const reads = await world.received("read");
  await readDueProfiles(world.services, NEVER);
  assert.equal(await world.received("read"), reads);
});

test("an account on which five processes died is renewed and read once a day, the operator is told, and others are served", async () => {
  const { pool } = world.database;
  const [deadly, other] = [await world.connect("twitter"), await world.connect("twitter")];
  for (const account of [deadly, other]) await world.pass(account, 2 * DAY);
  const isRenewed = async ({ accountId }: AccountKey) =>
    (
      await pool.query("select from connections where account_id = $1 and issued_at > now() - interval '1 hour'", [
        accountId,
      ])
    ).rowCount === 1;
  const die = async () => {
    await pool.query("update connections set renewal_tried_at = null where account_id = $1", [deadly.accountId]);
    await pool.query(
      `insert into tries (work, subject, tries, unended, not_before)
       select unnest($1::text[]), $2, $3, $3, now() on conflict (work, subject) do update set not_before = now()`,
      [["renewals of access", "reading accounts"], deadly.accountId, MOST_TRIES],
    );
  };
  await die();
  await renewDueTokens(world.services, NEVER);
  assert.deepEqual([await isRenewed(deadly), await isRenewed(other)], [false, true]);
  await pool.query("update accounts set connected_at = now() - interval '25 hours', profile_read_at = null");
  await readDueProfiles(world.services, NEVER);
  const { rows } = await pool.query("select from accounts where profile_read_at is not null");
  assert.ok(rows.length > 1);
  assert.deepEqual(await countSetAside.all(pool), [
    { work: "reading accounts", count: 1 },
    { work: "renewals of access", count: 1 },
  ]);
  await pool.query("update connections set renewal_tried_at = null where account_id = $1", [deadly.accountId]);
  await renewDueTokens(world.services, NEVER);
  assert.ok(!(await isRenewed(deadly)), "not on the same day");
  await die();
  await renewDueTokens(world.services, NEVER);
  assert.ok(await isRenewed(deadly));
  assert.deepEqual(await countSetAside.all(pool), [{ work: "reading accounts", count: 1 }]);
});
