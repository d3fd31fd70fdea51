import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { brotliCompressSync, brotliDecompressSync, constants, gunzipSync, gzipSync } from "node:zlib";

import pg from "pg";

import { asRefusal, idOf, objectIn } from "../../tests/answers.ts";
import { createWorld, type World } from "../../tests/world.ts";
import { createApiKey, revokeApiKey } from "../domain/api-keys/api-keys.ts";
import { createHttpApp } from "./app.ts";

let world: World;

before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const draft = () =>
  world.call(world.test, "POST", POSTS, {
    content: { text: "Hello" },
    platforms: ["threads"],
    platformSetId: world.test.platformSetId,
  });
const get = (path: string, headers: Record<string, string> = {}) =>
  world.call(world.test, "GET", path, undefined, headers);

test("a missing, malformed, unknown, expired or revoked key is 401, before anything else is validated", async () => {
  const { userId, mode } = world.test;
  const expired = await createApiKey(
    world.services,
    { userId, mode },
    { name: "old", expiresAt: new Date(Date.now() - 1000) },
  );
  const revoked = await createApiKey(world.services, { userId, mode }, { name: "gone" });
  const withKey = (authorization: string | undefined, path = `${POSTS}/nonsense?x=1`) =>
    fetch(world.url + path, {
      method: "PATCH",
      body: "{",
      headers: { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) },
    });
  assert.notEqual((await withKey(`Bearer ${revoked.apiKey}`)).status, 401);
  await revokeApiKey(world.services, { userId }, revoked.id);
  for (const header of [
    undefined,
    "",
    "Basic abc",
    "Bearer",
    "Bearer x",
    `Bearer ${world.test.key}x`,
    `Bearer ${expired.apiKey}`,
    `Bearer ${revoked.apiKey}`,
  ]) {
    const response = await withKey(header);
    const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
    assert.equal(asRefusal(answer, 401).code, "UNAUTHORIZED", String(header));
    assert.match(response.headers.get("www-authenticate") ?? "", /^Bearer/);
  }
});

test("every response has its own ID and the rate limit headers", async () => {
  const before = Date.now();
  const first = await get(POSTS, { "x-request-id": "mine" });
  const second = await get(POSTS);
  for (const { headers } of [first, second]) {
    assert.match(headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(headers.get("x-ratelimit-limit"), "2147483647");
    assert.equal(headers.get("x-ratelimit-remaining"), "2147483647");
    assert.ok(Number(headers.get("x-ratelimit-reset")) * 1000 > before);
  }
  assert.notEqual(first.headers.get("x-request-id"), second.headers.get("x-request-id"));
  const refused = await get(`${POSTS}/nonsense`);
  assert.equal(refused.headers.get("x-ratelimit-limit"), "2147483647");
});

test("a Bearer route can be called from any web page, and never with cookies", async () => {
  const preflight = await fetch(world.url + POSTS, {
    method: "OPTIONS",
    headers: {
      origin: "https://app.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,idempotency-key",
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
  assert.equal(preflight.headers.get("access-control-allow-credentials"), null);
  assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /Idempotency-Key/);
  for (const path of [POSTS, `${POSTS}/nonsense`]) {
    const { headers } = await get(path, { origin: "https://app.example" });
    assert.equal(headers.get("access-control-allow-origin"), "*");
    assert.match(headers.get("access-control-expose-headers") ?? "", /X-RateLimit-Remaining/);
  }
});

test("long responses are compressed, quickly, for clients that support it", async () => {
  const usual = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
  for (const [encoding, unpack, packAsUsual] of [
    ["gzip", gunzipSync, gzipSync],
    ["br", brotliDecompressSync, (body: Buffer) => brotliCompressSync(body, usual)],
  ] as const) {
    const { headers, bytes } = await rawGet("/api/v1/platforms", { "accept-encoding": encoding });
    assert.equal(headers["content-encoding"], encoding);
    const body = unpack(bytes);
    assert.ok(JSON.parse(body.toString("utf8")));
    assert.ok(bytes.length > packAsUsual(body).length);
  }
  assert.equal((await rawGet("/api/v1/platforms", {})).headers["content-encoding"], undefined);
});

function rawGet(
  path: string,
  headers: Record<string, string>,
): Promise<{ headers: NodeJS.Dict<string | string[]>; bytes: Buffer }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      world.url + path,
      { headers: { authorization: `Bearer ${world.test.key}`, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response
          .on("data", (chunk: Buffer) => chunks.push(chunk))
          .on("end", () => resolve({ headers: response.headers, bytes: Buffer.concat(chunks) }));
      },
    );
    sent.on("error", reject).end();
  });
}

test("an unchanged post is 304, a changed one is not", async () => {
  const made = await draft();
  const path = `${POSTS}/${idOf(made.body, "post")}`;
  const etag = made.headers.get("etag") ?? "";
  assert.match(etag, /^"\d+"$/);
  const same = await get(path, { "if-none-match": etag });
  assert.deepEqual([same.status, same.body, same.headers.get("etag")], [304, null, etag]);
  await world.call(world.test, "PATCH", path, { content: { text: "Changed" } });
  const changed = await get(path, { "if-none-match": etag });
  assert.equal(changed.status, 200);
  assert.notEqual(changed.headers.get("etag"), etag);
});

