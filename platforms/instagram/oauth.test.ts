import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { readChoices } from "../choices.ts";
import { failureOf, startHost, type Received } from "../kit/broker.fixture.ts";
import { createHttpClient } from "../kit/http.ts";
import type { Grant } from "../platform.ts";
import { facebookLogin, oauth } from "./oauth.ts";

const APP = { clientId: "990602627938098", clientSecret: "ig-secret", redirectUri: "https://app.example.test/cb" };
const SCOPES = ["instagram_business_basic", "instagram_business_content_publish"];
const SHORT = { access_token: "SHORT1", user_id: 17841400000000001, permissions: SCOPES };
const LONG = { access_token: "LONG1", token_type: "bearer", expires_in: 5_183_944 };
const ME = {
  user_id: "17841400000000001",
  username: "sandbox_brand",
  account_type: "BUSINESS",
  id: "24000000000000001",
  media_count: 7,
};

for (const [name, answer] of Object.entries({
  "as clients receive it": SHORT,
  "wrapped, as documented": { data: [{ ...SHORT, user_id: "17841400000000001", permissions: SCOPES.join(",") }] },
})) {
  test(`a code becomes a token of 60 days, with what was granted: ${name}`, async (t) => {
    const { http, requests } = await startMeta(t, ({ path }) =>
      path.startsWith("api.") ? [200, answer] : [200, LONG],
    );
    const grant = await oauth.exchange(http, APP, { code: "CODE1#_", codeVerifier: null });
    assert.deepEqual(grant, {
      accessToken: "LONG1",
      refreshToken: null,
      expiresInSeconds: 5_183_944,
      refreshExpiresInSeconds: null,
      scopes: SCOPES,
    });
    assert.deepEqual(
      requests.map(({ method, path }) => `${method} ${path}`),
      ["POST api.instagram.com/oauth/access_token", "GET graph.instagram.com/access_token"],
    );
    assert.deepEqual(requests[0]?.fields, {
      client_id: APP.clientId,
      client_secret: APP.clientSecret,
      grant_type: "authorization_code",
      redirect_uri: APP.redirectUri,
      code: "CODE1",
    });
    assert.deepEqual(requests[1]?.query, {
      grant_type: "ig_exchange_token",
      client_secret: APP.clientSecret,
      access_token: "SHORT1",
    });
  });
}

test("a declined permission is not among the granted ones, and a used code is no grant", async (t) => {
  const refusing = await startMeta(t, () => [200, { ...SHORT, permissions: [SCOPES[0]] }]);
  const { scopes } = await oauth.exchange(refusing.http, APP, { code: "CODE1", codeVerifier: null });
  assert.deepEqual(scopes, [SCOPES[0]]);
  const used = await startMeta(t, () => [
    400,
    { error_type: "OAuthException", code: 400, error_message: "Matching code was not found or was already used" },
  ]);
  assert.equal(
    (await failureOf(oauth.exchange(used.http, APP, { code: "CODE1", codeVerifier: null }))).code,
    "AUTH_EXPIRED",
  );
});

for (const [name, answer] of Object.entries({ bare: ME, wrapped: { data: [ME] } })) {
  test(`the account is identified by its professional ID: ${name}`, async (t) => {
    const { http } = await startMeta(t, () => [200, answer]);
    const [{ profile, grant }] = await readChoices(oauth, http, grantOf("LONG1"));
    assert.deepEqual(
      [profile.platformAccountId, profile.username, grant.accessToken],
      ["17841400000000001", "sandbox_brand", "LONG1"],
    );
    assert.partialDeepStrictEqual(profile.metadata, {
      login: "instagram",
      appScopedId: "24000000000000001",
      accountType: "BUSINESS",
      mediaCount: 7,
    });
  });
}

test("an account that is not professional is rejected, with what to do", async (t) => {
  const { http } = await startMeta(t, () => [200, { ...ME, account_type: "PERSONAL" }]);
  const error = await failureOf(oauth.profile(http, "LONG1"));
  assert.deepEqual([error.code, /Business or Creator/.test(error.message)], ["AUTH_REVOKED", true]);
});

