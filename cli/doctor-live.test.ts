import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { after, before, test } from "node:test";

import { PLATFORM_NAMES, type PlatformName } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";
import { readChoices } from "../platforms/choices.ts";
import { platforms } from "../platforms/index.ts";
import { createHttpClient } from "../platforms/kit/http.ts";
import { askedScopes } from "../platforms/kit/scopes.ts";
import type { OAuthApp } from "../platforms/platform.ts";
import { authorizeUrl, newAuthorizeParameters } from "../server/oauth/authorize-url.ts";
import { storeConnection } from "../server/oauth/connect.ts";
import type { OAuthServices } from "../server/oauth/services.ts";
import { idOf } from "../tests/answers.ts";
import { createConnectingWorld, type ConnectingWorld } from "../tests/connecting-world.ts";
import { answerConsent } from "../tests/consent.ts";
import type { TestTenant } from "../tests/world.ts";
import { checkAccounts, checkApps, checkMedia, checkOwnApps } from "./doctor-live.ts";
import type { Finding } from "./finding.ts";

let world: ConnectingWorld;
let services: OAuthServices;
const apps = new Map<PlatformName, OAuthApp>();

before(async () => {
  world = await createConnectingWorld();
  services = { ...world.services.oauth, liveApp: (platform) => apps.get(platform) ?? null };
  for (const platform of PLATFORM_NAMES) {
    const redirectUri = `https://ampost.example.test/api/platforms/${platform}/callback`;
    const { clientId, clientSecret } = Object(await world.control("apps", { platform, redirectUris: [redirectUri] }));
    apps.set(platform, { clientId, clientSecret, redirectUri });
  }
});
after(() => world.close());

const labelOf = (platform: PlatformName) => catalog[platform].capabilities.label;
const client = () => createHttpClient({ sandboxUrl: world.sandboxUrl });
const failedOf = (findings: readonly Finding[]) => findings.filter(({ status }) => status === "failed");

