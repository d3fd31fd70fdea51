import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";

import { readChoices } from "../choices.ts";
import { failureOf, startHost, type Received } from "../kit/broker.fixture.ts";
import { createHttpClient } from "../kit/http.ts";
import type { Grant } from "../platform.ts";
import { oauth } from "./oauth.ts";

const APP = { clientId: "138483919580948", clientSecret: "fb-secret", redirectUri: "https://app.example.test/cb" };
const USER: Grant = {
  accessToken: "ULONG1",
  refreshToken: null,
  expiresInSeconds: 5_183_944,
  refreshExpiresInSeconds: null,
  scopes: ["pages_manage_posts"],
};
const GRANTED = ["pages_show_list", "pages_read_engagement", "pages_manage_posts"].map((permission) => ({
  permission,
  status: "granted",
}));
const NO_PERMISSION = { error: { message: "(#100) Missing permission", type: "OAuthException", code: 100 } };

test("a code becomes a user token of 60 days, with the granted scopes", async (t) => {
  const { http, requests } = await startMeta(
    t,
    signIn([...GRANTED, { permission: "business_management", status: "declined" }]),
  );
  const grant = await oauth.exchange(http, APP, { code: "FBCODE1", codeVerifier: null });
  assert.deepEqual(grant, { ...USER, scopes: GRANTED.map(({ permission }) => permission) });
  assert.deepEqual(
    requests.map(({ path }) => path),
    [
      "graph.facebook.com/v25.0/oauth/access_token",
      "graph.facebook.com/v25.0/oauth/access_token",
      "graph.facebook.com/v25.0/me/permissions",
    ],
  );
  assert.deepEqual(requests[1]?.query, {
    client_id: APP.clientId,
    client_secret: APP.clientSecret,
    grant_type: "fb_exchange_token",
    fb_exchange_token: "USHORT1",
  });
});

test("a declined permission is not among the granted ones, and a used code is no grant", async (t) => {
  const { http } = await startMeta(
    t,
    signIn([...GRANTED.slice(0, 2), { permission: "pages_manage_posts", status: "declined" }]),
  );
  const { scopes } = await oauth.exchange(http, APP, { code: "FBCODE1", codeVerifier: null });
  assert.equal(scopes?.includes("pages_manage_posts"), false);
  const used = await startMeta(t, () => [
    400,
    {
      error: {
        message: "This authorization code has been used.",
        type: "OAuthException",
        code: 100,
        error_subcode: 36009,
        fbtrace_id: "A",
      },
    },
  ]);
  assert.equal(
    (await failureOf(oauth.exchange(used.http, APP, { code: "FBCODE1", codeVerifier: null }))).code,
    "AUTH_EXPIRED",
  );
});

test("every Page the user can publish to is a choice, with its own token that does not expire", async (t) => {
  const page = (id: string, more: object = {}) => ({
    id,
    name: `Page ${id}`,
    access_token: `PAGE${id}`,
    tasks: ["ANALYZE", "CREATE_CONTENT"],
    ...more,
  });
  const { http, requests } = await startMeta(t, ({ path, query }) => {
    if (path.endsWith("me/accounts") && query.after === undefined) {
      const first = page("101", {
        username: "sandboxpage",
        category: "Brand",
        link: "https://www.facebook.com/sandboxpage",
        picture: { data: { url: "https://cdn.example/p.jpg" } },
        instagram_business_account: { id: "17841400000000001" },
      });
      return [
        200,
        {
          data: [first, page("102", { tasks: ["ANALYZE"] }), page("103", { access_token: undefined })],
          paging: {
            cursors: { after: "MTAx" },
            next: "https://graph.facebook.com/v25.0/me/accounts?access_token=ULONG1&after=MTAx",
          },
        },
      ];
    }
    if (path.endsWith("me/accounts"))
      return [200, { data: [page("104", { tasks: ["MANAGE"] })], paging: { cursors: { after: "MTA0" } } }];
    if (path.endsWith("me/businesses")) return [200, { data: [{ id: "500" }] }];
    if (path.endsWith("500/owned_pages"))
      return [200, { data: [page("104"), page("105"), page("106", { tasks: ["PROFILE_PLUS_ANALYZE"] })] }];
    if (path.endsWith("500/client_pages"))
      return [
        200,
        {
          data: [
            page("107", { tasks: ["PROFILE_PLUS_CREATE_CONTENT"] }),
            page("108", { tasks: ["PROFILE_PLUS_FULL_CONTROL"] }),
          ],
        },
      ];
    return [200, { data: [] }];
  });
  const choices = await readChoices(oauth, http, USER);
  assert.deepEqual(
    choices.map(({ profile, grant }) => [profile.platformAccountId, grant.accessToken, grant.expiresInSeconds]),
    [
      ["101", "PAGE101", null],
      ["104", "PAGE104", null],
      ["105", "PAGE105", null],
      ["107", "PAGE107", null],
      ["108", "PAGE108", null],
    ],
  );
  assert.deepEqual(choices[0].profile, {
    platformAccountId: "101",
    username: "sandboxpage",
    displayName: "Page 101",
    avatarUrl: "https://cdn.example/p.jpg",
    metadata: {
      category: "Brand",
      link: "https://www.facebook.com/sandboxpage",
      instagramAccountId: "17841400000000001",
    },
  });
  assert.ok(
    requests.every(
      ({ query, headers }) => query.access_token === undefined && headers.authorization === "Bearer ULONG1",
    ),
  );
});

test("Pages owned by a business are omitted without that permission, and having no Page is an error", async (t) => {
  const { http } = await startMeta(t, ({ path }) =>
    path.endsWith("me/accounts") ? [200, { data: [{ id: "101", access_token: "PAGE1" }] }] : [400, NO_PERMISSION],
  );
  assert.equal((await readChoices(oauth, http, USER)).length, 1);
  const none = await startMeta(t, ({ path }) =>
    path.endsWith("me/accounts") ? [200, { data: [] }] : [400, NO_PERMISSION],
  );
  assert.match((await failureOf(readChoices(oauth, none.http, USER))).message, /not select a Facebook Page/);
});

test("the app revokes the grant of the token's user, and an invalid token needs no revocation", async (t) => {
  const { http, requests } = await startMeta(t, ({ path }) =>
    path.endsWith("debug_token")
      ? [200, { data: { user_id: "10200000000000001", is_valid: true } }]
      : [200, { success: true }],
  );
  await oauth.revoke?.(http, APP, { ...USER, accessToken: "PAGE101" });
  assert.deepEqual(
    requests.map(({ method, path }) => `${method} ${path}`),
    ["GET graph.facebook.com/v25.0/debug_token", "DELETE graph.facebook.com/v25.0/10200000000000001/permissions"],
  );
  const dead = await startMeta(t, () => [200, { data: { is_valid: false, error: { code: 190, subcode: 463 } } }]);
  await oauth.revoke?.(dead.http, APP, USER);
  assert.equal(dead.requests.length, 1);
});

function signIn(permissions: object[]) {
  return ({ path, query }: Received): [number, unknown] => {
    if (path.endsWith("me/permissions")) return [200, { data: permissions }];
    const isLong = query.grant_type === "fb_exchange_token";
    return [
      200,
      { access_token: isLong ? "ULONG1" : "USHORT1", token_type: "bearer", expires_in: isLong ? 5_183_944 : 5108 },
    ];
  };
}

async function startMeta(t: TestContext, answer: (request: Received) => [number, unknown]) {
  const host = await startHost(t, answer);
  return { http: createHttpClient({ sandboxUrl: host.url }), requests: host.requests };
}
