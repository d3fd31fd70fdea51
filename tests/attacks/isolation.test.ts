import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { fieldsOf } from "../../contract/forms/fields-of.ts";
import { OPERATIONS } from "../../contract/index.ts";
import { EXAMPLES } from "../../contract/openapi/examples.ts";
import { TOOLS } from "../../contract/openapi/tools.ts";
import { formOf, type Operation } from "../../contract/operation.ts";
import { MAX_WEBHOOKS } from "../../contract/operations/webhooks.ts";
import { newId } from "../../model/ids.ts";
import { VIEWS } from "../../server/http/dashboard/add-dashboard.ts";
import { idOf } from "../answers.ts";
import { createOperationCaller, waysOf } from "../call-operation.ts";
import { joinAs } from "../members.ts";
import { createWorld, type TestTenant, type World } from "../world.ts";
import { callTool } from "./call-tool.ts";
import { everything } from "./everything.ts";
import { routesOf } from "./routes.ts";

let world: World;
let stranger: TestTenant;
/** Another user, with an account to publish with. */
let neighbor: TestTenant;
let call: ReturnType<typeof createOperationCaller>;

before(async () => {
  world = await createWorld();
  call = createOperationCaller(world);
  stranger = (await world.makeTenants()).test;
  neighbor = (await world.makeTenants()).test;
  for (const tenant of [world.test, neighbor]) await world.connect(tenant, "threads");
});
after(() => world.close());

/** Creates an object of the noun that an operation's name begins with. */
const MAKERS: Readonly<Record<string, (tenant: TestTenant) => Promise<string>>> = {
  posts: async (tenant) => {
    const { body } = await world.call(tenant, "POST", "/api/v1/posts", {
      content: { text: "Mine" },
      platforms: ["threads"],
      platformSetId: tenant.platformSetId,
    });
    return idOf(body, "post");
  },
  platform_sets: (tenant) => newSet(tenant),
  accounts: async (tenant) => await world.connect(tenant, "threads", { platformSetId: await newSet(tenant) }),
  sandbox_faults: async (tenant) => await world.connect(tenant, "threads", { platformSetId: await newSet(tenant) }),
  requests: async (tenant) =>
    await insert(
      `insert into api_requests (id, user_id, mode, via, actor_kind, actor_id, operation, method, route, status,
         duration_milliseconds, has_idempotency_key)
       values ($1, $2, $3, 'api', 'key', gen_random_uuid()::text, 'posts_list', 'GET', '/api/v1/posts', 200, 1, false)`,
      [tenant.userId, tenant.mode],
    ),
  media: (tenant) => newMedia(tenant),
  keys: async (tenant) =>
    idOf((await call("session", tenant, "POST", "/api/keys", { name: "Mine", mode: tenant.mode })).body, "key"),
  members: async (tenant) => (await joinAs(world, tenant, "writer")).memberId,
  member_invites: async (tenant) =>
    idOf(
      (
        await call("session", tenant, "POST", "/api/member-invites", {
          email: `${newId()}@example.com`,
          role: "viewer",
        })
      ).body,
      "invite",
    ),
  workspaces: async (tenant) => tenant.userId,
  sessions: async (tenant) => (await world.services.sessions.find({ cookie: await world.signIn(tenant) }))?.id ?? "",
  invites: async (tenant) =>
    await insert(
      `insert into invites (id, email, token_digest, invited_by, expires_at)
       values ($1, $2, $2, $3, now() + interval '1 day')`,
      [newId(), tenant.userId],
    ),
  oauth_apps: (tenant) => newSet(tenant),
  // A sign-in at a platform belongs to the browser that started it. This one belongs to another browser.
  connections: async (tenant) =>
    await insert(
      `insert into oauth_attempts (id, state_digest, binding, user_id, mode, platform_set_id, platform, redirect_uri,
         return_to, used_at, granted_sealed, expires_at)
       values ($1, $2, $2, $3, $4, $5, 'threads', '', '/', now(), 'sealed', now() + interval '1 day')`,
      [randomBytes(32), tenant.userId, tenant.mode, tenant.platformSetId],
    ),
  webhooks: (tenant) => newWebhook(tenant),
  webhook_deliveries: async (tenant) =>
    idOf((await world.call(tenant, "POST", `/api/v1/webhooks/${await newWebhook(tenant)}/test`)).body, "delivery"),
  connect_links: async (tenant) => {
    const { body } = await world.call(tenant, "POST", "/api/v1/connect-links", {
      platformSetId: tenant.platformSetId,
      returnUrl: "https://example.com/back",
    });
    return idOf(body, "connectLink");
  },
};

