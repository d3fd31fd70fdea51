import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";

import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { platforms } from "../../platforms/index.ts";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { asRefusal, idOf, objectIn } from "../../tests/answers.ts";
import { answerConsent, arrive, begin, connectAs, type Shown } from "../../tests/consent.ts";
import { createWorld, type Tenant, type World } from "../../tests/world.ts";
import { revokeGrant } from "../oauth/disconnect.ts";
import { REVOKE_QUEUE } from "../oauth/queues.ts";

let world: World;
let sandbox: Sandbox;
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampost-connecting-"));
  sandbox = await startSandbox({ port: 0, dataDir: folder, limits: true });
  world = await createWorld({ sandboxUrl: sandbox.url });
});
after(async () => {
  await world.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

/** How many requests the sandbox had received when the current test began. */
let seen = 0;
beforeEach(async () => {
  seen = (await requests()).length;
});

/** Somebody new who is signed in. */
async function newcomer(): Promise<{ tenant: Tenant; cookie: string }> {
  const tenant = (await world.makeTenants()).test;
  // All of them come from one address, which so many sign-ins would be too many for.
  await world.database.pool.query("delete from throttles");
  return { tenant, cookie: await world.signIn(tenant) };
}

const WAYS: readonly [PlatformName, string][] = [...PLATFORM_NAMES.map((name): [PlatformName, string] => [name, ""]), ["instagram", "facebook"]];

for (const [platform, login] of WAYS) {
  test(`${platform} ${login} is connected at the sandbox's own consent page, with all that was granted`, async () => {
    const { tenant, cookie } = await newcomer();
    const shown = await connectAs(world, cookie, tenant, platform, { login });
    const [account, ...others] = await accountsOf(tenant);
    assert.ok(account && others.length === 0, shown.text);
    assert.deepEqual([shown.status, shown.location], [303, `http://localhost:3000/connections?mode=test&connected=${account.id}`]);
    const oauth = login === "" ? platforms[platform].oauth : platforms[platform].otherLogins?.[login];
    assert.deepEqual([account.platform, account.platformSetId, account.status, account.tokenHealth, [...account.scopes].sort()], [platform, tenant.platformSetId, "active", "healthy", [...(oauth?.scopes ?? [])].sort()]);
    assert.deepEqual(await eventsOf(account.id), ["account.connected"]);
    assert.deepEqual(await auditOf(account.id), ["session account.connected"]);
  });

  test(`${platform} ${login}: who refuses is told so and what to do, and nothing is connected`, async () => {
    const { tenant, cookie } = await newcomer();
    const shown = await connectAs(world, cookie, tenant, platform, { login, decision: "refuse" });
    assert.equal(shown.status, 400);
    assert.match(shown.text, /You did not allow access at .*, so nothing was connected/);
    assert.match(shown.text, /Try again/);
    assert.deepEqual(await accountsOf(tenant), []);
  });
}

const UNTICKED: readonly [PlatformName, string, string, RegExp][] = [
  ["instagram", "", "instagram_business_content_publish", /permission that publishing needs/],
  ["instagram", "facebook", "instagram_content_publish", /permission that publishing needs/],
  ["facebook", "", "pages_manage_posts", /permission that publishing needs/],
  ["twitter", "", "tweet.write", /permission that publishing needs: tweet\.write/],
  ["tiktok", "", "video.publish", /permission that publishing needs: video\.publish/],
  ["tiktok", "", "user.info.basic", /./],
  ["youtube", "", "https://www.googleapis.com/auth/youtube.upload", /permission that publishing needs/],
  ["threads", "", "threads_content_publish", /permission that publishing needs: threads_content_publish/],
];

for (const [platform, login, scope, says] of UNTICKED) {
  test(`${platform} ${login} without ${scope} is refused with what is missing and how to grant it`, async () => {
    const { tenant, cookie } = await newcomer();
    const shown = await connectAs(world, cookie, tenant, platform, { login, untick: [scope] });
    assert.equal(shown.status, 400, shown.text);
    assert.match(shown.text, says);
    assert.match(shown.text, /Connect again|grant everything/);
    assert.deepEqual(await accountsOf(tenant), []);
  });
}

test("a permission that publishing does not need may be left out, and is not among those granted", async () => {
  const { tenant, cookie } = await newcomer();
  await connectAs(world, cookie, tenant, "threads", { untick: ["threads_manage_replies"] });
  assert.deepEqual((await accountsOf(tenant)).map(({ scopes }) => scopes), [["threads_basic", "threads_content_publish"]]);
});

test("a state works once: coming back again shows the same account, and a refusal cannot be turned into a grant", async () => {
  const { tenant, cookie } = await newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
  const [first, second] = [await arrive(world, cookie, back), await arrive(world, cookie, back)];
  assert.deepEqual([second.status, second.location], [303, first.location]);
  assert.equal((await accountsOf(tenant)).length, 1);
  const other = await newcomer();
  const url = locationOf(await begin(world, other.cookie, other.tenant, "threads"));
  await arrive(world, other.cookie, await answerConsent(url, { decision: "refuse" }));
  const replayed = await arrive(world, other.cookie, await answerConsent(url));
  assert.equal(replayed.status, 400);
  assert.match(replayed.text, /finished already/);
  assert.deepEqual(await accountsOf(other.tenant), []);
});

test("coming back twice at the same time makes one connection", async () => {
  const { tenant, cookie } = await newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "twitter")));
  const shown = await Promise.all(Array.from({ length: 6 }, () => arrive(world, cookie, back)));
  assert.ok(shown.every(({ status }) => status === 303 || status === 400));
  assert.ok(shown.some(({ status }) => status === 303));
  const [account, ...others] = await accountsOf(tenant);
  assert.ok(account && others.length === 0);
  assert.deepEqual(await eventsOf(account.id), ["account.connected"]);
  assert.equal((await requestsOf("twitter", "token")).length, 1);
});

