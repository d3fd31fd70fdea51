import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";

import { z } from "zod";

import { idOf } from "../../../tests/answers.ts";
import { fixture } from "../../../tests/media-world.ts";
import { relayAll } from "../../../tests/relay.ts";
import { type Called, createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { transaction } from "../../db/sql.ts";
import { mailSealContext } from "../../mail/send-mail.ts";
import { BY_INSTANCE } from "../call.ts";
import { type PlanChange, setPlan } from "../users/plans.ts";
import { sendUsageEmail } from "./send-usage-email.ts";

const POSTS = "/api/v1/posts";
const MEDIA = "/api/v1/media";

let world: World;
let photo: Buffer;

before(async () => {
  world = await createWorld({ scheduling: "all" });
  photo = await fixture("photo-1x1.jpg");
});
after(() => world.close());

/** A new user with an account in both modes and this plan. */
async function newUser(change: PlanChange): Promise<Record<"live" | "test", TestTenant>> {
  const tenants = await world.makeTenants();
  await world.connect(tenants.live, "threads");
  await world.connect(tenants.test, "threads");
  await changePlan(tenants.live, change);
  return tenants;
}

async function changePlan({ userId }: TestTenant, change: PlanChange): Promise<void> {
  const stored = await transaction(world.database.pool, (tx) => setPlan(tx, BY_INSTANCE, userId, change));
  assert.ok(stored);
  const isThere = async () => {
    const plan = await world.services.planOf(userId);
    return (
      (stored.plan === null || plan.name === stored.plan) &&
      Object.entries(stored.limits).every(([name, most]) => Object(plan.limits)[name] === most)
    );
  };
  while (!(await isThere())) await setImmediate();
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const draft = (tenant: TestTenant, more: object = {}) => ({
  content: { text: "Hello" },
  platforms: ["threads"],
  platformSetId: tenant.platformSetId,
  ...more,
});
const create = (tenant: TestTenant, more: object = {}, headers = {}) =>
  world.call(tenant, "POST", POSTS, draft(tenant, more), headers);
const countOf = (called: readonly Called[], status: number) => called.filter((each) => each.status === status).length;

const refusal = z.object({
  code: z.literal("RATE_LIMITED"),
  limit: z.object({ kind: z.string(), name: z.string(), limit: z.int(), resetsAt: z.string().nullable() }),
});
function limitIn({ status, headers, body }: Called) {
  assert.equal(status, 429, JSON.stringify(body));
  assert.ok(Number(headers.get("retry-after")) > 0);
  return refusal.parse(body).limit;
}

const quota = z.object({
  used: z.int(),
  limit: z.int().nullable(),
  remaining: z.int().nullable(),
  resetsAt: z.string().nullable(),
});
const usage = z.object({
  usage: z.object({
    plan: z.string(),
    periodStartsAt: z.string(),
    periodEndsAt: z.string(),
    quotas: z.record(z.string(), quota),
    rates: z.record(z.string(), z.unknown()),
  }),
});
async function usageOf(tenant: TestTenant) {
  return usage.parse((await world.call(tenant, "GET", "/api/v1/usage")).body).usage;
}
async function usedOf(tenant: TestTenant, name: string): Promise<[used: number, remaining: number | null]> {
  const found = (await usageOf(tenant)).quotas[name];
  assert.ok(found);
  return [found.used, found.remaining];
}

const nextMonth = () => {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1)).toISOString();
};

async function eventsOf({ userId }: TestTenant) {
  const { rows } = await world.database.pool.query<{ quota: string; percent: number; used: number; mode: string }>(
    `select data ->> 'quota' as quota, (data ->> 'percent')::int as percent, (data ->> 'used')::int as used, mode
     from outbox where user_id = $1 and type = 'usage.threshold_reached' order by id`,
    [userId],
  );
  return rows.map(({ quota: name, percent, used, mode }) => `${mode} ${name} ${percent} ${used}`);
}
const mailsOf = ({ userId }: TestTenant) =>
  world.jobs.filter(({ queue, data }) => queue === "usage.notify" && Object(data).userId === userId);

function formOf(files: number, data?: object): FormData {
  const form = new FormData();
  if (data !== undefined) form.append("data", JSON.stringify(data));
  for (let n = 0; n < files; n += 1)
    form.append(
      data === undefined ? "file" : "files",
      new File([new Uint8Array(photo)], `${n}.jpg`, { type: "image/jpeg" }),
    );
  return form;
}

