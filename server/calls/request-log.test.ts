import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { requestsGet, requestsList } from "../../contract/operations/requests.ts";
import { firstIdAt, newId } from "../../model/ids.ts";
import { NO_LIMITS } from "../../model/user-limits.ts";
import { asRefusal, idOf } from "../../tests/answers.ts";
import { callTool } from "../../tests/attacks/call-tool.ts";
import { joinAs } from "../../tests/members.ts";
import { createWorld, PASSWORD, type Called, type TestTenant, type World } from "../../tests/world.ts";
import { type ApiRequestRow, insertApiRequests } from "../db/queries/api-requests.ts";
import { createHttpApp } from "../http/app.ts";
import { sweepRequestLog } from "../jobs/sweeps.ts";
import { createRequestLog } from "./request-log.ts";

let world: World;
before(async () => {
  world = await createWorld({}, { requestLog: { days: 30, pauseMilliseconds: 5 } });
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const REQUESTS = "/api/v1/requests";

async function newTenant(): Promise<TestTenant> {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  return tenant;
}

const draft = ({ platformSetId }: TestTenant, changed: object = {}) => ({
  content: { text: "Hello" },
  platforms: ["threads"],
  platformSetId,
  ...changed,
});

async function list(tenant: TestTenant, query = "") {
  const called = await world.call(tenant, "GET", `${REQUESTS}?${query}`);
  assert.equal(called.status, 200, JSON.stringify(called.body));
  return requestsList.answer.parse(called.body);
}

/** The entry of a response, once it is written. */
async function entryOf(tenant: TestTenant, { headers }: Pick<Called, "headers">) {
  const id = headers.get("x-request-id") ?? "";
  for (;;) {
    const called = await world.call(tenant, "GET", `${REQUESTS}/${id}`);
    if (called.status === 200) return requestsGet.answer.parse(called.body).request;
    asRefusal(called, 404);
    await sleep(5);
  }
}

test("a key's request is recorded with what was sent, how it was answered, and by whom", async () => {
  const tenant = await newTenant();
  const created = await world.call(tenant, "POST", POSTS, draft(tenant), { "idempotency-key": "a" });
  const { durationMilliseconds, actor, createdAt, ...entry } = await entryOf(tenant, created);
  assert.deepEqual(entry, {
    id: created.headers.get("x-request-id"),
    operation: "posts_create",
    via: "api",
    method: "POST",
    route: POSTS,
    target: null,
    status: 201,
    error: null,
    mode: "test",
    hasIdempotencyKey: true,
    network: "127.0.0.0/24",
    query: null,
    body: draft(tenant),
    issues: [],
  });
  assert.ok(durationMilliseconds < 10_000);
  assert.ok(Math.abs(Date.parse(createdAt) - Date.now()) < 60_000);
  const keyId = (await world.services.keyHolders.find(tenant.key))?.keyId;
  assert.deepEqual(actor, { kind: "key", id: keyId, name: "test" });
  const id = idOf(created.body, "post");
  const read = await entryOf(tenant, await world.call(tenant, "GET", `${POSTS}/${id}?`));
  assert.deepEqual(
    [read.operation, read.route, read.target, read.hasIdempotencyKey, read.body],
    ["posts_get", `${POSTS}/:id`, id, false, null],
  );
  const listed = await entryOf(tenant, await world.call(tenant, "GET", `${POSTS}?status=draft&limit=1`));
  assert.deepEqual(listed.query, { status: "draft", limit: "1" });
});

test("a failed request is recorded with its code and issues, also when the limit of requests was reached", async () => {
  const tenant = await newTenant();
  const refused = await world.call(tenant, "POST", POSTS, draft(tenant, { content: { text: "x".repeat(501) } }));
  const { issues } = asRefusal(refused, 400);
  const entry = await entryOf(tenant, refused);
  assert.deepEqual([entry.status, entry.error?.code], [400, "CONTENT_TOO_LONG"]);
  assert.deepEqual(
    entry.issues,
    issues.map(({ rule, path, message, fix }) => ({ rule, path, message, fix })),
  );
  const others = world.services.limitsOf;
  world.services.limitsOf = async (userId) =>
    userId === tenant.userId ? { ...NO_LIMITS, callsPerMinute: 0 } : await others(userId);
  const limited = await world.call(tenant, "POST", POSTS, draft(tenant));
  world.services.limitsOf = others;
  assert.equal(limited.status, 429);
  const recorded = await entryOf(tenant, limited);
  assert.deepEqual([recorded.status, recorded.error?.code, recorded.body], [429, "RATE_LIMITED", null]);
});

test("an MCP call is recorded as one of its operation, with the status that its endpoint would have returned", async () => {
  const tenant = await newTenant();
  await callTool(world, tenant, "posts_create", { ...draft(tenant), idempotencyKey: "m" });
  await callTool(world, tenant, "posts_get", { id: newId() });
  let requests: Awaited<ReturnType<typeof list>>["requests"] = [];
  while (requests.length < 2) requests = (await list(tenant, "method=POST")).requests;
  assert.deepEqual(
    requests.map(({ operation, via, route, status, error }) => [operation, via, route, status, error?.code ?? null]),
    [
      ["posts_get", "mcp", "/mcp", 404, "POST_NOT_FOUND"],
      ["posts_create", "mcp", "/mcp", 201, null],
    ],
  );
  const [, created] = requests;
  const { request } = requestsGet.answer.parse((await world.call(tenant, "GET", `${REQUESTS}/${created?.id}`)).body);
  assert.deepEqual([request.hasIdempotencyKey, request.body], [true, draft(tenant)]);
});

test("of a session, only what it changes is recorded, under the person's name", async () => {
  const tenant = await newTenant();
  const cookie = await world.signIn(tenant);
  const { cookie: member, tenant: person } = await joinAs(world, tenant, "publisher");
  await world.callAs(cookie, "GET", `${POSTS}?mode=test`);
  await world.callAs(member, "GET", `${POSTS}?mode=test&workspace=${tenant.userId}`);
  const own = await entryOf(tenant, await world.callAs(cookie, "POST", `${POSTS}?mode=test`, draft(tenant)));
  const theirs = await entryOf(
    tenant,
    await world.callAs(member, "POST", `${POSTS}?mode=test&workspace=${tenant.userId}`, draft(tenant)),
  );
  const { rows } = await world.database.pool.query<{ id: string; email: string }>(
    "select id, email from users where id = any ($1)",
    [[tenant.userId, person.userId]],
  );
  const emailOf = (userId: string) => rows.find(({ id }) => id === userId)?.email;
  assert.deepEqual(
    [own, theirs].map(({ via, actor, query }) => [via, actor, query]),
    [
      ["dashboard", { kind: "person", id: tenant.userId, name: emailOf(tenant.userId) }, null],
      ["dashboard", { kind: "person", id: person.userId, name: emailOf(person.userId) }, null],
    ],
  );
  const operations = (await list(tenant, "limit=100")).requests.filter(({ via }) => via === "dashboard");
  assert.deepEqual(
    operations.map(({ operation }) => operation),
    ["posts_create", "posts_create"],
  );
});

test("secrets, unknown fields and what is too long are not recorded, wherever they are", async () => {
  const tenant = await newTenant();
  const cookie = await world.signIn(tenant);
  const secret = "correct-horse-battery-staple";
  const whole = async (called: Called) => JSON.stringify(await entryOf(tenant, called));

  const app = { clientId: "client", clientSecret: secret };
  const saved = await world.callAs(cookie, "PUT", "/api/v1/oauth-apps/threads?mode=test", app);
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  assert.deepEqual((await entryOf(tenant, saved)).body, { clientId: "client", clientSecret: "[removed]" });
  const deleted = await world.callAs(cookie, "DELETE", "/api/me?mode=test", { password: `${PASSWORD}!` });
  assert.deepEqual((await entryOf(tenant, deleted)).body, { password: "[removed]" });

  const unknown = await world.call(tenant, "POST", `${POSTS}?${secret}=${secret}`, {
    ...draft(tenant),
    [secret]: secret,
    content: { text: `With ${tenant.key}`, [secret]: [secret] },
    platformOverrides: { [secret]: { text: secret } },
  });
  assert.equal(unknown.status, 400);
  const entry = await entryOf(tenant, unknown);
  assert.deepEqual(entry.body, {
    ...draft(tenant),
    content: { text: "With amp_test_[removed]", "[unknown fields]": 1 },
    platformOverrides: { "[unknown fields]": 1 },
    "[unknown fields]": 1,
  });
  assert.deepEqual(entry.query, { "[unknown fields]": 1 });
  assert.ok(entry.issues.length >= 3);
  assert.equal(entry.issues[0]?.rule, "request.unknownKey");
  for (const called of [
    unknown,
    await world.call(tenant, "GET", `${POSTS}/${secret}`),
    await world.call(tenant, "GET", `/api/v1/platforms/${secret}`),
    await world.call(tenant, "POST", POSTS, {
      ...draft(tenant),
      content: {
        media: [{ url: `https://u:${secret}@example.com/a.jpg` }, { url: `https://cdn.example.com/a?s=${secret}` }],
      },
    }),
  ])
    assert.ok(!(await whole(called)).includes(secret), await whole(called));

  const long = await world.call(tenant, "POST", POSTS, draft(tenant, { content: { text: "y".repeat(100_000) } }));
  const text = String(Object((await entryOf(tenant, long)).body?.content).text);
  assert.ok(text.length < 8_100 && text.endsWith("y[more]"), String(text.length));
  const deep = `${'{"content":'.repeat(20_000)}1${"}".repeat(20_000)}`;
  assert.ok((await whole(await world.call(tenant, "POST", POSTS, deep))).length < 2_000);
});

test("entries are found by status, operation, method, endpoint, key and time, page by page", async () => {
  const tenant = await newTenant();
  const keyId = (await world.services.keyHolders.find(tenant.key))?.keyId ?? "";
  const made = await world.call(tenant, "POST", POSTS, draft(tenant));
  const missing = await world.call(tenant, "GET", `${POSTS}/${newId()}`);
  const listed = await world.call(tenant, "GET", POSTS);
  await entryOf(tenant, listed);
  const idsOf = (called: readonly Called[]) => called.map(({ headers }) => headers.get("x-request-id"));
  const find = async (query: string) =>
    (await list(tenant, `limit=100&${query}`)).requests
      .filter(({ operation }) => !operation.startsWith("requests_"))
      .map(({ id }) => id);
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  for (const [query, expected] of [
    ["", [listed, missing, made]],
    ["status=2xx", [listed, made]],
    ["status=4xx", [missing]],
    ["status=failed", [missing]],
    ["status=5xx", []],
    ["operation=posts_get", [missing]],
    ["method=POST", [made]],
    [`route=${POSTS}`, [listed, made]],
    [`route=${POSTS}/:id`, [missing]],
    [`keyId=${keyId}`, [listed, missing, made]],
    [`keyId=${newId()}`, []],
    [`from=${day(-1)}&to=${day(1)}`, [listed, missing, made]],
    [`from=${day(1)}`, []],
    [`to=${day(-1)}`, []],
  ] as const)
    assert.deepEqual(await find(query), idsOf(expected), query);

  const seen: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const page = await list(tenant, `limit=1&route=${POSTS}${cursor === "" ? "" : `&cursor=${cursor}`}`);
    seen.push(...page.requests.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  assert.deepEqual(seen, idsOf([listed, made]));
  for (const query of ["status=teapot", "operation=%25", "route=posts", "cursor=x", "from=yesterday"])
    asRefusal(await world.call(tenant, "GET", `${REQUESTS}?${query}`), 400);
});

test("nobody else sees an entry: no other user, no other mode, and no member of the workspace but its owner", async () => {
  const tenants = await world.makeTenants();
  const made = await world.call(tenants.test, "GET", POSTS);
  const { id } = await entryOf(tenants.test, made);
  const stranger = await newTenant();
  for (const other of [tenants.live, stranger]) {
    asRefusal(await world.call(other, "GET", `${REQUESTS}/${id}`), 404);
    assert.ok((await list(other, "limit=100")).requests.every((each) => each.id !== id));
  }
  const asMember = `?mode=test&workspace=${tenants.test.userId}`;
  const { cookie } = await joinAs(world, tenants.test, "publisher");
  for (const path of [`${REQUESTS}/${id}`, REQUESTS])
    assert.equal(asRefusal(await world.callAs(cookie, "GET", path + asMember), 403).code, "POLICY_VIOLATION");
  const own = await world.signIn(tenants.test);
  assert.equal((await world.callAs(own, "GET", `${REQUESTS}/${id}?mode=test`)).status, 200);
});

const row = (userId: string, changed: Partial<ApiRequestRow> = {}): ApiRequestRow => ({
  id: newId(),
  user_id: userId,
  mode: "test",
  via: "api",
  actor_kind: "key",
  actor_id: newId(),
  operation: "posts_list",
  method: "GET",
  route: POSTS,
  target: null,
  status: 200,
  duration_milliseconds: 1,
  has_idempotency_key: false,
  network: null,
  query: null,
  body: null,
  error: null,
  ...changed,
});

test("entries end after their days, and with their user, whoever writes them meanwhile", async () => {
  const { pool } = world.services;
  const [kept, gone] = [await newTenant(), await newTenant()];
  const old = firstIdAt(new Date(Date.now() - 31 * 86_400_000));
  const entry = row(kept.userId, { body: { text: "\0 \ud800" } });
  await insertApiRequests.run(pool, [{ rows: [entry, row(kept.userId, { id: old }), row(gone.userId)] }]);
  const cookie = await world.signIn(gone);
  const exported = await world.callAs(cookie, "GET", "/api/me/export");
  assert.equal(Object(exported.body).requests.length, 1);
  const deleted = await world.callAs(cookie, "DELETE", "/api/me", { password: PASSWORD });
  assert.equal(deleted.status, 200, JSON.stringify(deleted.body));
  const count = async (userId: string) =>
    (await pool.query("select from api_requests where user_id = $1", [userId])).rowCount;
  assert.deepEqual([await count(kept.userId), await count(gone.userId)], [2, 0]);
  await insertApiRequests.run(pool, [{ rows: [row(gone.userId), row(kept.userId)] }]);
  assert.deepEqual([await count(kept.userId), await count(gone.userId)], [3, 0]);
  await pool.query("update api_requests set user_id = $1 where id = $2", [gone.userId, entry.id]);
  await sweepRequestLog(pool, 30, new AbortController().signal);
  assert.deepEqual([await count(kept.userId), await count(gone.userId)], [1, 0]);
});

test("of each user and mode, the newest entries are kept", async () => {
  const { pool } = world.services;
  const tenant = await newTenant();
  await pool.query(
    `insert into api_requests (id, user_id, mode, via, actor_kind, actor_id, operation, method, route, status,
       duration_milliseconds, has_idempotency_key)
     select ('ffffffff-ffff-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, $1, 'live', 'api', 'key', 'a', 'posts_list',
       'GET', '/', 200, 1, false from generate_series(1, 50010) as n`,
    [tenant.userId],
  );
  await sweepRequestLog(pool, 30, new AbortController().signal);
  const { rows } = await pool.query<{ first: string; count: number }>(
    "select min(id::text) as first, count(*)::int from api_requests where user_id = $1 and mode = 'live'",
    [tenant.userId],
  );
  assert.deepEqual(rows, [{ first: `ffffffff-ffff-7000-8000-${(11).toString(16).padStart(12, "0")}`, count: 50_000 }]);
});

test("with 0 days, nothing is recorded, and what was is deleted", async () => {
  const { pool } = world.services;
  const tenant = await newTenant();
  const probes = {
    ready: async () => ({ ready: true, checks: {} }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
  };
  const off = await createHttpApp(world.services, { probes, requestLog: { days: 0 } });
  const authorization = `Bearer ${tenant.key}`;
  const answer = await off.inject({ url: POSTS, headers: { authorization } });
  assert.equal(answer.statusCode, 200);
  await off.close();
  const count = async () => (await pool.query("select from api_requests where user_id = $1", [tenant.userId])).rowCount;
  assert.equal(await count(), 0);
  const aMinuteAgo = firstIdAt(new Date(Date.now() - 60_000));
  await insertApiRequests.run(pool, [{ rows: [row(tenant.userId, { id: aMinuteAgo })] }]);
  assert.equal(await count(), 1);
  await sweepRequestLog(pool, 0, new AbortController().signal);
  assert.equal(await count(), 0);
});

test("while the database is slow or away, requests are dropped and not queued without end", async (t) => {
  const warned: object[] = [];
  const log = { ...world.services.log, warn: (about: object) => void warned.push(about) };
  const { pool } = world.services;
  const slow = Promise.withResolvers<never>();
  const written: number[] = [];
  t.mock.method(pool, "query", (_query: { values: [string] }) => {
    written.push(JSON.parse(_query.values[0]).rows.length);
    return written.length === 1 ? slow.promise : Promise.resolve({ rows: [], rowCount: 0 });
  });
  const requests = createRequestLog({ pool, log: Object.assign(Object.create(world.services.log), log) }, { days: 30 });
  const actor = { kind: "key", id: newId() } as const;
  for (let count = 0; count < 5_000; count += 1)
    requests.note({
      id: newId(),
      caller: { userId: "a", mode: "test", actor },
      operation: requestsList,
      via: "api",
      method: "GET",
      route: REQUESTS,
      raw: null,
      hasIdempotencyKey: false,
      address: null,
      status: 200,
      error: null,
      milliseconds: 1,
    });
  slow.reject(new Error("away"));
  await requests.close();
  assert.deepEqual(written, [500, 2_000]);
  assert.deepEqual(
    warned.flatMap((about) => Object(about).requests ?? []),
    [3_000],
  );
});