test("what one session began no other can finish, and it is still good for the one that began it", async () => {
  const owner = await newcomer();
  const stranger = await newcomer();
  const back = await answerConsent(locationOf(await begin(world, owner.cookie, owner.tenant, "linkedin")));
  for (const cookie of [stranger.cookie, await world.signIn(owner.tenant), ""]) {
    const shown = await arrive(world, cookie, back);
    assert.equal(shown.status, 400);
    assert.match(shown.text, /another browser or by somebody else/);
  }
  assert.deepEqual([...(await accountsOf(owner.tenant)), ...(await accountsOf(stranger.tenant))], []);
  assert.equal((await arrive(world, owner.cookie, back)).status, 303);
});

test("a sign-in that took longer than ten minutes is refused", async () => {
  const { tenant, cookie } = await newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
  await world.database.pool.query("update oauth_attempts set expires_at = now() - interval '1 second' where user_id = $1", [tenant.userId]);
  const shown = await arrive(world, cookie, back);
  assert.equal(shown.status, 400);
  assert.match(shown.text, /longer than ten minutes/);
  assert.deepEqual(await accountsOf(tenant), []);
});

test("a state that nobody was given, or none at all, is refused and never a fault", async () => {
  const { cookie } = await newcomer();
  for (const query of ["", "?state=", "?state=made-up&code=x", "?code=x", "?state=a&state=b", "?error=access_denied", `?state=${"x".repeat(5000)}`, "?state=%00"]) {
    const shown = await arrive(world, cookie, new URL(`http://localhost:3000/api/platforms/threads/callback${query}`));
    assert.equal(shown.status, 400, query);
    assert.match(shown.text, /not begun here/);
  }
  assert.equal((await arrive(world, cookie, new URL("http://localhost:3000/api/platforms/myspace/callback?state=x"))).status, 404);
});

const TAMPERED: readonly [string, (back: URL) => URL, RegExp][] = [
  ["another platform's address", (back) => new URL(back.href.replace("/threads/", "/twitter/")), /address of another platform/],
  ["no code", (back) => without(back, "code"), /without saying whether you allow access/],
  ["an empty code", (back) => withParameter(back, "code", ""), /without saying whether you allow access/],
  ["two codes", (back) => new URL(`${back.href.replace("#_", "")}&code=other`), /without saying whether you allow access/],
  ["a code that the platform did not give", (back) => withParameter(back, "code", "made-up"), /did not accept the sign-in/],
  ["another issuer", (back) => withParameter(back, "iss", "https://evil.example"), /does not come from Threads/],
  ["an issuer that is no address", (back) => withParameter(back, "iss", "threads"), /does not come from Threads/],
];

