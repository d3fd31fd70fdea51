import assert from "node:assert/strict";
import { after, before, beforeEach, test, type TestContext } from "node:test";

import pg from "pg";

import { keyPolicies } from "../../../contract/operations/api-keys.ts";
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

const setStatus = (id: string, status: string) =>
  world.database.pool.query(
    `with parts as (update platform_posts set status = $2, next_action_at = null where post_id = $1)
     update posts set status = $2 where id = $1`,
    [id, status],
  );

async function approve(id: string): Promise<void> {
  const { contentHash } = objectIn(
    (await world.callAs(cookie, "GET", `/api/posts/${id}/approval?mode=test`)).body,
    "approval",
  );
  const given = await world.callAs(cookie, "POST", `/api/posts/${id}/approve?mode=test`, { contentHash });
  assert.equal(given.status, 200, JSON.stringify(given.body));
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
  await setStatus(failed, "failed");
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
      if (action === "retry") await setStatus(id, "failed");
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
