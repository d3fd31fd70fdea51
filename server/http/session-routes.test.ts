import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { OPERATIONS } from "../../contract/index.ts";
import { newId } from "../../model/ids.ts";
import { asRefusal, idOf, objectIn } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";

let world: World;
let cookie: string;

before(async () => {
  world = await createWorld();
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const APP = "http://localhost:3000";
const headersOf = (sets: Record<string, string>[]) => sets;
const pathOf = (path: string) => path.replace(/:id|:attemptId/g, newId()).replace(":platform", "threads");

/** Sends a request with only these headers, like any program. */
async function send(method: string, path: string, headers: Record<string, string>, body?: object) {
  const response = await fetch(world.url + path, {
    method,
    redirect: "manual",
    headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === "" ? null : (JSON.parse(text) as unknown),
  };
}

const OWN = { origin: APP, "sec-fetch-site": "same-origin" };

/** Expects 401 of all these requests. They are sent concurrently, since after some in a row each waits a second. */
async function assertUnauthorized(
  requests: readonly { name: string; method: string; path: string; headers: Record<string, string> }[],
): Promise<void> {
  await Promise.all(
    requests.map(async ({ name, method, path, headers }) =>
      assert.equal(asRefusal(await send(method, path, headers), 401).code, "UNAUTHORIZED", name),
    ),
  );
}

test("on the API's host, a session is 401 on every route for keys", async (t) => {
  const { settings } = world.services;
  t.after(() => void (settings.apiUrl = APP));
  settings.apiUrl = "https://api.example.com";
  const operations = OPERATIONS.filter(({ auth = "key" }) => auth === "key");
  assert.ok(operations.length > 30);
  await assertUnauthorized(
    operations.map(({ name, method, path }) => ({ name, method, path: pathOf(path), headers: { cookie, ...OWN } })),
  );
});

test("on the app's host, a session can do what keys can, in the mode that it names", async () => {
  const content = { text: "Written in the dashboard" };
  await world.connect(world.test, "threads");
  const ask = async (method: string, path: string, body?: object) => await send(method, path, { cookie, ...OWN }, body);
  const { platformSetId } = world.test;
  const made = await ask("POST", "/api/v1/posts?mode=test", { content, platforms: ["threads"], platformSetId });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const id = idOf(made.body, "post");
  assert.equal((await world.call(world.test, "GET", `/api/v1/posts/${id}`)).status, 200);
  assert.equal((await ask("GET", `/api/v1/posts/${id}?mode=live`)).status, 404);
  assert.equal((await ask("DELETE", `/api/v1/posts/${id}?mode=test`)).status, 200);
});

test("a key is 401 on every route for sessions, even together with one", async () => {
  const operations = OPERATIONS.filter(({ auth }) => auth === "session");
  assert.ok(operations.length > 5);
  const authorization = `Bearer ${world.test.key}`;
  await assertUnauthorized(
    operations.flatMap(({ name, method, path }) =>
      [{ authorization }, { authorization, cookie, ...OWN }].map((headers) => ({
        name,
        method,
        path: pathOf(path),
        headers,
      })),
    ),
  );
});

test("without either, or with an invalid session, every route is 401 before anything else is validated", async () => {
  await assertUnauthorized(
    OPERATIONS.flatMap(({ name, method, path, auth = "key" }) =>
      headersOf([
        {},
        ...(auth === "key" ? [] : [{ cookie: "ampost.session_token=nonsense.nonsense", origin: APP }]),
      ]).map((headers) => ({
        name,
        method,
        path: `${path.replace(/:\w+/g, "nonsense")}?mode=nonsense&x=1`,
        headers,
      })),
    ),
  );
});

test("the app's own pages can call, in old and new browsers and under each of the app's local names", async () => {
  const own = new URL(world.url);
  for (const headers of headersOf([
    { origin: APP },
    { "sec-fetch-site": "same-origin" },
    { origin: APP, "sec-fetch-site": "same-origin" },
    { origin: own.origin, "sec-fetch-site": "same-origin" },
  ])) {
    assert.equal(
      (await send("POST", "/api/platforms/sets?mode=test", { cookie, ...headers }, { name: "Mine" })).status,
      200,
      JSON.stringify(headers),
    );
  }
  assert.equal(
    (await send("POST", "/api/platforms/sets?mode=test", { cookie, origin: own.origin }, { name: "Mine" })).status,
    401,
  );
  assert.equal((await send("GET", "/api/platforms/sets", { cookie, "sec-fetch-site": "cross-site" })).status, 200);
});

test("responses of session routes cannot be read by other sites and are never cached", async () => {
  const { headers } = await send("GET", "/api/keys", { cookie, origin: "https://evil.example" });
  assert.equal(headers.get("access-control-allow-origin"), null);
  assert.equal(headers.get("access-control-allow-credentials"), null);
  assert.equal(headers.get("cache-control"), "no-store");
  const legacy = await send("GET", "/api/platforms/sets", { cookie, origin: "https://evil.example" });
  assert.equal(legacy.headers.get("access-control-allow-credentials"), null);
});

test("a session has its mode in the query, live by default", async () => {
  const modes = async (query: string) =>
    z
      .object({ sets: z.array(z.object({ mode: z.string() })) })
      .parse((await world.callAs(cookie, "GET", `/api/platforms/sets${query}`)).body)
      .sets.map(({ mode }) => mode);
  assert.deepEqual([...new Set([...(await modes("")), ...(await modes("?mode=live"))])], ["live"]);
  assert.deepEqual([...new Set(await modes("?mode=test"))], ["test"]);
  for (const query of ["?mode=", "?mode=both", "?mode=live&mode=test"])
    assert.equal(
      asRefusal(await world.callAs(cookie, "GET", `/api/platforms/sets${query}`), 400).code,
      "VALIDATION_FAILED",
      query,
    );
  asRefusal(await world.call(world.test, "GET", "/api/platforms/sets?mode=test"), 400);
});

test("the legacy platform set endpoints do the same for keys and sessions, and name their successors", async () => {
  const ways = [
    (method: string, path: string, body?: object) => world.call(world.test, method, path, body),
    (method: string, path: string, body?: object) => world.callAs(cookie, method, `${path}?mode=test`, body),
  ];
  for (const call of ways) {
    const made = await call("POST", "/api/platforms/sets", { name: "Old" });
    const id = idOf(made.body, "set");
    assert.equal(made.headers.get("deprecation"), "true");
    assert.equal(made.headers.get("link"), `<${APP}/api/v1/platform-sets>; rel="successor-version"`);
    const today = await world.call(world.test, "GET", "/api/v1/platform-sets");
    assert.deepEqual((await call("GET", "/api/platforms/sets")).body, today.body);
    assert.equal(today.headers.get("deprecation"), null);
    const renamed = await call("PATCH", `/api/platforms/sets/${id}`, { name: "Older" });
    assert.equal(objectIn(renamed.body, "set").name, "Older");
    assert.equal(renamed.headers.get("link"), `<${APP}/api/v1/platform-sets/${id}>; rel="successor-version"`);
    assert.deepEqual((await call("DELETE", `/api/platforms/sets/${id}`)).body, { success: true });
    assert.equal(asRefusal(await call("DELETE", `/api/platforms/sets/${id}`), 404).code, "NOT_FOUND");
  }
});

test("an ended session no longer grants access", async () => {
  const gone = await world.signIn((await world.makeTenants()).test);
  assert.equal((await world.callAs(gone, "GET", "/api/keys")).status, 200);
  assert.ok((await world.callAs(gone, "POST", "/api/auth/sign-out", {})).status < 400);
  assert.equal((await world.callAs(gone, "GET", "/api/keys")).status, 401);
});

test("with two hosts, session routes are only on the app's host, and not deprecated there", async () => {
  const two = await createWorld({ apiUrl: "https://api.ampost.example", appUrl: "https://ampost.example" });
  try {
    const ask = (host: string, url = "/api/keys") =>
      two.app.inject({ method: "GET", url, headers: { host, cookie: "x=y" } });
    const onApp = await ask("ampost.example");
    assert.deepEqual([onApp.statusCode, onApp.headers.deprecation], [401, undefined]);
    for (const { path } of OPERATIONS.filter(({ auth, method }) => auth === "session" && method === "GET"))
      assert.equal((await ask("api.ampost.example", pathOf(path))).statusCode, 404, path);
    const old = await ask("ampost.example", "/api/platforms/sets");
    assert.equal(old.headers.link, '<https://api.ampost.example/api/v1/platform-sets>; rel="successor-version"');
  } finally {
    await two.close();
  }
});