/** A body that would succeed for the owner. */
const BODIES: Readonly<Record<string, unknown>> = {
  posts_update: { content: { text: "Theirs" } },
  webhooks_update: { description: "Theirs" },
  members_update: { role: "publisher" },
  posts_resolve: { platform: "threads", isLive: false },
  posts_approve: { contentHash: "0".repeat(64) },
  posts_send_back: { contentHash: "0".repeat(64), reason: "Theirs" },
  media_update: { altText: "Theirs" },
  media_crop: { x: 0, y: 0, width: 1, height: 1 },
  sandbox_faults_set: { faults: ["http_500"] },
  platform_sets_rename: { name: "Theirs" },
  platform_sets_set_posting_times: { timeZone: "UTC", times: { monday: ["09:30"] } },
  accounts_set_posting_times: { postingTimes: { timeZone: "UTC", times: { monday: ["09:30"] } } },
  oauth_apps_save: { clientId: "theirs", clientSecret: "theirs" },
  connections_choose: { platformAccountId: "theirs" },
};

/** What a user has in both modes together. */
const WITHOUT_MODE: readonly string[] = ["keys", "sessions", "invites", "members", "member_invites", "workspaces"];

async function insert(sql: string, values: readonly unknown[]): Promise<string> {
  const id = newId();
  await world.services.pool.query(sql, [id, ...values]);
  return id;
}

/** A user can have few at a time, so earlier ones make room. */
async function newWebhook(tenant: TestTenant): Promise<string> {
  await world.services.pool.query(
    `delete from webhooks where user_id = $1 and mode = $2
       and (select count(*) from webhooks where user_id = $1 and mode = $2) >= $3`,
    [tenant.userId, tenant.mode, MAX_WEBHOOKS - 5],
  );
  return idOf(
    (await world.call(tenant, "POST", "/api/v1/webhooks", { url: "https://example.com/events" })).body,
    "webhook",
  );
}

async function newMedia(tenant: TestTenant): Promise<string> {
  const { body } = await world.call(tenant, "POST", "/api/v1/media", { url: "https://example.com/a.jpg" });
  return idOf(body, "media");
}

/** There are more of them than a user may create. */
async function newSet({ userId, mode }: TestTenant): Promise<string> {
  return await insert("insert into platform_sets (id, user_id, mode, name) values ($1, $2, $3, 'Mine')", [
    userId,
    mode,
  ]);
}

for (const operation of OPERATIONS.filter(({ auth, params }) => auth !== "operator" && "id" in params.shape)) {
  const name = operation.name.replace(/^legacy_/, "");
  const noun = Object.keys(MAKERS).find((known) => name.startsWith(`${known}_`)) ?? "";
  for (const way of waysOf(operation)) {
    for (const who of WITHOUT_MODE.includes(noun)
      ? (["another user"] as const)
      : (["another user", "the other mode"] as const)) {
      test(`${operation.name} by ${way} of ${who} responds as if nothing existed, and changes nothing`, async () => {
        const owner = world.test;
        const id = await makeFor(operation, owner);
        const caller = who === "another user" ? stranger : world.live;
        const path = (of: string) => operation.path.replace(":id", of).replace(":platform", "threads");
        const nobodys = await call(way, caller, operation.method, path(newId()), BODIES[name]);
        const before = await everything(world);
        const theirs = await call(way, caller, operation.method, path(id), BODIES[name]);
        assert.equal(theirs.status, 404, JSON.stringify(theirs.body));
        assert.deepEqual({ ...asRecord(theirs.body), requestId: "" }, { ...asRecord(nobodys.body), requestId: "" });
        assert.deepEqual(await everything(world), before);
        // There is no sandbox here.
        const isReadable = noun !== "connections" && noun !== "sandbox_faults";
        if (operation.method === "GET" && operation.streams !== true && isReadable)
          assert.equal((await call(way, owner, "GET", path(id))).status, 200);
      });
    }
  }
}

