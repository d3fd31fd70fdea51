import assert from "node:assert/strict";
import { after, before, beforeEach, test, type TestContext } from "node:test";

import pg from "pg";

import { keyPolicies } from "../../../contract/operations/api-keys.ts";
import { accountsDisconnect } from "../../../contract/operations/connections.ts";
import { postsMoveMany } from "../../../contract/operations/post-batches.ts";
import { postsGet, postsList } from "../../../contract/operations/posts.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { createApiKey } from "../api-keys/api-keys.ts";

const POSTS = "/api/v1/posts";
const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();

let world: World;
let tenant: TestTenant;
/** The same user with a key that publishes what a person has approved. */
let robot: TestTenant;
let cookie: string;
/** The account that is connected first. */
let first: string;

before(async () => (world = await createWorld()));
after(() => world.close());
beforeEach(async () => {
  tenant = (await world.makeTenants()).test;
  // All sign-ins come from one address, and would exceed its limit.
  await world.database.pool.query("delete from throttles");
  cookie = await world.signIn(tenant);
  const policies = keyPolicies.parse({ approvalRequired: true });
  const { apiKey } = await createApiKey(world.services, tenant, { name: "robot", policies });
  robot = { ...tenant, key: apiKey };
  first = await world.connect(tenant, "facebook");
});

const create = async (changed: object = {}) =>
  idOf(
    (
      await world.call(tenant, "POST", POSTS, {
        content: { text: "Hello" },
        platforms: ["facebook"],
        platformSetId: tenant.platformSetId,
        ...changed,
      })
    ).body,
    "post",
  );

/** As when somebody connects another account and confirms that it replaces this one. */
async function replace(id: string): Promise<string> {
  await world.database.pool.query("update accounts set status = 'revoked' where id = $1", [id]);
  return await world.connect(tenant, "facebook");
}

const fail = (id: string, { status = "failed", liveThrough = null as number | null } = {}) =>
  world.database.pool.query(
    `with parts as (
       update platform_posts set status = $2, live_through = $3, next_action_at = null where post_id = $1)
     update posts set status = 'failed' where id = $1`,
    [id, status, liveThrough],
  );

async function approve(id: string): Promise<void> {
  const { contentHash } = objectIn(
    (await world.callAs(cookie, "GET", `/api/posts/${id}/approval?mode=test`)).body,
    "approval",
  );
  const given = await world.callAs(cookie, "POST", `/api/posts/${id}/approve?mode=test`, { contentHash });
  assert.equal(given.status, 200, JSON.stringify(given.body));
}

async function warningsOf(id: string): Promise<string[]> {
  const { post } = postsGet.answer.parse((await world.call(tenant, "GET", `${POSTS}/${id}`)).body);
  return post.platformPosts.flatMap(({ warnings }) => warnings.map(({ code }) => code));
}

/** The scheduled posts that need somebody, and on how many platforms. */
async function blocked(): Promise<(readonly [string, number])[]> {
  const { posts, total } = postsList.answer.parse((await world.call(tenant, "GET", `${POSTS}?outcome=blocked`)).body);
  assert.equal(total, posts.length);
  return posts.map(({ id, blockedCount }) => [id, blockedCount] as const);
}

async function storedAccount(id: string): Promise<string | undefined> {
  const { rows } = await world.database.pool.query<{ account_id: string }>(
    "select account_id from platform_posts where post_id = $1",
    [id],
  );
  return rows[0]?.account_id;
}

test("no post takes the account that has replaced its own: not when it is published, edited or retried", async () => {
  const scheduled = await create({ scheduledFor: IN_AN_HOUR });
  const draft = await create();
  const failed = await create();
  await fail(failed);
  await replace(first);
  const later = new Date(Date.now() + 7_200_000).toISOString();
  for (const [id, method, path, body] of [
    [draft, "POST", "/publish"],
    [scheduled, "POST", "/publish"],
    [scheduled, "PATCH", "", { scheduledFor: later }],
    [draft, "PATCH", "", { content: { text: "Edited" } }],
    [failed, "POST", "/retry"],
  ] as const) {
    const [issue] = asRefusal(await world.call(tenant, method, `${POSTS}/${id}${path}`, body), 400).issues;
    assert.deepEqual(
      [issue?.code, issue?.rule, issue?.message.includes("another one has taken its place")],
      ["PLATFORM_NOT_CONNECTED", "facebook.account.connected", true],
    );
    assert.equal(await storedAccount(id), first, "it is still bound to its account");
  }
});