for (const [what, tamper, says] of TAMPERED) {
  test(`an answer with ${what} is refused, and the sign-in is spent`, async () => {
    const { tenant, cookie } = await newcomer();
    const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
    const shown = await arrive(world, cookie, tamper(back));
    assert.equal(shown.status, 400);
    assert.match(shown.text, says);
    assert.match((await arrive(world, cookie, back)).text, /finished already/);
    assert.deepEqual(await accountsOf(tenant), []);
  });
}

test("the platform's own issuer is taken", async () => {
  const { tenant, cookie } = await newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "youtube")));
  assert.equal((await arrive(world, cookie, withParameter(back, "iss", "https://accounts.google.com"))).status, 303);
});

for (const platform of ["twitter", "youtube"] as const) {
  test(`${platform}: a code that another person's sign-in was given is of no use in one's own`, async () => {
    const victim = await newcomer();
    const attacker = await newcomer();
    const stolen = (await answerConsent(locationOf(await begin(world, victim.cookie, victim.tenant, platform)))).searchParams.get("code") ?? "";
    const back = await answerConsent(locationOf(await begin(world, attacker.cookie, attacker.tenant, platform)));
    const shown = await arrive(world, attacker.cookie, withParameter(back, "code", stolen));
    assert.equal(shown.status, 400);
    assert.match(shown.text, /did not accept the sign-in/);
    assert.deepEqual(await accountsOf(attacker.tenant), []);
  });
}

const REFUSALS: readonly [string, RegExp][] = [
  ["error=access_denied&error_reason=user_denied&error_description=<script>alert(1)</script>", /did not allow access/],
  ["error=acceess_denied", /did not allow access/],
  ["error=user_cancelled_login&error_description=x", /did not allow access/],
  ["error=unauthorized_scope_error", /does not accept the app/],
  ["error=invalid_scope", /does not accept the app/],
  ["error=admin_policy_enforced", /rules of the organization/],
  ["error=temporarily_unavailable", /fault at the moment/],
  ["error_code=1349126&error_message=App+Not+Setup+<script>alert(1)</script>", /does not accept the app/],
  ["errCode=10009&error_type=param_error", /a reason that is not known/],
  ["error=<script>alert(1)</script>", /a reason that is not known/],
  ["error=__proto__", /a reason that is not known/],
];

for (const [query, says] of REFUSALS) {
  test(`"${query.slice(0, 40)}" becomes a page that says what to do, without a word of its own`, async () => {
    const { tenant, cookie } = await newcomer();
    const state = new URL(locationOf(await begin(world, cookie, tenant, "threads"))).searchParams.get("state") ?? "";
    const shown = await arrive(world, cookie, new URL(`http://localhost:3000/api/platforms/threads/callback?${query}&state=${state}`));
    assert.ok(shown.status === 400 || shown.status === 502, String(shown.status));
    assert.match(shown.text, says);
    assert.match(shown.text, /What to do/);
    assert.doesNotMatch(shown.text, /alert\(1\)|App Not Setup|1349126/);
  });
}

test("a platform that is away, or answers with a fault, is told as that, and trying again works", async () => {
  const { tenant, cookie } = await newcomer();
  for (const kind of ["http_500", "drop_before"]) {
    const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "linkedin")));
    await control("faults", { platform: "linkedin", operation: "token", kind });
    const shown = await arrive(world, cookie, back);
    assert.equal(shown.status, 502, kind);
    assert.match(shown.text, /fault at the moment/);
  }
  assert.equal((await connectAs(world, cookie, tenant, "linkedin")).status, 303);
});