test("a token is renewed with its replacement, and one that Instagram does not renew requires reconnecting", async (t) => {
  const renewing = await startMeta(t, () => [200, { ...LONG, access_token: "LONG2" }]);
  const renewed = await oauth.refresh?.run(renewing.http, APP, grantOf("LONG1"));
  assert.deepEqual(
    [renewed?.accessToken, renewed?.expiresInSeconds, renewing.requests[0]?.path],
    ["LONG2", 5_183_944, "graph.instagram.com/refresh_access_token"],
  );
  for (const error of [
    { message: "Token is not old enough to refresh", code: 100 },
    { message: "Session has expired", code: 190, error_subcode: 463 },
  ]) {
    const { http } = await startMeta(t, () => [400, { error: { type: "OAuthException", ...error } }]);
    assert.equal((await failureOf(run(http, grantOf("LONG1")))).code, "AUTH_EXPIRED");
  }
  const away = await startMeta(t, () => [503, {}]);
  assert.equal((await failureOf(run(away.http, grantOf("LONG1")))).code, "PLATFORM_UNAVAILABLE");
});

test("a Page's token does not expire: it is checked, not renewed", async (t) => {
  const page = { ...grantOf("EAAPAGE"), expiresInSeconds: null };
  const alive = await startMeta(t, () => [200, { id: "101" }]);
  assert.deepEqual(await run(alive.http, page), page);
  assert.equal(alive.requests[0]?.path, "graph.facebook.com/v25.0/me");
  const dead = await startMeta(t, () => [
    400,
    { error: { message: "Error validating access token", type: "OAuthException", code: 190, error_subcode: 458 } },
  ]);
  assert.equal((await failureOf(run(dead.http, page))).code, "AUTH_REVOKED");
});

test("the person's token is extended when the Page's is checked, and kept if Meta does not", async (t) => {
  const userToken = { accessToken: "ULONG1", expiresInSeconds: 1000 };
  const page = { ...grantOf("EAAPAGE"), expiresInSeconds: null, userToken };
  const extending = await startMeta(t, ({ path }) => [
    200,
    path.endsWith("/me") ? { id: "101" } : { access_token: "ULONG2", expires_in: 5_183_944 },
  ]);
  assert.deepEqual(await run(extending.http, page), {
    ...page,
    userToken: { accessToken: "ULONG2", expiresInSeconds: 5_183_944 },
  });
  const refusing = await startMeta(t, ({ path }) =>
    path.endsWith("/me") ? [200, { id: "101" }] : [400, { error: { message: "Expired", code: 190 } }],
  );
  assert.deepEqual(await run(refusing.http, page), page);
});

test("with Facebook Login, the user chooses among the accounts linked to their Pages, each with its Page's token", async (t) => {
  const linked = (id: string, tasks: string[]) => ({
    id: `10${id}`,
    name: `Page ${id}`,
    access_token: `PAGE${id}`,
    tasks,
    instagram_business_account: { id: `1784${id}`, username: `brand_${id}` },
  });
  const { http } = await startMeta(t, ({ path }) => {
    if (path.endsWith("me/accounts"))
      return [
        200,
        {
          data: [
            linked("1", ["PROFILE_PLUS_CREATE_CONTENT"]),
            linked("2", ["ANALYZE"]),
            { id: "103", access_token: "PAGE3" },
          ],
        },
      ];
    return [400, { error: { message: "(#100) Missing permission", type: "OAuthException", code: 100 } }];
  });
  const choices = await readChoices(facebookLogin, http, grantOf("ULONG1"));
  assert.deepEqual(
    choices.map(({ profile, grant }) => [
      profile.platformAccountId,
      profile.username,
      profile.metadata,
      grant.accessToken,
      grant.expiresInSeconds,
      grant.userToken,
    ]),
    [
      [
        "17841",
        "brand_1",
        { login: "facebook", pageId: "101", pageName: "Page 1" },
        "PAGE1",
        null,
        { accessToken: "ULONG1", expiresInSeconds: 86_400 },
      ],
    ],
  );
  const none = await startMeta(t, () => [200, { data: [] }]);
  assert.match(
    (await failureOf(readChoices(facebookLogin, none.http, grantOf("ULONG1")))).message,
    /professional Instagram account/,
  );
});

function grantOf(accessToken: string): Grant {
  return { accessToken, refreshToken: null, expiresInSeconds: 86_400, refreshExpiresInSeconds: null, scopes: SCOPES };
}

async function run(http: Parameters<typeof oauth.profile>[0], grant: Grant): Promise<Grant | undefined> {
  return oauth.refresh?.run(http, APP, grant);
}

async function startMeta(t: TestContext, answer: (request: Received) => [number, unknown]) {
  const host = await startHost(t, answer);
  return { http: createHttpClient({ sandboxUrl: host.url }), requests: host.requests };
}
