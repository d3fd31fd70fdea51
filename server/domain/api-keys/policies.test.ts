import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { z } from "zod";

import { keyPolicies, type KeyPolicies } from "../../../contract/operations/api-keys.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { createApiKey } from "./api-keys.ts";

let world: World;

before(async () => {
  world = await createWorld();
  for (const platform of ["threads", "facebook"] as const) await world.connect(world.test, platform);
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const soon = () => new Date(Date.now() + 3_600_000).toISOString();

/** The tenant with a key that is held to policies. */
async function held(policies: Partial<KeyPolicies>): Promise<TestTenant> {
  const { userId, mode } = world.test;
  const { apiKey } = await createApiKey(
    world.services,
    { userId, mode },
    { name: "held", policies: keyPolicies.parse(policies) },
  );
  return { ...world.test, key: apiKey };
}

const body = (changed: object = {}) => ({
  content: { text: "Hello" },
  platforms: ["facebook"],
  platformSetId: world.test.platformSetId,
  ...changed,
});
const create = (as: TestTenant, changed: object = {}) => world.call(as, "POST", POSTS, body(changed));
const draft = async (as: TestTenant, changed: object = {}) => idOf((await create(as, changed)).body, "post");
const statusOf = async (id: string) =>
  objectIn((await world.call(world.test, "GET", `${POSTS}/${id}`)).body, "post").status;
const rulesOf = (answer: Parameters<typeof asRefusal>[0]) =>
  asRefusal(answer, 403).issues.map(({ rule, path }) => [rule, path]);

async function failedPost(): Promise<string> {
  const id = await draft(world.test);
  await world.services.pool.query(
    `with parts as (update platform_posts set status = 'failed' where post_id = $1)
     update posts set status = 'failed' where id = $1`,
    [id],
  );
  return id;
}

/** Days are those of UTC: nothing is counted while one ends. */
async function untilDayHasRoom(): Promise<void> {
  const leftMilliseconds = 86_400_000 - (Date.now() % 86_400_000);
  if (leftMilliseconds < 30_000) await sleep(leftMilliseconds);
}

test("a key without policies has no restrictions", async () => {
  const key = await held({});
  const id = await draft(key);
  assert.equal((await world.call(key, "PATCH", `${POSTS}/${id}`, { scheduledFor: soon() })).status, 200);
  assert.equal((await world.call(key, "POST", `${POSTS}/${id}/publish`)).status, 200);
});

test("a draft-only key creates, edits and discards drafts, and cannot schedule, publish or retry", async () => {
  const key = await held({ draftOnly: true });
  const id = await draft(key);
  assert.equal((await world.call(key, "PATCH", `${POSTS}/${id}`, { content: { text: "Changed" } })).status, 200);
  assert.deepEqual(rulesOf(await create(key, { scheduledFor: soon() })), [["key.policy.draftOnly", "/scheduledFor"]]);
  assert.deepEqual(rulesOf(await world.call(key, "PATCH", `${POSTS}/${id}`, { scheduledFor: soon() })), [
    ["key.policy.draftOnly", "/scheduledFor"],
  ]);
  const refused = await world.call(key, "POST", `${POSTS}/${id}/publish`);
  assert.deepEqual(rulesOf(refused), [["key.policy.draftOnly", ""]]);
  assert.ok(
    JSON.stringify(refused.body).includes(
      `${world.services.settings.appUrl}/posts/${id}/approve?workspace=${key.userId}, or use a key`,
    ),
  );
  assert.deepEqual(rulesOf(await world.call(key, "POST", `${POSTS}/${await failedPost()}/retry`)), [
    ["key.policy.draftOnly", ""],
  ]);
  assert.equal(await statusOf(id), "draft");
  assert.equal((await world.call(key, "DELETE", `${POSTS}/${id}`)).status, 200);
});

test("a draft-only key cannot edit a scheduled post, unless it becomes a draft", async () => {
  const key = await held({ draftOnly: true });
  const id = await draft(world.test, { scheduledFor: soon() });
  assert.deepEqual(rulesOf(await world.call(key, "PATCH", `${POSTS}/${id}`, { content: { text: "Theirs" } })), [
    ["key.policy.draftOnly", "/scheduledFor"],
  ]);
  assert.equal(await statusOf(id), "scheduled");
  assert.equal(
    (await world.call(key, "PATCH", `${POSTS}/${id}`, { content: { text: "Theirs" }, scheduledFor: null })).status,
    200,
  );
  assert.equal(await statusOf(id), "draft");
});

test("a key for some platforms cannot post to others, which is reported with all other issues", async () => {
  const key = await held({ platforms: ["facebook"] });
  assert.equal((await create(key)).status, 201);
  const both = { platforms: ["threads", "facebook"] };
  const answer = asRefusal(await create(key, { ...both, content: { text: "x".repeat(600) } }), 400);
  assert.deepEqual(
    answer.issues.map(({ rule, path, platform }) => [rule, path, platform]),
    [
      ["threads.text.length", "/content/text", "threads"],
      ["key.policy.platforms", "/platforms/0", "threads"],
    ],
  );
  const validated = z
    .object({ valid: z.boolean(), issues: z.array(z.object({ rule: z.string() })) })
    .parse((await world.call(key, "POST", `${POSTS}/validate`, body(both))).body);
  assert.deepEqual(validated, { valid: false, issues: [{ rule: "key.policy.platforms" }] });
  const id = await draft(world.test, both);
  assert.deepEqual(rulesOf(await world.call(key, "PATCH", `${POSTS}/${id}`, { content: { text: "Theirs" } })), [
    ["key.policy.platforms", "/platforms/0"],
  ]);
  assert.deepEqual(rulesOf(await world.call(key, "POST", `${POSTS}/${id}/publish`)), [["key.policy.platforms", ""]]);
  assert.equal((await world.call(key, "PATCH", `${POSTS}/${id}`, { platforms: ["facebook"] })).status, 200);
  assert.equal((await world.call(key, "POST", `${POSTS}/${id}/publish`)).status, 200);
});

test("a key with a daily limit creates exactly that many posts, even concurrently, and says when it can again", async () => {
  await untilDayHasRoom();
  const key = await held({ postsPerDay: 3 });
  const answers = await Promise.all(Array.from({ length: 8 }, () => create(key)));
  assert.equal(answers.filter(({ status }) => status === 201).length, 3);
  const refused = answers.find(({ status }) => status !== 201);
  assert.equal(refused?.status, 429);
  const { code, limit, issues } = z
    .object({
      code: z.string(),
      limit: z.object({ kind: z.string(), name: z.string(), limit: z.int(), resetsAt: z.string() }),
      issues: z.array(z.object({ rule: z.string() })),
    })
    .parse(refused.body);
  const midnight = new Date(Math.ceil((Date.now() + 1) / 86_400_000) * 86_400_000).toISOString();
  assert.deepEqual(
    [code, limit, issues],
    [
      "RATE_LIMITED",
      { kind: "quota", name: "postsPerDay", limit: 3, resetsAt: midnight },
      [{ rule: "key.policy.postsPerDay" }],
    ],
  );
  assert.match(refused.headers.get("retry-after") ?? "", /^\d+$/);
  assert.equal((await create(world.test)).status, 201);
  await world.services.pool.query("update api_keys set posts_day = posts_day - 1");
  assert.equal((await create(key)).status, 201);
});

test("rejected and repeated requests do not count", async () => {
  await untilDayHasRoom();
  const key = await held({ postsPerDay: 2 });
  asRefusal(await create(key, { platforms: ["instagram"] }), 400);
  const again = { "idempotency-key": randomUUID() };
  for (let times = 0; times < 3; times += 1)
    assert.equal((await world.call(key, "POST", POSTS, body(), again)).status, 201);
  assert.equal((await create(key)).status, 201);
  assert.equal((await create(key)).status, 429);
});