for (const { name, operation } of TOOLS.filter(({ operation }) => "id" in operation.params.shape)) {
  for (const who of ["another user", "the other mode"] as const) {
    test(`${name} over MCP of ${who} responds as if nothing existed, and changes nothing`, async () => {
      const id = await makeFor(operation, world.test);
      const caller = who === "another user" ? stranger : world.live;
      const given = {
        ...asRecord(BODIES[operation.name]),
        ...(operation.name === "posts_retry" ? { platforms: ["threads"] } : {}),
      };
      const before = await everything(world);
      const nobodys = await callTool(world, caller, name, { ...given, id: newId() });
      assert.match(nobodys, /NOT_FOUND/, "the call is whole but for its id");
      assert.equal(await callTool(world, caller, name, { ...given, id }), nobodys);
      assert.deepEqual(await everything(world), before);
    });
  }
}

/**
 * Creates the objects that body and query fields refer to by ID. Null if the ID belongs to the platform or the caller.
 */
const NAMED: Readonly<Record<string, ((tenant: TestTenant) => Promise<string>) | null>> = {
  platformSetId: newSet,
  accountIds: async (tenant) => (await NAMED["accountId"]?.(tenant)) ?? "",
  accountId: async (tenant) => await world.connect(tenant, "threads", { platformSetId: await newSet(tenant) }),
  "media.*.id": newMedia,
  thumbnailMediaId: newMedia,
  coverMediaId: newMedia,
  keyId: async (tenant) => (await MAKERS["keys"]?.(tenant)) ?? "",
  externalId: null,
  clientId: null,
  configId: null,
  platformAccountId: null,
  locationId: null,
  categoryId: null,
  quotePostId: null,
  // Each has a result of its own: `server/http/post-batches.test.ts` cancels another user's.
  ids: null,
};

for (const operation of OPERATIONS.filter(({ auth }) => auth !== "operator")) {
  const inBody =
    operation.takes === "none"
      ? []
      : fieldsOf(formOf(operation))
          .map(({ path }) => path)
          .filter((path) => /(^i|I)ds?$/.test(path.at(-1) ?? ""));
  const inQuery = Object.keys(operation.query.shape).filter((name) => /(^i|I)ds?$/.test(name));
  for (const path of [...inBody, ...inQuery.map((name) => [name])]) {
    test(`${operation.name}: ${path.join(".")} of another user refers to nothing, and changes nothing`, async () => {
      const known = Object.entries(NAMED).find(([name]) => path.join(".").endsWith(name));
      assert.ok(known, `it is said what ${path.join(".")} names`);
      const make = known[1];
      if (make === null) return;
      const [id, own] = [await make(world.test), neighbor.platformSetId];
      const at = operation.path
        .replace(":id", "id" in operation.params.shape ? await makeFor(operation, neighbor) : "")
        .replace(":platform", "threads");
      const ask = async (named: string) => {
        const query = inQuery.includes(path[0] ?? "") ? `?${new URLSearchParams({ [path[0] ?? ""]: named })}` : "";
        const body =
          query === ""
            ? withValue(
                {
                  content: { text: "Mine" },
                  text: "Mine",
                  platforms: ["threads"],
                  platformSetId: own,
                  returnUrl: "https://example.com/",
                  externalId: "x",
                },
                path,
                path.at(-1) === "accountIds" ? [named] : named,
              )
            : undefined;
        const { status, body: answered } = await call(
          waysOf(operation).at(-1) ?? "key",
          neighbor,
          operation.method,
          at + query,
          body,
        );
        return { status, body: JSON.stringify({ ...asRecord(answered), requestId: "" }).replaceAll(named, "ID") };
      };
      const nobodys = await ask(newId());
      const before = await everything(world);
      const theirs = await ask(id);
      assert.deepEqual(theirs, nobodys);
      if (inBody.includes(path))
        assert.ok(theirs.status >= 400 || theirs.body.includes('"valid":false'), JSON.stringify(theirs));
      assert.deepEqual(await everything(world), before);
    });
  }
}

