import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { z } from "zod";

import { NO_LIMITS, type UserLimits } from "../../model/user-limits.ts";
import { idOf } from "../../tests/answers.ts";
import { fixture } from "../../tests/media-world.ts";
import { sendRaw } from "../../tests/raw-request.ts";
import { createWorld, type Called, type TestTenant, type World } from "../../tests/world.ts";
import { MAX_FORM_BYTES } from "../calls/read-body.ts";
import { storedBytes } from "../media/storage-quota.ts";

const POSTS = "/api/v1/posts";
const MEDIA = "/api/v1/media";

let world: World;
let photo: Buffer;

before(async () => {
  world = await createWorld();
  photo = await fixture("photo-1x1.jpg");
});
after(() => world.close());

/** A new user with an account and these limits. */
async function newPerson(limits: Partial<UserLimits>): Promise<Record<"live" | "test", TestTenant>> {
  const tenants = await world.makeTenants();
  await world.connect(tenants.test, "threads");
  const others = world.services.limitsOf;
  world.services.limitsOf = async (userId) =>
    userId === tenants.test.userId ? { ...NO_LIMITS, ...limits } : await others(userId);
  return tenants;
}

const refusal = z.object({
  code: z.string(),
  issues: z.array(z.object({ rule: z.string(), fix: z.string() })),
  limit: z.object({ kind: z.string(), name: z.string(), limit: z.int(), resetsAt: z.string().nullable() }),
});
const limitIn = ({ status, body }: Called) => {
  assert.equal(status, 429, JSON.stringify(body));
  const { code, limit } = refusal.parse(body);
  assert.equal(code, "RATE_LIMITED");
  return limit;
};

/** The quotas that have a limit. */
async function quotasOf(tenant: TestTenant) {
  const { quotas } = z
    .object({
      quotas: z.array(z.object({ name: z.string(), limit: z.int().nullable(), remaining: z.int().nullable() })),
    })
    .parse((await world.call(tenant, "GET", "/api/v1/account-context")).body);
  return quotas.filter(({ limit }) => limit !== null);
}

const inAYear = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const draft = (tenant: TestTenant, more: object = {}) => ({
  content: { text: "Hello" },
  platforms: ["threads"],
  platformSetId: tenant.platformSetId,
  ...more,
});
const countOf = (called: readonly Called[], status: number) => called.filter((each) => each.status === status).length;

async function storageKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.services.storage.list()) keys.push(key);
  return keys.sort();
}

function formOf(bytes: Buffer, files = 1, data?: object): FormData {
  const form = new FormData();
  if (data !== undefined) form.append("data", JSON.stringify(data));
  for (let n = 0; n < files; n += 1)
    form.append(
      data === undefined ? "file" : "files",
      new File([new Uint8Array(bytes)], `${n}.jpg`, { type: "image/jpeg" }),
    );
  return form;
}

/** The requests that follow are then all sent within one minute. */
async function withinMinute(): Promise<void> {
  const toEnd = 60_000 - (Date.now() % 60_000);
  if (toEnd < 20_000) await new Promise((passed) => setTimeout(passed, toEnd));
}

test("a user's requests per minute and rate class are limited, and every response shows the actual values", async () => {
  const { test: tenant, live } = await newPerson({ callsPerMinute: 3 });
  const read = (key: TestTenant) => world.call(key, "GET", `${POSTS}?limit=1`);
  const standing = ({ headers }: Called) =>
    ["limit", "remaining"].map((name) => Number(headers.get(`x-ratelimit-${name}`)));
  await withinMinute();
  const calls = [await read(tenant), await read(live), await read(tenant), await read(tenant)];
  assert.deepEqual(
    calls.map(({ status }) => status),
    [200, 200, 200, 429],
  );
  assert.deepEqual(calls.map(standing), [
    [3, 2],
    [3, 1],
    [3, 0],
    [3, 0],
  ]);
  const [over] = calls.slice(-1);
  assert.ok(over);
  const { resetsAt, ...limit } = limitIn(over);
  assert.deepEqual(limit, { kind: "rate", name: "apiRead", limit: 3 });
  const reset = Number(over.headers.get("x-ratelimit-reset"));
  assert.equal(reset % 60, 0);
  assert.equal(new Date(reset * 1000).toISOString(), resetsAt);
  const retryAfter = Number(over.headers.get("retry-after"));
  assert.ok(retryAfter >= 1 && retryAfter <= 60);
  // Another rate class, and another user.
  assert.deepEqual(standing(await world.call(tenant, "POST", POSTS, draft(tenant))), [3, 2]);
  assert.equal((await read(world.test)).status, 200);
  assert.equal((await read(world.test)).headers.get("x-ratelimit-limit"), "2147483647");
});

