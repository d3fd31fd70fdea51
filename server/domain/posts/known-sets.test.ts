import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";

import { asRefusal } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld({ scheduling: "all" }, { requestLog: { days: 30, pauseMilliseconds: 1 } });
});
after(() => world.close());

const inTwoDays = () => new Date(Date.now() + 48 * 3_600_000).toISOString();

async function newTenant(): Promise<TestTenant> {
  const { test: tenant } = await world.makeTenants();
  for (const platform of ["facebook", "threads"] as const) await world.connect(tenant, platform);
  return tenant;
}

function create(tenant: TestTenant, changed: object = {}, headers: Record<string, string> = {}) {
  const { platformSetId } = tenant;
  const body = { content: { text: "Hello" }, platforms: ["facebook"], platformSetId, ...changed };
  return world.call(tenant, "POST", "/api/v1/posts", body, headers);
}

/** The names of the statements that run meanwhile, and how many transactions begin. */
async function statementsOf(t: TestContext, work: () => Promise<{ status: number }>): Promise<string[]> {
  const { pool } = world.services;
  const [queried, connected] = [t.mock.method(pool, "query"), t.mock.method(pool, "connect")];
  assert.equal((await work()).status, 201);
  const names = queried.mock.calls.map(({ arguments: [query] }) => String(Object(query).name));
  // A query takes a connection for itself.
  const begun = connected.mock.callCount() - queried.mock.callCount();
  for (const each of [queried, connected]) each.mock.restore();
  // Keys are remembered for a second only.
  // The request log is written after the response, many in one.
  return [
    ...names.filter((name) => !/^(api_keys|api_requests)\./.test(name)),
    ...Array.from({ length: begun }, () => "begin"),
  ];
}

test("a create in a known set is one statement, with an Idempotency-Key two", async (t) => {
  const tenant = await newTenant();
  await create(tenant);
  assert.deepEqual(await statementsOf(t, () => create(tenant)), ["posts.insert_draft_in_set"]);
  assert.deepEqual(await statementsOf(t, () => create(tenant, { scheduledFor: inTwoDays() })), [
    "posts.insert_scheduled_in_set",
  ]);
  const reserved = { platforms: ["threads"], scheduledFor: inTwoDays() };
  assert.deepEqual(await statementsOf(t, () => create(tenant, reserved)), ["posts.insert_reserved_in_set"]);
  for (const changed of [{}, { scheduledFor: inTwoDays() }]) {
    const headers = { "idempotency-key": `counted ${Object.keys(changed).length}` };
    assert.deepEqual(await statementsOf(t, () => create(tenant, changed, headers)), [
      "idempotency_keys.claim_key",
      "posts.insert_keyed_in_set",
    ]);
    const [first, again] = [await create(tenant, changed, headers), await create(tenant, changed, headers)];
    assert.deepEqual([first.status, first.headers.get("etag")], [201, again.headers.get("etag")]);
    assert.deepEqual(again.body, first.body);
  }
  const { rows } = await world.database.pool.query(
    `select (select sum(change)::int from post_counts where user_id = $1) as counted,
       (select count(*)::int from posts where user_id = $1) as posts,
       (select count(*)::int from outbox where user_id = $1 and type = 'post.scheduled') as events,
       (select sum(u.units)::int from budget_uses u join platform_posts pp on pp.id = u.platform_post_id
         where pp.user_id = $1) as units`,
    [tenant.userId],
  );
  assert.deepEqual(rows, [{ counted: 6, posts: 6, events: 3, units: 1 }]);
});

test("whatever another process changes in a known set applies to the next create", async () => {
  const tenant = await newTenant();
  const { pool } = world.database;
  const warnings = async () => {
    const { body, status } = await create(tenant);
    assert.equal(status, 201);
    return Object(body).warnings.map(({ rule }: { rule: string }) => rule);
  };
  assert.equal((await create(tenant, { platforms: ["threads"], scheduledFor: inTwoDays() })).status, 201);
  const before = await warnings();
  assert.deepEqual(await warnings(), before);
  await pool.query(
    `insert into publishing_pauses (id, user_id, mode, by_operator) values (gen_random_uuid(), $1, $2, false)`,
    [tenant.userId, tenant.mode],
  );
  assert.deepEqual(await warnings(), [...before, "publishing.paused"]);
  await pool.query("update publishing_pauses set until = now() where user_id = $1", [tenant.userId]);
  assert.deepEqual(await warnings(), before);

  await pool.query("update accounts set status = 'revoked' where user_id = $1", [tenant.userId]);
  asRefusal(await create(tenant), 400);
  asRefusal(await create(tenant, {}, { "idempotency-key": "no account" }), 400);
  asRefusal(await create(tenant, { platforms: ["threads"], scheduledFor: inTwoDays() }), 400);
  const again = await world.connect(tenant, "facebook");
  const { body } = await create(tenant, {}, { "idempotency-key": "another account" });
  assert.equal(Object(body).post.platformPosts[0].accountId, again);

  await pool.query("delete from platform_sets where id = $1", [tenant.platformSetId]);
  const { issues } = asRefusal(await create(tenant), 400);
  assert.ok(issues.some(({ rule }) => rule === "platformSetId.unknown"));
});
