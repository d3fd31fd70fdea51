import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { asRefusal } from "../../../tests/answers.ts";
import { joinAs } from "../../../tests/members.ts";
import { createWorld, type World } from "../../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld();
});
after(() => world.close());

const path = (accountId: string) => `/api/v1/accounts/${accountId}/sandbox-faults`;

test("only the test accounts of one's own can be made to fail, by those who may write", async () => {
  const [own, live] = [await world.connect(world.test, "threads"), await world.connect(world.live, "threads")];
  const stranger = (await world.makeTenants()).test;
  const body = { faults: ["http_500"] };
  for (const [tenant, accountId] of [
    [stranger, own],
    [world.live, own],
    [world.test, live],
  ] as const) {
    asRefusal(await world.call(tenant, "PUT", path(accountId), body), 404);
    asRefusal(await world.call(tenant, "GET", path(accountId)), 404);
  }
  const [issue] = asRefusal(await world.call(world.live, "PUT", path(live), body), 400).issues;
  assert.equal(issue?.rule, "sandbox.mode");
  for (const faults of [["explode"], Array(11).fill("http_500"), undefined])
    asRefusal(await world.call(world.test, "PUT", path(own), { faults }), 400);
  const { cookie } = await joinAs(world, world.test, "viewer");
  const asViewer = `${path(own)}?mode=test&workspace=${world.test.userId}`;
  assert.equal(asRefusal(await world.callAs(cookie, "PUT", asViewer, body), 403).code, "POLICY_VIOLATION");
});

test("a sandbox that is away, and an account that is not connected, are told apart", async () => {
  const accountId = await world.connect(world.test, "linkedin");
  const { pool, vault } = world.services;
  const sealed = vault.seal("token", { table: "connections", row: accountId, column: "access_token_sealed" });
  await pool.query("update connections set access_token_sealed = $1 where account_id = $2", [sealed, accountId]);
  const away = asRefusal(await world.call(world.test, "GET", path(accountId)), 503);
  assert.equal(away.issues[0]?.rule, "sandbox.away");
  await pool.query("delete from connections where account_id = $1", [accountId]);
  assert.equal(asRefusal(await world.call(world.test, "GET", path(accountId))).code, "AUTH_REVOKED");
});