test("posts per month are limited exactly, with concurrent creates of every kind", async () => {
  const { live } = await newUser({ limits: { postsPerMonth: 25, createPost: null } });
  const called = await Promise.all(
    Array.from({ length: 60 }, (_, n) =>
      n % 3 === 0
        ? create(live)
        : n % 3 === 1
          ? create(live, {}, { "idempotency-key": `post ${n}` })
          : create(live, { scheduledFor: inDays(2) }),
    ),
  );
  assert.deepEqual([countOf(called, 201), countOf(called, 429)], [25, 35]);
  const refused = called.filter(({ status }) => status === 429).map(limitIn);
  const expected = { kind: "quota", name: "postsPerMonth", limit: 25, resetsAt: nextMonth() };
  for (const limit of refused) assert.deepEqual(limit, expected);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [25, 0]);
});

test("test mode and other users count nothing against a quota", async () => {
  const { live, test: tenant } = await newUser({ limits: { postsPerMonth: 1, mediaUploadsPerMonth: 1 } });
  const { live: other } = await newUser({ limits: { postsPerMonth: 1 } });
  for (let n = 0; n < 3; n += 1) {
    assert.equal((await create(tenant)).status, 201);
    assert.equal((await world.call(tenant, "POST", MEDIA, formOf(1))).status, 201);
  }
  assert.equal((await create(other)).status, 201);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [0, 1]);
  assert.deepEqual(await usedOf(tenant, "postsPerMonth"), [0, 1]);
  assert.deepEqual(await usedOf(live, "maxStorageBytes"), [0, null]);
  assert.equal((await create(live)).status, 201);
  assert.equal((await create(live)).status, 429);
  assert.deepEqual(await usedOf(other, "postsPerMonth"), [1, 0]);
});

test("a draft or scheduled post that is discarded is released once, in the month it was counted in", async () => {
  const { live } = await newUser({ limits: { postsPerMonth: 3 } });
  const ids = [
    idOf((await create(live)).body, "post"),
    idOf((await create(live, { scheduledFor: inDays(2) })).body, "post"),
    idOf((await create(live)).body, "post"),
  ];
  const discard = (id: string | undefined, headers = {}) =>
    world.call(live, "DELETE", `${POSTS}/${id}`, undefined, headers);
  const once = { "idempotency-key": "discard" };
  assert.equal((await discard(ids[0], once)).status, 200);
  assert.equal((await discard(ids[0], once)).status, 200, "repeated");
  assert.equal((await discard(ids[0])).status, 409);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [2, 1]);
  const both = await Promise.all([discard(ids[1]), world.call(live, "POST", `${POSTS}/${ids[1]}/cancel`)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [200, 409]);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [1, 2]);
  // One whose publishing has begun stays counted.
  assert.equal((await world.call(live, "POST", `${POSTS}/${ids[2]}/publish`)).status, 200);
  assert.equal((await discard(ids[2])).status, 200);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [1, 2]);
  // A post of last month is released there.
  const old = idOf((await create(live)).body, "post");
  const { pool } = world.database;
  await pool.query("update usage_months set month = month - interval '1 month' where user_id = $1", [live.userId]);
  await pool.query("update posts set created_at = created_at - interval '1 month' where user_id = $1", [live.userId]);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [0, 3]);
  assert.equal((await create(live)).status, 201);
  assert.equal((await discard(old)).status, 200);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [1, 2]);
  const { rows } = await pool.query("select posts from usage_months where user_id = $1 order by month", [live.userId]);
  assert.deepEqual(rows, [{ posts: 1 }, { posts: 1 }]);
});

test("a month's posts are counted from those that were created before something limited them", async () => {
  const { live } = await newUser({});
  const first = idOf((await create(live)).body, "post");
  assert.equal((await create(live)).status, 201);
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [2, null]);
  await changePlan(live, { limits: { postsPerMonth: 3 } });
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [2, 1]);
  const called = await Promise.all(Array.from({ length: 6 }, () => create(live)));
  assert.equal(countOf(called, 201), 1);
  // Unlimited for a while: that counts, too.
  await changePlan(live, { limits: { postsPerMonth: null } });
  assert.equal((await create(live)).status, 201);
  await changePlan(live, { limits: { postsPerMonth: 4 } });
  assert.deepEqual(await usedOf(live, "postsPerMonth"), [4, 0]);
  assert.equal((await create(live)).status, 429);
  assert.equal((await world.call(live, "DELETE", `${POSTS}/${first}`)).status, 200);
  assert.equal((await create(live)).status, 201);
});