for (const operation of OPERATIONS.filter(({ auth }) => auth === "operator")) {
  const at = (userId: string, keyId: string) =>
    operation.path.replace(":id", userId).replace(":keyId", keyId).replace(":platform", "threads");

  test(`${operation.name} is rejected for the tenant itself, other users and the other mode, and changes nothing`, async () => {
    const { test: owner, live } = await world.makeTenants();
    const path = at(owner.userId, await makeFor({ name: "keys_get" }, owner));
    for (const tenant of [owner, live, stranger]) await call.signIn(tenant);
    const before = await everything(world);
    // Each rejection in a row comes a second later.
    await Promise.all(
      [owner, live, stranger].flatMap((tenant) =>
        (["key", "session"] as const).map(async (way) => {
          const { status } = await call(way, tenant, operation.method, path, EXAMPLES[operation.name]);
          assert.equal(status, 401, way);
        }),
      ),
    );
    assert.deepEqual(await everything(world), before);
  });

  test(`${operation.name} for one tenant shows and changes nothing of another`, async () => {
    const [{ test: owner }, { test: other }] = [await world.makeTenants(), await world.makeTenants()];
    const [keyId, foreignKeyId] = [
      await makeFor({ name: "keys_get" }, owner),
      await makeFor({ name: "keys_get" }, other),
    ];
    await world.connect(other, "threads");
    await makeFor({ name: "posts_get" }, other);
    for (const { userId } of [owner, other]) {
      const path = `/admin/v1/tenants/${userId}/oauth-apps/threads`;
      assert.equal((await call("operator", owner, "PUT", path, EXAMPLES.tenants_save_app)).status, 200);
    }
    const before = await allOf(other.userId);
    if (operation.path.includes(":keyId")) {
      const foreign = await call("operator", owner, operation.method, at(owner.userId, foreignKeyId));
      assert.equal(foreign.status, 404);
    }
    const answer = await call("operator", owner, operation.method, at(owner.userId, keyId), EXAMPLES[operation.name]);
    assert.equal(answer.status, operation.status, JSON.stringify(answer.body));
    if (operation.path.includes(":id")) {
      assert.ok(!JSON.stringify(answer.body).includes(other.userId));
      assert.ok(!JSON.stringify(answer.body).includes(foreignKeyId));
    }
    assert.deepEqual(await allOf(other.userId), before);
  });
}