test("one goes on to pages of the app only, wherever a link would lead", async () => {
  const { tenant, cookie } = await newcomer();
  for (const returnTo of ["https://evil.example/", "//evil.example", "/\\evil.example", "/.//evil.example", "javascript:alert(1)", "/a\nb", "connections"]) {
    const begun = await begin(world, cookie, tenant, "threads", { returnTo });
    assert.equal(begun.status, 400, returnTo);
    const body = { platformSetId: tenant.platformSetId, returnTo };
    assert.equal(asRefusal(await world.callAs(cookie, "POST", "/api/platforms/threads/connect?mode=test", body), 400).issues[0]?.path, "/returnTo");
  }
  const shown = await connectAs(world, cookie, tenant, "threads", { returnTo: "/keys?mode=test#top" });
  assert.match(shown.location ?? "", /^http:\/\/localhost:3000\/keys\?mode=test&connected=[\w-]+$/);
});

test("who is not signed in is sent to sign in, and another site's link does not begin to connect", async () => {
  const { tenant, cookie } = await newcomer();
  const begun = await begin(world, "", tenant, "threads");
  assert.deepEqual([begun.status, begun.location?.startsWith("/sign-in?returnTo=%2Fapi%2Fplatforms%2Fthreads%2Fconnect")], [303, true]);
  const foreign = await fetch(`${world.url}/api/platforms/threads/connect?platformSetId=${tenant.platformSetId}&mode=test`, { redirect: "manual", headers: { cookie, "sec-fetch-site": "cross-site" } });
  assert.equal(foreign.status, 400);
  const { live } = await world.makeTenants();
  assert.equal((await begin(world, cookie, { ...live, mode: "test" }, "threads")).status, 404);
});

test("as JSON the start answers the address of the consent page, with PKCE where the platform has it, and stores no state", async () => {
  const { tenant, cookie } = await newcomer();
  for (const platform of PLATFORM_NAMES) {
    const { status, body } = await world.callAs(cookie, "POST", `/api/platforms/${platform}/connect?mode=test`, { platformSetId: tenant.platformSetId });
    assert.equal(status, 200, JSON.stringify(body));
    const url = new URL(z.object({ authorizeUrl: z.string() }).parse(body).authorizeUrl);
    const query = url.searchParams;
    assert.equal(query.get("code_challenge_method"), platforms[platform].oauth?.pkce ? "S256" : null);
    assert.equal(query.get("redirect_uri"), `http://localhost:3000/api/platforms/${platform}/callback`);
    assert.equal(query.has("client_key"), !query.has("client_id"));
    const state = query.get("state") ?? "";
    assert.ok(state.length >= 43);
    const { rows } = await world.database.pool.query("select a::text as row from oauth_attempts a union all select i::text from idempotency_keys i");
    assert.ok(!JSON.stringify(rows).includes(state));
  }
  assert.equal(new URL(locationOf(await begin(world, cookie, tenant, "youtube"))).searchParams.get("access_type"), "offline");
  assert.equal(asRefusal(await world.callAs(cookie, "POST", "/api/platforms/threads/connect?mode=test", { platformSetId: tenant.platformSetId, login: "constructor" }), 400).issues[0]?.rule, "connections.login");
  assert.equal(asRefusal(await world.callAs(cookie, "POST", "/api/platforms/threads/connect?mode=live", { platformSetId: (await world.makeTenants()).live.platformSetId }), 400).issues[0]?.rule, "connections.notConfigured");
});