test("an update of a post that others have changed meanwhile is rejected", async () => {
  const made = await draft();
  const path = `${POSTS}/${idOf(made.body, "post")}`;
  const etag = made.headers.get("etag") ?? "";
  const patch = (text: string, ifMatch: string) =>
    world.call(world.test, "PATCH", path, { content: { text } }, { "if-match": ifMatch });
  const first = await patch("First", etag);
  assert.equal(first.status, 200);
  assert.equal(asRefusal(await patch("Late", etag), 412).code, "PRECONDITION_FAILED");
  assert.equal(asRefusal(await patch("Never", '"nonsense"'), 412).code, "PRECONDITION_FAILED");
  assert.equal((await patch("Any", "*")).status, 200);
  for (const action of ["publish", "cancel"]) {
    assert.equal(
      asRefusal(await world.call(world.test, "POST", `${path}/${action}`, undefined, { "if-match": etag }), 412).code,
      "PRECONDITION_FAILED",
    );
  }
  assert.equal(objectIn((await get(path)).body, "post").status, "draft");
});

test("Prefer: wait responds once the post is settled, and without it publish responds immediately", async () => {
  const id = idOf((await draft()).body, "post");
  const publishing = world.call(world.test, "POST", `${POSTS}/${id}/publish`, undefined, {
    prefer: "respond-async, wait=60",
  });
  await untilStatus(id, "queued");
  await world.services.pool.query("update platform_posts set status = 'published' where post_id = $1", [id]);
  await world.services.pool.query(
    `with done as (update posts set status = 'published', revision = revision + 1 where id = $1)
     select pg_notify('ampost_post', $1::text)`,
    [id],
  );
  const answer = await publishing;
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("preference-applied"), "wait=60");
  assert.equal(objectIn(answer.body, "post").status, "published");
  const other = idOf((await draft()).body, "post");
  const atOnce = await world.call(world.test, "POST", `${POSTS}/${other}/publish`);
  assert.equal(objectIn(atOnce.body, "post").status, "queued");
  assert.equal(atOnce.headers.get("preference-applied"), null);
});

test("waiting ends when its time is up, and an invalid preference is ignored", async () => {
  for (const [prefer, applied] of [
    ["wait=0", "wait=0"],
    ["wait=1", "wait=1"],
    ["wait=-1", null],
    ["wait=soon", null],
  ] as const) {
    const id = idOf((await draft()).body, "post");
    const answer = await world.call(world.test, "POST", `${POSTS}/${id}/publish`, undefined, { prefer });
    assert.deepEqual(
      [answer.status, objectIn(answer.body, "post").status, answer.headers.get("preference-applied")],
      [200, "queued", applied],
    );
  }
});

test("an idempotent request that waited is replayed with its response", async () => {
  const id = idOf((await draft()).body, "post");
  const publish = () =>
    world.call(world.test, "POST", `${POSTS}/${id}/publish`, undefined, { prefer: "wait=60", "idempotency-key": id });
  const waiting = publish();
  await untilStatus(id, "queued");
  await world.services.pool.query("update posts set status = 'published', revision = revision + 1 where id = $1", [id]);
  const first = await waiting;
  const second = await publish();
  assert.deepEqual(second.body, first.body);
  assert.equal(objectIn(second.body, "post").status, "published");
});

async function untilStatus(id: string, status: string): Promise<void> {
  for (;;) {
    if (objectIn((await get(`${POSTS}/${id}`)).body, "post").status === status) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test("while the database is down, every request is 503 with Retry-After", async () => {
  const away = await createWorld();
  const pool = new pg.Pool({ host: "127.0.0.1", port: 1, connectionTimeoutMillis: 500 });
  const app = await createHttpApp(
    { ...away.services, pool },
    {
      probes: {
        ready: async () => ({ ready: false, checks: { database: "away" } }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  try {
    const response = await fetch(url + POSTS, { headers: { authorization: `Bearer ${away.test.key}` } });
    const answer = { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
    assert.equal(asRefusal(answer, 503).code, "UNAVAILABLE");
    assert.match(response.headers.get("retry-after") ?? "", /^\d+$/);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    assert.equal((await fetch(`${url}/readyz`)).status, 503);
  } finally {
    await app.close();
    await pool.end();
    await away.close();
  }
});

test("with two hosts, API paths on the app's host respond with a hint, and pages are not on the API's host", async () => {
  const two = await createWorld({ apiUrl: "https://api.ampost.example", appUrl: "https://ampost.example" });
  const { app, test: tenant } = two;
  const ask = (url: string, host: string) =>
    app.inject({ method: "GET", url, headers: { host, authorization: `Bearer ${tenant.key}` } });
  try {
    const onApp = await ask("/api/v1/posts?limit=1", "ampost.example");
    assert.equal(onApp.statusCode, 200);
    assert.equal(onApp.headers.deprecation, "true");
    assert.equal(onApp.headers.link, '<https://api.ampost.example/api/v1/posts?limit=1>; rel="successor-version"');
    assert.equal((await ask("/api/v1/posts", "api.ampost.example")).headers.deprecation, undefined);
    assert.equal((await ask("/", "ampost.example")).statusCode, 200);
    assert.equal((await ask("/", "api.ampost.example")).statusCode, 404);
    assert.equal((await ask("/sandbox/", "api.ampost.example")).statusCode, 404);
  } finally {
    await two.close();
  }
});

test("the sandbox's control API is not reachable through the app", async () => {
  for (const path of ["/sandbox/_sandbox/requests", "/sandbox/x/../_sandbox/requests"]) {
    const { statusCode } = await world.app.inject({ method: "GET", url: path });
    assert.equal(statusCode, 404, path);
  }
  assert.equal((await world.app.inject({ method: "GET", url: "/sandbox" })).headers.location, "/sandbox/");
});