test("what waited for an account that was replaced says so at once, in lists too, until a person chooses the new one", async () => {
  const scheduled = await create({ scheduledFor: IN_AN_HOUR });
  const draft = await create();
  const other = await create({ scheduledFor: IN_AN_HOUR, platforms: ["facebook"] });
  const etagOf = async (id: string) => (await world.call(tenant, "GET", `${POSTS}/${id}`)).headers.get("etag");
  const before = await etagOf(scheduled);
  const second = await replace(first);
  assert.deepEqual(await warningsOf(scheduled), ["ACCOUNT_DISCONNECTED"]);
  assert.deepEqual(await warningsOf(draft), ["ACCOUNT_DISCONNECTED"]);
  assert.notEqual(await etagOf(scheduled), before);
  assert.deepEqual(await blocked(), [
    [other, 1],
    [scheduled, 1],
  ]);
  const choose = (id: string, accountId: string) =>
    world.call(tenant, "PATCH", `${POSTS}/${id}`, { accountIds: [accountId] });
  const elsewhere = await world.connect((await world.makeTenants()).test, "facebook");
  for (const wrong of [elsewhere, first]) {
    const [issue] = asRefusal(await choose(scheduled, wrong), 400).issues;
    assert.deepEqual([issue?.rule, issue?.path, issue?.actual], ["post.accountIds.connected", "/accountIds/0", wrong]);
  }
  for (const id of [scheduled, draft]) {
    const chosen = await choose(id, second);
    assert.equal(chosen.status, 200, JSON.stringify(chosen.body));
    assert.deepEqual([await storedAccount(id), await warningsOf(id)], [second, []]);
  }
  assert.deepEqual(await blocked(), [[other, 1]]);
  assert.equal((await world.call(tenant, "POST", `${POSTS}/${draft}/publish`)).status, 200);
  assert.equal(await storedAccount(draft), second);
});

test("posts are moved together, and one that cannot be moved does not stop the others", async () => {
  const ids = [await create({ scheduledFor: IN_AN_HOUR }), await create({ scheduledFor: IN_AN_HOUR })];
  const [left = "", discarded = ""] = ids;
  assert.equal((await world.call(tenant, "DELETE", `${POSTS}/${discarded}`)).status, 200);
  const second = await replace(first);
  const path = "/api/posts/batch/move?mode=test";
  const moved = postsMoveMany.answer.parse(
    (await world.callAs(cookie, "POST", path, { ids, accountIds: [second] })).body,
  );
  assert.deepEqual([moved.moved, moved.failed], [1, 1]);
  assert.deepEqual(
    moved.results.map(({ id, post, error }) => [id, post?.blockedCount ?? error?.code]),
    [
      [left, 0],
      [discarded, "INVALID_STATUS_TRANSITION"],
    ],
  );
  assert.equal(await storedAccount(left), second);
});

test("disconnecting an account tells how many scheduled posts it stops, of each that it needs somebody, and once", async () => {
  const scheduled = [await create({ scheduledFor: IN_AN_HOUR }), await create({ scheduledFor: IN_AN_HOUR })];
  await create();
  const told = async () => {
    const { rows } = await world.database.pool.query<{ post_id: string }>(
      "select post_id from outbox where type = 'post.missed' and user_id = $1 order by post_id",
      [tenant.userId],
    );
    return rows.map(({ post_id }) => post_id);
  };
  assert.deepEqual(await told(), []);
  for (const round of ["first", "again"]) {
    const { body } = await world.callAs(cookie, "DELETE", `/api/accounts/${first}?mode=test`);
    assert.equal(accountsDisconnect.answer.parse(body).scheduledPosts, 2, round);
    assert.deepEqual(await told(), scheduled.toSorted());
  }
});