test("of several Pages the person chooses one, and can choose once", async () => {
  const { tenant, cookie } = await newcomer();
  const shown = await connectAs(world, cookie, tenant, "facebook", { person: `${tenant.userId}-two-pages` });
  const id = /^http:\/\/localhost:3000\/connections\/choose\/([\w-]+)\?mode=test$/.exec(shown.location ?? "")?.[1] ?? "";
  assert.ok(id, String(shown.location));
  const { accounts, connected } = await choicesOf(cookie, id);
  assert.deepEqual([accounts.length, connected], [2, null]);
  assert.ok(accounts.every(({ isConnected }) => !isConnected));
  const choose = (body: object, by = cookie) => world.callAs(by, "POST", `/api/connections/${id}/choose?mode=test`, body);
  assert.equal(asRefusal(await choose({ platformAccountId: "1" }), 400).issues[0]?.rule, "connections.choice");
  const stranger = await newcomer();
  assert.equal((await choose({ platformAccountId: accounts[1]?.platformAccountId }, stranger.cookie)).status, 404);
  assert.equal((await world.callAs(cookie, "GET", `/api/connections/${id}/choices?mode=live`)).status, 404);
  const { rows } = await world.database.pool.query<{ sealed: string }>("select granted_sealed as sealed from oauth_attempts where id = $1", [id]);
  assert.match(rows[0]?.sealed ?? "", /^v1\./);
  const chosen = await choose({ platformAccountId: accounts[1]?.platformAccountId });
  assert.equal(objectIn(chosen.body, "account").platformAccountId, accounts[1]?.platformAccountId);
  assert.equal((await choose({ platformAccountId: accounts[0]?.platformAccountId })).status, 404);
  assert.equal((await accountsOf(tenant)).length, 1);
});

test("another account of the platform replaces the connected one only when that is agreed to, and the platform is asked to take the old grant back", async () => {
  const { tenant, cookie } = await newcomer();
  await connectAs(world, cookie, tenant, "twitter");
  const [old] = await accountsOf(tenant);
  const shown = await connectAs(world, cookie, tenant, "twitter", { person: `other${tenant.userId.slice(-6)}` });
  const id = /choose\/([\w-]+)/.exec(shown.location ?? "")?.[1] ?? "";
  const { accounts, connected } = await choicesOf(cookie, id);
  assert.deepEqual([accounts.length, connected?.id], [1, old?.id]);
  const platformAccountId = accounts[0]?.platformAccountId;
  const path = `/api/connections/${id}/choose?mode=test`;
  assert.equal(asRefusal(await world.callAs(cookie, "POST", path, { platformAccountId }), 400).issues[0]?.rule, "connections.replace");
  assert.equal((await accountsOf(tenant))[0]?.id, old?.id);
  assert.equal((await world.callAs(cookie, "POST", path, { platformAccountId, replace: true })).status, 200);
  assert.deepEqual((await accountsOf(tenant)).map((account) => account.platformAccountId), [platformAccountId]);
  assert.equal(objectIn((await world.call(tenant, "GET", `/api/v1/accounts/${old?.id}`)).body, "account").status, "revoked");
  assert.deepEqual(await eventsOf(old?.id), ["account.connected", "account.disconnected"]);
  await doRevocations();
  assert.ok((await requestsOf("twitter", "revoke")).length > 0);
});

test("connecting the same account again keeps its id and a refresh token that the platform does not send again", async () => {
  const { tenant, cookie } = await newcomer();
  await connectAs(world, cookie, tenant, "youtube");
  const [before] = await accountsOf(tenant);
  const url = new URL(locationOf(await begin(world, cookie, tenant, "youtube")));
  // Without this Google gives a refresh token at the first time only.
  url.searchParams.delete("prompt");
  await arrive(world, cookie, await answerConsent(url.href));
  const [after, ...others] = await accountsOf(tenant);
  assert.deepEqual([after?.id, others], [before?.id, []]);
  assert.deepEqual(await auditOf(after?.id), ["session account.connected", "session account.reconnected"]);
  await world.database.pool.query("update connections set access_token_expires_at = now() - interval '1 hour' where account_id = $1", [after?.id]);
  const { status, body } = await world.callAs(cookie, "POST", `/api/accounts/${after?.id}/refresh?mode=test`);
  assert.deepEqual([status, objectIn(body, "account").tokenHealth], [200, "healthy"]);
  assert.ok(new Date(String(objectIn(body, "account").tokenExpiresAt)) > new Date());
});

