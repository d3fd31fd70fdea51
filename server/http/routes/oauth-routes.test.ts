import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { newId } from "../../../model/ids.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { platforms } from "../../../platforms/index.ts";
import { askedScopes } from "../../../platforms/kit/scopes.ts";
import { asRefusal } from "../../../tests/answers.ts";
import { type ConnectingWorld, createConnectingWorld, type Newcomer, WAYS } from "../../../tests/connecting-world.ts";
import { answerConsent, arrive, begin, connectAs, locationOf } from "../../../tests/consent.ts";

let world: ConnectingWorld;
/** A user for whom nothing is ever connected. */
let bystander: Newcomer;
before(async () => {
  world = await createConnectingWorld();
  bystander = await world.newcomer();
});
after(() => world.close());

for (const { platform, login, oauth, way } of WAYS) {
  test(`${way} is connected at the sandbox's own consent page, with everything granted`, async () => {
    const { tenant, cookie } = await world.newcomer();
    const shown = await connectAs(world, cookie, tenant, platform, { login });
    const [account, ...others] = await world.accountsOf(tenant);
    assert.ok(account && others.length === 0, shown.text);
    const platforms = `http://localhost:3000/platforms?mode=test`;
    const { href } = new URL(shown.location ?? "", platforms);
    assert.equal(shown.status, 303);
    assert.equal(href, `${platforms}&connected=${account.id}`);
    assert.deepEqual(
      [account.platform, account.platformSetId, account.status, account.tokenHealth, [...account.scopes].sort()],
      [platform, tenant.platformSetId, "active", "healthy", askedScopes(oauth.scopes).sort()],
    );
    assert.deepEqual(await world.eventsOf(account.id), ["account.connected"]);
    assert.deepEqual(await world.auditOf(account.id), ["session account.connected"]);
  });

  test(`${way}: a user who declines is told so and what to do, and nothing is connected`, async () => {
    const { tenant, cookie } = bystander;
    const shown = await connectAs(world, cookie, tenant, platform, { login, decision: "refuse" });
    assert.equal(shown.status, 400);
    assert.match(shown.text, /You did not allow access on .*, so nothing was connected/);
    assert.match(shown.text, /Try again/);
    assert.deepEqual(await world.accountsOf(tenant), []);
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

test("in live mode, a login through another platform's app uses that app and its redirect URI", async () => {
  const { live, cookie } = await world.newcomer();
  const redirectUri = "http://localhost:3000/api/platforms/facebook/callback";
  const app = z
    .object({ clientId: z.string(), clientSecret: z.string() })
    .parse(await world.control("apps", { platform: "instagram", redirectUris: [redirectUri] }));
  const { oauth } = world.services;
  const { liveApp } = oauth;
  oauth.liveApp = (platform) => (platform === "facebook" ? { ...app, redirectUri } : null);
  try {
    const authorizeUrl = new URL(locationOf(await begin(world, cookie, live, "instagram", { login: "facebook" })));
    assert.deepEqual(
      [authorizeUrl.origin, authorizeUrl.searchParams.get("auth_type"), authorizeUrl.searchParams.has("login_hint")],
      ["https://www.facebook.com", "rerequest", false],
    );
    const back = await answerConsent(authorizeUrl.href.replace("https:/", world.sandboxUrl));
    assert.equal((await arrive(world, cookie, back)).status, 303);
    assert.deepEqual(
      (await world.accountsOf(live)).map(({ platform, status }) => [platform, status]),
      [["instagram", "active"]],
    );
  } finally {
    oauth.liveApp = liveApp;
  }
});

for (const [platform, login, scope, says] of UNTICKED) {
  test(`${platform} ${login === "" ? "" : `by ${login} `}without ${scope} is refused with what is missing and how to grant it`, async () => {
    const { tenant, cookie } = bystander;
    const shown = await connectAs(world, cookie, tenant, platform, { login, untick: [scope] });
    assert.equal(shown.status, 400, shown.text);
    assert.match(shown.text, says);
    assert.match(shown.text, /Connect again|grant all/);
    assert.deepEqual(await world.accountsOf(tenant), []);
  });
}

test("a permission that publishing does not need is optional", async () => {
  const { tenant, cookie } = await world.newcomer();
  await connectAs(world, cookie, tenant, "threads", { untick: ["threads_manage_replies"] });
  assert.deepEqual(
    (await world.accountsOf(tenant)).map(({ scopes }) => scopes),
    [["threads_basic", "threads_content_publish"]],
  );
});

test("without the permission that lists Pages of a business portfolio, having none says so", async () => {
  const { tenant, cookie } = bystander;
  const begun = new URL(locationOf(await begin(world, cookie, tenant, "facebook")));
  const back = await answerConsent(begun.href, { untick: ["business_management"], person: "analyst-9" });
  const shown = await arrive(world, cookie, back);
  assert.equal(shown.status, 400);
  assert.match(shown.text, /business_management was not granted: Pages that belong to a business portfolio cannot/);
});

test("a state works once: returning again shows the same account, and an error cannot become a grant", async () => {
  const { tenant, cookie } = await world.newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
  const [first, second] = [await arrive(world, cookie, back), await arrive(world, cookie, back)];
  assert.deepEqual([second.status, second.location], [303, first.location]);
  assert.equal((await world.accountsOf(tenant)).length, 1);
  const other = await world.newcomer();
  const url = locationOf(await begin(world, other.cookie, other.tenant, "threads"));
  await arrive(world, other.cookie, await answerConsent(url, { decision: "refuse" }));
  const replayed = await arrive(world, other.cookie, await answerConsent(url));
  assert.equal(replayed.status, 400);
  assert.match(replayed.text, /already been completed/);
  assert.deepEqual(await world.accountsOf(other.tenant), []);
});

test("returning twice concurrently creates one connection", async () => {
  const { tenant, cookie } = await world.newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "twitter")));
  const tokenCalls = async () =>
    (await world.requests()).filter(({ platform, operation }) => platform === "twitter" && operation === "token")
      .length;
  const before = await tokenCalls();
  const shown = await Promise.all(Array.from({ length: 6 }, () => arrive(world, cookie, back)));
  assert.ok(shown.every(({ status }) => status === 303 || status === 400));
  assert.ok(shown.some(({ status }) => status === 303));
  const [account, ...others] = await world.accountsOf(tenant);
  assert.ok(account && others.length === 0);
  assert.deepEqual(await world.eventsOf(account.id), ["account.connected"]);
  assert.equal((await tokenCalls()) - before, 1);
});

