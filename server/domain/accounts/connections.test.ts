import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { accountsGet } from "../../../contract/operations/accounts.ts";
import { connectionsChoose } from "../../../contract/operations/connections.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { type ConnectingWorld, createConnectingWorld, type Newcomer, WAYS } from "../../../tests/connecting-world.ts";
import { answerConsent, arrive, begin, connectAs, locationOf } from "../../../tests/consent.ts";
import type { TestTenant } from "../../../tests/world.ts";
import { revokeGrant } from "../../oauth/disconnect.ts";
import { REVOKE_QUEUE } from "../../oauth/queues.ts";

let world: ConnectingWorld;
before(async () => (world = await createConnectingWorld()));
after(() => world.close());

/** How many requests the sandbox had received when the current test began. */
let seen = 0;
beforeEach(async () => {
  seen = (await world.requests()).length;
});

test("of several Pages the user chooses one, once", async () => {
  const { tenant, cookie } = await world.newcomer();
  const shown = await connectAs(world, cookie, tenant, "facebook", { chooses: false });
  const id =
    /^http:\/\/localhost:3000\/connections\/choose\/([\w-]+)\?mode=test$/.exec(shown.location ?? "")?.[1] ?? "";
  assert.ok(id, String(shown.location));
  const { accounts, connected } = await world.choicesOf(cookie, id);
  assert.deepEqual([accounts.length, connected], [2, null]);
  assert.ok(accounts.every(({ isConnected }) => !isConnected));
  const choose = (body: object, by = cookie) =>
    world.callAs(by, "POST", `/api/connections/${id}/choose?mode=test`, body);
  assert.equal(asRefusal(await choose({ platformAccountId: "1" }), 400).issues[0]?.rule, "connections.choice");
  const stranger = await world.newcomer();
  assert.equal((await choose({ platformAccountId: accounts[1]?.platformAccountId }, stranger.cookie)).status, 404);
  assert.equal((await world.callAs(cookie, "GET", `/api/connections/${id}/choices?mode=live`)).status, 404);
  const { rows } = await world.database.pool.query<{ sealed: string }>(
    "select granted_sealed as sealed from oauth_attempts where id = $1",
    [id],
  );
  assert.match(rows[0]?.sealed ?? "", /^v1\./);
  const chosen = await choose({ platformAccountId: accounts[1]?.platformAccountId });
  assert.equal(objectIn(chosen.body, "account").platformAccountId, accounts[1]?.platformAccountId);
  assert.equal((await choose({ platformAccountId: accounts[0]?.platformAccountId })).status, 404);
  assert.equal((await world.accountsOf(tenant)).length, 1);
});

test("the platform is asked to revoke a grant whose set is deleted while the user chooses", async () => {
  const { tenant, cookie } = await world.newcomer();
  const platformSetId = idOf(
    (await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "For a while" })).body,
    "set",
  );
  const shown = await connectAs(world, cookie, tenant, "facebook", { platformSetId, chooses: false });
  const id = /choose\/([\w-]+)/.exec(shown.location ?? "")?.[1] ?? "";
  const { accounts } = await world.choicesOf(cookie, id);
  assert.equal((await world.call(tenant, "DELETE", `/api/v1/platform-sets/${platformSetId}`)).status, 200);
  const choose = () =>
    world.callAs(cookie, "POST", `/api/connections/${id}/choose?mode=test`, {
      platformAccountId: accounts[0]?.platformAccountId,
    });
  assert.equal(asRefusal(await choose(), 404).error, "Platform set not found.");
  await world.doRevocations();
  assert.equal((await requestsOf("facebook", "revoke")).length, 1);
  assert.equal((await choose()).status, 404);
  assert.deepEqual(world.jobs, []);
});

/** A post of a platform that takes no scheduled ones in this world. */
async function schedule(tenant: TestTenant): Promise<string> {
  const made = await world.call(tenant, "POST", "/api/v1/posts", {
    content: { text: "Hello" },
    platforms: ["twitter"],
    platformSetId: tenant.platformSetId,
  });
  const id = idOf(made.body, "post");
  await world.database.pool.query(
    `with due as (
       update platform_posts set due_at = now() + interval '1 hour', next_action_at = now() + interval '1 hour'
       where post_id = $1)
     update posts set status = 'scheduled', scheduled_for = now() + interval '1 hour' where id = $1`,
    [id],
  );
  return id;
}