test("after a change to a smaller plan, everything stays, nothing new is accepted, and the user is notified", async () => {
  const { live } = await newUser({ plan: "pro" });
  const made = await Promise.all(Array.from({ length: 12 }, () => create(live, { scheduledFor: inDays(2) })));
  assert.equal(countOf(made, 201), 12);
  await changePlan(live, { plan: "free", limits: { postsPerMonth: 5, createPost: null } });
  assert.deepEqual(await usedOf(live, "maxScheduledPosts"), [12, 0]);
  assert.equal(limitIn(await create(live)).name, "postsPerMonth");
  await changePlan(live, { limits: { postsPerMonth: 100 } });
  assert.equal(limitIn(await create(live, { scheduledFor: inDays(2) })).name, "maxScheduledPosts");
  assert.equal((await create(live)).status, 201);
  const id = idOf(made[0]?.body, "post");
  assert.equal((await world.call(live, "GET", `${POSTS}/${id}`)).status, 200);
  assert.equal((await world.call(live, "PATCH", `${POSTS}/${id}`, { scheduledFor: inDays(3) })).status, 200);
});

test("where nothing limits, creating a post needs no further statement, and a draft needs none where something does", async (t) => {
  const { live: limited, test: tenant } = await newUser({ limits: { postsPerMonth: 1_000 } });
  const { live: unlimited } = await newUser({});
  const { pool } = world.database;
  const queries = new Map<object, () => number>();
  pool.on("acquire", (client) => {
    if (queries.has(client)) return;
    const { mock } = t.mock.method(client, "query");
    queries.set(client, () => mock.callCount());
  });
  const count = () => [...queries.values()].reduce((sum, countOne) => sum + countOne(), 0);
  /** Something else may ask for something at the same time, but hardly each time. */
  const statementsOf = async (caller: TestTenant): Promise<number> => {
    const counts: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const before = count();
      assert.equal((await create(caller)).status, 201);
      counts.push(count() - before);
    }
    return Math.min(...counts);
  };
  for (const caller of [limited, tenant, unlimited]) assert.equal((await create(caller)).status, 201, "plans are read");
  const ofTest = await statementsOf(tenant);
  assert.ok(ofTest > 0);
  assert.deepEqual([await statementsOf(unlimited), await statementsOf(limited)], [ofTest, ofTest]);
});

test("media uploads per month count files, URLs, files of forms and resumable uploads", async () => {
  const { live } = await newUser({ limits: { mediaUploadsPerMonth: 6, mediaUpload: null } });
  const tus = () => world.call(live, "POST", MEDIA, undefined, { "tus-resumable": "1.0.0", "upload-length": "500" });
  assert.equal((await world.call(live, "POST", MEDIA, formOf(1))).status, 201);
  assert.equal((await world.call(live, "POST", MEDIA, { url: "https://cdn.example.com/a.jpg" })).status, 201);
  assert.equal((await tus()).status, 201);
  assert.equal((await world.call(live, "POST", POSTS, formOf(2, draft(live)))).status, 201);
  assert.deepEqual(await usedOf(live, "mediaUploadsPerMonth"), [5, 1]);
  const posts = (await usedOf(live, "postsPerMonth"))[0];
  const refused = await world.call(live, "POST", POSTS, formOf(2, draft(live)));
  assert.deepEqual(limitIn(refused), {
    kind: "quota",
    name: "mediaUploadsPerMonth",
    limit: 6,
    resetsAt: nextMonth(),
  });
  assert.deepEqual(await usedOf(live, "mediaUploadsPerMonth"), [5, 1]);
  assert.equal((await usedOf(live, "postsPerMonth"))[0], posts);
  const called = await Promise.all([tus(), world.call(live, "POST", MEDIA, formOf(1)), tus(), tus()]);
  assert.deepEqual([countOf(called, 201), countOf(called, 429)], [1, 3]);
  // A URL in a post is not an upload.
  assert.equal(
    (await create(live, { content: { text: "Hi", media: [{ url: "https://cdn.example.com/b.jpg" }] } })).status,
    201,
  );
  assert.deepEqual(await usedOf(live, "mediaUploadsPerMonth"), [6, 0]);
});