test("a user's content per day is limited, created or edited, even with concurrent writes", async () => {
  const most = 1_200;
  const { test: tenant } = await newPerson({ contentBytesPerDay: most });
  const long = (length: number) => draft(tenant, { content: { text: "x".repeat(length) } });
  const made = await Promise.all([1, 2, 3, 4, 5].map(() => world.call(tenant, "POST", POSTS, long(300))));
  assert.equal(countOf(made, 201), 3);
  for (const each of made.filter(({ status }) => status !== 201))
    assert.deepEqual([limitIn(each).name, limitIn(each).limit], ["contentBytesPerDay", most]);
  const id = idOf(made.find(({ status }) => status === 201)?.body, "post");
  const change = (length: number) =>
    world.call(tenant, "PATCH", `${POSTS}/${id}`, { content: { text: "y".repeat(length) } });
  assert.equal((await change(300)).status, 429);
  assert.equal((await change(10)).status, 200);
  const [quota] = await quotasOf(tenant);
  assert.equal(quota?.name, "contentBytesPerDay");
  assert.ok(Number(quota.remaining) > 0 && Number(quota.remaining) < 500, String(quota.remaining));
  await world.services.pool.query("update users set content_day = content_day - 1 where id = $1", [tenant.userId]);
  assert.equal((await change(300)).status, 200, "the next day is another");
});

test("requests over MCP and tus count like those over REST", async () => {
  const { test: tenant } = await newPerson({ callsPerMinute: 40 });
  const transport = new StreamableHTTPClientTransport(new URL(`${world.url}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${tenant.key}` } },
  });
  const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode: { pin: "2026-07-28" } } });
  await client.connect(transport);
  world.services.limitsOf = (
    (others) => async (userId: string) =>
      userId === tenant.userId ? { ...NO_LIMITS, callsPerMinute: 2 } : await others(userId)
  )(world.services.limitsOf);
  const create = () => client.callTool({ name: "posts_create", arguments: draft(tenant) });
  await withinMinute();
  const made = [await create(), await create(), await create()];
  assert.deepEqual(
    made.map(({ isError }) => isError === true),
    [false, false, true],
  );
  assert.match(
    JSON.stringify(made[2]?.content),
    /RATE_LIMITED: You have reached your limit of 2 createPost requests per minute.*Try again after \d+ s/,
  );
  await client.close();
  // A batch counts as the calls in it.
  const batch = Array.from({ length: 50 }, (_, id) => ({ jsonrpc: "2.0", id, method: "resources/list", params: {} }));
  limitIn(await world.call(tenant, "POST", "/mcp", batch, { accept: "application/json, text/event-stream" }));
  const begin = () => world.call(tenant, "POST", MEDIA, undefined, { "tus-resumable": "1.0.0", "upload-length": "5" });
  await withinMinute();
  const begun = [await begin(), await begin(), await begin()];
  assert.deepEqual(
    begun.map(({ status }) => status),
    [201, 201, 429],
  );
  assert.deepEqual(begun[2] && limitIn(begun[2]).name, "mediaUpload");
});

test("every file of a form is counted", async () => {
  const { test: tenant } = await newPerson({ callsPerMinute: 2 });
  const kept = await storageKeys();
  const called = await world.call(tenant, "POST", POSTS, formOf(photo, 3, draft(tenant)));
  assert.equal(limitIn(called).name, "mediaUpload");
  assert.deepEqual(await storageKeys(), kept);
});