/** What was told of the posts since they were created. */
async function eventsOfPosts(ids: readonly string[]): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ type: string }>(
    "select type from outbox where post_id = any($1) and type <> 'post.scheduled' order by id",
    [ids],
  );
  return rows.map(({ type }) => type);
}

async function scheduledOf(tenant: TestTenant, accountId = ""): Promise<number> {
  const { body } = await world.call(tenant, "GET", `/api/v1/accounts/${accountId}`);
  return accountsGet.answer.parse(body).account.scheduledPosts;
}

test("another account replaces the connected one only after confirmation, and the platform is asked to revoke the old grant", async () => {
  const { tenant, cookie } = await world.newcomer();
  await connectAs(world, cookie, tenant, "twitter");
  const [old] = await world.accountsOf(tenant);
  const left = [await schedule(tenant), await schedule(tenant)];
  const person = `other${tenant.userId.slice(-6)}`;
  const shown = await connectAs(world, cookie, tenant, "twitter", { person, chooses: false });
  const id = /choose\/([\w-]+)/.exec(shown.location ?? "")?.[1] ?? "";
  const { accounts, connected } = await world.choicesOf(cookie, id);
  assert.deepEqual([accounts.length, connected?.id, connected?.scheduledPosts], [1, old?.id, 2]);
  const platformAccountId = accounts[0]?.platformAccountId;
  const path = `/api/connections/${id}/choose?mode=test`;
  assert.equal(
    asRefusal(await world.callAs(cookie, "POST", path, { platformAccountId }), 400).issues[0]?.rule,
    "connections.replace",
  );
  assert.equal((await world.accountsOf(tenant))[0]?.id, old?.id);
  const { account, replaced } = connectionsChoose.answer.parse(
    (await world.callAs(cookie, "POST", path, { platformAccountId, replace: true })).body,
  );
  assert.deepEqual(replaced, { id: old?.id, scheduledPosts: 2 });
  assert.deepEqual(await eventsOfPosts(left), ["post.missed", "post.missed"]);
  assert.deepEqual(await Promise.all([old?.id, account.id].map((each) => scheduledOf(tenant, each))), [2, 0]);
  assert.deepEqual(
    (await world.accountsOf(tenant)).map((account) => account.platformAccountId),
    [platformAccountId],
  );
  assert.equal(
    objectIn((await world.call(tenant, "GET", `/api/v1/accounts/${old?.id}`)).body, "account").status,
    "revoked",
  );
  assert.deepEqual(await world.eventsOf(old?.id), ["account.connected", "account.disconnected"]);
  await world.doRevocations();
  assert.ok((await requestsOf("twitter", "revoke")).length > 0);
});

test("reconnecting the same account keeps its ID and a refresh token that the platform does not send again", async () => {
  const { tenant, cookie } = await world.newcomer();
  await connectAs(world, cookie, tenant, "youtube");
  const [before] = await world.accountsOf(tenant);
  const url = new URL(locationOf(await begin(world, cookie, tenant, "youtube")));
  // Without this Google gives a refresh token at the first time only.
  url.searchParams.delete("prompt");
  await arrive(world, cookie, await answerConsent(url.href));
  const [after, ...others] = await world.accountsOf(tenant);
  assert.deepEqual([after?.id, others], [before?.id, []]);
  assert.deepEqual(await world.auditOf(after?.id), ["session account.connected", "session account.reconnected"]);
  await world.database.pool.query(
    "update connections set access_token_expires_at = now() - interval '1 hour' where account_id = $1",
    [after?.id],
  );
  const { status, body } = await world.callAs(cookie, "POST", `/api/accounts/${after?.id}/refresh?mode=test`);
  assert.deepEqual([status, objectIn(body, "account").tokenHealth], [200, "healthy"]);
  const { rows } = await world.database.pool.query(
    "select access_token_expires_at > now() as is_renewed from connections where account_id = $1",
    [after?.id],
  );
  assert.deepEqual([objectIn(body, "account").tokenExpiresAt, rows], [null, [{ is_renewed: true }]]);
});