test("scheduled posts are limited exactly in live mode, created or rescheduled", async () => {
  const { live, test: tenant } = await newUser({ limits: { maxScheduledPosts: 4, createPost: null } });
  assert.equal((await create(tenant, { scheduledFor: inDays(2) })).status, 201);
  const drafts = await Promise.all(Array.from({ length: 4 }, async () => idOf((await create(live)).body, "post")));
  const called = await Promise.all([
    ...Array.from({ length: 6 }, () => create(live, { scheduledFor: inDays(2) })),
    ...drafts.map((id) => world.call(live, "PATCH", `${POSTS}/${id}`, { scheduledFor: inDays(1) })),
  ]);
  assert.equal(countOf(called, 201) + countOf(called, 200), 4);
  const limit = limitIn(called.find(({ status }) => status === 429) ?? assert.fail());
  assert.deepEqual([limit.kind, limit.name, limit.limit], ["quota", "maxScheduledPosts", 4]);
  assert.equal((await create(tenant, { scheduledFor: inDays(2) })).status, 201);
});

test("storage is limited in live mode, exactly, for files and resumable uploads", async () => {
  const most = photo.length * 3 + 10;
  const { live, test: tenant } = await newUser({ limits: { maxStorageBytes: most, mediaUpload: null } });
  for (let n = 0; n < 4; n += 1) assert.equal((await world.call(tenant, "POST", MEDIA, formOf(1))).status, 201);
  const called = await Promise.all(Array.from({ length: 8 }, () => world.call(live, "POST", MEDIA, formOf(1))));
  for (let n = countOf(called, 201); n < 3; n += 1)
    assert.equal((await world.call(live, "POST", MEDIA, formOf(1))).status, 201);
  assert.deepEqual(await usedOf(live, "maxStorageBytes"), [photo.length * 3, 10]);
  const refused = await world.call(live, "POST", MEDIA, formOf(1));
  assert.deepEqual(limitIn(refused), { kind: "quota", name: "maxStorageBytes", limit: most, resetsAt: null });
  const begin = (bytes: number) =>
    world.call(live, "POST", MEDIA, undefined, { "tus-resumable": "1.0.0", "upload-length": String(bytes) });
  assert.equal(limitIn(await begin(11)).name, "maxStorageBytes");
  assert.equal((await begin(10)).status, 201);
  assert.deepEqual(await usedOf(live, "maxStorageBytes"), [most, 0]);
});

test("a monthly quota notifies once at 80 and once at 100 percent in a month, with concurrent creates", async () => {
  const { live } = await newUser({ limits: { postsPerMonth: 20, createPost: null } });
  await Promise.all(Array.from({ length: 15 }, () => create(live)));
  assert.deepEqual(await eventsOf(live), []);
  await Promise.all(Array.from({ length: 15 }, (_, n) => create(live, {}, { "idempotency-key": `n ${n}` })));
  assert.deepEqual(await eventsOf(live), ["live postsPerMonth 80 16", "live postsPerMonth 100 20"]);
  assert.deepEqual(
    mailsOf(live).map(({ data }) => data),
    [80, 100].map((percent) => ({
      userId: live.userId,
      quota: "postsPerMonth",
      percent,
      used: percent / 5,
      limit: 20,
      resetsAt: nextMonth(),
    })),
  );
  // Going below and up again in the month says nothing new; the next month does.
  const { posts } = z
    .object({ posts: z.array(z.object({ id: z.string() })) })
    .parse((await world.call(live, "GET", `${POSTS}?limit=10`)).body);
  for (const { id } of posts) assert.equal((await world.call(live, "DELETE", `${POSTS}/${id}`)).status, 200);
  for (let n = 0; n < 10; n += 1) assert.equal((await create(live)).status, 201);
  assert.equal((await create(live)).status, 429);
  assert.equal((await eventsOf(live)).length, 2);
  const { pool } = world.database;
  await pool.query("update usage_months set month = month - interval '1 month' where user_id = $1", [live.userId]);
  await pool.query("update posts set created_at = created_at - interval '1 month' where user_id = $1", [live.userId]);
  for (let n = 0; n < 16; n += 1) assert.equal((await create(live)).status, 201);
  assert.deepEqual((await eventsOf(live)).slice(2), ["live postsPerMonth 80 16"]);
});

