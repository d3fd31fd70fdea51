import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { OPERATIONS } from "../../contract/index.ts";
import { newId } from "../../model/ids.ts";
import { idOf, snapshot } from "../../tests/answers.ts";
import { createOperationCaller, waysOf } from "../../tests/call-operation.ts";
import { createWorld, type Tenant, type World } from "../../tests/world.ts";

let world: World;
let stranger: Tenant;
let call: ReturnType<typeof createOperationCaller>;

before(async () => {
  world = await createWorld();
  call = createOperationCaller(world);
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
  keys: async (tenant) => idOf((await call("session", tenant, "POST", "/api/keys", { name: "Mine", mode: tenant.mode })).body, "key"),
  sessions: async (tenant) => (await world.services.sessions.find({ cookie: await world.signIn(tenant) }))?.id ?? "",
  invites: async (tenant) => await insert("insert into invites (id, email, token_digest, invited_by, expires_at) values ($1, $2, $2, $3, now() + interval '1 day')", [newId(), tenant.userId]),
  oauth_apps: (tenant) => newSet(tenant),
  // A sign-in at a platform belongs to the browser in which it was begun; this is one of another browser.
  connections: async (tenant) =>
    await insert(
      `insert into oauth_attempts (id, state_digest, binding, user_id, mode, platform_set_id, platform, redirect_uri, return_to, used_at, granted_sealed, expires_at)
       values ($1, $2, $2, $3, $4, $5, 'threads', '', '/', now(), 'sealed', now() + interval '1 day')`,
      [randomBytes(32), tenant.userId, tenant.mode, tenant.platformSetId],
    ),
  webhooks: (tenant) => newWebhook(tenant),
  webhook_deliveries: async (tenant) => idOf((await world.call(tenant, "POST", `/api/v1/webhooks/${await newWebhook(tenant)}/test`)).body, "delivery"),
  connect_links: async (tenant) => {
    const { body } = await world.call(tenant, "POST", "/api/v1/connect-links", { platformSetId: tenant.platformSetId, returnUrl: "https://example.com/back" });
    return idOf(body, "connectLink");
  },
};

/** A body that the owner's call would be taken with. */
const BODIES: Readonly<Record<string, unknown>> = {
  posts_update: { content: { text: "Theirs" } },
  webhooks_update: { description: "Theirs" },
  posts_approve: { contentHash: "0".repeat(64) },
  platform_sets_rename: { name: "Theirs" },
  oauth_apps_save: { clientId: "theirs", clientSecret: "theirs" },
  connections_choose: { platformAccountId: "theirs" },
};

/** What a person has in both modes alike. */
const WITHOUT_MODE: readonly string[] = ["keys", "sessions", "invites"];

async function insert(sql: string, values: readonly unknown[]): Promise<string> {
  const id = newId();
  await world.services.pool.query(sql, [id, ...values]);
  return id;
}

async function newWebhook(tenant: Tenant): Promise<string> {
  return idOf((await world.call(tenant, "POST", "/api/v1/webhooks", { url: "https://example.com/events" })).body, "webhook");
}

async function newMedia(tenant: Tenant): Promise<string> {
  const { body } = await world.call(tenant, "POST", "/api/v1/media", { url: "https://example.com/a.jpg" });
  return idOf(body, "media");
}

/** There are more of them than a user may make. */
async function newSet({ userId, mode }: Tenant): Promise<string> {
  return await insert("insert into platform_sets (id, user_id, mode, name) values ($1, $2, $3, 'Mine')", [userId, mode]);
}

for (const operation of OPERATIONS.filter(({ params }) => "id" in params.shape)) {
  const name = operation.name.replace(/^legacy_/, "");
  const noun = Object.keys(MAKERS).find((known) => name.startsWith(`${known}_`)) ?? "";
  for (const way of waysOf(operation)) {
    for (const who of WITHOUT_MODE.includes(noun) ? (["another user"] as const) : (["another user", "the other mode"] as const)) {
      test(`${operation.name} by ${way} of ${who} answers as if there were nothing, and changes nothing`, async () => {
        const owner = world.test;
        const make = MAKERS[noun];
        assert.ok(make, `there is a maker for ${operation.name}`);
        const id = await make(owner);
        const caller = who === "another user" ? stranger : world.live;
        const path = (of: string) => operation.path.replace(":id", of).replace(":platform", "threads");
        const nobodys = await call(way, caller, operation.method, path(newId()), BODIES[name]);
        const before = await snapshot(world);
        const theirs = await call(way, caller, operation.method, path(id), BODIES[name]);
        assert.equal(theirs.status, 404, JSON.stringify(theirs.body));
        assert.deepEqual({ ...asRecord(theirs.body), requestId: "" }, { ...asRecord(nobodys.body), requestId: "" });
        assert.deepEqual(await snapshot(world), before);
        if (operation.method === "GET" && operation.streams !== true && noun !== "connections") assert.equal((await call(way, owner, "GET", path(id))).status, 200);
      });
    }
  }
}

test("lists show nothing of other users and of the other mode", async () => {
  for (const [path, key] of [["/api/v1/posts", "posts"], ["/api/v1/accounts", "accounts"], ["/api/v1/media", "media"]] as const) {
    const { body } = await world.call(stranger, "GET", path);
    assert.deepEqual(asRecord(body)[key], [], path);
  }
  const keyId = await MAKERS.keys?.(world.test);
  assert.ok(!JSON.stringify((await call("session", stranger, "GET", "/api/keys")).body).includes(String(keyId)));
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