for (const { platform, login, oauth, way } of WAYS) {
  test(`${way} is refreshed, disconnected, and reconnected under the same ID`, async () => {
    const { tenant, cookie } = await world.newcomer();
    await connectAs(world, cookie, tenant, platform, { login });
    const [account] = await world.accountsOf(tenant);
    assert.ok(account);
    await world.database.pool.query("update accounts set display_name = 'Old' where id = $1", [account.id]);
    const refreshed = await world.callAs(cookie, "POST", `/api/accounts/${account.id}/refresh?mode=test`);
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
    assert.deepEqual(
      [objectIn(refreshed.body, "account").displayName, objectIn(refreshed.body, "account").tokenHealth],
      [account.displayName, "healthy"],
    );
    const ended = await world.callAs(cookie, "DELETE", `/api/accounts/${account.id}?mode=test`);
    assert.equal(objectIn(ended.body, "account").status, "revoked");
    assert.equal(Object(ended.body).scheduledPosts, 0);
    assert.deepEqual(await world.accountsOf(tenant), []);
    const { rows } = await world.database.pool.query("select 1 from connections where account_id = $1", [account.id]);
    assert.deepEqual(rows, []);
    await world.doRevocations();
    const revoked = await requestsOf(platform, "revoke");
    assert.equal(revoked.length > 0, oauth.revoke !== undefined);
    assert.ok(
      revoked.every((request) => request.status === 200),
      JSON.stringify(revoked),
    );
    assert.equal((await world.callAs(cookie, "DELETE", `/api/accounts/${account.id}?mode=test`)).status, 200);
    assert.equal((await world.callAs(cookie, "POST", `/api/accounts/${account.id}/refresh?mode=test`)).status, 400);
    await connectAs(world, cookie, tenant, platform, { login });
    assert.deepEqual(
      (await world.accountsOf(tenant)).map(({ id }) => id),
      [account.id],
    );
    assert.deepEqual(await world.auditOf(account.id), [
      "session account.connected",
      "session account.refreshed",
      "session account.disconnected",
      "session account.reconnected",
    ]);
  });
}

test("an account reconnected before the platform was asked to revoke keeps its new grant", async () => {
  const { tenant, cookie } = await world.newcomer();
  await connectAs(world, cookie, tenant, "youtube");
  const [account] = await world.accountsOf(tenant);
  await world.callAs(cookie, "DELETE", `/api/accounts/${account?.id}?mode=test`);
  await connectAs(world, cookie, tenant, "youtube");
  await world.doRevocations();
  assert.deepEqual(await requestsOf("youtube", "revoke"), []);
  assert.equal(
    objectIn((await world.callAs(cookie, "POST", `/api/accounts/${account?.id}/refresh?mode=test`)).body, "account")
      .tokenHealth,
    "healthy",
  );
});

test("TikTok, which revokes only valid tokens, gets one", async () => {
  const { tenant, cookie } = await world.newcomer();
  await connectAs(world, cookie, tenant, "tiktok");
  const [account] = await world.accountsOf(tenant);
  await world.database.pool.query(
    "update connections set access_token_expires_at = now() - interval '1 hour' where account_id = $1",
    [account?.id],
  );
  await world.callAs(cookie, "DELETE", `/api/accounts/${account?.id}?mode=test`);
  await world.doRevocations();
  assert.deepEqual(
    [
      (await requestsOf("tiktok", "refresh")).length,
      (await requestsOf("tiktok", "revoke")).map(({ status }) => status),
    ],
    [1, [200]],
  );
});