test("a small quota that is used up at once notifies of both thresholds", async () => {
  const { live } = await newUser({ limits: { mediaUploadsPerMonth: 1 } });
  assert.equal((await world.call(live, "POST", MEDIA, formOf(1))).status, 201);
  assert.deepEqual(await eventsOf(live), ["live mediaUploadsPerMonth 80 1", "live mediaUploadsPerMonth 100 1"]);
  assert.equal(mailsOf(live).length, 1);
});

test("scheduled posts and storage notify once until they are below the threshold again", async () => {
  const { live } = await newUser({
    limits: { maxScheduledPosts: 5, maxStorageBytes: photo.length * 5, mediaUpload: null },
  });
  const schedule = async () => idOf((await create(live, { scheduledFor: inDays(2) })).body, "post");
  const ids = [await schedule(), await schedule(), await schedule(), await schedule()];
  const first = ["live maxScheduledPosts 80 4"];
  assert.deepEqual(await eventsOf(live), first);
  ids.push(await schedule());
  assert.deepEqual(await eventsOf(live), [...first, "live maxScheduledPosts 100 5"]);
  const discard = async () => assert.equal((await world.call(live, "DELETE", `${POSTS}/${ids.pop()}`)).status, 200);
  await discard();
  ids.push(await schedule());
  const second = [...first, "live maxScheduledPosts 100 5", "live maxScheduledPosts 100 5"];
  assert.deepEqual(await eventsOf(live), second);
  await discard();
  await discard();
  ids.push(await schedule());
  const third = [...second, "live maxScheduledPosts 80 4"];
  assert.deepEqual(await eventsOf(live), third);

  const upload = async () => idOf((await world.call(live, "POST", MEDIA, formOf(1))).body, "media");
  const media = [await upload(), await upload(), await upload(), await upload()];
  const stored = (count: number) => `live maxStorageBytes ${count * 20} ${photo.length * count}`;
  assert.deepEqual((await eventsOf(live)).slice(third.length), [stored(4)]);
  for (const id of media.splice(0, 2)) assert.equal((await world.call(live, "DELETE", `${MEDIA}/${id}`)).status, 200);
  await upload();
  assert.deepEqual((await eventsOf(live)).slice(third.length), [stored(4)]);
  await upload();
  await upload();
  assert.deepEqual((await eventsOf(live)).slice(third.length), [stored(4), stored(4), stored(5)]);
});

test("validate says what a post would use, and refuses what creating it would", async () => {
  const { live, test: tenant } = await newUser({ limits: { postsPerMonth: 2, maxScheduledPosts: 1 } });
  const answer = z.object({
    valid: z.boolean(),
    issues: z.array(z.object({ rule: z.string(), code: z.string(), path: z.string(), limit: z.unknown() })),
    quotas: z.array(
      z.object({ name: z.string(), needed: z.int(), limit: z.int().nullable(), remaining: z.int().nullable() }),
    ),
  });
  const validate = async (caller: TestTenant, more = {}) =>
    answer.parse((await world.call(caller, "POST", `${POSTS}/validate`, draft(caller, more))).body);
  const usesOf = ({ quotas }: z.output<typeof answer>) =>
    quotas.filter(({ limit }) => limit !== null).map(({ name, needed, remaining }) => `${name} ${needed}/${remaining}`);
  const fresh = await validate(live, { scheduledFor: inDays(2) });
  assert.deepEqual([fresh.valid, usesOf(fresh)], [true, ["postsPerMonth 1/2", "maxScheduledPosts 1/1"]]);
  assert.equal((await create(live, { scheduledFor: inDays(2) })).status, 201);
  const second = await validate(live, { scheduledFor: inDays(2) });
  assert.deepEqual(
    second.issues.map(({ rule, code, path, limit }) => [rule, code, path, limit]),
    [["quota.maxScheduledPosts", "RATE_LIMITED", "/scheduledFor", 1]],
  );
  assert.equal((await create(live, { scheduledFor: inDays(2) })).status, 429);
  assert.equal((await validate(live)).valid, true);
  assert.equal((await create(live)).status, 201);
  const last = await validate(live);
  assert.deepEqual([last.valid, last.issues.map(({ rule }) => rule)], [false, ["quota.postsPerMonth"]]);
  assert.equal((await create(live)).status, 429);
  assert.equal((await validate(tenant, { scheduledFor: inDays(2) })).valid, true);
});