for (const [platform, login] of WAYS) {
  test(`${platform} ${login} is refreshed, disconnected, and connected again under the same id`, async () => {
    const { tenant, cookie } = await newcomer();
    await connectAs(world, cookie, tenant, platform, { login });
    const [account] = await accountsOf(tenant);
    assert.ok(account);
    await world.database.pool.query("update accounts set display_name = 'Old' where id = $1", [account.id]);
    const refreshed = await world.callAs(cookie, "POST", `/api/accounts/${account.id}/refresh?mode=test`);
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed.body));
    assert.deepEqual([objectIn(refreshed.body, "account").displayName, objectIn(refreshed.body, "account").tokenHealth], [account.displayName, "healthy"]);
    const ended = await world.callAs(cookie, "DELETE", `/api/accounts/${account.id}?mode=test`);
    assert.equal(objectIn(ended.body, "account").status, "revoked");
    assert.deepEqual(await accountsOf(tenant), []);
    const { rows } = await world.database.pool.query("select 1 from connections where account_id = $1", [account.id]);
    assert.deepEqual(rows, []);
    await doRevocations();
    const oauth = login === "" ? platforms[platform].oauth : platforms[platform].otherLogins?.[login];
    const revoked = await requestsOf(platform, "revoke");
    assert.equal(revoked.length > 0, oauth?.revoke !== undefined);
    assert.ok(revoked.every((request) => request.status === 200), JSON.stringify(revoked));
    assert.equal((await world.callAs(cookie, "DELETE", `/api/accounts/${account.id}?mode=test`)).status, 200);
    assert.equal((await world.callAs(cookie, "POST", `/api/accounts/${account.id}/refresh?mode=test`)).status, 400);
    await connectAs(world, cookie, tenant, platform, { login });
    assert.deepEqual((await accountsOf(tenant)).map(({ id }) => id), [account.id]);
    assert.deepEqual(await auditOf(account.id), ["session account.connected", "session account.refreshed", "session account.disconnected", "session account.reconnected"]);
  });
}

test("a platform that is away keeps nobody from disconnecting, and is asked again later", async () => {
  const { tenant, cookie } = await newcomer();
  await connectAs(world, cookie, tenant, "twitter");
  const [account] = await accountsOf(tenant);
  await control("faults", { platform: "twitter", operation: "revoke", kind: "drop_before" });
  assert.equal((await world.callAs(cookie, "DELETE", `/api/accounts/${account?.id}?mode=test`)).status, 200);
  const job = world.jobs.findLast(({ queue }) => queue === REVOKE_QUEUE);
  assert.ok(job && !JSON.stringify(job.data).includes("accessToken"));
  await assert.rejects(revokeGrant(world.services.oauth, job.data));
  await revokeGrant(world.services.oauth, job.data);
  world.jobs.length = 0;
});

test("a person's whole grant at Facebook is taken back only with the last connection that lives by it", async () => {
  const first = await newcomer();
  const second = await newcomer();
  const person = `${first.tenant.userId}-two-pages`;
  const connectPage = async ({ tenant, cookie }: typeof first, place: number) => {
    const shown = await connectAs(world, cookie, tenant, "facebook", { person });
    const id = /choose\/([\w-]+)/.exec(shown.location ?? "")?.[1] ?? "";
    const { accounts } = await choicesOf(cookie, id);
    const { body } = await world.callAs(cookie, "POST", `/api/connections/${id}/choose?mode=test`, { platformAccountId: accounts[place]?.platformAccountId });
    return idOf(body, "account");
  };
  const [one, other] = [await connectPage(first, 0), await connectPage(second, 1)];
  const asked = async () => (await requests()).filter(({ platform, operation }) => platform === "facebook" && operation === "revoke").length;
  const before = await asked();
  await world.callAs(first.cookie, "DELETE", `/api/accounts/${one}?mode=test`);
  await doRevocations();
  assert.equal(await asked(), before);
  assert.equal(objectIn((await world.callAs(second.cookie, "POST", `/api/accounts/${other}/refresh?mode=test`)).body, "account").tokenHealth, "healthy");
  await world.callAs(second.cookie, "DELETE", `/api/accounts/${other}?mode=test`);
  await doRevocations();
  assert.equal(await asked(), before + 1);
});