test("a platform that is down does not prevent disconnecting, and is asked again later", async () => {
  const { tenant, cookie } = await world.newcomer();
  await connectAs(world, cookie, tenant, "twitter");
  const [account] = await world.accountsOf(tenant);
  await world.control("faults", { platform: "twitter", operation: "revoke", kind: "drop_before" });
  assert.equal((await world.callAs(cookie, "DELETE", `/api/accounts/${account?.id}?mode=test`)).status, 200);
  const job = world.jobs.findLast(({ queue }) => queue === REVOKE_QUEUE);
  assert.ok(job && !JSON.stringify(job.data).includes("accessToken"));
  await assert.rejects(revokeGrant(world.services.oauth, job.data));
  await revokeGrant(world.services.oauth, job.data);
  world.jobs.length = 0;
});

test("a user's entire Facebook grant is revoked only with the last connection that depends on it", async () => {
  const first = await world.newcomer();
  const second = await world.newcomer();
  const person = `owner-of-two-${first.tenant.userId}`;
  const connectPage = async ({ tenant, cookie }: Newcomer, place: number) => {
    const shown = await connectAs(world, cookie, tenant, "facebook", { person, chooses: false });
    const id = /choose\/([\w-]+)/.exec(shown.location ?? "")?.[1] ?? "";
    const { accounts } = await world.choicesOf(cookie, id);
    const { body } = await world.callAs(cookie, "POST", `/api/connections/${id}/choose?mode=test`, {
      platformAccountId: accounts[place]?.platformAccountId,
    });
    return idOf(body, "account");
  };
  const [one, other] = [await connectPage(first, 0), await connectPage(second, 1)];
  const asked = async () =>
    (await world.requests()).filter(({ platform, operation }) => platform === "facebook" && operation === "revoke")
      .length;
  const before = await asked();
  await world.callAs(first.cookie, "DELETE", `/api/accounts/${one}?mode=test`);
  await world.doRevocations();
  assert.equal(await asked(), before);
  assert.equal(
    objectIn((await world.callAs(second.cookie, "POST", `/api/accounts/${other}/refresh?mode=test`)).body, "account")
      .tokenHealth,
    "healthy",
  );
  await world.callAs(second.cookie, "DELETE", `/api/accounts/${other}?mode=test`);
  await world.doRevocations();
  assert.equal(await asked(), before + 1);
});

test("deleting a platform set asks the platforms to revoke its accounts' grants", async () => {
  const { tenant, cookie } = await world.newcomer();
  const platformSetId = idOf(
    (await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Going" })).body,
    "set",
  );
  for (const platform of ["twitter", "linkedin"] as const)
    await connectAs(world, cookie, tenant, platform, { platformSetId });
  const accounts = await world.accountsOf(tenant);
  assert.equal(accounts.length, 2);
  assert.equal((await world.call(tenant, "DELETE", `/api/v1/platform-sets/${platformSetId}`)).status, 200);
  await world.doRevocations();
  for (const { platform } of accounts) assert.ok((await requestsOf(platform, "revoke")).length > 0, platform);
});

test("no token, code, secret or verifier of all this is readable in the database", async () => {
  const { rows } = await world.database.pool.query<{ name: string }>(
    "select format('%I', tablename) as name from pg_tables where schemaname = 'public'",
  );
  const dump =
    (
      await Promise.all(
        rows.map(async ({ name }) =>
          (await world.database.pool.query<{ row: string }>(`select t::text as row from ${name} t`)).rows.map(
            ({ row }) => row,
          ),
        ),
      )
    )
      .flat()
      .join("\n") + JSON.stringify(world.jobs);
  const given = (await world.requests()).flatMap(({ body, headers, url }) => [
    ...Object.entries(Object(body)),
    ...new URL(url).searchParams,
    ["authorization", String(headers["authorization"] ?? "").replace(/^\w+ /, "")],
  ]);
  const secrets = given.flatMap(([name, value]) =>
    /token$|^code$|secret|verifier|authorization/.test(String(name)) && String(value).length > 8 ? [String(value)] : [],
  );
  assert.ok(secrets.length > 50);
  for (const secret of new Set(secrets)) assert.ok(!dump.includes(secret), `${secret.slice(0, 6)}… was found`);
});

/** Calls of this kind that the current test has made. */
async function requestsOf(platform: PlatformName, operation: string) {
  return (await world.requests())
    .slice(seen)
    .filter((request) => request.platform === platform && request.operation === operation);
}
