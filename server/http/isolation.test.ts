import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { newId } from "../../model/ids.ts";
import { createWorld, type Tenant, type World } from "../../tests/world.ts";
import { idOf, snapshot } from "../../tests/answers.ts";

let world: World;
let stranger: Tenant;

before(async () => {
  world = await createWorld();
  stranger = (await world.makeTenants()).test;
  await world.connect(world.test, "threads");
});
after(() => world.close());

/** Makes an object of the noun that an operation's name begins with. */
const MAKERS: Readonly<Record<string, (tenant: Tenant) => Promise<string>>> = {
  posts: async (tenant) => {
    const { body } = await world.call(tenant, "POST", "/api/v1/posts", { content: { text: "Mine" }, platforms: ["threads"], platformSetId: tenant.platformSetId });
    return idOf(body, "post");
  },
  platform_sets: (tenant) => newSet(tenant),
  accounts: async (tenant) => await world.connect(tenant, "threads", { platformSetId: await newSet(tenant) }),
  media: (tenant) => newMedia(tenant),
  connect_links: async (tenant) => {
    const { body } = await world.call(tenant, "POST", "/api/v1/connect-links", { platformSetId: tenant.platformSetId, returnUrl: "https://example.com/back" });
    return idOf(body, "connectLink");
  },
};

/** A body that the owner's call would be taken with. */
const BODIES: Readonly<Record<string, unknown>> = { posts_update: { content: { text: "Theirs" } }, platform_sets_rename: { name: "Theirs" } };

async function newMedia(tenant: Tenant): Promise<string> {
  const { body } = await world.call(tenant, "POST", "/api/v1/media", { url: "https://example.com/a.jpg" });
  return idOf(body, "media");
}

async function newSet(tenant: Tenant): Promise<string> {
  const { body } = await world.call(tenant, "POST", "/api/v1/platform-sets", { name: "Mine" });
  return idOf(body, "set");
}

for (const operation of OPERATIONS.filter(({ params }) => "id" in params.shape)) {
  for (const who of ["another user", "the other mode"] as const) {
    test(`${operation.name} by ${who} answers as if there were nothing, and changes nothing`, async () => {
      const owner = world.test;
      const name = operation.name.replace(/^legacy_/, "");
      const noun = Object.keys(MAKERS).find((known) => name.startsWith(`${known}_`));
      const make = noun === undefined ? undefined : MAKERS[noun];
      assert.ok(make, `there is a maker for ${operation.name}`);
      const id = await make(owner);
      const caller = who === "another user" ? stranger : world.live;
      const before = await snapshot(world);
      const path = (of: string) => operation.path.replace(":id", of);
      const theirs = await world.call(caller, operation.method, path(id), BODIES[name]);
      const nobodys = await world.call(caller, operation.method, path(newId()), BODIES[name]);
      assert.equal(theirs.status, 404);
      assert.deepEqual({ ...asRecord(theirs.body), requestId: "" }, { ...asRecord(nobodys.body), requestId: "" });
      assert.deepEqual(await snapshot(world), before);
      if (operation.method === "GET" && operation.streams !== true) assert.equal((await world.call(owner, "GET", path(id))).status, 200);
    });
  }
}

test("lists show nothing of other users and of the other mode", async () => {
  for (const [path, key] of [["/api/v1/posts", "posts"], ["/api/v1/accounts", "accounts"], ["/api/v1/media", "media"]] as const) {
    const { body } = await world.call(stranger, "GET", path);
    assert.deepEqual(asRecord(body)[key], [], path);
  }
});

test("a post cannot name another user's platform set or media", async () => {
  const mediaId = await newMedia(world.test);
  const { status, body } = await world.call(stranger, "POST", "/api/v1/posts", {
    content: { text: "Hello", media: [{ id: mediaId }] },
    platforms: ["threads"],
    platformSetId: world.test.platformSetId,
  });
  assert.equal(status, 400);
  const rules = asRecord(body).issues;
  assert.ok(Array.isArray(rules));
  assert.deepEqual(rules.map((issue: unknown) => asRecord(issue).rule), ["platformSetId.unknown", "media.unknown"]);
});

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
