import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { idOf, objectIn } from "../answers.ts";
import { createWorld, type TestTenant, type World } from "../world.ts";

/** `AMPOST_TEST_TENANTS=1000` for the long run. */
const TENANTS = Number(process.env.AMPOST_TEST_TENANTS ?? 50);
const AT_ONCE = 20;

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

interface Made extends TestTenant {
  accountIds: string[];
  postIds: string[];
}

test("of many tenants made over the API, each with a key, accounts and posts, none sees another's", async () => {
  const operator = { ...world.test, key: await world.operatorKey() };
  const make = async (index: number): Promise<Made> => {
    const created = await world.call(operator, "POST", "/admin/v1/tenants", {
      externalId: `customer-${index}`,
      name: `Customer ${index}`,
    });
    const userId = idOf(created.body, "tenant");
    const { body: keyed } = await world.call(operator, "POST", `/admin/v1/tenants/${userId}/keys`, {
      name: "backend",
      mode: "test",
    });
    const key = z.string().parse(objectIn(keyed, "key").apiKey);
    const [platformSetId = ""] = await idsIn({ ...world.test, key }, "/api/v1/platform-sets", "sets");
    const tenant: TestTenant = { userId, mode: "test", key, platformSetId };
    const platforms = ["threads", "linkedin"] as const;
    const accountIds = [await world.connect(tenant, platforms[0]), await world.connect(tenant, platforms[1])];
    const post = async (text: string) => {
      const body = { content: { text }, platforms, platformSetId };
      return idOf((await world.call(tenant, "POST", "/api/v1/posts", body)).body, "post");
    };
    return { ...tenant, accountIds, postIds: [await post(`Of customer ${index}`), await post("Another")] };
  };
  const made = await inTurns(TENANTS, make);

  await inTurns(TENANTS, async (index) => {
    const [tenant, other] = [made[index], made[(index + 1) % TENANTS]];
    assert.ok(tenant && other);
    for (const [path, member, ids] of [
      ["/api/v1/posts", "posts", tenant.postIds],
      ["/api/v1/accounts", "accounts", tenant.accountIds],
      ["/api/v1/platform-sets", "sets", [tenant.platformSetId]],
    ] as const)
      assert.deepEqual((await idsIn(tenant, path, member)).sort(), ids.toSorted(), path);
    const paths = [...other.postIds.map((id) => `posts/${id}`), ...other.accountIds.map((id) => `accounts/${id}`)];
    for (const path of paths) assert.equal((await world.call(tenant, "GET", `/api/v1/${path}`)).status, 404, path);
    const edit = { content: { text: "Not mine" } };
    assert.equal((await world.call(tenant, "PATCH", `/api/v1/posts/${other.postIds[0]}`, edit)).status, 404);
    assert.equal((await world.call(tenant, "GET", `/admin/v1/tenants/${tenant.userId}`)).status, 401);
  });

  const listed: string[] = [];
  const page = z.object({ tenants: z.array(z.object({ id: z.string() })), nextCursor: z.string().nullable() });
  let cursor: string | null = "";
  while (cursor !== null) {
    const { body } = await world.call(operator, "GET", `/admin/v1/tenants?limit=100${cursor && `&cursor=${cursor}`}`);
    const { tenants, nextCursor } = page.parse(body);
    listed.push(...tenants.map(({ id }) => id));
    cursor = nextCursor;
  }
  assert.deepEqual(listed.filter((id) => id !== world.test.userId).sort(), made.map(({ userId }) => userId).sort());
});

async function idsIn(tenant: TestTenant, path: string, member: string): Promise<string[]> {
  const { body } = await world.call(tenant, "GET", path);
  const list = z.looseObject({ [member]: z.array(z.looseObject({ id: z.string() })) }).parse(body)[member];
  return z
    .array(z.looseObject({ id: z.string() }))
    .parse(list)
    .map(({ id }) => id);
}

/** Runs the work for 0, 1, 2, …, a few at a time. */
async function inTurns<Result>(count: number, work: (index: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (let begin = 0; begin < count; begin += AT_ONCE) {
    const indices = Array.from({ length: Math.min(AT_ONCE, count - begin) }, (_, offset) => begin + offset);
    results.push(...(await Promise.all(indices.map(work))));
  }
  return results;
}