/** Everything stored of a user. */
async function allOf(userId: string): Promise<unknown> {
  const { pool } = world.services;
  const { rows: tables } = await pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where column_name = 'user_id' and table_schema = 'public' order by 1`,
  );
  const rows = [(await pool.query("select u::text as row from users u where id = $1", [userId])).rows];
  for (const { name } of tables)
    rows.push(
      // The last use of a key is stored a little later.
      (
        await pool.query(
          `select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t where user_id = $1 order by 1`,
          [userId],
        )
      ).rows,
    );
  return rows;
}

test("every form on a user's pages, sent by another user, leaves all of their data unchanged", async () => {
  const owner = world.test;
  const cookie = await world.signIn(owner);
  await Promise.all(["posts", "keys", "webhooks", "oauth_apps"].map((noun) => MAKERS[noun]?.(owner)));
  await call("session", owner, "PUT", `/api/platform-sets/${owner.platformSetId}/apps/threads`, {
    clientId: "mine",
    clientSecret: "mine",
  });
  await insert(
    `insert into passkeys (id, user_id, name, public_key, credential_id, counter, device_type, backed_up, transports)
     values ($1, $2, 'Mine', 'key', $1, 0, 'singleDevice', false, 'usb')`,
    [owner.userId],
  );
  await world.services.pool
    .query("update users set is_owner = true where id = $1", [owner.userId])
    .catch(() => undefined);
  await MAKERS["invites"]?.(owner);
  const forms = new Map<string, [string, string][]>();
  for (const page of ["/keys"]) {
    const html = await (await fetch(world.url + page, { headers: { cookie } })).text();
    for (const [, action = "", fields = ""] of html.matchAll(
      /<form method="post" action="([^"]+)"[^>]*>(.*?)<\/form>/gs,
    )) {
      const inputs = [...fields.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(
        ([, name = "", value = ""]): [string, string] => [name, value.replaceAll("&#38;", "&")],
      );
      if (inputs.some(([name]) => name !== "mode") || /[\da-f-]{36}/.test(action))
        forms.set(action.replaceAll("&#38;", "&"), inputs);
    }
  }
  const found = [...forms.keys()].map((action) => (action.split("?")[0] ?? "").replace(/[\da-f-]{36}/, ":id"));
  const takingIds = routesOf(world.app).filter(
    ({ method, path }) => method === "POST" && /^\/keys\/.*(delete|end|withdraw|revoke|rename|roll)$/.test(path),
  );
  assert.deepEqual(
    takingIds
      .map(({ path }) => path)
      .filter((path) => !found.includes(path))
      .sort(),
    [],
    "each form that names something stands on one of the pages",
  );
  const theirs = await world.signIn(stranger);
  const before = await everything(world);
  for (const [action, inputs] of forms) {
    const answer = await fetch(world.url + action, {
      method: "POST",
      redirect: "manual",
      headers: { cookie: theirs, origin: world.services.settings.appUrl },
      body: new URLSearchParams([...inputs, ["name", "Theirs"], ["clientId", "theirs"], ["clientSecret", "theirs"]]),
    });
    assert.ok(answer.status < 500, action);
    assert.deepEqual(await everything(world), before, action);
  }
});

test("every URL with an ID that is not an operation shows another user nothing", async () => {
  const owner = world.test;
  const operations = new Set(OPERATIONS.map(({ path }) => path));
  /** Creates the object. Null if anyone with the URL may see it, with the reason. */
  const ids: Readonly<Record<string, (() => Promise<string>) | null>> = {
    "/api/v1/media/uploads/:id": newUpload,
    // It leads on to the app.
    "/drafts/:id": null,
    "/connections/choose/:id": async () => await makeFor({ name: "connections_choose" }, owner),
    "/connect/again/:id": async () => await makeFor({ name: "connections_choose" }, owner),
    "/connect/return/:id": async () => await makeFor({ name: "connections_choose" }, owner),
    "/connect/choose/:id": async () => await makeFor({ name: "connections_choose" }, owner),
    // The app is the same for everybody, and reads by operations.
    ...Object.fromEntries(VIEWS.map((view) => [view, null])),
    "/app/assets/:name": null,
    // What Meta signs with an app's secret.
    "/meta/deauthorize/:platform": null,
    "/meta/data-deletion/:platform": null,
    // These URLs are the secret: a connect link's token, a file's signature, an invitation, a receipt's code, a file's
    // destination.
    "/api/v1/media/upload-urls/:permit": null,
    "/meta/data-deletion/status/:code": null,
    "/connect/:token": null,
    "/connect/:token/start": null,
    "/join/:token": null,
    "/media/:mediaId/:name": null,
    "/media/:mediaId/thumbnail/:name": null,
    "/api/platforms/:platform/callback": null,
  };
  const theirs = await world.signIn(stranger);
  for (const { method, path } of routesOf(world.app).filter(
    ({ method, path }) => path.includes(":") && !operations.has(path) && method !== "OPTIONS",
  )) {
    const make = ids[path];
    assert.notEqual(make, undefined, `it is said what ${path} names`);
    if (make === null || make === undefined) continue;
    const ask = async (id: string) => {
      const headers: Record<string, string> = path.startsWith("/api/")
        ? {
            authorization: `Bearer ${stranger.key}`,
            "tus-resumable": "1.0.0",
            "upload-offset": "0",
            "content-type": "application/offset+octet-stream",
          }
        : {
            cookie: theirs,
            origin: world.services.settings.appUrl,
            "content-type": "application/x-www-form-urlencoded",
          };
      const response = await fetch(`${world.url}${path.replace(":id", id)}?mode=test`, {
        method,
        headers,
        redirect: "manual",
        ...(method === "POST" || method === "PATCH" ? { body: "mode=test" } : {}),
      });
      return `${response.status} ${(await response.text()).replaceAll(id, "ID").replace(/"requestId":"[^"]*"/, "")}`;
    };
    const nobodys = await ask(newId());
    assert.match(nobodys, /^4\d\d /, `${method} ${path}`);
    const id = await make();
    const before = await everything(world);
    assert.equal(await ask(id), nobodys, `${method} ${path}`);
    assert.deepEqual(await everything(world), before);
  }
});

