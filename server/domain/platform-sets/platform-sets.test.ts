import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const SETS = "/api/v1/platform-sets";
const newTenant = async () => (await world.makeTenants()).test;
const create = (tenant: TestTenant, name: unknown) => world.call(tenant, "POST", SETS, { name });
const setsOf = async (tenant: TestTenant) =>
  z
    .object({
      sets: z.array(
        z.looseObject({ id: z.string(), name: z.string(), isDefault: z.boolean(), connectionCount: z.int() }),
      ),
    })
    .parse((await world.call(tenant, "GET", SETS)).body).sets;

test("a new user has one default set in each mode", async () => {
  const { live, test: sandboxed } = await world.makeTenants();
  for (const tenant of [live, sandboxed]) {
    const sets = await setsOf(tenant);
    assert.deepEqual(
      sets.map(({ name, isDefault, connectionCount }) => [name, isDefault, connectionCount]),
      [["Default", true, 0]],
    );
  }
  assert.notEqual(live.platformSetId, sandboxed.platformSetId);
});

test("a name is trimmed and has 1 to 50 characters, as people count them", async () => {
  const tenant = await newTenant();
  const family = "👨‍👩‍👧‍👦";
  for (const [name, stored] of [
    ["  Brand ", "Brand"],
    ["x".repeat(50), "x".repeat(50)],
    [` ${family.repeat(50)} `, family.repeat(50)],
  ] as const) {
    const answer = await create(tenant, name);
    assert.deepEqual([answer.status, objectIn(answer.body, "set").name], [200, stored]);
  }
  for (const name of ["", "   ", "x".repeat(51), family.repeat(51), null, 5, undefined]) {
    const { issues } = asRefusal(await create(tenant, name), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/name"],
    );
  }
});

test("a user has at most 20 sets, even with concurrent requests", async () => {
  const tenant = await newTenant();
  const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => create(tenant, `Set ${index}`)));
  assert.equal(answers.filter(({ status }) => status === 200).length, 19);
  for (const answer of answers.filter(({ status }) => status !== 200))
    assert.match(asRefusal(answer, 400).error, /limit is 20/);
  assert.equal((await setsOf(tenant)).length, 20);
});

test("the operator sets the limit for the instance, and for one user", async () => {
  const tenant = await newTenant();
  const limit = async (limits: object) => {
    const operator = { ...tenant, key: await world.operatorKey() };
    const changed = await world.call(operator, "PATCH", `/admin/v1/tenants/${tenant.userId}`, { limits });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const { maxPlatformSets } = { maxPlatformSets: undefined, ...limits };
    while ((await world.services.planOf(tenant.userId)).maxPlatformSets !== maxPlatformSets)
      await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await limit({ maxPlatformSets: 2 });
  assert.equal((await create(tenant, "Second")).status, 200);
  assert.match(asRefusal(await create(tenant, "Third"), 400).error, /limit is 2$/);
  await limit({ maxPlatformSets: null });
  for (let index = 0; index < 20; index += 1) assert.equal((await create(tenant, `Set ${index}`)).status, 200);
  await limit({});
  assert.match(asRefusal(await create(tenant, "More"), 400).error, /limit is 20$/);
  world.services.settings.maxPlatformSets = 23;
  try {
    assert.equal((await create(tenant, "More")).status, 200);
    asRefusal(await create(tenant, "Too many"), 400);
  } finally {
    world.services.settings.maxPlatformSets = 20;
  }
});

test("the default set can be renamed but not deleted", async () => {
  const tenant = await newTenant();
  const path = `${SETS}/${tenant.platformSetId}`;
  assert.equal(objectIn((await world.call(tenant, "PATCH", path, { name: "Main" })).body, "set").name, "Main");
  assert.equal(
    asRefusal(await world.call(tenant, "DELETE", path), 400).error,
    "Cannot delete the default platform set.",
  );
});

test("deleting a set disconnects its accounts, discards its scheduled posts with an error and keeps its drafts", async () => {
  const tenant = await newTenant();
  const setId = idOf((await create(tenant, "Going")).body, "set");
  const accountId = await world.connect(tenant, "facebook", { platformSetId: setId });
  const post = (scheduledFor: string | null) =>
    world.call(tenant, "POST", "/api/v1/posts", {
      content: { text: "Hello" },
      platforms: ["facebook"],
      platformSetId: setId,
      scheduledFor,
    });
  const scheduled = idOf((await post(new Date(Date.now() + 3_600_000).toISOString())).body, "post");
  const draft = idOf((await post(null)).body, "post");
  const deleted = await world.call(tenant, "DELETE", `${SETS}/${setId}`);
  assert.deepEqual([deleted.status, deleted.body], [200, { success: true }]);
  const account = objectIn((await world.call(tenant, "GET", `/api/v1/accounts/${accountId}`)).body, "account");
  assert.deepEqual([account.status, account.tokenHealth], ["revoked", "revoked"]);
  assert.deepEqual((await world.call(tenant, "GET", "/api/v1/accounts")).body, { accounts: [] });
  assert.deepEqual(
    (await world.services.pool.query("select 1 from connections where account_id = $1", [accountId])).rows,
    [],
  );
  const shown = z.object({
    status: z.string(),
    platformSetId: z.string(),
    platformPosts: z.array(z.object({ status: z.string(), error: z.object({ code: z.string() }).nullable() })),
  });
  const gone = shown.parse(objectIn((await world.call(tenant, "GET", `/api/v1/posts/${scheduled}`)).body, "post"));
  assert.deepEqual(
    [gone.status, gone.platformSetId, gone.platformPosts],
    ["discarded", setId, [{ status: "discarded", error: { code: "PLATFORM_NOT_CONNECTED" } }]],
  );
  assert.equal(
    shown.parse(objectIn((await world.call(tenant, "GET", `/api/v1/posts/${draft}`)).body, "post")).status,
    "draft",
  );
  asRefusal(await world.call(tenant, "DELETE", `${SETS}/${setId}`), 404);
});

test("accounts are listed by platform and set", async () => {
  const tenant = await newTenant();
  const setId = idOf((await create(tenant, "Other")).body, "set");
  const [threads, facebook, other] = [
    await world.connect(tenant, "threads"),
    await world.connect(tenant, "facebook"),
    await world.connect(tenant, "threads", { platformSetId: setId }),
  ];
  const ids = async (query: string) =>
    z
      .object({ accounts: z.array(z.object({ id: z.string() })) })
      .parse((await world.call(tenant, "GET", `/api/v1/accounts${query}`)).body)
      .accounts.map(({ id }) => id);
  assert.deepEqual(await ids(""), [threads, facebook, other]);
  assert.deepEqual(await ids("?platform=threads"), [threads, other]);
  assert.deepEqual(await ids(`?platformSetId=${setId}`), [other]);
  assert.deepEqual(
    (await setsOf(tenant)).map(({ connectionCount }) => connectionCount),
    [2, 1],
  );
});
