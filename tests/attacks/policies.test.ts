import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { TOOLS } from "../../contract/openapi/tools.ts";
import type { Operation } from "../../contract/operation.ts";
import { keyPolicies } from "../../contract/operations/api-keys.ts";
import { newId } from "../../model/ids.ts";
import { createApiKey } from "../../server/domain/api-keys/api-keys.ts";
import { idOf, objectIn } from "../answers.ts";
import { createWorld, type TestTenant, type World } from "../world.ts";
import { callTool } from "./call-tool.ts";
import { fill } from "./routes.ts";

let world: World;
let cookie: string;
before(async () => {
  world = await createWorld();
  for (const platform of ["facebook", "linkedin"] as const) await world.connect(world.test, platform);
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const POSTS = "/api/v1/posts";
const later = () => new Date(Date.now() + 3_600_000).toISOString();

async function held(policies: object): Promise<TestTenant> {
  const { userId, mode } = world.test;
  const { apiKey } = await createApiKey(
    world.services,
    { userId, mode },
    { name: "held", policies: keyPolicies.parse(policies) },
  );
  return { ...world.test, key: apiKey };
}

const draft = async (as: TestTenant, changed: object = {}) =>
  idOf(
    (
      await world.call(as, "POST", POSTS, {
        content: { text: "Hello" },
        platforms: ["facebook"],
        platformSetId: world.test.platformSetId,
        ...changed,
      })
    ).body,
    "post",
  );

async function failed(): Promise<string> {
  const id = await draft(world.test);
  await world.services.pool.query(
    `with parts as (update platform_posts set status = 'failed' where post_id = $1)
     update posts set status = 'failed' where id = $1`,
    [id],
  );
  return id;
}

/** A request with which an operation would publish something: flat for old clients, current otherwise. */
const BODIES = (): readonly object[] => [
  { content: { text: "Out" }, platforms: ["facebook"], platformSetId: world.test.platformSetId, scheduledFor: later() },
  { text: "Out", platforms: ["facebook"], platformSetId: world.test.platformSetId, scheduledFor: later() },
  { scheduledFor: later() },
  { status: "queued", publishNow: true, publish: true, scheduledFor: later(), content: { text: "Out" } },
  { platforms: ["facebook"] },
  {},
];

const takesPost = ({ path }: Operation) => /\/posts\/:id/.test(path);

/** The posts that have been published, or will be automatically. */
async function goingOut(): Promise<string[]> {
  const { rows } = await world.services.pool.query<{ id: string }>(
    "select id from posts where status not in ('draft', 'failed', 'discarded') order by id",
  );
  return rows.map(({ id }) => id);
}

for (const policies of [{ draftOnly: true }, { approvalRequired: true }]) {
  test(`whatever a key with ${JSON.stringify(policies)} calls, over REST, legacy endpoints or MCP, nothing is published`, async () => {
    const key = await held(policies);
    const before = await goingOut();
    const operations = OPERATIONS.filter(
      ({ auth, writes, method }) => auth !== "session" && auth !== "operator" && (writes || method !== "GET"),
    );
    assert.ok(operations.length > 20);
    for (const operation of operations) {
      for (const body of BODIES()) {
        for (const id of takesPost(operation) ? [await draft(key), await failed()] : [newId()]) {
          await world.call(
            key,
            operation.method,
            fill(operation.path, id),
            operation.takes === "none" ? undefined : body,
          );
          assert.deepEqual(await goingOut(), before, `${operation.name} ${JSON.stringify(body)}`);
        }
      }
    }
    for (const { name, operation } of TOOLS.filter(({ annotations }) => !annotations.readOnlyHint)) {
      for (const body of BODIES()) {
        for (const id of takesPost(operation) ? [await draft(world.test), await failed()] : [newId()]) {
          await callTool(world, key, name, { ...body, ...("id" in operation.params.shape ? { id } : {}) });
          assert.deepEqual(await goingOut(), before, `${name} ${JSON.stringify(body)}`);
        }
      }
    }
    // What the key cannot do, its user can: these calls do publish.
    const id = await draft(world.test);
    assert.equal((await world.call(world.test, "POST", `${POSTS}/${id}/publish`)).status, 200);
    assert.deepEqual(await goingOut(), [...before, id].sort());
  });
}

test("of a concurrent approval, edit and publish, exactly what was approved is published", async () => {
  const key = await held({ approvalRequired: true });
  for (let round = 0; round < 12; round += 1) {
    const id = await draft(key, { content: { text: "Seen" } });
    const { body } = await world.callAs(cookie, "GET", `/api/posts/${id}/approval?mode=test`);
    const contentHash = objectIn(body, "approval").contentHash;
    const calls = [
      () => world.callAs(cookie, "POST", `/api/posts/${id}/approve?mode=test`, { contentHash }),
      () => world.call(key, "PATCH", `${POSTS}/${id}`, { content: { text: "Never seen" } }),
      () => world.call(key, "POST", `${POSTS}/${id}/publish`),
      () => world.call(key, "POST", `${POSTS}/${id}/publish`),
    ];
    await Promise.all(calls.map((_, at) => calls[(at + round) % calls.length]?.()));
    // Whichever came last, only what is approved now can be published.
    await world.call(key, "POST", `${POSTS}/${id}/publish`);
    const post = objectIn((await world.call(world.test, "GET", `${POSTS}/${id}`)).body, "post");
    if (post.status !== "draft") assert.equal(objectIn(post, "content").text, "Seen", `round ${round}`);
  }
});