test("doctor --live accepts the right ID and secret of every platform, and says what to register", async () => {
  const findings = await checkApps({ apps, appUrl: "https://ampost.example.test", platformEnvironment: {} }, client());
  for (const platform of PLATFORM_NAMES) {
    const reported = findings.filter(({ name }) => name === labelOf(platform));
    assert.deepEqual(
      reported.filter(({ status }) => status !== "ok"),
      [],
    );
    const text = reported.map(({ message }) => message).join("\n");
    assert.match(text, /accepts the app's ID and secret/);
    assert.ok(text.includes(`redirect URI to register: ${apps.get(platform)?.redirectUri}`), text);
    const reports = ["instagram", "facebook", "threads"].includes(platform);
    assert.equal(text.includes(`https://ampost.example.test/meta/deauthorize/${platform}`), reports, text);
    assert.ok(text.includes("https://ampost.example.test/privacy"), text);
    for (const scope of askedScopes(platforms[platform].oauth?.scopes ?? []))
      assert.ok(text.includes(scope), `${platform} ${scope}`);
  }
  assert.match(
    findings.map(({ message }) => message).join("\n"),
    /permissions to add for Instagram: .*instagram_basic/,
  );
});

test("a wrong ID or secret fails for every platform, with the variables to set and without the secret", async () => {
  for (const platform of PLATFORM_NAMES) {
    const right = apps.get(platform) ?? assert.fail();
    for (const wrong of [
      { ...right, clientId: "1234567890" },
      { ...right, clientSecret: "not-the-secret-of-the-app" },
    ]) {
      const findings = await checkApps(
        { apps: new Map([[platform, wrong]]), appUrl: "https://ampost.example.test", platformEnvironment: {} },
        client(),
      );
      const [refused] = failedOf(findings);
      assert.equal(refused?.name, labelOf(platform), JSON.stringify(findings));
      assert.match(refused.cure ?? "", new RegExp(`${platform.toUpperCase()}_CLIENT_ID and .*_CLIENT_SECRET`));
      assert.ok(!JSON.stringify(findings).includes(wrong.clientSecret));
    }
  }
});

test("a redirect URI that X does not accept is reported, although its app is", async () => {
  for (const [redirectUri, wrong] of [
    ["http://localhost:3000/api/platforms/twitter/callback", 1],
    ["http://127.0.0.1:3000/api/platforms/twitter/callback", 0],
  ] as const) {
    const { clientId, clientSecret } = Object(
      await world.control("apps", { platform: "twitter", redirectUris: [redirectUri] }),
    );
    const findings = await checkApps(
      {
        apps: new Map([["twitter", { clientId, clientSecret, redirectUri }]]),
        appUrl: new URL(redirectUri).origin,
        platformEnvironment: {},
      },
      client(),
    );
    const reported = findings.filter(({ status }) => status !== "ok");
    assert.equal(reported.length, wrong, JSON.stringify(findings));
    for (const { cure } of reported) assert.match(cure ?? "", /http:\/\/127\.0\.0\.1/);
  }
});

test("a platform that cannot be reached fails, and one that is down is to be checked later", async () => {
  const away = await checkApps(
    { apps, appUrl: "https://ampost.example.test", platformEnvironment: {} },
    createHttpClient({ sandboxUrl: "http://127.0.0.1:9" }),
  );
  assert.deepEqual(
    failedOf(away).map(({ name, message }) => [name, message]),
    PLATFORM_NAMES.map((platform) => [labelOf(platform), "there was no response: refused"]),
  );
  for (const platform of PLATFORM_NAMES)
    await world.control("faults", { platform, operation: "token", kind: "http_500" });
  const down = await checkApps({ apps, appUrl: "https://ampost.example.test", platformEnvironment: {} }, client());
  assert.deepEqual(failedOf(down), []);
  assert.deepEqual(
    down.flatMap(({ name, status, cure }) => (status === "warning" ? [[name, cure]] : [])),
    PLATFORM_NAMES.map((platform) => [labelOf(platform), "Run this again later."]),
  );
});

test("without an app, doctor --live says how to configure one", async () => {
  const [finding] = await checkApps(
    { apps: new Map(), appUrl: "https://ampost.example.test", platformEnvironment: {} },
    client(),
  );
  assert.deepEqual([finding?.status, /CLIENT_ID/.test(finding?.cure ?? "")], ["warning", true]);
});

test("the apps of users and platform sets are checked, too, the newest five of a platform, each by its owner or set", async () => {
  const { live, cookie } = await world.newcomer();
  const save = async (platformSetId: string, platform: PlatformName, changes: { clientSecret?: string } = {}) => {
    const { clientId, clientSecret } = apps.get(platform) ?? assert.fail();
    const path = `/api/platform-sets/${platformSetId}/apps/${platform}?mode=live`;
    const { status } = await world.callAs(cookie, "PUT", path, { clientId, clientSecret, ...changes });
    assert.equal(status, 200);
  };
  await save(live.platformSetId, "threads");
  await save(live.platformSetId, "facebook", { clientSecret: "not-the-secret-of-the-app" });
  for (let count = 1; count <= 6; count += 1) {
    const made = await world.call(live, "POST", "/api/v1/platform-sets", { name: `Set ${count}` });
    await save(idOf(made.body, "set"), "tiktok");
  }
  const ofUser = await world.callAs(cookie, "PUT", "/api/v1/oauth-apps/youtube?mode=live", {
    clientId: apps.get("youtube")?.clientId,
    clientSecret: "nor-this-secret-of-the-app",
  });
  assert.equal(ofUser.status, 200);
  const findings = await checkOwnApps(services, client());
  const [wrong, usersOwn, ...others] = failedOf(findings);
  assert.deepEqual(others, []);
  assert.match(`${usersOwn?.name} ${usersOwn?.cure}`, /^YouTube of \S+ .* to the user's own app\.$/);
  assert.ok(!JSON.stringify(findings).includes("nor-this-secret-of-the-app"));
  assert.match(`${wrong?.name} ${wrong?.cure}`, /^Facebook of the set .* to the set's own app\.$/);
  assert.ok(!JSON.stringify(findings).includes("not-the-secret-of-the-app"));
  const accepted = findings.filter(({ message }) => message === "accepts the app's ID and secret");
  assert.deepEqual(accepted.map(({ name }) => name.replace(/ of the set .*/, "")).sort(), [
    "Threads",
    ...Array.from({ length: 5 }, () => "TikTok"),
  ]);
  assert.ok(!accepted.some(({ name }) => name === 'TikTok of the set "Set 1"'), JSON.stringify(accepted));
  assert.ok(findings.some(({ name, message }) => name === "TikTok" && /newest 5 of 6/.test(message)));
});

/** Connects an account in live mode, as the platform's consent page would. */
async function connectLive(
  tenant: TestTenant,
  platform: PlatformName,
  untick: readonly string[] = [],
  person = `live-${platform}`,
): Promise<{ userToken: string }> {
  const { oauth } = platforms[platform];
  const app = apps.get(platform);
  assert.ok(oauth && app);
  const asked = newAuthorizeParameters(oauth);
  const url = authorizeUrl(oauth, app, asked, { person });
  const back = await answerConsent(`${world.sandboxUrl}/${url.host}${url.pathname}${url.search}`, { untick });
  const code = back.searchParams.get("code") ?? "";
  const grant = await oauth.exchange(client(), app, { code, codeVerifier: asked.codeVerifier });
  const [{ grant: own, profile }] = await readChoices(oauth, client(), grant);
  const { userId, platformSetId } = tenant;
  await storeConnection(services, { userId, mode: "live", platformSetId, platform }, own, profile);
  return { userToken: grant.accessToken };
}

/** What is reported about the accounts on a platform. */
async function findingsOn(platform: PlatformName, environment: Record<string, string> = {}): Promise<Finding[]> {
  const findings = await checkAccounts(
    { ...services, platformEnvironment: { ...services.platformEnvironment, ...environment } },
    client(),
  );
  return findings.filter(({ name }) => name.startsWith(`${labelOf(platform)} `));
}

test("doctor --live reads every connected account: its profile, scopes, ends and limits, and what is wrong with it", async () => {
  assert.match((await checkAccounts(services, client()))[0]?.message ?? "", /none is connected/);
  const { live } = world;
  for (const platform of PLATFORM_NAMES) if (platform !== "twitter") await connectLive(live, platform);
  await connectLive(live, "twitter", ["media.write"]);
  const findings = await checkAccounts(services, client());
  const wrong = findings.filter(({ status }) => status !== "ok");
  assert.deepEqual(
    wrong.map(({ name, status, message }) => [name.slice(0, 11), status, message]),
    [["X (Twitter)", "failed", "publishing requires media.write, which is not granted"]],
  );
  assert.match(wrong[0]?.cure ?? "", /Reconnect/);
  for (const platform of PLATFORM_NAMES) {
    const about = findings.filter(({ name }) => name.startsWith(`${labelOf(platform)} `));
    const text = about.map(({ message }) => message).join("\n");
    assert.match(text, /its profile can be read/, platform);
    assert.match(text, /access (ends on|does not expire|is renewed automatically)/, platform);
  }
  const text = findings.map(({ name, message }) => `${name}: ${message}`).join("\n");
  assert.match(text, /Threads .*: 250 of 250 posts are left/);
  assert.match(text, /Instagram .*: \d+ of \d+ posts are left/);
  assert.match(text, /Facebook .*: Access to its data ends on \d/);
  assert.match(text, /TikTok .*: TikTok offers this creator .*PUBLIC_TO_EVERYONE/);
  assert.match(text, /LinkedIn .*: LinkedIn accepts API version 202605/);
});

test("a retired LinkedIn version, a withdrawn permission, an account that is gone and one that is revoked are reported with their cure", async () => {
  const old = (await findingsOn("linkedin", { LINKEDIN_API_VERSION: "202401" })).find(({ status }) => status !== "ok");
  assert.match(`${old?.message} ${old?.cure}`, /has retired API version 202401\. Set LINKEDIN_API_VERSION to 2026/);

  const { live } = await world.makeTenants();
  const { userToken } = await connectLive(live, "facebook");
  const withdrawn = await fetch(`${world.sandboxUrl}/graph.facebook.com/v25.0/me/permissions/pages_manage_posts`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${userToken}` },
  });
  assert.equal(withdrawn.status, 200);
  const [lacks] = failedOf(await findingsOn("facebook"));
  assert.match(`${lacks?.message} ${lacks?.cure}`, /pages_manage_posts, which is not granted Reconnect/);

  await world.control("faults", { platform: "threads", operation: "read", kind: "revoke_token" });
  const [revoked] = failedOf(await findingsOn("threads"));
  assert.match(`${revoked?.message} ${revoked?.cure}`, /removed the app from their Threads account.* Reconnect/);

  await world.control("faults", { platform: "youtube", operation: "read", kind: "http_500" });
  const [down] = (await findingsOn("youtube")).filter(({ status }) => status === "warning");
  assert.match(down?.cure ?? "", /later/);
});

test("until the audit of a TikTok app, a public account is reported, and a private one is not", async () => {
  const notes = async (environment: Record<string, string>) =>
    (await findingsOn("tiktok", environment)).filter(({ status }) => status !== "ok");
  assert.deepEqual(await notes({}), []);
  const [note] = await notes({ TIKTOK_PRIVATE_POSTS_ONLY: "true" });
  assert.match(`${note?.message} ${note?.cure}`, /account is public.* set the TikTok account to private/);
  await connectLive((await world.makeTenants()).live, "tiktok", [], "private-creator");
  assert.equal((await notes({ TIKTOK_PRIVATE_POSTS_ONLY: "true" })).length, 1);
});

test("no more than five accounts of a platform are asked, the newest", async () => {
  for (let count = 0; count < 6; count += 1) await connectLive((await world.makeTenants()).live, "tiktok");
  const findings = await checkAccounts(services, client());
  const asked = findings.filter(({ name, message }) => name.startsWith("TikTok @") && /profile/.test(message));
  assert.equal(asked.length, 5);
  assert.ok(findings.some(({ name, message }) => name === "TikTok" && /newest 5 of 8/.test(message)));
});

test("doctor --live fetches a stored file by its public URL, and says what came instead", async () => {
  const pool = world.database.pool;
  const [secret] = world.services.settings.mediaSecrets();
  assert.match((await checkMedia(pool, { mediaUrl: world.url }, secret)).message, /no file is stored/);
  const form = new FormData();
  form.set("file", await openAsBlob("tests/fixtures/photo-1x1.jpg", { type: "image/jpeg" }), "photo.jpg");
  assert.equal((await world.call(world.live, "POST", "/api/v1/media", form)).status, 201);
  const inside = await checkMedia(pool, { mediaUrl: world.url }, secret);
  assert.deepEqual(
    [inside.status, inside.message],
    ["warning", "127.0.0.1 is 127.0.0.1 here, which platforms cannot reach"],
  );
  const elsewhere = await checkMedia(pool, { mediaUrl: world.sandboxUrl }, secret);
  assert.match(elsewhere.message, /^HEAD http:.*photo\.jpg returned 404/);
  const away = await checkMedia(pool, { mediaUrl: "http://127.0.0.1:9" }, secret);
  assert.match(away.message, /photo\.jpg cannot be fetched: .*(refused|bad port)/i);
  for (const { status, message, cure } of [elsewhere, away]) {
    assert.equal(status, "failed");
    assert.match(cure ?? "", /DNS and the proxy/);
    assert.doesNotMatch(message, /signature/);
  }
});