test("another session cannot finish a sign-in, which still works for the one that started it", async () => {
  const owner = await world.newcomer();
  const stranger = await world.newcomer();
  const back = await answerConsent(locationOf(await begin(world, owner.cookie, owner.tenant, "linkedin")));
  for (const cookie of [stranger.cookie, await world.signIn(owner.tenant), ""]) {
    const shown = await arrive(world, cookie, back);
    assert.equal(shown.status, 400);
    assert.match(shown.text, /another browser or by another user/);
  }
  assert.deepEqual([...(await world.accountsOf(owner.tenant)), ...(await world.accountsOf(stranger.tenant))], []);
  assert.equal((await arrive(world, owner.cookie, back)).status, 303);
});

test("a sign-in that took longer than ten minutes is rejected", async () => {
  const { tenant, cookie } = await world.newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
  await world.database.pool.query(
    "update oauth_attempts set expires_at = now() - interval '1 second' where user_id = $1",
    [tenant.userId],
  );
  const shown = await arrive(world, cookie, back);
  assert.equal(shown.status, 400);
  assert.match(shown.text, /longer than ten minutes/);
  assert.deepEqual(await world.accountsOf(tenant), []);
});

test("an unknown or missing state is rejected and never an internal error", async () => {
  const { cookie } = bystander;
  for (const query of [
    "",
    "?state=",
    "?state=made-up&code=x",
    "?code=x",
    "?state=a&state=b",
    "?error=access_denied",
    `?state=${"x".repeat(5000)}`,
    "?state=%00",
  ]) {
    const shown = await arrive(world, cookie, new URL(`http://localhost:3000/api/platforms/threads/callback${query}`));
    assert.equal(shown.status, 400, query);
    assert.match(shown.text, /not started here/);
  }
  assert.equal(
    (await arrive(world, cookie, new URL("http://localhost:3000/api/platforms/myspace/callback?state=x"))).status,
    404,
  );
});

