import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { z } from "zod";

import { keyPolicies } from "../../../contract/operations/api-keys.ts";
import { platformSetsConnectOptions } from "../../../contract/operations/connections.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { type ConnectingWorld, createConnectingWorld } from "../../../tests/connecting-world.ts";
import { arrive, begin, connectAs, locationOf, type Shown } from "../../../tests/consent.ts";
import { createApiKey } from "../api-keys/api-keys.ts";
import { createOperatorKey } from "../operator-keys/operator-keys.ts";

let world: ConnectingWorld;
before(async () => (world = await createConnectingWorld()));
after(() => world.close());

test("before an own app is saved, its redirect address, permissions and limits are known, and the logins that work", async () => {
  const { test: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  const read = async (id: string) =>
    await world.callAs(cookie, "GET", `/api/platform-sets/${id}/connect-options?mode=test`);
  const { connectOptions } = platformSetsConnectOptions.answer.parse((await read(tenant.platformSetId)).body);
  assert.deepEqual(
    connectOptions.map(({ platform }) => platform),
    [...PLATFORM_NAMES],
  );
  const of = (name: string) => connectOptions.find(({ platform }) => platform === name) ?? assert.fail(name);
  assert.deepEqual(
    of("instagram").logins.map(({ login, label }) => [login, label]),
    [
      ["", "Instagram"],
      ["facebook", "Instagram through Facebook"],
    ],
  );
  for (const { platform, ownApp: app } of connectOptions) {
    const [, steps = ""] = (await readFile(`platforms/${platform}/README.md`, "utf8")).split("## Going live");
    assert.ok(app.portalUrl !== null && steps.includes(`(${app.portalUrl})`), platform);
  }
  const { ownApp } = of("threads");
  assert.equal(ownApp.redirectUri, "http://localhost:3000/api/platforms/threads/callback");
  const scopes = new Map(ownApp.scopes.map(({ name, ...scope }) => [name, scope]));
  assert.deepEqual(
    [scopes.get("threads_content_publish")?.without, scopes.get("threads_content_publish")?.isDefault],
    [null, true],
  );
  assert.match(scopes.get("threads_manage_replies")?.without ?? "", /replies/);
  assert.deepEqual(
    of("youtube").ownApp.limits.find(({ name }) => name === "uploads"),
    { name: "uploads", documented: 100 },
  );
  assert.deepEqual([of("facebook").ownApp.hasConfigId, ownApp.hasConfigId], [true, false]);
  assert.equal((await read(world.test.platformSetId)).status, 404);
});

test("a platform set's own app takes precedence, is remembered by its connections, and never shows its secret", async () => {
  const { tenant, cookie } = await world.newcomer();
  const path = (platform = "") => `/api/platform-sets/${tenant.platformSetId}/apps${platform}?mode=test`;
  const redirectUri = "http://localhost:3000/api/platforms/twitter/callback";
  const app = z
    .object({ clientId: z.string(), clientSecret: z.string() })
    .parse(await world.control("apps", { platform: "twitter", redirectUris: [redirectUri] }));
  const saved = await world.callAs(cookie, "PUT", path("/twitter"), app);
  assert.partialDeepStrictEqual(objectIn(saved.body, "app"), {
    platform: "twitter",
    clientId: app.clientId,
    redirectUri,
  });
  const listed = await world.callAs(cookie, "GET", path());
  assert.ok(!JSON.stringify([saved.body, listed.body]).includes(app.clientSecret));
  const clientOf = (shown: Shown) => new URL(locationOf(shown)).searchParams.get("client_id");
  assert.equal(clientOf(await begin(world, cookie, tenant, "twitter")), app.clientId);
  const otherSet = idOf((await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Other" })).body, "set");
  assert.notEqual(clientOf(await begin(world, cookie, tenant, "twitter", { platformSetId: otherSet })), app.clientId);
  await connectAs(world, cookie, tenant, "twitter");
  const [account] = await world.accountsOf(tenant);
  const { rows } = await world.database.pool.query<{ dump: string }>(
    "select a::text as dump from oauth_apps a union all select e::text from audit_events e",
  );
  assert.ok(!JSON.stringify(rows).includes(app.clientSecret));
  assert.equal((await world.callAs(cookie, "DELETE", path("/twitter"))).status, 200);
  assert.notEqual(clientOf(await begin(world, cookie, tenant, "twitter")), app.clientId);
  assert.equal((await world.callAs(cookie, "DELETE", path("/twitter"))).status, 404);
  await world.database.pool.query(
    "update connections set access_token_expires_at = now() - interval '1 hour' where account_id = $1",
    [account?.id],
  );
  assert.equal(
    objectIn((await world.callAs(cookie, "POST", `/api/accounts/${account?.id}/refresh?mode=test`)).body, "account")
      .tokenHealth,
    "healthy",
  );
  const basic = `Basic ${Buffer.from(`${encodeURIComponent(app.clientId)}:${encodeURIComponent(app.clientSecret)}`).toString("base64")}`;
  assert.equal(
    (await world.requests()).findLast(({ operation }) => operation === "refresh")?.headers["authorization"],
    basic,
  );
  const audited = await world.database.pool.query<{ action: string }>(
    "select action from audit_events where user_id = $1 and starts_with(action, 'oauth_app.') order by id",
    [tenant.userId],
  );
  assert.deepEqual(
    audited.rows.map(({ action }) => action),
    ["oauth_app.saved", "oauth_app.deleted"],
  );
});

test("a user's own app connects all of their sets without one, in its mode, for keys with the policy and the operator only", async () => {
  const { tenant, cookie } = await world.newcomer();
  const redirectUris = ["http://localhost:3000/api/platforms/twitter/callback"];
  const register = async () =>
    z
      .object({ clientId: z.string(), clientSecret: z.string() })
      .parse(await world.control("apps", { platform: "twitter", redirectUris }));
  const [own, ofSet] = [await register(), await register()];
  const clientOf = async (of: { platformSetId?: string } = {}) =>
    new URL(locationOf(await begin(world, cookie, tenant, "twitter", of))).searchParams.get("client_id");
  const platformSetId = idOf(
    (await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Other" })).body,
    "set",
  );
  const { operatorKey } = await createOperatorKey(world.services, { name: "operator" });
  const { apiKey } = await createApiKey(world.services, tenant, {
    name: "apps",
    policies: keyPolicies.parse({ oauthApps: true }),
  });
  const at = "/api/v1/oauth-apps";
  const admin = `/admin/v1/tenants/${tenant.userId}/oauth-apps`;
  const [held, operator] = [
    { ...tenant, key: apiKey },
    { ...tenant, key: operatorKey },
  ];

  for (const [method, path, body] of [
    ["GET", at, undefined],
    ["PUT", `${at}/twitter`, own],
    ["DELETE", `${at}/twitter`, undefined],
  ] as const) {
    const { issues } = asRefusal(await world.call(tenant, method, path, body), 403);
    assert.equal(issues[0]?.rule, "key.policy.oauthApps");
  }
  for (const [save, remove] of [
    [() => world.call(held, "PUT", `${at}/twitter`, own), () => world.call(held, "DELETE", `${at}/twitter`)],
    [
      () => world.callAs(cookie, "PUT", `${at}/twitter?mode=test`, own),
      () => world.callAs(cookie, "DELETE", `${at}/twitter?mode=test`),
    ],
    [
      () => world.call(operator, "PUT", `${admin}/twitter`, { ...own, mode: "test" }),
      () => world.call(operator, "DELETE", `${admin}/twitter?mode=test`),
    ],
  ] as const) {
    const saved = await save();
    assert.equal(saved.status, 200, JSON.stringify(saved.body));
    assert.deepEqual([await clientOf(), await clientOf({ platformSetId })], [own.clientId, own.clientId]);
    const listed = [
      await world.call(held, "GET", at),
      await world.callAs(cookie, "GET", `${at}?mode=test`),
      await world.call(operator, "GET", `${admin}?mode=test`),
    ].map(({ body }) => z.object({ apps: z.array(z.looseObject({ clientId: z.string() })) }).parse(body).apps);
    for (const apps of listed) assert.deepEqual(apps, [objectIn(saved.body, "app")]);
    assert.ok(!JSON.stringify([saved.body, listed]).includes(own.clientSecret));
    assert.deepEqual((await world.call(operator, "GET", admin)).body, { apps: [] });
    const other = await world.newcomer();
    const theirs = new URL(locationOf(await begin(world, other.cookie, other.tenant, "twitter")));
    assert.notEqual(theirs.searchParams.get("client_id"), own.clientId);

    const ofOneSet = `/api/platform-sets/${platformSetId}/apps/twitter?mode=test`;
    assert.equal((await world.callAs(cookie, "PUT", ofOneSet, ofSet)).status, 200);
    assert.deepEqual([await clientOf(), await clientOf({ platformSetId })], [own.clientId, ofSet.clientId]);
    await world.callAs(cookie, "DELETE", ofOneSet);

    assert.deepEqual((await remove()).body, { success: true });
    assert.notEqual(await clientOf(), own.clientId);
    assert.equal((await remove()).status, 404);
  }
});

test("what a platform has granted to an own app applies to its accounts' posts, and stays until it is changed", async () => {
  const { tenant, cookie } = await world.newcomer();
  const redirectUris = ["http://localhost:3000/api/platforms/youtube/callback"];
  const app = z
    .object({ clientId: z.string(), clientSecret: z.string() })
    .parse(await world.control("apps", { platform: "youtube", redirectUris }));
  const ofSet = `/api/platform-sets/${tenant.platformSetId}/apps`;
  const own = "/api/v1/oauth-apps";
  const tenantApps = `/admin/v1/tenants/${tenant.userId}/oauth-apps`;
  const { operatorKey } = await createOperatorKey(world.services, { name: "limits" });
  const operator = { ...tenant, key: operatorKey };
  const send = {
    set: (method: string, body?: object) =>
      world.callAs(cookie, method, `${ofSet}${body ? "/youtube" : ""}?mode=test`, body),
    user: (method: string, body?: object) =>
      world.callAs(cookie, method, `${own}${body ? "/youtube" : ""}?mode=test`, body),
    tenant: (method: string, body?: object) =>
      body === undefined
        ? world.call(operator, method, `${tenantApps}?mode=test`)
        : world.call(operator, method, `${tenantApps}/youtube`, { ...body, mode: "test" }),
  };
  const listed = z.object({ apps: z.array(z.looseObject({ limits: z.record(z.string(), z.int().nullable()) })) });
  for (const sendTo of [send.user, send.tenant, send.set]) {
    const saved = async (limits?: object) => {
      const answer = await sendTo("PUT", { ...app, ...(limits && { limits }) });
      assert.equal(answer.status, 200, JSON.stringify(answer.body));
      const [shown] = listed.parse((await sendTo("GET")).body).apps;
      assert.deepEqual(shown, objectIn(answer.body, "app"));
      return shown?.limits;
    };
    assert.deepEqual(await saved({ uploads: null }), { uploads: null });
    assert.deepEqual(await saved({ uploads: 2 }), { uploads: 2 });
    assert.deepEqual(await saved(), { uploads: 2 });
    const { issues } = asRefusal(await sendTo("PUT", { ...app, limits: { appPosts: 2 } }), 400);
    assert.deepEqual([issues[0]?.path, issues[0]?.rule], ["/limits/appPosts", "oauthApps.limits"]);
  }
  world.services.settings.scheduling = "all";
  await connectAs(world, cookie, tenant, "youtube");
  const [account] = await world.accountsOf(tenant);
  const video = { url: "https://example.com/v.mp4", type: "video", mimeType: "video/mp4", sizeBytes: 1e6 };
  const scheduledFor = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const create = () =>
    world.call(tenant, "POST", "/api/v1/posts", {
      content: { text: "A film", media: [{ ...video, durationSeconds: 9 }] },
      platforms: ["youtube"],
      platformSetId: tenant.platformSetId,
      scheduledFor,
    });
  assert.deepEqual([(await create()).status, (await create()).status, (await create()).status], [201, 201, 429]);
  const { limits } = z
    .object({ limits: z.array(z.looseObject({ per: z.string(), limit: z.int() })) })
    .parse(objectIn((await world.call(tenant, "GET", `/api/v1/accounts/${account?.id}`)).body, "account"));
  assert.deepEqual(
    limits.map(({ per, limit }) => [per, limit]),
    [["app", 2]],
  );
});

test("a set's own app asks for the permissions chosen for it, and for no fewer than publishing requires", async () => {
  const { tenant, cookie } = await world.newcomer();
  const path = (platform: string) => `/api/platform-sets/${tenant.platformSetId}/apps/${platform}?mode=test`;
  const app = { clientId: "1234567890", clientSecret: "secret" };
  const scopes = ["threads_basic", "threads_content_publish"];
  const saved = await world.callAs(cookie, "PUT", path("threads"), { ...app, scopes });
  assert.deepEqual(objectIn(saved.body, "app").scopes, scopes);
  const asked = async (platform: PlatformName) =>
    new URL(locationOf(await begin(world, cookie, tenant, platform))).searchParams;
  assert.equal((await asked("threads")).get("scope"), "threads_basic,threads_content_publish");
  await world.callAs(cookie, "PUT", path("threads"), app);
  assert.equal((await asked("threads")).get("scope"), "threads_basic,threads_content_publish,threads_manage_replies");
  for (const [wrong, message] of [
    [["threads_basic"], "Publishing on Threads requires these permissions too: threads_content_publish."],
    [[...scopes, "threads_delete"], "Ampost has no use for these Threads permissions: threads_delete."],
  ] as const) {
    const refused = asRefusal(await world.callAs(cookie, "PUT", path("threads"), { ...app, scopes: wrong }), 400);
    assert.deepEqual([refused.issues[0]?.path, refused.issues[0]?.message], ["/scopes", message]);
  }
});

test("an app whose review has not approved a permission is told so, and works once it is left out", async () => {
  const { tenant, cookie } = await world.newcomer();
  const redirectUris = ["http://localhost:3000/api/platforms/linkedin/callback"];
  const scopes = ["openid", "profile", "w_member_social"];
  const app = z
    .object({ clientId: z.string(), clientSecret: z.string() })
    .parse(await world.control("apps", { platform: "linkedin", redirectUris, scopes }));
  const path = `/api/platform-sets/${tenant.platformSetId}/apps/linkedin?mode=test`;
  await world.callAs(cookie, "PUT", path, app);
  const begun = locationOf(await begin(world, cookie, tenant, "linkedin"));
  const sentBack = (await fetch(begun, { redirect: "manual" })).headers.get("location") ?? "";
  const refused = await arrive(world, cookie, new URL(sentBack));
  assert.equal(refused.status, 400);
  assert.match(refused.text, /unauthorized_scope_error: .*email/);
  assert.match(refused.text, /leave out what they do not include \(LINKEDIN_SCOPES, or/);
  await world.callAs(cookie, "PUT", path, { ...app, scopes });
  assert.equal((await connectAs(world, cookie, tenant, "linkedin")).status, 303);
  assert.deepEqual((await world.accountsOf(tenant))[0]?.scopes.toSorted(), scopes);
});

test("a Facebook app with a configuration asks for that instead of permissions, and other apps have none", async () => {
  const { tenant, cookie } = await world.newcomer();
  const path = (platform: string) => `/api/platform-sets/${tenant.platformSetId}/apps/${platform}?mode=test`;
  const app = { clientId: "1234567890", clientSecret: "secret", configId: "77" };
  assert.equal((await world.callAs(cookie, "PUT", path("facebook"), app)).status, 200);
  const { searchParams } = new URL(locationOf(await begin(world, cookie, tenant, "facebook")));
  assert.deepEqual([searchParams.get("config_id"), searchParams.has("scope")], ["77", false]);
  const both = { ...app, scopes: ["pages_show_list", "pages_manage_posts", "pages_read_engagement"] };
  assert.equal(asRefusal(await world.callAs(cookie, "PUT", path("facebook"), both), 400).issues[0]?.path, "/scopes");
  assert.equal(asRefusal(await world.callAs(cookie, "PUT", path("threads"), app), 400).issues[0]?.path, "/configId");
});

test("two platform sets with their own apps never share a token", async () => {
  const { tenant, cookie } = await world.newcomer();
  const other = idOf((await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Other" })).body, "set");
  for (const platformSetId of [tenant.platformSetId, other]) {
    const app = await world.control("apps", {
      platform: "twitter",
      redirectUris: ["http://localhost:3000/api/platforms/twitter/callback"],
    });
    const { clientId, clientSecret } = Object(app);
    assert.equal(
      (
        await world.callAs(cookie, "PUT", `/api/platform-sets/${platformSetId}/apps/twitter?mode=test`, {
          clientId,
          clientSecret,
        })
      ).status,
      200,
    );
    await connectAs(world, cookie, tenant, "twitter", { platformSetId });
  }
  const { rows } = await world.database.pool.query<{ oauth_app_id: string; access_token_sealed: string }>(
    "select oauth_app_id, access_token_sealed from connections where user_id = $1",
    [tenant.userId],
  );
  assert.equal(new Set(rows.map((row) => row.oauth_app_id)).size, 2);
  const [first, second] = await world.accountsOf(tenant);
  assert.equal(first?.platformAccountId, second?.platformAccountId);
  await world.callAs(cookie, "DELETE", `/api/accounts/${first?.id}?mode=test`);
  await world.doRevocations();
  assert.equal(
    objectIn((await world.callAs(cookie, "POST", `/api/accounts/${second?.id}/refresh?mode=test`)).body, "account")
      .tokenHealth,
    "healthy",
  );
});
