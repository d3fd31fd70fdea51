import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { postsCancelMany, postsCreateMany } from "../../contract/operations/post-batches.ts";
import { NO_LIMITS, type UserLimits } from "../../model/user-limits.ts";
import { asRefusal, idOf } from "../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../tests/world.ts";

const POSTS = "/api/v1/posts";
const BATCH = `${POSTS}/batch`;

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

/** A new user with an account and these limits. */
async function newPerson(limits: Partial<UserLimits> = {}): Promise<TestTenant> {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const others = world.services.limitsOf;
  world.services.limitsOf = async (userId) =>
    userId === tenant.userId ? { ...NO_LIMITS, ...limits } : await others(userId);
  return tenant;
}

const draft = ({ platformSetId }: TestTenant, idempotencyKey: string, text = "Hello") => ({
  idempotencyKey,
  content: { text },
  platforms: ["threads"],
  platformSetId,
});
const send = (tenant: TestTenant, body: object) => world.call(tenant, "POST", BATCH, body);
async function createMany(tenant: TestTenant, posts: readonly object[], dryRun?: boolean) {
  const { status, body } = await send(tenant, { posts, ...(dryRun === undefined ? {} : { dryRun }) });
  assert.equal(status, 200, JSON.stringify(body));
  return postsCreateMany.answer.parse(body);
}
async function cancelMany(tenant: TestTenant, ids: readonly string[]) {
  const { status, body } = await world.call(tenant, "POST", `${BATCH}/cancel`, { ids });
  assert.equal(status, 200, JSON.stringify(body));
  return postsCancelMany.answer.parse(body);
}
const countOf = async (tenant: TestTenant) => Number(Object((await world.call(tenant, "GET", POSTS)).body).total);

test("posts of one request fail one by one, and a repeated request creates only what is missing", async () => {
  const tenant = await newPerson();
  const posts = [draft(tenant, "a"), draft(tenant, "b", "x".repeat(501)), { ...draft(tenant, "c"), mood: "good" }];
  const first = await createMany(tenant, posts);
  assert.deepEqual([first.created, first.failed], [1, 2]);
  assert.deepEqual(
    first.results.map(({ idempotencyKey, replayed, post, error }) => [
      idempotencyKey,
      replayed,
      post?.textPreview ?? null,
      error?.issues.map(({ rule, path }) => [rule, path]) ?? null,
    ]),
    [
      ["a", false, "Hello", null],
      ["b", false, null, [["threads.text.length", "/content/text"]]],
      ["c", false, null, [["request.unknownKey", "/mood"]]],
    ],
  );
  assert.match(String(first.results[1]?.error?.docs), /\/docs\/errors\/CONTENT_TOO_LONG$/);
  const second = await createMany(
    tenant,
    [posts[0], draft(tenant, "b", "Short"), draft(tenant, "c")].flatMap((each) => each ?? []),
  );
  assert.deepEqual(
    second.results.map(({ replayed, error }) => [replayed, error]),
    [
      [true, null],
      [false, null],
      [false, null],
    ],
  );
  assert.equal(second.results[0]?.post?.id, first.results[0]?.post?.id);
  assert.equal(second.created, 2);
  assert.equal(await countOf(tenant), 3);
});

test("a post of a request has the key of a request of its own, and another body with it is rejected", async () => {
  const tenant = await newPerson();
  const { idempotencyKey, ...body } = draft(tenant, "shared");
  const alone = await world.call(tenant, "POST", POSTS, body, { "idempotency-key": idempotencyKey });
  const id = idOf(alone.body, "post");
  const { results } = await createMany(tenant, [draft(tenant, "shared"), draft(tenant, "new")]);
  assert.deepEqual([results[0]?.replayed, results[0]?.post?.id], [true, id]);
  const other = await createMany(tenant, [draft(tenant, "shared", "Other words")]);
  assert.deepEqual([other.results[0]?.error?.code, other.created], ["IDEMPOTENCY_KEY_REUSED", 0]);
  assert.equal(await countOf(tenant), 2);
});