const TAMPERED: readonly [string, (back: URL) => URL, RegExp][] = [
  ["another platform's address", (back) => new URL(back.href.replace("/threads/", "/twitter/")), /redirect URI/],
  ["no code", (back) => without(back, "code"), /without saying whether you allowed access/],
  ["an empty code", (back) => withParameter(back, "code", ""), /without saying whether you allowed access/],
  [
    "two codes",
    (back) => new URL(`${back.href.replace("#_", "")}&code=other`),
    /without saying whether you allowed access/,
  ],
  ["a code that the platform did not give", (back) => withParameter(back, "code", "made-up"), /rejected the sign-in/],
  ["another issuer", (back) => withParameter(back, "iss", "https://evil.example"), /did not come from Threads/],
  ["an issuer that is no address", (back) => withParameter(back, "iss", "threads"), /did not come from Threads/],
];

for (const [what, tamper, says] of TAMPERED) {
  test(`a response with ${what} is rejected, and the sign-in is used up`, async () => {
    const { tenant, cookie } = bystander;
    const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "threads")));
    const shown = await arrive(world, cookie, tamper(back));
    assert.equal(shown.status, 400);
    assert.match(shown.text, says);
    assert.match((await arrive(world, cookie, back)).text, /already been completed/);
    assert.deepEqual(await world.accountsOf(tenant), []);
  });
}

test("the platform's own issuer is accepted", async () => {
  const { tenant, cookie } = await world.newcomer();
  const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "youtube")));
  assert.equal((await arrive(world, cookie, withParameter(back, "iss", "https://accounts.google.com"))).status, 303);
});

for (const platform of ["twitter", "youtube"] as const) {
  test(`${platform}: a code from another user's sign-in does not work in one's own`, async () => {
    const victim = await world.newcomer();
    const attacker = await world.newcomer();
    const stolen =
      (await answerConsent(locationOf(await begin(world, victim.cookie, victim.tenant, platform)))).searchParams.get(
        "code",
      ) ?? "";
    const back = await answerConsent(locationOf(await begin(world, attacker.cookie, attacker.tenant, platform)));
    const shown = await arrive(world, attacker.cookie, withParameter(back, "code", stolen));
    assert.equal(shown.status, 400);
    assert.match(shown.text, /rejected the sign-in/);
    assert.deepEqual(await world.accountsOf(attacker.tenant), []);
  });
}

const REFUSALS: readonly [string, RegExp][] = [
  [
    "error=access_denied&error_reason=user_denied&error_description=1 < 2 <script>alert(1)</script>",
    /did not allow access/,
  ],
  ["error=acceess_denied", /did not allow access/],
  ["error=user_cancelled_login&error_description=x", /did not allow access/],
  ["error=unauthorized_scope_error", /rejected the app/],
  ["error=invalid_scope", /rejected the app/],
  ["error=admin_policy_enforced", /organization that owns/],
  ["error=temporarily_unavailable", /having problems/],
  ["error_code=1349126&error_message=App+Not+Setup+<script>alert(1)</script>", /rejected the app/],
  ["errCode=10009&error_type=param_error", /a reason that Ampost does not recognize/],
  ["error=<script>alert(1)</script>", /a reason that Ampost does not recognize/],
  ["error=__proto__", /a reason that Ampost does not recognize/],
];

for (const [query, says] of REFUSALS) {
  test(`"${query.slice(0, 40)}" becomes a page that says what to do, with the platform's reason as plain text`, async () => {
    const { tenant, cookie } = bystander;
    const state = new URL(locationOf(await begin(world, cookie, tenant, "threads"))).searchParams.get("state") ?? "";
    const shown = await arrive(
      world,
      cookie,
      new URL(`http://localhost:3000/api/platforms/threads/callback?${query}&state=${state}`),
    );
    assert.ok(shown.status === 400 || shown.status === 502, String(shown.status));
    assert.match(shown.text, says);
    assert.match(shown.text, /What to do/);
    for (const value of new URLSearchParams(query).values())
      assert.ok(shown.text.includes(value.replace(/<\/?script>/g, "").replace("<", "&#60;")), value);
    assert.doesNotMatch(shown.text, /<script>alert/);
  });
}