test("an account that is connected again has its posts back", async () => {
  const id = await create({ scheduledFor: IN_AN_HOUR });
  const set = (status: string) =>
    world.database.pool.query("update accounts set status = $2 where id = $1", [first, status]);
  await set("revoked");
  assert.deepEqual(await blocked(), [[id, 1]]);
  await set("active");
  assert.deepEqual([await blocked(), await warningsOf(id)], [[], []]);
});

test("a retry goes out through another account only if it was chosen, and not where parts are live or may be", async () => {
  const [failed, unknown, live] = [await create(), await create(), await create()];
  await fail(failed);
  await fail(unknown, { status: "unknown" });
  await fail(live, { liveThrough: 0 });
  const second = await replace(first);
  const body = { platforms: ["facebook"], force: true, accountIds: [second] };
  const retry = (id: string) => world.call(tenant, "POST", `${POSTS}/${id}/retry`, body);
  for (const id of [unknown, live]) {
    assert.equal(asRefusal(await retry(id), 400).code, "PLATFORM_NOT_CONNECTED");
    assert.equal(await storedAccount(id), first);
  }
  assert.equal((await retry(failed)).status, 200);
  assert.equal(await storedAccount(failed), second);
});

test("an approval does not go along to another account", async () => {
  const id = await create();
  await approve(id);
  const second = await replace(first);
  assert.equal((await world.call(robot, "PATCH", `${POSTS}/${id}`, { accountIds: [second] })).status, 200);
  assert.equal(asRefusal(await world.call(robot, "POST", `${POSTS}/${id}/publish`), 403).code, "APPROVAL_REQUIRED");
});

test("a post that moves to another platform set goes out through the accounts of that one", async () => {
  const id = await create({ scheduledFor: IN_AN_HOUR });
  const platformSetId = idOf(
    (await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Other" })).body,
    "set",
  );
  const there = await world.connect(tenant, "facebook", { platformSetId });
  assert.equal((await world.call(tenant, "PATCH", `${POSTS}/${id}`, { platformSetId })).status, 200);
  assert.equal(await storedAccount(id), there);
});

for (const action of ["publish", "retry"] as const)
  test(`whenever an account is replaced during ${action}, the post goes out through the approved one or not at all`, async (t) => {
    const answers: number[] = [];
    for (let statement = 1, isInterrupted = true; isInterrupted; statement += 1) {
      const id = await create();
      const approved = await storedAccount(id);
      // As of a post whose account was not known when it was stored.
      await world.database.pool.query("update platform_posts set account_id = null where post_id = $1", [id]);
      if (action === "retry") await fail(id);
      await approve(id);
      isInterrupted = false;
      const end = interrupt(t, statement, async () => {
        isInterrupted = true;
        await replace(approved ?? "");
      });
      const answer = await world.call(robot, "POST", `${POSTS}/${id}/${action}`);
      end();
      answers.push(answer.status);
      if (answer.status === 200) assert.equal(await storedAccount(id), approved, `before statement ${statement}`);
    }
    assert.deepEqual([...new Set(answers)].toSorted(), [200, 400, 403], "it was replaced before and after");
  });

/** Runs `work` once, before this statement of the transactions that begin from now on. Returns what ends that. */
function interrupt(t: TestContext, statement: number, work: () => Promise<unknown>): () => void {
  let count = 0;
  const { query } = pg.Client.prototype;
  const mocked = t.mock.method(pg.Client.prototype, "query", function (this: pg.Client, ...given: unknown[]) {
    const ask = (): unknown => Reflect.apply(query, this, given);
    // The pool's own statements are given a callback.
    if (typeof given.at(-1) === "function" || ++count !== statement) return ask();
    return work().then(ask);
  });
  return () => mocked.mock.restore();
}
