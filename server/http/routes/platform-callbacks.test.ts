import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";

import { newId } from "../../../model/ids.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { insertApp as insertOwnApp } from "../../db/queries/oauth-apps.ts";
import { sealAppSecret } from "../../oauth/app.ts";
import { storeConnection } from "../../oauth/connect.ts";

/** What Meta calls when a person removes the app or asks for the deletion of their data. */
let world: World;
before(async () => {
  world = await createWorld();
  world.services.oauth.liveApp = (platform) =>
    platform === "facebook" || platform === "threads"
      ? { clientId: "1", clientSecret: `secret of ${platform}`, redirectUri: "https://app.example/cb" }
      : null;
});
after(() => world.close());
beforeEach(() => world.database.pool.query("delete from throttles"));

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed(personId: string, { secret = "secret of facebook", ageSeconds = 0, algorithm = "HMAC-SHA256" } = {}) {
  const issuedAt = Math.floor(Date.now() / 1000) - ageSeconds;
  const payload = encode({ algorithm, issued_at: issuedAt, user_id: personId });
  return `${createHmac("sha256", secret).update(payload).digest("base64url")}.${payload}`;
}

async function callback(path: string, signedRequest: string) {
  const answer = await world.app.inject({
    method: "POST",
    url: `/meta/${path}`,
    headers: { host: "localhost:3000", "content-type": "application/x-www-form-urlencoded" },
    payload: String(new URLSearchParams({ signed_request: signedRequest })),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, string>>() };
}

let people = 0;
const newPerson = () => `1020000000000${String((people += 1)).padStart(4, "0")}`;

async function connect(
  tenant: TestTenant,
  platform: PlatformName,
  personId: string,
  options: { login?: string; oauthAppId?: string | null } = {},
): Promise<string> {
  const platformSetId = randomUUID();
  await world.database.pool.query("insert into platform_sets (id, user_id, mode, name) values ($1, $2, $3, 'Set')", [
    platformSetId,
    tenant.userId,
    tenant.mode,
  ]);
  return await storeConnection(
    world.services.oauth,
    { userId: tenant.userId, mode: tenant.mode, platformSetId, platform },
    {
      accessToken: "TOKEN",
      refreshToken: null,
      expiresInSeconds: null,
      refreshExpiresInSeconds: null,
      scopes: ["pages_manage_posts"],
      userToken: { accessToken: "USER", expiresInSeconds: null },
    },
    {
      platformAccountId: `page-${personId}`,
      username: "a.person",
      displayName: "A Person",
      avatarUrl: "https://cdn.example/a.jpg",
      metadata: { about: "me" },
    },
    { login: options.login ?? "", oauthAppId: options.oauthAppId ?? null, grantorId: personId, dataAccessEndsAt: null },
  );
}

async function stored(accountId: string): Promise<Record<string, unknown>> {
  const { rows } = await world.database.pool.query<Record<string, unknown>>(
    `select a.status, a.token_health as health, a.username, a.display_name as name, a.avatar_url as picture,
       a.platform_metadata as metadata, a.platform_account_id as id,
       exists (select from connections c where c.account_id = a.id) as "hasTokens"
     from accounts a where a.id = $1`,
    [accountId],
  );
  return rows[0] ?? {};
}

async function eventsOf(accountId: string): Promise<unknown[]> {
  const { rows } = await world.database.pool.query<{ type: string; data: Record<string, unknown> }>(
    "select type, data from outbox where account_id = $1 order by id",
    [accountId],
  );
  return rows.map(({ type, data }) => [type, data["username"] ?? null]);
}

test("a person who removes the app ends all of their accounts of that app, and no others", async () => {
  const [person, other] = [newPerson(), newPerson()];
  const [page, instagram, threads, others, inTest] = await Promise.all([
    connect(world.live, "facebook", person),
    connect(world.live, "instagram", person, { login: "facebook" }),
    connect(world.live, "threads", person),
    connect(world.live, "facebook", other),
    connect(world.test, "facebook", person),
  ]);
  assert.deepEqual(await callback("deauthorize/facebook", signed(person)), { status: 200, body: { success: true } });
  for (const account of [page, instagram]) {
    const { health, status, username } = await stored(account);
    assert.deepEqual([health, status, username], ["revoked", "active", "a.person"]);
  }
  for (const account of [threads, others, inTest]) assert.equal((await stored(account))["health"], "healthy");
  await callback("deauthorize/facebook", signed(person));
  assert.deepEqual(await eventsOf(page), [
    ["account.connected", "a.person"],
    ["account.disconnected", "a.person"],
  ]);
  const { rows } = await world.database.pool.query("select token_health_reason as reason from accounts where id = $1", [
    page,
  ]);
  assert.match(JSON.stringify(rows), /has removed the app on Facebook\. Reconnect the account\./);
});

test("a deletion deletes tokens, IDs, names, pictures and details, also of disconnected accounts, and has a receipt", async () => {
  const person = newPerson();
  const [page, former] = await Promise.all([
    connect(world.live, "facebook", person),
    connect(world.live, "facebook", person),
  ]);
  await world.database.pool.query("delete from connections where account_id = $1", [former]);
  await world.database.pool.query("update accounts set status = 'revoked' where id = $1", [former]);
  const { status, body } = await callback("data-deletion/facebook", signed(person));
  assert.equal(status, 200);
  const code = body.confirmation_code ?? "";
  assert.match(code, /^[\w-]{22}$/);
  assert.equal(body.url, `http://localhost:3000/meta/data-deletion/status/${code}`);
  for (const account of [page, former])
    assert.deepEqual(await stored(account), {
      status: "revoked",
      health: "revoked",
      username: null,
      name: null,
      picture: null,
      metadata: {},
      id: `deleted-${account}`,
      hasTokens: false,
    });
  assert.deepEqual(await eventsOf(page), [
    ["account.connected", null],
    ["account.disconnected", null],
  ]);
  const { rows } = await world.database.pool.query(
    `select row_to_json(t)::text as kept from accounts t union all select row_to_json(t)::text from data_deletions t
     union all select row_to_json(t)::text from outbox t`,
  );
  assert.doesNotMatch(JSON.stringify(rows), new RegExp(person));
  const page200 = await world.app.inject({ url: `/meta/data-deletion/status/${code}`, headers: HOST });
  assert.equal(page200.statusCode, 200);
  assert.match(page200.body, /Your data was deleted/);
  assert.match(page200.body, /the 2 accounts/);
  assert.match(page200.body, new RegExp(`${new Date().getUTCFullYear()}`));
});

test("a repeated deletion has the same receipt, also at the same time, and a later one has its own", async () => {
  const person = newPerson();
  await connect(world.live, "threads", person);
  const again = () => callback("data-deletion/threads", signed(person, { secret: "secret of threads" }));
  const first = await Promise.all([again(), again(), again()]);
  const codes = new Set(first.map(({ body }) => body.confirmation_code));
  assert.equal(codes.size, 1, JSON.stringify(first));
  assert.deepEqual(new Set([...codes, (await again()).body.confirmation_code]), codes);
  await connect(world.live, "threads", person);
  assert.equal(codes.has((await again()).body.confirmation_code), false);
});

test("a person of whom nothing is stored gets a receipt that says so", async () => {
  const { body } = await callback("data-deletion/facebook", signed(newPerson()));
  const { body: page } = await world.app.inject({ url: new URL(body.url ?? "").pathname, headers: HOST });
  assert.match(page, /No data about you was stored\./);
});

test("the app of a platform set signs for its own accounts only", async () => {
  const person = newPerson();
  const id = await insertApp(world.live, "facebook", "secret of the set");
  const [ofSet, ofInstance] = await Promise.all([
    connect(world.live, "facebook", person, { oauthAppId: id }),
    connect(world.live, "facebook", person),
  ]);
  const request = signed(person, { secret: "secret of the set" });
  const { status, body } = await callback("data-deletion/facebook", request);
  assert.equal(status, 200);
  assert.deepEqual([(await stored(ofSet))["hasTokens"], (await stored(ofInstance))["hasTokens"]], [false, true]);
  assert.equal((await callback("data-deletion/facebook", request)).body.confirmation_code, body.confirmation_code);
  const forged = await callback("deauthorize/facebook", signed(newPerson(), { secret: "secret of the set" }));
  assert.equal(forged.status, 400);
});

test("an account that was connected again after the request stays", async () => {
  const person = newPerson();
  const account = await connect(world.live, "facebook", person);
  assert.equal((await callback("deauthorize/facebook", signed(person, { ageSeconds: 3600 }))).status, 200);
  assert.equal((await stored(account))["health"], "healthy");
});

test("forged, changed, stale and unreadable requests are rejected, and change nothing", async () => {
  const person = newPerson();
  const account = await connect(world.live, "facebook", person);
  const before = await stored(account);
  const [signature = "", payload = ""] = signed(person).split(".");
  const REQUESTS: [string, RegExp][] = [
    ["", /cannot be read/],
    ["a.b", /cannot be read/],
    [`${signature}.${encode({ algorithm: "none", issued_at: 1, user_id: person })}`, /cannot be read/],
    [signed(person, { algorithm: "HMAC-SHA1" }), /cannot be read/],
    [`x${"y".repeat(5000)}.${payload}`, /cannot be read/],
    [signed(person, { secret: "guessed" }), /not signed by an app of this instance/],
    [signed(person, { secret: "" }), /not signed by an app of this instance/],
    [signed(person, { secret: "secret of threads" }), /not signed by an app of this instance/],
    [`${signature.slice(1)}.${payload}`, /not signed by an app of this instance/],
    [signed(person, { ageSeconds: 86_400 + 60 }), /too old/],
    [signed(person, { ageSeconds: -3600 }), /too old, or from the future/],
  ];
  for (const path of ["deauthorize/facebook", "data-deletion/facebook"])
    for (const [request, message] of REQUESTS) {
      const { status, body } = await callback(path, request);
      assert.deepEqual([status, body.code], [400, "VALIDATION_FAILED"], request);
      assert.match(body.error ?? "", message);
    }
  assert.deepEqual(await stored(account), before);
  for (const platform of ["twitter", "constructor"])
    assert.equal((await callback(`deauthorize/${platform}`, signed(person))).status, 404);
});

test("other bodies are rejected, long ones before they are read as a request, and who keeps failing has to wait", async () => {
  const post = (payload: string, type = "application/x-www-form-urlencoded") =>
    world.app.inject({
      method: "POST",
      url: "/meta/deauthorize/facebook",
      headers: { ...HOST, "content-type": type },
      payload,
    });
  assert.equal((await post("{}", "application/json")).statusCode, 400);
  assert.equal((await post(`signed_request=${"x".repeat(20_000)}`)).statusCode, 413);
  const statuses = new Set<number>();
  for (let turn = 0; turn < 125; turn += 1) statuses.add((await post("signed_request=a.b")).statusCode);
  assert.deepEqual(statuses, new Set([400, 429]));
});

test("an unknown receipt is not found", async () => {
  const { statusCode, body } = await world.app.inject({ url: "/meta/data-deletion/status/unknown", headers: HOST });
  assert.deepEqual([statusCode, /Receipt not found/.test(body)], [404, true]);
});

const HOST = { host: "localhost:3000" };

async function insertApp(tenant: { userId: string; mode: Mode }, platform: PlatformName, secret: string) {
  const id = newId();
  const { pool } = world.database;
  const sealed = sealAppSecret(world.services.oauth, id, secret);
  const place = [id, tenant.userId, tenant.mode, randomUUID(), platform] as const;
  await insertOwnApp.run(pool, [...place, "2", sealed, "https://app.example/cb", null, null]);
  return id;
}