test("lists show nothing of other users or the other mode", async () => {
  for (const [path, key] of [
    ["/api/v1/posts", "posts"],
    ["/api/v1/accounts", "accounts"],
    ["/api/v1/media", "media"],
  ] as const) {
    const { body } = await world.call(stranger, "GET", path);
    assert.deepEqual(asRecord(body)[key], [], path);
  }
  const keyId = await MAKERS.keys?.(world.test);
  assert.ok(!JSON.stringify((await call("session", stranger, "GET", "/api/keys")).body).includes(String(keyId)));
});

test("a post cannot use another user's platform set or media", async () => {
  const mediaId = await newMedia(world.test);
  const { status, body } = await world.call(stranger, "POST", "/api/v1/posts", {
    content: { text: "Hello", media: [{ id: mediaId }] },
    platforms: ["threads"],
    platformSetId: world.test.platformSetId,
  });
  assert.equal(status, 400);
  const rules = asRecord(body).issues;
  assert.ok(Array.isArray(rules));
  assert.deepEqual(
    rules.map((issue: unknown) => asRecord(issue).rule),
    ["platformSetId.unknown", "media.unknown"],
  );
});

async function makeFor({ name }: Pick<Operation, "name">, tenant: TestTenant): Promise<string> {
  const noun = Object.keys(MAKERS).find((known) => name.replace(/^legacy_/, "").startsWith(`${known}_`)) ?? "";
  const make = MAKERS[noun];
  assert.ok(make, `there is a maker for ${name}`);
  return await make(tenant);
}

async function newUpload(): Promise<string> {
  const response = await fetch(`${world.url}/api/v1/media`, {
    method: "POST",
    headers: { authorization: `Bearer ${world.test.key}`, "tus-resumable": "1.0.0", "upload-length": "100" },
  });
  assert.equal(response.status, 201);
  return response.headers.get("location")?.split("/").at(-1) ?? "";
}

/** A copy of the body with a value at a path. `*` is the first member of a list. */
function withValue(body: unknown, path: readonly string[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (step === "*") return [withValue(Array.isArray(body) ? body[0] : undefined, rest, value)];
  return { ...asRecord(body), [step]: withValue(asRecord(body)[step], rest, value) };
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