test("usage shows the plan, the period, quotas and rates, to keys and sessions", async () => {
  const { live } = await newUser({ plan: "creator", limits: { maxStorageBytes: null } });
  assert.equal((await create(live, { scheduledFor: inDays(2) })).status, 201);
  const shown = await usageOf(live);
  const now = new Date();
  assert.deepEqual(
    [shown.plan, shown.periodStartsAt, shown.periodEndsAt],
    ["creator", new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)).toISOString(), nextMonth()],
  );
  assert.deepEqual(shown.quotas.postsPerMonth, { used: 1, limit: 500, remaining: 499, resetsAt: nextMonth() });
  assert.deepEqual(shown.quotas.maxScheduledPosts, { used: 1, limit: 200, remaining: 199, resetsAt: null });
  assert.deepEqual(shown.quotas.maxStorageBytes, { used: 0, limit: null, remaining: null, resetsAt: null });
  assert.deepEqual(Object.keys(shown.quotas).length, 5);
  assert.deepEqual(Object.keys(shown.rates), [
    "createPost",
    "publishPost",
    "connectPlatform",
    "mediaUpload",
    "apiRead",
  ]);
  const cookie = await world.signIn(live);
  const bySession = await world.callAs(cookie, "GET", "/api/v1/usage?mode=live");
  assert.deepEqual(usage.parse(bySession.body).usage.quotas.postsPerMonth, shown.quotas.postsPerMonth);
  const context = z
    .object({ plan: z.string(), quotas: z.array(z.object({ name: z.string(), remaining: z.int().nullable() })) })
    .parse((await world.call(live, "GET", "/api/v1/account-context")).body);
  assert.equal(context.plan, "creator");
  assert.equal(context.quotas.find(({ name }) => name === "postsPerMonth")?.remaining, 499);
  assert.equal(context.quotas.find(({ name }) => name === "maxScheduledPosts")?.remaining, 199);
});

test("a threshold is an event for webhooks and an email in plain words", async () => {
  const { live, test: tenant } = await newUser({ plan: "creator", limits: { postsPerMonth: 5 } });
  const hook = async (caller: TestTenant) =>
    idOf((await world.call(caller, "POST", "/api/v1/webhooks", { url: null })).body, "webhook");
  const [id, other] = [await hook(live), await hook(tenant)];
  for (let n = 0; n < 4; n += 1) assert.equal((await create(live)).status, 201);
  await relayAll(world.services);
  const payloads = async (caller: TestTenant, of: string) =>
    z
      .object({ deliveries: z.array(z.object({ type: z.string(), payload: z.string() })) })
      .parse((await world.call(caller, "GET", `/api/v1/webhooks/${of}/deliveries`)).body).deliveries;
  assert.deepEqual(await payloads(tenant, other), []);
  const [delivery] = await payloads(live, id);
  assert.equal(delivery?.type, "usage.threshold_reached");
  const { mode, data } = Object(JSON.parse(delivery.payload));
  const reached = { quota: "postsPerMonth", percent: 80, used: 4, limit: 5, resetsAt: nextMonth() };
  assert.deepEqual([mode, data], ["live", reached]);

  const [job] = mailsOf(live);
  const { vault, planOf, jobs } = world.services;
  await sendUsageEmail(
    {
      pool: world.database.pool,
      jobs,
      vault,
      planOf,
      appUrl: "https://ampost.example.com",
      brand: world.services.settings.brand,
    },
    job?.data,
  );
  const sent = Object(world.jobs.at(-1)?.data);
  const mail = Object(JSON.parse(vault.open(sent.sealed, mailSealContext(sent.id))));
  assert.match(mail.to, /@example\.com$/);
  assert.equal(mail.subject, "You have used 80% of your posts this month");
  assert.match(
    mail.text,
    /^You have used 4 of 5 posts\. This resets on 20\d\d-\d\d-01 00:00 UTC\. Your plan is Creator\./,
  );
});
