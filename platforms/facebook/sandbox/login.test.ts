import assert from "node:assert/strict";
import { test } from "node:test";

import { codesOf, errorOf } from "../../../sandbox/meta/errors.fixture.ts";
import { inspect, LOGINS, longToken, signIn } from "../../../sandbox/meta/logins.fixture.ts";
import { codeOf, listAt, openSandbox, START, valueAt, type TestSandbox } from "../../../sandbox/sandbox.fixture.ts";
import { APP, GRAPH, openFacebook, REDIRECT_URI } from "./facebook.fixture.ts";

const LOGIN = LOGINS.facebook;
const DAY_SECONDS = 86_400;

test("a person has a picture, and an email address with its scope", async (t) => {
  const { get, userToken } = await openFacebook(t);
  const { json } = await get(
    "/me",
    { fields: "id,name,first_name,last_name,email,picture.type(large){url}" },
    userToken,
  );
  assert.deepEqual(
    ["name", "first_name", "last_name", "email"].map((name) => valueAt(json, name)),
    ["Sandbox Person", "Sandbox", "Person", undefined],
  );
  assert.match(String(valueAt(json, "picture.data.url")), /^https:\/\/scontent\.xx\.fbcdn\.net\//);
});

/** The Pages that a new person's token lists, each with its tasks. */
async function pagesOf(sandbox: TestSandbox, hint: string, scope: string): Promise<Record<string, unknown>[]> {
  const { token } = await signIn(sandbox, LOGIN, { changes: { login_hint: hint, scope } });
  const fields = "name,tasks,access_token";
  return listAt((await sandbox.call("GET", `${GRAPH}/v25.0/me/accounts?fields=${fields}`, { token })).json, "data");
}

test("new people have Pages of both kinds, and either can be published to", async (t) => {
  const sandbox = await openSandbox(t);
  const scope = LOGIN.scopes.join(",");
  const kinds = async (hint: string) =>
    (await pagesOf(sandbox, hint, scope)).map(({ tasks }) => String(tasks).startsWith("PROFILE_PLUS_"));
  assert.deepEqual(await kinds("ana"), [true, false]);
  assert.deepEqual(await kinds("ana one-page"), [true]);
  assert.deepEqual(await kinds("ana one-page classic"), [false]);
  for (const page of await pagesOf(sandbox, "ana", scope)) {
    const post = { form: { message: "Hi" }, token: String(page["access_token"]) };
    assert.equal((await sandbox.call("POST", `${GRAPH}/v25.0/${page["id"]}/feed`, post)).status, 200);
  }
});

test("a Page of a business portfolio is listed only with business_management, there and in its portfolio", async (t) => {
  const sandbox = await openSandbox(t);
  const scope = LOGIN.scopes.join(",");
  const names = async (asked: string) => (await pagesOf(sandbox, "bo portfolio", asked)).map(({ name }) => name);
  const [held, own] = ["Bo Portfolio", "Bo Portfolio Shop"];
  assert.deepEqual(await names(scope), [own]);
  assert.deepEqual(await names(`${scope},business_management`), [held, own]);

  const hint = { login_hint: "bo portfolio" };
  const { token } = await signIn(sandbox, LOGIN, { changes: { ...hint, scope: `${scope},business_management` } });
  const get = async (path: string) => (await sandbox.call("GET", `${GRAPH}/v25.0${path}`, { token })).json;
  const [business] = listAt(await get("/me/businesses"), "data");
  assert.equal(business?.["name"], `${held} Business`);
  const pages = listAt(await get(`/${business?.["id"]}/owned_pages?fields=name`), "data");
  assert.deepEqual(
    pages.map(({ name }) => name),
    [held],
  );
  assert.deepEqual(listAt(await get(`/${business?.["id"]}/client_pages`), "data"), []);
  const { token: unable } = await signIn(sandbox, LOGIN, { changes: hint });
  assert.deepEqual(codesOf(await sandbox.call("GET", `${GRAPH}/v25.0/me/businesses`, { token: unable })), [400, 100]);
});

test("data access ends 90 days after the last sign-in, for Page tokens too, and a new sign-in renews it", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const signed = await signIn(sandbox, LOGIN);
  const long = await longToken(sandbox, signed);
  const list = await sandbox.call("GET", `${GRAPH}/v25.0/me/accounts`, { token: long });
  const page = { ...signed, token: String(listAt(list.json, "data")[0]?.["access_token"]) };
  const end = START.getTime() / 1000 + 90 * DAY_SECONDS;
  const data = async () => Object(await inspect(sandbox, LOGIN, page));
  assert.deepEqual([(await data()).data_access_expires_at, (await data()).expires_at], [end, 0]);

  const read = () => sandbox.call("GET", `${GRAPH}/v25.0/me`, { token: page.token });
  await sandbox.control("POST", "clock", { advanceSeconds: 90 * DAY_SECONDS - 1 });
  assert.equal((await read()).status, 200);
  await sandbox.control("POST", "clock", { advanceSeconds: 1 });
  assert.deepEqual(errorOf(await read()), {
    message: "The access token is invalid since the user hasn't engaged the app in longer than 90 days.",
    type: "OAuthException",
    code: 190,
    error_subcode: 493,
  });
  assert.deepEqual([(await data()).is_valid, valueAt(await data(), "error.subcode")], [false, 493]);

  const other = new URLSearchParams({
    client_id: signed.app.client_id,
    redirect_uri: signed.app.redirect_uri,
    scope: LOGIN.scopes.join(","),
  });
  const again = await sandbox.call("POST", `${LOGIN.dialog}?${other}`, { form: { decision: "approve" } });
  assert.notEqual(codeOf(again), "");
  assert.equal((await read()).status, 200);
  assert.equal((await data()).data_access_expires_at, end + 90 * DAY_SECONDS);
});

test("any current version works, and a retired one is served by the oldest current one", async (t) => {
  const { sandbox, advance, token } = await openFacebook(t);
  const served = async (version: string) =>
    (await sandbox.call("GET", `${GRAPH}/${version}101`, { token })).headers.get("facebook-api-version");
  const versions = ["v26.0/", "v25.0/", "v21.0/", "v20.0/", "v99.0/", ""];
  assert.deepEqual(await Promise.all(versions.map(served)), ["v26.0", "v25.0", "v21.0", "v21.0", "v21.0", "v25.0"]);
  await advance(81 * DAY_SECONDS);
  assert.deepEqual([await served("v21.0/"), await served("v22.0/")], ["v22.0", "v22.0"]);
});

test("a code is exchanged by POST, too", async (t) => {
  const sandbox = await openSandbox(t, { startAt: START });
  const form = { ...APP, redirect_uri: REDIRECT_URI, code: "FBCODE1" };
  assert.equal((await sandbox.call("POST", `${GRAPH}/v25.0/oauth/access_token`, { form })).status, 200);
});