test("a dry run stores nothing, and has the errors of creating the posts", async () => {
  const tenant = await newPerson({ postsPerDay: 2 });
  const posts = [draft(tenant, "1"), draft(tenant, "2", ""), draft(tenant, "3"), draft(tenant, "4")];
  const tried = await createMany(tenant, posts, true);
  assert.deepEqual([tried.created, tried.failed, await countOf(tenant)], [0, 2, 0]);
  const made = await createMany(tenant, posts);
  const codes = ({ results }: typeof made) => results.map(({ error }) => error?.code ?? null);
  assert.deepEqual(codes(made), [null, "VALIDATION_FAILED", null, "RATE_LIMITED"]);
  assert.deepEqual(codes(tried), codes(made));
  assert.deepEqual(
    made.results.map(({ warnings }) => warnings),
    tried.results.map(({ warnings }) => warnings),
  );
});

test("each post of a request counts as a request, and a request beyond the limit does nothing", async () => {
  const tenant = await newPerson({ callsPerMinute: 3 });
  // Within one minute.
  const toEnd = 60_000 - (Date.now() % 60_000);
  if (toEnd < 20_000) await new Promise((passed) => setTimeout(passed, toEnd));
  const made = await send(tenant, { posts: [draft(tenant, "1"), draft(tenant, "2")] });
  assert.deepEqual([made.status, made.headers.get("x-ratelimit-remaining")], [200, "1"]);
  const over = await send(tenant, { posts: [draft(tenant, "3"), draft(tenant, "4")] });
  assert.deepEqual([over.status, Object(over.body).code], [429, "RATE_LIMITED"]);
  assert.equal(await countOf(tenant), 2);
});

test("a request with too many posts, or with a key twice, is rejected as a whole", async () => {
  const tenant = await newPerson();
  const many = Array.from({ length: 51 }, (_, index) => draft(tenant, String(index)));
  for (const [posts, path] of [
    [many, "/posts"],
    [[], "/posts"],
    [[draft(tenant, "same"), draft(tenant, "same", "Other")], "/posts/1/idempotencyKey"],
    [[{ content: { text: "No key" } }], "/posts/0/idempotencyKey"],
  ] as const) {
    const refused = asRefusal(await send(tenant, { posts }), 400);
    assert.deepEqual(
      refused.issues.map((issue) => issue.path),
      [path],
    );
  }
  assert.equal(await countOf(tenant), 0);
});

test("posts are cancelled one by one, and those that were cancelled before count as cancelled", async () => {
  const tenant = await newPerson();
  const stranger = await newPerson();
  const { results } = await createMany(tenant, [draft(tenant, "a"), draft(tenant, "b"), draft(tenant, "c")]);
  const [a = "", b = "", c = ""] = results.map(({ post }) => post?.id);
  await world.services.pool.query("update platform_posts set status = 'published' where post_id = $1", [c]);
  await world.services.pool.query("update posts set status = 'published' where id = $1", [c]);
  assert.deepEqual(
    (await cancelMany(stranger, [a])).results.map(({ error }) => error?.code),
    ["POST_NOT_FOUND"],
  );
  for (const round of ["first", "again"]) {
    const done = await cancelMany(tenant, [a, c, b]);
    assert.deepEqual([done.cancelled, done.failed], [2, 1], round);
    assert.deepEqual(
      done.results.map(({ id, post, error }) => [id, post?.status ?? null, error?.code ?? null]),
      [
        [a, "discarded", null],
        [c, null, "INVALID_STATUS_TRANSITION"],
        [b, "discarded", null],
      ],
    );
  }
});

test("a post of several that has changed since its etag was read is not cancelled", async () => {
  const tenant = await newPerson();
  const { results } = await createMany(tenant, [draft(tenant, "a"), draft(tenant, "b")]);
  const [a = "", b = ""] = results.map(({ post }) => post?.id);
  const etagOf = async (id: string) => (await world.call(tenant, "GET", `/api/v1/posts/${id}`)).headers.get("etag");
  const etags = { [a]: await etagOf(a), [b]: await etagOf(b) };
  const change = { content: { text: "changed" } };
  assert.equal((await world.call(tenant, "PATCH", `/api/v1/posts/${a}`, change)).status, 200);
  const { body } = await world.call(tenant, "POST", `${BATCH}/cancel`, { ids: [a, b], etags });
  const { results: cancelled } = postsCancelMany.answer.parse(body);
  assert.deepEqual(
    cancelled.map(({ post, error }) => [post?.status, error?.code]),
    [
      [undefined, "PRECONDITION_FAILED"],
      ["discarded", undefined],
    ],
  );
});