test("every response of the API, MCP and uploads shows a rate limit, whatever it says", async () => {
  const { test: tenant } = await newPerson({ callsPerMinute: 100 });
  const key = { authorization: `Bearer ${tenant.key}` };
  const tus = { ...key, "tus-resumable": "1.0.0" };
  const limits = new Map<string, string | null>();
  for (const [what, method, path, headers, status] of [
    ["no key", "GET", POSTS, {}, 401],
    ["no such endpoint", "GET", "/api/v1/nothing", key, 404],
    ["no such method", "PUT", POSTS, key, 404],
    ["no such post", "GET", `${POSTS}/00000000-0000-4000-8000-000000000000`, key, 404],
    ["a preflight", "OPTIONS", POSTS, { origin: "https://example.com", "access-control-request-method": "POST" }, 204],
    ["a foreign page", "POST", "/mcp", { ...key, origin: "https://example.com" }, 403],
    ["MCP without a key", "POST", "/mcp", {}, 401],
    ["MCP without a stream", "GET", "/mcp", key, 405],
    ["an upload of nothing", "POST", MEDIA, tus, 400],
    ["an upload that is gone", "HEAD", `${MEDIA}/uploads/00000000-0000-4000-8000-000000000000`, tus, 404],
  ] as const) {
    const answer = await fetch(world.url + path, { method, headers });
    assert.equal(answer.status, status, what);
    for (const name of ["limit", "remaining", "reset"])
      assert.match(String(answer.headers.get(`x-ratelimit-${name}`)), /^\d+$/, what);
    limits.set(what, answer.headers.get("x-ratelimit-limit"));
  }
  assert.equal(limits.get("no such post"), "100");
  assert.equal(limits.get("MCP without a stream"), "100");
  assert.equal(limits.get("an upload of nothing"), "100");
  assert.equal(limits.get("no key"), "2147483647");
});

test("a user's posts per day are limited, in both modes together and with concurrent requests", async () => {
  const { test: tenant, live } = await newPerson({ postsPerDay: 5 });
  const create = (headers = {}) => world.call(tenant, "POST", POSTS, draft(tenant), headers);
  const first = await create({ "idempotency-key": "once" });
  assert.equal(first.status, 201);
  const called = await Promise.all(Array.from({ length: 12 }, () => create()));
  assert.deepEqual([countOf(called, 201), countOf(called, 429)], [4, 8]);
  const over = await world.call(live, "POST", POSTS, { ...draft(live), content: { text: "Hello" } });
  assert.ok([400, 429].includes(over.status));
  const refused = await create();
  const midnight = new Date(Math.ceil(Date.now() / 86_400_000) * 86_400_000).toISOString();
  assert.deepEqual(limitIn(refused), { kind: "quota", name: "postsPerDay", limit: 5, resetsAt: midnight });
  assert.ok(Number(refused.headers.get("retry-after")) > 0);
  assert.deepEqual(await quotasOf(tenant), [{ name: "postsPerDay", limit: 5, remaining: 0 }]);
  // A repeated request returns its stored response.
  assert.equal(idOf((await create({ "idempotency-key": "once" })).body, "post"), idOf(first.body, "post"));
  await world.services.pool.query("update users set posts_day = posts_day - 1 where id = $1", [tenant.userId]);
  assert.equal((await create()).status, 201);
});

test("a user's scheduled posts are limited, created or rescheduled, with concurrent requests", async () => {
  world.services.settings.scheduling = "all";
  const { test: tenant } = await newPerson({ maxScheduledPosts: 3 });
  const drafts = await Promise.all(
    Array.from({ length: 4 }, async () => idOf((await world.call(tenant, "POST", POSTS, draft(tenant))).body, "post")),
  );
  const called = await Promise.all([
    ...Array.from({ length: 4 }, () => world.call(tenant, "POST", POSTS, draft(tenant, { scheduledFor: inAYear(2) }))),
    ...drafts.map((id) => world.call(tenant, "PATCH", `${POSTS}/${id}`, { scheduledFor: inAYear(1) })),
  ]);
  assert.deepEqual([countOf(called, 201) + countOf(called, 200), countOf(called, 429)], [3, 5]);
  const refused = called.find(({ status }) => status === 429);
  assert.ok(refused);
  assert.equal(limitIn(refused).name, "maxScheduledPosts");
  assert.ok(Number(refused.headers.get("retry-after")) > 80_000);
  const scheduled = called.find(({ status }) => status < 300);
  // A scheduled post can be moved, and discarding posts makes room.
  const id = idOf(scheduled?.body, "post");
  assert.equal((await world.call(tenant, "PATCH", `${POSTS}/${id}`, { scheduledFor: inAYear(3) })).status, 200);
  assert.equal((await world.call(tenant, "DELETE", `${POSTS}/${id}`)).status, 200);
  assert.equal((await world.call(tenant, "POST", POSTS, draft(tenant, { scheduledFor: inAYear(3) }))).status, 201);
  world.services.settings.scheduling = "contract";
});

