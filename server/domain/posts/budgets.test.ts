import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import pg from "pg";
import { z } from "zod";

import { keyPolicies, type KeyPolicies } from "../../../contract/operations/api-keys.ts";
import { post as postShape } from "../../../contract/operations/posts.ts";
import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { NO_LIMITS, unlimited } from "../../../model/user-limits.ts";
import { objectIn } from "../../../tests/answers.ts";
import { type Called, createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { setBudgetLimit } from "../../db/queries/budgets.ts";
import { createHttpApp } from "../../http/app.ts";
import { addMcp } from "../../mcp/mcp-routes.ts";
import { createApiKey } from "../api-keys/api-keys.ts";
import { feesBudget } from "./budgets.ts";

/** Few enough to reach. X: 15 minutes; TikTok and Threads: rolling days; LinkedIn: days in UTC; YouTube: of the app. */
const platformLimits = { threads: { posts: 3, replies: 4 }, twitter: { posts: 20 }, linkedin: { requests: 2 } };
const DAY = 86_400_000;

let world: World;
before(async () => {
  world = await createWorld({ scheduling: "all", platformLimits });
});
after(() => world.close());

/** A new user in test mode with these accounts. */
async function tenantWith(...platforms: PlatformName[]): Promise<TestTenant & { accounts: Map<PlatformName, string> }> {
  const { test: tenant } = await world.makeTenants();
  const accounts = new Map<PlatformName, string>();
  for (const platform of platforms) accounts.set(platform, await world.connect(tenant, platform));
  return { ...tenant, accounts };
}

async function withKey(tenant: TestTenant, policies: Partial<KeyPolicies>): Promise<TestTenant> {
  const { apiKey } = await createApiKey(world.services, tenant, {
    name: "held",
    policies: keyPolicies.parse(policies),
  });
  return { ...tenant, key: apiKey };
}

/** The first full hour after tomorrow's noon: the same for all posts of a test, and far from midnight. */
const noon = (): number => Math.ceil(Date.now() / DAY) * DAY + DAY / 2;
const iso = (time: number): string => new Date(time).toISOString();

const bodyOf = (tenant: TestTenant, platform: PlatformName, changed: object = {}) => ({
  content: { text: "Hello" },
  platforms: [platform],
  platformSetId: tenant.platformSetId,
  ...changed,
});
const create = (tenant: TestTenant, platform: PlatformName, changed: object = {}) =>
  world.call(tenant, "POST", "/api/v1/posts", bodyOf(tenant, platform, changed));
const validate = (tenant: TestTenant, platform: PlatformName, changed: object = {}) =>
  world.call(tenant, "POST", "/api/v1/posts/validate", bodyOf(tenant, platform, changed));
const act = (tenant: TestTenant, id: string, action: string) =>
  world.call(tenant, "POST", `/api/v1/posts/${id}/${action}`);
const patch = (tenant: TestTenant, id: string, changed: object) =>
  world.call(tenant, "PATCH", `/api/v1/posts/${id}`, changed);

const postIn = (answer: Called, status = 201) => {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  return postShape.parse(objectIn(answer.body, "post"));
};

const budgetIssue = z.object({
  rule: z.string().startsWith("budget."),
  code: z.literal("RATE_LIMITED"),
  platform: z.string(),
  path: z.string(),
  message: z.string(),
  limit: z.object({ most: z.int(), needed: z.int(), freeAt: z.iso.datetime().nullable() }),
  fix: z.string(),
});
const refused = (answer: Called) => {
  assert.equal(answer.status, 429, JSON.stringify(answer.body));
  assert.ok(Number(answer.headers.get("retry-after")) > 0);
  return z
    .object({ issues: z.array(budgetIssue).min(1), limit: z.object({ kind: z.literal("quota"), name: z.string() }) })
    .parse(answer.body).issues;
};
const usedBy = async (tenant: TestTenant & { accounts: Map<PlatformName, string> }, platform: PlatformName) => {
  const { body } = await world.call(tenant, "GET", `/api/v1/accounts/${tenant.accounts.get(platform)}`);
  const limit = z.object({
    name: z.string(),
    windowSeconds: z.int().positive(),
    limit: z.int(),
    used: z.int(),
    remaining: z.int(),
    resetsAt: z.string().nullable(),
  });
  const { limits } = z.object({ limits: z.array(limit) }).parse(objectIn(body, "account"));
  return Object.fromEntries(limits.map(({ name, used }) => [name, used]));
};

test("a post that its platform would not accept at its time is refused, and accepted at the time that is named", async () => {
  const tenant = await tenantWith("threads");
  const at = noon();
  for (const minutes of [0, 10, 20])
    postIn(await create(tenant, "threads", { scheduledFor: iso(at + minutes * 60_000) }));
  const scheduledFor = iso(at + 30 * 60_000);
  const [issue, ...others] = refused(await create(tenant, "threads", { scheduledFor }));
  assert.deepEqual([issue?.rule, issue?.path, others.length], ["budget.posts", "/scheduledFor", 0]);
  const freeAt = issue?.limit.freeAt ?? "";
  assert.ok(Date.parse(freeAt) >= at + DAY && Date.parse(freeAt) < at + DAY + 10 * 60_000, freeAt);
  const { body } = await validate(tenant, "threads", { scheduledFor });
  assert.equal(objectIn({ body }, "body").valid, false);
  assert.deepEqual(z.object({ issues: z.array(budgetIssue) }).parse(body).issues[0], issue);
  refused(await create(tenant, "threads", { scheduledFor: iso(Date.parse(freeAt) - 1) }));
  postIn(await create(tenant, "threads", { scheduledFor: freeAt }));
});

test("with spread, posts move to the next free time, all platforms of a post together, and the answer says it", async () => {
  const tenant = await tenantWith("threads", "twitter");
  const scheduledFor = iso(noon());
  const wanted = { scheduledFor, spread: true, platforms: ["threads", "twitter"] };
  const times: number[] = [];
  for (let made = 0; made < 7; made += 1) {
    const { body } = await validate(tenant, "threads", wanted);
    const post = postIn(await create(tenant, "threads", wanted));
    assert.deepEqual(
      [objectIn({ body }, "body").valid, objectIn({ body }, "body").scheduledFor],
      [true, post.scheduledFor],
    );
    times.push(Date.parse(post.scheduledFor ?? ""));
  }
  assert.deepEqual(times.slice(0, 3), Array(3).fill(Date.parse(scheduledFor)));
  for (const [index, time] of times.entries()) if (index >= 3) assert.ok(time - (times[index - 3] ?? 0) >= DAY);
  const { rows } = await world.database.pool.query<{ apart: number }>(
    "select count(distinct due_at)::int as apart from platform_posts where user_id = $1 group by post_id",
    [tenant.userId],
  );
  assert.deepEqual(new Set(rows.map(({ apart }) => apart)), new Set([1]));
  const publishBy = iso(noon() + 3_600_000);
  refused(await create(tenant, "threads", { ...wanted, publishBy }));
});

test("a thread uses the replies too, and what is left is in the account and in validate", async () => {
  const tenant = await tenantWith("threads");
  const thread = [{ text: "2" }, { text: "3" }, { text: "4" }];
  const content = { text: "1", platformOverrides: { threads: { settings: { thread } } } };
  const { id } = postIn(await create(tenant, "threads", { content }));
  assert.deepEqual(await usedBy(tenant, "threads"), { posts: 0, replies: 0 });
  postIn(await act(tenant, id, "publish"), 200);
  assert.deepEqual(await usedBy(tenant, "threads"), { posts: 1, replies: 3 });
  const { body } = await validate(tenant, "threads", { content });
  const { limits, warnings } = z
    .object({
      limits: z.array(z.object({ name: z.string(), remaining: z.int(), needed: z.int() })),
      warnings: z.array(budgetIssue),
    })
    .parse(body);
  assert.deepEqual(
    limits.map(({ name, remaining, needed }) => [name, remaining, needed]),
    [
      ["posts", 2, 1],
      ["replies", 1, 3],
    ],
  );
  assert.deepEqual(
    warnings.map(({ rule, path }) => [rule, path]),
    [["budget.replies", ""]],
  );
});

test("publishing now beyond the limit is refused; nothing changes", async () => {
  const tenant = await tenantWith("threads");
  const ids: string[] = [];
  for (let made = 0; made < 4; made += 1) ids.push(postIn(await create(tenant, "threads")).id);
  const last = ids.pop() ?? "";
  for (const id of ids) postIn(await act(tenant, id, "publish"), 200);
  const [issue] = refused(await act(tenant, last, "publish"));
  assert.equal(issue?.path, "");
  assert.equal(postIn(await world.call(tenant, "GET", `/api/v1/posts/${last}`), 200).status, "draft");
  assert.deepEqual(await usedBy(tenant, "threads"), { posts: 3, replies: 0 });
});

test("what a post used is free again when it is discarded, rescheduled, made a draft, or fails with nothing live", async () => {
  const tenant = await tenantWith("threads", "facebook");
  const scheduledFor = iso(Date.now() + 3_600_000);
  const used = async () => (await usedBy(tenant, "threads")).posts;
  const make = async () => postIn(await create(tenant, "threads", { scheduledFor })).id;
  const fail = async (id: string, liveThrough: string | null) =>
    await world.database.pool.query(
      "update platform_posts set status = 'failed', next_action_at = null, live_through = $2 where post_id = $1",
      [id, liveThrough],
    );
  const [a, b, c] = [await make(), await make(), await make()];
  assert.equal(await used(), 3);
  postIn(await act(tenant, a, "cancel"), 200);
  assert.equal(await used(), 2);
  postIn(await patch(tenant, b, { scheduledFor: null }), 200);
  assert.equal(await used(), 1);
  postIn(await patch(tenant, b, { scheduledFor }), 200);
  assert.equal(await used(), 2);
  postIn(await patch(tenant, b, { platforms: ["facebook"] }), 200);
  assert.equal(await used(), 1);
  postIn(await patch(tenant, c, { scheduledFor: iso(Date.now() + 5 * DAY) }), 200);
  assert.equal(await used(), 0);
  const d = await make();
  await fail(d, null);
  assert.equal(await used(), 0);
  const e = await make();
  await fail(e, "publish-1");
  assert.equal(await used(), 1);
  const f = await make();
  await world.database.pool.query("update platform_posts set status = 'unknown' where post_id = $1", [f]);
  assert.equal(await used(), 2);
});

test("a retry needs room like any post", async () => {
  const tenant = await tenantWith("threads");
  const scheduledFor = iso(Date.now() + 3_600_000);
  const { id } = postIn(await create(tenant, "threads", { scheduledFor }));
  await world.database.pool.query(
    `with parts as (update platform_posts set status = 'failed', next_action_at = null where post_id = $1)
     update posts set status = 'failed' where id = $1`,
    [id],
  );
  for (let made = 0; made < 3; made += 1) postIn(await create(tenant, "threads", { scheduledFor }));
  refused(await act(tenant, id, "retry"));
  const { rows } = await world.database.pool.query("select id from posts where user_id = $1 and status = 'scheduled'", [
    tenant.userId,
  ]);
  postIn(await act(tenant, z.object({ id: z.string() }).parse(rows[0]).id, "cancel"), 200);
  postIn(await act(tenant, id, "retry"), 200);
  assert.equal((await usedBy(tenant, "threads")).posts, 3);
});

test("an account in two platform sets, and accounts of one app, share what is theirs", async () => {
  const [one, other] = [await tenantWith("threads"), await tenantWith("threads")];
  const { pool } = world.database;
  await pool.query("update accounts set platform_account_id = $1 where id = any($2)", [
    newId(),
    [one.accounts.get("threads"), other.accounts.get("threads")],
  ]);
  const scheduledFor = iso(noon());
  for (const tenant of [one, other, one]) postIn(await create(tenant, "threads", { scheduledFor }));
  refused(await create(other, "threads", { scheduledFor }));

  const makers = [await tenantWith("youtube"), await tenantWith("youtube"), await tenantWith("youtube")];
  const video = {
    url: "https://example.com/v.mp4",
    type: "video",
    mimeType: "video/mp4",
    sizeBytes: 1e6,
    durationSeconds: 9,
  };
  const upload = (tenant: TestTenant) =>
    create(tenant, "youtube", { content: { text: "A film", media: [video] }, scheduledFor });
  await setBudgetLimit.run(pool, ["test youtube uploads app instance", 2]);
  const owner = makers[2]?.accounts.get("youtube");
  await pool.query("update connections set oauth_app_id = $1 where account_id = $2", [newId(), owner]);
  const answers = [];
  for (const index of [0, 1, 0, 2] as const) answers.push((await upload(makers[index] ?? one)).status);
  assert.deepEqual(answers, [201, 201, 429, 201]);
});

test("parallel requests over two pools reach the limit exactly, again and again", async () => {
  const second = new pg.Pool({ connectionString: world.database.url });
  const app = await createHttpApp(
    { ...world.services, pool: second },
    {
      mcp: addMcp,
      turnPatienceSeconds: 120,
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  try {
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const tenant = await tenantWith("twitter", "threads");
    const at = noon();
    const send = async (index: number, headers: Record<string, string> = {}) => {
      const scheduledFor = iso(at + (index % 5) * 1000);
      const answer = await fetch(`${index % 2 === 0 ? world.url : url}/api/v1/posts`, {
        method: "POST",
        headers: { authorization: `Bearer ${tenant.key}`, "content-type": "application/json", ...headers },
        body: JSON.stringify(bodyOf(tenant, "twitter", { scheduledFor })),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, index) => send(index, index % 3 === 0 ? { "idempotency-key": newId() } : {})),
    );
    assert.deepEqual(
      [201, 429].map((wanted) => answers.filter((status) => status === wanted).length),
      [20, 40],
    );
    const { rows } = await second.query<{ id: string }>("select id from posts where user_id = $1", [tenant.userId]);
    for (const { id } of rows.slice(0, 7)) postIn(await act(tenant, id, "cancel"), 200);
    const again = await Promise.all(Array.from({ length: 30 }, (_, index) => send(index)));
    assert.equal(again.filter((status) => status === 201).length, 7);
  } finally {
    await app.close();
    await second.end();
  }
});

/** Waits until this many connections wait for locks. */
async function untilWaiting(count: number): Promise<void> {
  const areWaiting = async () =>
    (
      await world.database.pool.query(
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      )
    ).rowCount === count;
  while (!(await areWaiting())) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** Holds locks, as another process does, until `release`. */
async function holder() {
  const client = await world.database.pool.connect();
  await client.query("begin");
  return {
    query: (text: string, values: unknown[]) => client.query(text, values),
    lockBudget: (name: string) => client.query("select pg_advisory_xact_lock(hashtextextended($1, 130))", [name]),
    release: async () => {
      await client.query("commit");
      client.release();
    },
  };
}

test("a post that is created and one that is edited lock the user and the budgets in one order", async () => {
  world.services.limitsOf = async () => ({ ...NO_LIMITS, contentBytesPerDay: 1e6 });
  try {
    const tenant = await tenantWith("threads");
    const scheduledFor = iso(noon());
    const { id } = postIn(await create(tenant, "threads", { scheduledFor }));
    const held = await holder();
    await held.query("select from platform_posts where post_id = $1 for update", [id]);
    const edited = patch(tenant, id, { scheduledFor: iso(noon() + 60_000) });
    await untilWaiting(1);
    const created = create(tenant, "threads", { scheduledFor });
    await untilWaiting(2);
    await held.release();
    assert.deepEqual([(await edited).status, (await created).status], [200, 201]);
  } finally {
    world.services.limitsOf = unlimited;
  }
});

test("an edit that leaves a platform does not wait for budgets while it holds what the engine moves", async () => {
  const tenant = await tenantWith("threads", "twitter");
  const scheduledFor = iso(noon());
  const { id } = postIn(await create(tenant, "threads", { scheduledFor }));
  const budgetOf = (platform: PlatformName) =>
    `test ${platform} posts account ${platform}-${tenant.accounts.get(platform)}`;
  const [engine, other] = [await holder(), await holder()];
  await engine.lockBudget(budgetOf("threads"));
  await other.lockBudget(budgetOf("twitter"));
  const edited = patch(tenant, id, { platforms: ["twitter"] });
  await untilWaiting(1);
  const moved = engine
    .query(
      `update budget_uses u set at = u.at from platform_posts pp where pp.id = u.platform_post_id and pp.post_id = $1`,
      [id],
    )
    .then(() => engine.release());
  const wanted = other.lockBudget(budgetOf("threads")).then(() => other.release());
  await Promise.all([moved, wanted]);
  postIn(await edited, 200);
  assert.deepEqual(await usedBy(tenant, "threads"), { posts: 0, replies: 0 });
  const { rows } = await world.database.pool.query("select platform from platform_posts where post_id = $1", [id]);
  assert.deepEqual(rows, [{ platform: "twitter" }]);
});

test("what X charges is said before, by part and link, and with the operator's prices", async () => {
  const tenant = await tenantWith("twitter", "threads");
  const feesOf = (answer: Called) =>
    z.object({ fees: z.array(z.object({ platform: z.string(), microUsd: z.int() })) }).parse(answer.body).fees;
  const thread = [{ text: "more at https://example.com/a" }, { text: "the end" }];
  const content = { text: "Hello", platformOverrides: { twitter: { settings: { thread } } } };
  const expected = [{ platform: "twitter", microUsd: 15_000 + 200_000 + 15_000 }];
  assert.deepEqual(feesOf(await validate(tenant, "twitter", { content })), expected);
  assert.deepEqual(feesOf(await create(tenant, "twitter", { content })), expected);
  assert.deepEqual(feesOf(await create(tenant, "threads")), []);
  const described = (name: string, type: string) => ({
    content: { text: "Hello", media: [{ url: `https://example.com/${name}`, type, altText: "A door" }] },
  });
  const paid = await Promise.all(
    [described("a.jpg", "image"), described("a.mp4", "video")].map(async (post) =>
      feesOf(await validate(tenant, "twitter", post)),
    ),
  );
  assert.deepEqual(paid, [
    [{ platform: "twitter", microUsd: 15_000 + 5_000 }],
    [{ platform: "twitter", microUsd: 15_000 }],
  ]);
  const linked = { content: { text: "Hello", linkUrl: "https://example.com" }, scheduledFor: iso(noon()) };
  const made = await create(tenant, "twitter", linked);
  assert.deepEqual(feesOf(made), [{ platform: "twitter", microUsd: 200_000 }]);
  world.services.settings.platformPrices = { twitter: { linkedPart: 1_000 } };
  assert.deepEqual(feesOf(await patch(tenant, postIn(made).id, { content: linked.content })), [
    { platform: "twitter", microUsd: 1_000 },
  ]);
  world.services.settings.platformPrices = {};
});

test("a key's and a user's ceiling of fees are never passed, in parallel either, and discarded posts pay nothing", async () => {
  const tenant = await tenantWith("twitter");
  const key = await withKey(tenant, { feesPerMonthMicroUsd: 5 * 15_000 + 14_999 });
  const scheduledFor = iso(noon());
  const made = await Promise.all(Array.from({ length: 12 }, () => create(key, "twitter", { scheduledFor })));
  const accepted = made.filter(({ status }) => status === 201);
  assert.equal(accepted.length, 5);
  const [issue] = refused(made.find(({ status }) => status === 429) ?? made[0] ?? assert.fail());
  assert.deepEqual([issue?.rule, issue?.limit.most], ["budget.fees", 89_999]);
  const [first] = accepted;
  postIn(await act(key, postIn(first ?? assert.fail()).id, "cancel"), 200);
  assert.equal((await create(key, "twitter", { scheduledFor })).status, 201);
  await setBudgetLimit.run(world.database.pool, [feesBudget(tenant).name, 7 * 15_000]);
  const others = await Promise.all(Array.from({ length: 6 }, () => create(tenant, "twitter", { scheduledFor })));
  assert.equal(others.filter(({ status }) => status === 201).length, 2);
});
