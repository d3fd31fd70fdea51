import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { type ConnectingWorld, createConnectingWorld, type Newcomer } from "../../../tests/connecting-world.ts";
import { answerConsent, arrive, begin, connectAs, locationOf } from "../../../tests/consent.ts";
import { joinAs } from "../../../tests/members.ts";

let world: ConnectingWorld;
let owner: Newcomer;

before(async () => {
  world = await createConnectingWorld();
  owner = await world.newcomer();
});
after(() => world.close());

test("a publisher connects accounts for the workspace, also where one of several is chosen; a writer cannot", async () => {
  const { tenant } = owner;
  const publisher = await joinAs(world, tenant, "publisher");
  for (const platform of ["threads", "facebook"] as const) {
    const workspace = tenant.userId;
    const shown = await connectAs(world, publisher.cookie, tenant, platform, { workspace });
    const { searchParams, pathname } = new URL(shown.location ?? "", world.url);
    assert.deepEqual([shown.status, pathname, searchParams.get("workspace")], [303, "/platforms", workspace]);
    const connected = (await world.accountsOf(tenant)).find((account) => account.platform === platform);
    assert.equal(searchParams.get("connected"), connected?.id);
    const { rows } = await world.services.pool.query<{ member: string }>(
      "select data->>'memberUserId' as member from audit_events where target = $1",
      [connected?.id],
    );
    assert.deepEqual(rows, [{ member: publisher.tenant.userId }]);
  }
  assert.deepEqual(await world.accountsOf(publisher.tenant), []);
  const writer = await joinAs(world, tenant, "writer");
  const refused = await begin(world, writer.cookie, tenant, "threads", { workspace: tenant.userId });
  assert.equal(refused.status, 403);
});

test("who fails to connect an account for the workspace tries again there, and goes back there", async () => {
  const { tenant } = owner;
  const { cookie } = await joinAs(world, tenant, "publisher");
  const workspace = tenant.userId;
  const failed = await connectAs(world, cookie, tenant, "threads", { workspace, decision: "refuse" });
  assert.equal(failed.status, 400);
  assert.match(failed.text, /Test mode: you connect an account in the sandbox/);
  const hrefs = [...failed.text.matchAll(/href="([^"]*(?:connect|platforms)\?[^"]*)"/g)].map(([, href = ""]) =>
    href.replaceAll(/&#(\d+);|&amp;/g, (_, code?: string) =>
      code === undefined ? "&" : String.fromCodePoint(Number(code)),
    ),
  );
  assert.equal(hrefs.length, 2, failed.text);
  for (const href of hrefs) assert.equal(new URL(href, world.url).searchParams.get("workspace"), workspace, href);
  const unknown = await fetch(`${world.url}/api/platforms/nowhere/connect?mode=test&workspace=${workspace}`, {
    headers: { cookie, accept: "text/html" },
    redirect: "manual",
  });
  assert.match(await unknown.text(), new RegExp(`/platforms\\?[^"]*workspace=${workspace}`));
});

test("who is removed while they are at the platform connects nothing, and the grant is given back", async () => {
  const { tenant } = await world.newcomer();
  const { cookie, memberId } = await joinAs(world, tenant, "publisher");
  const begun = await begin(world, cookie, tenant, "threads", { workspace: tenant.userId });
  const back = await answerConsent(locationOf(begun));
  await world.services.pool.query("delete from members where id = $1", [memberId]);
  world.jobs.splice(0);
  assert.equal((await arrive(world, cookie, back)).status, 400);
  assert.deepEqual(await world.accountsOf(tenant), []);
  assert.equal(world.jobs.length, 1);
});