const OPERATORS_CURES: readonly [PlatformName, string, string, RegExp][] = [
  [
    "linkedin",
    "error=unauthorized_scope_error&error_description=Scope+%22email%22+is+not+authorized+for+your+application",
    "unauthorized_scope_error: Scope &#34;email&#34; is not authorized for your application",
    /Share on LinkedIn.* or leave out .* \(LINKEDIN_SCOPES, or/s,
  ],
  ["tiktok", "error=code_challenge&errCode=10007", "code_challenge, 10007", /register .*tiktok\/callback in Login Kit/],
  ["tiktok", "errCode=10004&error=invalid_scope", "invalid_scope, 10004", /leave it out \(TIKTOK_SCOPES, or/],
  [
    "facebook",
    "error_code=1349048&error_message=Invalid+Scopes",
    "1349048: Invalid Scopes",
    /leave it out \(FACEBOOK_SCOPES, or/,
  ],
  ["youtube", "error=redirect_uri_mismatch", "redirect_uri_mismatch", /exactly on .*youtube\/callback/],
];

for (const [platform, query, said, cure] of OPERATORS_CURES) {
  test(`${platform}: ${query.slice(0, 40)} is shown to the owner with what the operator can do, and logged`, async (t) => {
    const { tenant, cookie } = bystander;
    const warn = t.mock.method(world.services.oauth.log, "warn");
    const state = new URL(locationOf(await begin(world, cookie, tenant, platform))).searchParams.get("state") ?? "";
    const back = new URL(`http://localhost:3000/api/platforms/${platform}/callback?${query}&state=${state}`);
    const shown = await arrive(world, cookie, back);
    assert.equal(shown.status, 400);
    assert.ok(shown.text.includes(said), shown.text);
    assert.match(shown.text, cure);
    const [logged] = warn.mock.calls.map((call) => JSON.stringify(call.arguments[0]));
    assert.ok(logged?.includes(platform) && !logged.includes(state), logged);
  });
}

test("a platform's reason is one line of plain text, without secrets and of limited length", async () => {
  const { tenant, cookie } = bystander;
  const state = new URL(locationOf(await begin(world, cookie, tenant, "threads"))).searchParams.get("state") ?? "";
  const words = `\u202eone\r\ntwo\u0007 access_token=hunter2 ${"x".repeat(5_000)}`;
  const query = new URLSearchParams({ error: "server_error", error_description: words, state });
  const shown = await arrive(world, cookie, new URL(`http://localhost:3000/api/platforms/threads/callback?${query}`));
  assert.match(shown.text, /server_error: one two +access_token=\[redacted\] x/);
  assert.doesNotMatch(shown.text, /hunter2|\u202e|\u0007|x{500}/);
});

test("a platform that is down or returns an error is reported as such, and retrying works", async () => {
  const { tenant, cookie } = await world.newcomer();
  for (const kind of ["http_500", "drop_before"]) {
    const back = await answerConsent(locationOf(await begin(world, cookie, tenant, "linkedin")));
    await world.control("faults", { platform: "linkedin", operation: "token", kind });
    const shown = await arrive(world, cookie, back);
    assert.equal(shown.status, 502, kind);
    assert.match(shown.text, /having problems/);
  }
  assert.equal((await connectAs(world, cookie, tenant, "linkedin")).status, 303);
});

test("the browser continues only to pages of the app, wherever a link would lead", async () => {
  const { tenant, cookie } = await world.newcomer();
  for (const returnTo of [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/.//evil.example",
    "javascript:alert(1)",
    "/a\nb",
    "connections",
  ]) {
    const begun = await begin(world, cookie, tenant, "threads", { returnTo });
    assert.equal(begun.status, 400, returnTo);
    const body = { platformSetId: tenant.platformSetId, returnTo };
    assert.equal(
      asRefusal(await world.callAs(cookie, "POST", "/api/platforms/threads/connect?mode=test", body), 400).issues[0]
        ?.path,
      "/returnTo",
    );
  }
  const shown = await connectAs(world, cookie, tenant, "threads", { returnTo: "/keys?mode=test#top" });
  assert.match(shown.location ?? "", /^http:\/\/localhost:3000\/keys\?mode=test&connected=[\w-]+$/);
});

test("the page that a user came from is where they go on after choosing, cancelling or declining", async () => {
  const { tenant, cookie } = await world.newcomer();
  const from = { returnTo: "/?mode=test" };
  const query = new URLSearchParams({ ...from, platformSetId: newId(), mode: "test" });
  const refused = await arrive(world, cookie, new URL(`http://localhost:3000/api/platforms/facebook/connect?${query}`));
  assert.match(refused.text, /href="\/\?mode=test"\s*>Go back</);
  const declined = await connectAs(world, cookie, tenant, "facebook", { ...from, decision: "refuse" });
  assert.match(declined.text, /href="\/\?mode=test"\s*>Go back</);
  assert.match(declined.text, /returnTo=%2F%3Fmode%3Dtest/);
  const choosing = await connectAs(world, cookie, tenant, "facebook", { ...from, chooses: false });
  const page = await arrive(world, cookie, new URL(choosing.location ?? ""));
  assert.match(page.text, /href="\/\?mode=test"\s*>Cancel</);
  const chosen = await connectAs(world, cookie, tenant, "facebook", from);
  assert.match(chosen.location ?? "", /^(http:\/\/localhost:3000)?\/\?mode=test&connected=[\w-]+$/);
});

test("a visitor is sent to sign in, and another site's link does not start connecting", async () => {
  const { tenant, cookie } = await world.newcomer();
  const begun = await begin(world, "", tenant, "threads");
  assert.deepEqual(
    [begun.status, begun.location?.startsWith("/sign-in?returnTo=%2Fapi%2Fplatforms%2Fthreads%2Fconnect")],
    [303, true],
  );
  const foreign = await fetch(
    `${world.url}/api/platforms/threads/connect?platformSetId=${tenant.platformSetId}&mode=test`,
    { redirect: "manual", headers: { cookie, "sec-fetch-site": "cross-site" } },
  );
  assert.equal(foreign.status, 400);
  const { live } = await world.makeTenants();
  assert.equal((await begin(world, cookie, { ...live, mode: "test" }, "threads")).status, 404);
});

test("as JSON, the start returns the URL of the consent page, with PKCE if the platform supports it, and stores no state", async () => {
  const { tenant, cookie } = await world.newcomer();
  for (const platform of PLATFORM_NAMES) {
    const { status, body } = await world.callAs(cookie, "POST", `/api/platforms/${platform}/connect?mode=test`, {
      platformSetId: tenant.platformSetId,
    });
    assert.equal(status, 200, JSON.stringify(body));
    const url = new URL(z.object({ authorizeUrl: z.string() }).parse(body).authorizeUrl);
    const query = url.searchParams;
    assert.equal(query.get("code_challenge_method"), platforms[platform].oauth?.pkce ? "S256" : null);
    assert.equal(query.get("redirect_uri"), `http://localhost:3000/api/platforms/${platform}/callback`);
    assert.equal(query.has("client_key"), !query.has("client_id"));
    const state = query.get("state") ?? "";
    assert.ok(state.length >= 43);
    const { rows } = await world.database.pool.query(
      "select a::text as row from oauth_attempts a union all select i::text from idempotency_keys i",
    );
    assert.ok(!JSON.stringify(rows).includes(state));
  }
  assert.equal(
    new URL(locationOf(await begin(world, cookie, tenant, "youtube"))).searchParams.get("access_type"),
    "offline",
  );
  assert.equal(
    asRefusal(
      await world.callAs(cookie, "POST", "/api/platforms/threads/connect?mode=test", {
        platformSetId: tenant.platformSetId,
        login: "constructor",
      }),
      400,
    ).issues[0]?.rule,
    "connections.login",
  );
  assert.equal(
    asRefusal(
      await world.callAs(cookie, "POST", "/api/platforms/threads/connect?mode=live", {
        platformSetId: (await world.makeTenants()).live.platformSetId,
      }),
      400,
    ).issues[0]?.rule,
    "connections.notConfigured",
  );
});

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