test("deleting a platform set has the platforms take back what its accounts were granted", async () => {
  const { tenant, cookie } = await newcomer();
  const platformSetId = idOf((await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Going" })).body, "set");
  for (const platform of ["twitter", "linkedin"] as const) await connectAs(world, cookie, tenant, platform, { platformSetId });
  const accounts = await accountsOf(tenant);
  assert.equal(accounts.length, 2);
  assert.equal((await world.call(tenant, "DELETE", `/api/v1/platform-sets/${platformSetId}`)).status, 200);
  await doRevocations();
  for (const { platform } of accounts) assert.ok((await requestsOf(platform, "revoke")).length > 0, platform);
});

test("a platform set's own app wins, is remembered by what it connected, and never shows its secret", async () => {
  const { tenant, cookie } = await newcomer();
  const path = (platform = "") => `/api/platform-sets/${tenant.platformSetId}/apps${platform}?mode=test`;
  const redirectUri = "http://localhost:3000/api/platforms/twitter/callback";
  const app = z.object({ clientId: z.string(), clientSecret: z.string() }).parse(await control("apps", { platform: "twitter", redirectUris: [redirectUri] }));
  const saved = await world.callAs(cookie, "PUT", path("/twitter"), app);
  assert.partialDeepStrictEqual(objectIn(saved.body, "app"), { platform: "twitter", clientId: app.clientId, redirectUri });
  const listed = await world.callAs(cookie, "GET", path());
  assert.ok(!JSON.stringify([saved.body, listed.body]).includes(app.clientSecret));
  const clientOf = (shown: Shown) => new URL(locationOf(shown)).searchParams.get("client_id");
  assert.equal(clientOf(await begin(world, cookie, tenant, "twitter")), app.clientId);
  const otherSet = idOf((await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Other" })).body, "set");
  assert.notEqual(clientOf(await begin(world, cookie, tenant, "twitter", { platformSetId: otherSet })), app.clientId);
  await connectAs(world, cookie, tenant, "twitter");
  const [account] = await accountsOf(tenant);
  const { rows } = await world.database.pool.query<{ dump: string }>("select a::text as dump from oauth_apps a union all select e::text from audit_events e");
  assert.ok(!JSON.stringify(rows).includes(app.clientSecret));
  assert.equal((await world.callAs(cookie, "DELETE", path("/twitter"))).status, 200);
  assert.notEqual(clientOf(await begin(world, cookie, tenant, "twitter")), app.clientId);
  assert.equal((await world.callAs(cookie, "DELETE", path("/twitter"))).status, 404);
  await world.database.pool.query("update connections set access_token_expires_at = now() - interval '1 hour' where account_id = $1", [account?.id]);
  assert.equal(objectIn((await world.callAs(cookie, "POST", `/api/accounts/${account?.id}/refresh?mode=test`)).body, "account").tokenHealth, "healthy");
  const basic = `Basic ${Buffer.from(`${encodeURIComponent(app.clientId)}:${encodeURIComponent(app.clientSecret)}`).toString("base64")}`;
  assert.equal((await requests()).findLast(({ operation }) => operation === "refresh")?.headers["authorization"], basic);
  assert.deepEqual(await auditOfUser(tenant.userId, "oauth_app."), ["oauth_app.saved", "oauth_app.deleted"]);
});

test("two platform sets with apps of their own never share a token", async () => {
  const { tenant, cookie } = await newcomer();
  const other = idOf((await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Other" })).body, "set");
  for (const platformSetId of [tenant.platformSetId, other]) {
    const app = await control("apps", { platform: "twitter", redirectUris: ["http://localhost:3000/api/platforms/twitter/callback"] });
    const { clientId, clientSecret } = Object(app);
    assert.equal((await world.callAs(cookie, "PUT", `/api/platform-sets/${platformSetId}/apps/twitter?mode=test`, { clientId, clientSecret })).status, 200);
    await connectAs(world, cookie, tenant, "twitter", { platformSetId });
  }
  const { rows } = await world.database.pool.query<{ oauth_app_id: string; access_token_sealed: string }>("select oauth_app_id, access_token_sealed from connections where user_id = $1", [tenant.userId]);
  assert.equal(new Set(rows.map((row) => row.oauth_app_id)).size, 2);
  const [first, second] = await accountsOf(tenant);
  assert.equal(first?.platformAccountId, second?.platformAccountId);
  await world.callAs(cookie, "DELETE", `/api/accounts/${first?.id}?mode=test`);
  await doRevocations();
  assert.equal(objectIn((await world.callAs(cookie, "POST", `/api/accounts/${second?.id}/refresh?mode=test`)).body, "account").tokenHealth, "healthy");
});

test("no token, code, secret or verifier of all this stands in the database", async () => {
  const { rows } = await world.database.pool.query<{ name: string }>("select format('%I', tablename) as name from pg_tables where schemaname = 'public'");
  const dump = (await Promise.all(rows.map(async ({ name }) => (await world.database.pool.query<{ row: string }>(`select t::text as row from ${name} t`)).rows.map(({ row }) => row)))).flat().join("\n") + JSON.stringify(world.jobs);
  const given = (await requests()).flatMap(({ body, headers, url }) => [...Object.entries(Object(body)), ...new URL(url).searchParams, ["authorization", String(headers["authorization"] ?? "").replace(/^\w+ /, "")]]);
  const secrets = given.flatMap(([name, value]) => (/token$|^code$|secret|verifier|authorization/.test(String(name)) && String(value).length > 8 ? [String(value)] : []));
  assert.ok(secrets.length > 50);
  for (const secret of new Set(secrets)) assert.ok(!dump.includes(secret), `${secret.slice(0, 6)}… was found`);
});

/** Does what is on the job queue, as a worker would. */
async function doRevocations(): Promise<void> {
  for (const { queue, data } of world.jobs.splice(0)) if (queue === REVOKE_QUEUE) await revokeGrant(world.services.oauth, data);
}

const accountForm = z.looseObject({ id: z.string(), platform: z.enum(PLATFORM_NAMES), platformAccountId: z.string(), platformSetId: z.string(), displayName: z.string().nullable(), status: z.string(), tokenHealth: z.string(), scopes: z.array(z.string()) });

async function accountsOf(tenant: Tenant) {
  return z.object({ accounts: z.array(accountForm) }).parse((await world.call(tenant, "GET", "/api/v1/accounts")).body).accounts;
}

const choicesForm = z.object({ accounts: z.array(z.looseObject({ platformAccountId: z.string(), isConnected: z.boolean() })), connected: z.looseObject({ id: z.string() }).nullable() });

async function choicesOf(cookie: string, id: string) {
  return choicesForm.parse(objectIn((await world.callAs(cookie, "GET", `/api/connections/${id}/choices?mode=test`)).body, "choices"));
}

async function eventsOf(accountId: string | undefined): Promise<string[]> {
  return (await world.database.pool.query<{ type: string }>("select type from outbox where account_id = $1 order by id", [accountId])).rows.map(({ type }) => type);
}

async function auditOf(target: string | undefined): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ actor_kind: string; action: string }>("select actor_kind, action from audit_events where target = $1 order by id", [target]);
  return rows.map(({ actor_kind, action }) => `${actor_kind} ${action}`);
}

async function auditOfUser(userId: string, prefix: string): Promise<string[]> {
  return (await world.database.pool.query<{ action: string }>("select action from audit_events where user_id = $1 and starts_with(action, $2) order by id", [userId, prefix])).rows.map(({ action }) => action);
}

const requestForm = z.object({ platform: z.string().nullable(), operation: z.string().nullable(), url: z.string(), headers: z.record(z.string(), z.unknown()), body: z.unknown(), status: z.number().nullable() });

async function requests() {
  return z.array(requestForm).parse(await (await fetch(`${sandbox.url}/_sandbox/requests`)).json());
}

/** Calls of this kind that the current test has made. */
async function requestsOf(platform: PlatformName, operation: string) {
  return (await requests()).slice(seen).filter((request) => request.platform === platform && request.operation === operation);
}

async function control(path: string, body: object): Promise<unknown> {
  const response = await fetch(`${sandbox.url}/_sandbox/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return await response.json();
}

function locationOf({ location, status, text }: Shown): string {
  assert.ok(location !== null && status === 302, `${status} ${text.slice(0, 500)}`);
  return location;
}

function withParameter(url: URL, name: string, value: string): URL {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed;
}

function without(url: URL, name: string): URL {
  const changed = new URL(url);
  changed.searchParams.delete(name);
  return changed;
}