test("a user's stored bytes are limited, with concurrent files, and nothing rejected is kept", async () => {
  const most = photo.length * 3 + 10;
  const { test: tenant } = await newPerson({ maxStorageBytes: most });
  const kept = await storageKeys();
  const called = await Promise.all(Array.from({ length: 8 }, () => world.call(tenant, "POST", MEDIA, formOf(photo))));
  const stored = countOf(called, 201);
  assert.ok(stored >= 1 && stored <= 3, `${stored} stored`);
  assert.equal(countOf(called, 429), 8 - stored);
  for (let n = stored; n < 3; n += 1)
    assert.equal((await world.call(tenant, "POST", MEDIA, formOf(photo))).status, 201);
  assert.equal(await storedBytes(world.services.pool, tenant.userId), photo.length * 3);
  const refused = await world.call(tenant, "POST", POSTS, formOf(photo, 1, draft(tenant)));
  assert.deepEqual(limitIn(refused), { kind: "quota", name: "maxStorageBytes", limit: most, resetsAt: null });
  assert.equal((await storageKeys()).length, kept.length + 3);
  const { body } = await world.call(tenant, "GET", MEDIA);
  const [one] = z.object({ media: z.array(z.object({ id: z.string() })) }).parse(body).media;
  assert.equal((await world.call(tenant, "DELETE", `${MEDIA}/${one?.id}`)).status, 200);
  assert.equal((await world.call(tenant, "POST", MEDIA, formOf(photo))).status, 201);
});

test("a resumable upload counts with its declared length, even if unfinished", async () => {
  const { test: tenant } = await newPerson({ maxStorageBytes: 1_000 + photo.length });
  const begin = (bytes: number) =>
    world.call(tenant, "POST", MEDIA, undefined, { "tus-resumable": "1.0.0", "upload-length": String(bytes) });
  const begun = await Promise.all(Array.from({ length: 6 }, () => begin(500)));
  assert.deepEqual(
    [countOf(begun, 201), countOf(begun, 429)],
    [Math.min(6, Math.floor((1_000 + photo.length) / 500)), 6 - Math.min(6, Math.floor((1_000 + photo.length) / 500))],
  );
  for (const { headers } of begun) {
    const at = headers.get("location");
    if (at !== null)
      assert.equal(
        (await world.call(tenant, "DELETE", new URL(at).pathname, undefined, { "tus-resumable": "1.0.0" })).status,
        204,
      );
  }
  const whole = await begin(photo.length);
  const path = new URL(whole.headers.get("location") ?? "").pathname;
  assert.equal((await begin(1_001)).status, 429);
  const appended = await fetch(world.url + path, {
    method: "PATCH",
    body: new Uint8Array(photo),
    headers: {
      authorization: `Bearer ${tenant.key}`,
      "tus-resumable": "1.0.0",
      "upload-offset": "0",
      "content-type": "application/offset+octet-stream",
    },
  });
  assert.equal(appended.status, 204);
  assert.equal(await storedBytes(world.services.pool, tenant.userId), photo.length);
  assert.equal((await begin(1_001)).status, 429);
  assert.equal((await begin(1_000)).status, 201);
});

test("anything declared as larger than the available space, or than a form can be, is rejected before it arrives", async () => {
  const { test: tenant } = await newPerson({ maxStorageBytes: 1_000 });
  const head = (bytes: number, key: string) =>
    `POST ${MEDIA} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${key}\r\ncontent-type: multipart/form-data; ` +
    `boundary=b\r\ncontent-length: ${bytes}\r\nconnection: close\r\n\r\n`;
  assert.match(await sendRaw(world.url, head(50_000_000, tenant.key)), /^HTTP\/1.1 429 [^]*"name":"maxStorageBytes"/);
  assert.match(
    await sendRaw(world.url, head(MAX_FORM_BYTES + 1, world.test.key)),
    /^HTTP\/1.1 413 [^]*PAYLOAD_TOO_LARGE/,
  );
});

test("a form for one file accepts no second one", async () => {
  const kept = await storageKeys();
  const called = await world.call(world.test, "POST", MEDIA, formOf(photo, 3));
  assert.equal(called.status, 400);
  assert.match(JSON.stringify(called.body), /Send one file at a time/);
  assert.deepEqual(await storageKeys(), kept);
});
