import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { z } from "zod";

import { OPERATIONS } from "../../../contract/index.ts";
import { newId } from "../../../model/ids.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { type Called, createWorld, type World } from "../../../tests/world.ts";
import { createOperatorMeter } from "../../calls/operator-meter.ts";
import { createListener } from "../../db/listen.ts";
import { insertMcpToken } from "../../db/queries/mcp-tokens.ts";
import { createKeyHolders } from "../api-keys/key-holders.ts";
import { newToken } from "../mcp-grants/tokens.ts";
import { createOperatorKey, listOperatorKeys, revokeOperatorKey } from "../operator-keys/operator-keys.ts";

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

const TENANTS = "/admin/v1/tenants";

/** Calls with an operator key. */
async function admin(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  key?: string,
): Promise<Called> {
  return await world.call({ ...world.test, key: key ?? (await world.operatorKey()) }, method, path, body, headers);
}

const make = async (fields: object = {}): Promise<string> => {
  const made = await admin("POST", TENANTS, { name: "Acme", ...fields });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return idOf(made.body, "tenant");
};
const makeKey = async (id: string, mode: "live" | "test" = "test"): Promise<{ keyId: string; key: string }> => {
  const { body } = await admin("POST", `${TENANTS}/${id}/keys`, { name: "production", mode });
  return { keyId: idOf(body, "key"), key: z.string().parse(objectIn(body, "key").apiKey) };
};
const asTenant = (key: string, method: string, path: string, body?: unknown) =>
  world.call({ ...world.test, key }, method, path, body);
const setsOf = async (key: string) =>
  z
    .object({ sets: z.array(z.object({ id: z.string(), userId: z.string(), mode: z.string() })) })
    .parse((await asTenant(key, "GET", "/api/v1/platform-sets")).body).sets;

test("an operator's program makes a tenant without a password or an email address, and its key works immediately", async () => {
  const made = await admin("POST", TENANTS, {
    externalId: "customer-1",
    name: " Acme ",
    plan: "pro",
    limits: { postsPerMonth: 7, apiRead: null },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.headers.get("cache-control"), "no-store");
  const { id, createdAt: _, ...tenant } = objectIn(made.body, "tenant");
  assert.deepEqual(tenant, {
    externalId: "customer-1",
    name: "Acme",
    email: null,
    plan: "pro",
    limits: { postsPerMonth: 7, apiRead: null },
    status: "active",
    branding: { name: null, hasLogo: false, color: null, darkColor: null, supportAddress: null },
  });
  for (const mode of ["live", "test"] as const) {
    const { key } = await makeKey(String(id), mode);
    assert.match(key, new RegExp(`^amp_${mode}_`));
    assert.deepEqual(
      (await setsOf(key)).map((set) => [set.userId, set.mode]),
      [[id, mode]],
    );
  }
  const { key } = await makeKey(String(id));
  const { body: context } = await asTenant(key, "GET", "/api/v1/account-context");
  assert.equal(z.object({ userId: z.string() }).parse(context).userId, id);
  const { name, limits } = await world.services.planOf(String(id));
  assert.deepEqual([name, limits.postsPerMonth, limits.apiRead, limits.createPost], ["pro", 7, null, 120]);
  assert.deepEqual((await admin("GET", `${TENANTS}/${String(id)}`)).body, made.body);
  const { quotas, plan } = objectIn((await admin("GET", `${TENANTS}/${String(id)}/usage`)).body, "usage");
  const own = objectIn((await asTenant(key, "GET", "/api/v1/usage")).body, "usage");
  assert.deepEqual([plan, Object(quotas).postsPerMonth], ["pro", Object(own.quotas).postsPerMonth]);
  assert.equal(Object(own.quotas).postsPerMonth.limit, 7);
});

test("a changed plan or limit is in effect from the next look on", async () => {
  const id = await make({ plan: "free" });
  assert.equal((await world.services.planOf(id)).name, "free");
  await admin("PATCH", `${TENANTS}/${id}`, { plan: "scale", limits: { maxScheduledPosts: 3 } });
  const isNew = async () => {
    const { name, limits } = await world.services.planOf(id);
    return name === "scale" && limits.maxScheduledPosts === 3;
  };
  while (!(await isNew())) await new Promise((resolve) => setTimeout(resolve, 5));
  const { body } = await admin("PATCH", `${TENANTS}/${id}`, { plan: null, limits: {} });
  assert.deepEqual([objectIn(body, "tenant").plan, objectIn(body, "tenant").limits], [null, {}]);
});

test("an externalId and an email address belong to one tenant, even if ten requests want them at the same time", async () => {
  for (const fields of [{ externalId: "wanted" }, { email: "wanted@example.com" }]) {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => admin("POST", TENANTS, { name: "Acme", ...fields })),
    );
    assert.deepEqual(answers.map(({ status }) => status).sort(), [201, ...Array.from({ length: 9 }, () => 400)]);
    const refused = answers.find(({ status }) => status === 400);
    assert.ok(refused);
    const [field] = Object.keys(fields);
    assert.deepEqual(
      asRefusal(refused).issues.map(({ rule, path }) => [rule, path]),
      [[`tenants.${field}`, `/${field}`]],
    );
    const other = await make();
    asRefusal(await admin("PATCH", `${TENANTS}/${other}`, fields), 400);
  }
});

test("a repeated request does its work once, shows no key again, and is not that of another operator key", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const body = { name: "Once", externalId: randomUUID() };
  const [first, second] = [await admin("POST", TENANTS, body, headers), await admin("POST", TENANTS, body, headers)];
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers.get("etag"), first.headers.get("etag"));
  asRefusal(await admin("POST", TENANTS, { ...body, name: "Twice" }, headers), 422);
  const { operatorKey } = await createOperatorKey(world.services, { name: "other" });
  asRefusal(await admin("POST", TENANTS, body, headers, operatorKey), 400);

  const id = idOf(first.body, "tenant");
  const keyHeaders = { "idempotency-key": randomUUID() };
  const made = await admin("POST", `${TENANTS}/${id}/keys`, { name: "once", mode: "live" }, keyHeaders);
  const again = await admin("POST", `${TENANTS}/${id}/keys`, { name: "once", mode: "live" }, keyHeaders);
  assert.deepEqual(objectIn(again.body, "key"), { ...objectIn(made.body, "key"), apiKey: null });
  const { body: listed } = await admin("GET", `${TENANTS}/${id}/keys`);
  assert.equal(z.object({ keys: z.array(z.unknown()) }).parse(listed).keys.length, 1);
  const deletion = { "idempotency-key": randomUUID() };
  assert.deepEqual((await admin("DELETE", `${TENANTS}/${id}`, undefined, deletion)).body, { success: true });
  assert.deepEqual((await admin("DELETE", `${TENANTS}/${id}`, undefined, deletion)).body, { success: true });
  asRefusal(await admin("DELETE", `${TENANTS}/${id}`), 404);
});

test("an update with an old ETag changes nothing, and an unchanged tenant is not sent again", async () => {
  const id = await make();
  const etag = String((await admin("GET", `${TENANTS}/${id}`)).headers.get("etag"));
  const unchanged = await admin("GET", `${TENANTS}/${id}`, undefined, { "if-none-match": etag });
  assert.deepEqual([unchanged.status, unchanged.body], [304, null]);
  const changed = await admin("PATCH", `${TENANTS}/${id}`, { name: "New" }, { "if-match": etag });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  for (const stale of [etag, '"nonsense"', '"1"'])
    for (const [method, body] of [
      ["PATCH", { name: "Late" }],
      ["DELETE", undefined],
    ] as const)
      assert.equal(
        asRefusal(await admin(method, `${TENANTS}/${id}`, body, { "if-match": stale }), 412).code,
        "PRECONDITION_FAILED",
      );
  assert.deepEqual((await admin("GET", `${TENANTS}/${id}`)).body, changed.body);
  const now = String(changed.headers.get("etag"));
  assert.equal((await admin("DELETE", `${TENANTS}/${id}`, undefined, { "if-match": `"x", ${now}` })).status, 200);
});

/** A tenant with which a person can sign in. */
const makePerson = () => make({ email: `${randomUUID()}@example.com` });

test("a suspended tenant's keys, tokens and sessions are rejected at once in every process, with the reason, until it is resumed", async () => {
  const { services } = world;
  const listener = await createListener(world.database.url, services.log);
  const elsewhere = createKeyHolders({ pool: services.pool, listener });
  try {
    const id = await makePerson();
    const { key } = await makeKey(id);
    const grant = await insertGrantWithToken(id);
    const cookie = await world.signIn({ ...world.test, userId: id });
    const ways = {
      key: () => asTenant(key, "GET", "/api/v1/platform-sets"),
      token: () => asTenant(grant, "POST", "/mcp", { jsonrpc: "2.0", id: 1, method: "ping" }),
      session: () => world.callAs(cookie, "GET", "/api/keys"),
      upload: () => world.call({ ...world.test, key }, "POST", "/api/v1/media", undefined, TUS),
      password: () => world.callAs(cookie, "POST", "/api/auth/change-password", PASSWORDS),
    };
    const { password: _, ...harmless } = ways;
    for (const [name, ask] of Object.entries(harmless)) assert.notEqual((await ask()).status, 401, name);
    assert.equal((await elsewhere.find(key))?.userId, id);
    const told = new Promise((resolve) => listener.on("ampost_users", resolve));

    const suspended = await admin("PATCH", `${TENANTS}/${id}`, { status: "suspended" });
    assert.equal(objectIn(suspended.body, "tenant").status, "suspended");
    for (const [name, ask] of Object.entries(ways)) {
      const answer = await ask();
      assert.equal(answer.status, 401, name);
      assert.match(JSON.stringify(answer.body), /This user is suspended/, name);
    }
    assert.equal(await told, id);
    await assert.rejects(elsewhere.find(key), /This user is suspended/);
    const page = await fetch(`${world.url}/keys`, { headers: { cookie, accept: "text/html" } });
    assert.match(await page.text(), /This user is suspended/);

    await admin("PATCH", `${TENANTS}/${id}`, { status: "active" });
    for (const [name, ask] of Object.entries(harmless)) assert.notEqual((await ask()).status, 401, name);
    assert.equal((await elsewhere.find(key))?.userId, id);
  } finally {
    await listener.close();
  }
});

const TUS = { "tus-resumable": "1.0.0", "upload-length": "10" };
const PASSWORDS = { currentPassword: "not this one", newPassword: "something else entirely" };

/** An MCP client's access token. */
async function insertGrantWithToken(userId: string): Promise<string> {
  const { pool } = world.services;
  const grantId = newId();
  await pool.query(
    `insert into api_keys (id, user_id, mode, name, client_id, policies) values ($1, $2, 'test', 'Agent', 'client', '{}')`,
    [grantId, userId],
  );
  const { raw, digest } = newToken("access");
  await insertMcpToken.run(pool, [digest, grantId, userId, "test", "access", 3600, null, null]);
  return raw;
}

test("suspending pauses publishing in both modes, and resuming ends only that", async () => {
  const id = await make({ status: "suspended" });
  const pauses = async () =>
    (
      await world.services.pool.query(
        `select mode, by_operator from publishing_pauses
         where user_id = $1 and until is null and account_id is null and platform_set_id is null order by mode`,
        [id],
      )
    ).rows;
  const both = [
    { mode: "live", by_operator: true },
    { mode: "test", by_operator: true },
  ];
  assert.deepEqual(await pauses(), both);
  await admin("PATCH", `${TENANTS}/${id}`, { status: "suspended", name: "Still" });
  assert.deepEqual(await pauses(), both);
  await admin("PATCH", `${TENANTS}/${id}`, { status: "active" });
  assert.deepEqual(await pauses(), []);
  const { key } = await makeKey(id);
  await asTenant(key, "POST", "/api/v1/publishing/pause", {});
  await admin("PATCH", `${TENANTS}/${id}`, { status: "suspended" });
  await admin("PATCH", `${TENANTS}/${id}`, { status: "active" });
  assert.deepEqual(await pauses(), [{ mode: "test", by_operator: false }]);
});

test("deleting a tenant deletes everything of it, and the audit log stays", async () => {
  const id = await make();
  const { key } = await makeKey(id);
  const [set] = await setsOf(key);
  const tenant = { userId: id, mode: "test" as const, key, platformSetId: set?.id ?? "" };
  await world.connect(tenant, "threads");
  const { status } = await world.call(tenant, "POST", "/api/v1/posts", {
    content: { text: "Mine" },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  assert.equal(status, 201);
  assert.deepEqual((await admin("DELETE", `${TENANTS}/${id}`)).body, { success: true });
  assert.equal((await asTenant(key, "GET", "/api/v1/platform-sets")).status, 401);
  const { rows: tables } = await world.services.pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns
     where column_name = 'user_id' and table_schema = 'public' and table_name <> 'audit_events'`,
  );
  assert.ok(tables.length > 10);
  for (const { name } of tables) {
    const { rows } = await world.services.pool.query(`select 1 from ${name} where user_id = $1`, [id]);
    assert.equal(rows.length, 0, name);
  }
  const { rows } = await world.services.pool.query(
    "select action, actor_kind from audit_events where user_id = $1 and action like 'user.%'",
    [id],
  );
  assert.deepEqual(rows, [{ action: "user.deleted", actor_kind: "instance" }]);
});

test("the owner of the instance can be neither suspended nor deleted, and a person's own email address stays theirs", async () => {
  const { pool } = world.services;
  const id = await make({ email: "Before@Example.com" });
  const changed = await admin("PATCH", `${TENANTS}/${id}`, { email: "after@example.com" });
  assert.equal(objectIn(changed.body, "tenant").email, "after@example.com");
  await pool.query("update users set is_owner = true where id = $1", [id]);
  asRefusal(await admin("PATCH", `${TENANTS}/${id}`, { status: "suspended" }), 400);
  asRefusal(await admin("DELETE", `${TENANTS}/${id}`), 400);
  await pool.query("update users set is_owner = false where id = $1", [id]);
  await world.signIn({ ...world.test, userId: id });
  for (const email of ["else@example.com", null])
    assert.equal(asRefusal(await admin("PATCH", `${TENANTS}/${id}`, { email }), 400).issues[0]?.path, "/email");
  assert.equal((await admin("PATCH", `${TENANTS}/${id}`, { email: "after@example.com" })).status, 200);
});

test("tenants are listed page by page, the newest first, by status and by externalId", async () => {
  const ids: string[] = [];
  for (const status of ["suspended", "suspended", "active", "suspended"])
    ids.push(await make({ name: "Listed", status, externalId: `listed-${ids.length}` }));
  const page = z.object({ tenants: z.array(z.object({ id: z.string() })), nextCursor: z.string().nullable() });
  const list = async (query: string) => page.parse((await admin("GET", `${TENANTS}?${query}`)).body);
  const found: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const { tenants, nextCursor } = await list(`status=suspended&limit=2${cursor && `&cursor=${cursor}`}`);
    found.push(...tenants.map(({ id }) => id));
    cursor = nextCursor;
  }
  assert.equal(new Set(found).size, found.length);
  assert.deepEqual(
    found.filter((id) => ids.includes(id)),
    [ids[3], ids[1], ids[0]],
  );
  assert.deepEqual(
    (await list("externalId=listed-2")).tenants.map(({ id }) => id),
    [ids[2]],
  );
  assert.deepEqual((await list("externalId=listed-2&status=suspended")).tenants, []);
  asRefusal(await admin("GET", `${TENANTS}?cursor=nonsense`), 400);
});

test("what an operator does is in the tenant's audit log, under the operator key and without its address", async () => {
  const id = await makePerson();
  const { keyId } = await makeKey(id);
  await admin("DELETE", `${TENANTS}/${id}/keys/${keyId}`);
  await admin("PATCH", `${TENANTS}/${id}`, { name: "Renamed" });
  await admin("PATCH", `${TENANTS}/${id}`, { status: "suspended" });
  await admin("PATCH", `${TENANTS}/${id}`, { status: "active" });
  const cookie = await world.signIn({ ...world.test, userId: id });
  const { events } = z
    .object({
      events: z.array(
        z.object({
          action: z.string(),
          address: z.string().nullable(),
          actor: z.object({ kind: z.string(), id: z.string().nullable() }),
        }),
      ),
    })
    .parse((await world.callAs(cookie, "GET", "/api/audit?limit=100")).body);
  const byOperator = events.filter(({ actor }) => actor.kind === "instance");
  assert.deepEqual(byOperator.map(({ action }) => action).reverse(), [
    "tenant.created",
    "api_key.created",
    "api_key.revoked",
    "tenant.changed",
    "publishing.paused",
    "publishing.paused",
    "tenant.suspended",
    "publishing.resumed",
    "publishing.resumed",
    "tenant.resumed",
  ]);
  const operators = new Set((await listOperatorKeys(world.services)).map((key) => key.id));
  for (const { actor, address } of byOperator) assert.ok(operators.has(String(actor.id)) && address === null);
});

const idPath = (path: string) => path.replace(/:\w+/g, newId());

test("an operator key works nowhere but under /admin/v1, and nothing else works there", async () => {
  const id = await makePerson();
  const cookie = await world.signIn({ ...world.test, userId: id });
  const token = await insertGrantWithToken(id);
  const operatorKey = await world.operatorKey();
  const refused = async (key: string, method: string, path: string, headers: Record<string, string> = {}) => {
    const answer = await world.call({ ...world.test, key }, method, path, undefined, headers);
    assert.equal(answer.status, 401, `${method} ${path}`);
    return answer;
  };
  // Each rejection in a row comes a second later.
  const asks = OPERATIONS.flatMap(({ method, path, auth }) => {
    const at = idPath(path);
    if (auth !== "operator") return [async () => asRefusal(await refused(operatorKey, method, at))];
    const foreign = [world.test.key, world.live.key, token, `${operatorKey}x`, operatorKey.slice(0, -1), "x"];
    return [
      ...foreign.map((key) => async () => asRefusal(await refused(key, method, at))),
      async () => asRefusal(await world.callAs(cookie, method, at), 401),
      async () =>
        asRefusal(await refused(world.test.key, method, at, { cookie, origin: world.services.settings.appUrl })),
    ];
  });
  await Promise.all(asks.map((ask) => ask()));
  await refused(operatorKey, "POST", "/mcp");
  await refused(operatorKey, "POST", "/api/v1/media", TUS);
  await refused(operatorKey, "HEAD", `/api/v1/media/uploads/${newId()}`, { "tus-resumable": "1.0.0" });
  assert.match(JSON.stringify((await refused(operatorKey, "GET", "/api/v1/posts")).body), /only under \/admin\/v1/);
});

test("a rolled key is replaced by one like it, and works for as long as asked", async () => {
  const id = await make();
  const { body: made } = await admin("POST", `${TENANTS}/${id}/keys`, {
    name: "rolled",
    mode: "test",
    policies: { draftOnly: true },
  });
  const raw = (body: unknown) => z.string().parse(objectIn(body, "key").apiKey);
  const roll = (keyId: string, body?: object) => admin("POST", `${TENANTS}/${id}/keys/${keyId}/roll`, body);
  const works = async (key: string) => (await asTenant(key, "GET", "/api/v1/platform-sets")).status === 200;
  const second = await roll(idOf(made, "key"));
  assert.equal(second.status, 201, JSON.stringify(second.body));
  const { name, mode, policies } = objectIn(made, "key");
  assert.partialDeepStrictEqual(objectIn(second.body, "key"), { name, mode, policies, revokedAt: null });
  assert.deepEqual([await works(raw(made)), await works(raw(second.body))], [false, true]);
  const third = await roll(idOf(second.body, "key"), { overlapSeconds: 3600 });
  assert.deepEqual([await works(raw(second.body)), await works(raw(third.body))], [true, true]);
  await world.services.pool.query("update api_keys set expires_at = now() - interval '1 second' where id = $1", [
    idOf(second.body, "key"),
  ]);
  for (const over of [made, second.body]) asRefusal(await roll(idOf(over, "key")), 404);
  const other = await make();
  asRefusal(await admin("POST", `${TENANTS}/${other}/keys/${idOf(third.body, "key")}/roll`), 404);
});

test("a tenant's keys are reached through that tenant only", async () => {
  const [one, other] = [await make(), await make()];
  const { keyId, key } = await makeKey(one);
  asRefusal(await admin("DELETE", `${TENANTS}/${other}/keys/${keyId}`), 404);
  assert.equal((await setsOf(key)).length, 1);
  const keysOf = async (id: string) => JSON.stringify((await admin("GET", `${TENANTS}/${id}/keys`)).body);
  assert.ok((await keysOf(one)).includes(keyId));
  assert.ok(!(await keysOf(other)).includes(keyId));
  for (const id of ["user_unknown", newId(), "x".repeat(200)])
    for (const [method, path, body] of [
      ["GET", "", undefined],
      ["PATCH", "", { name: "Acme" }],
      ["DELETE", "", undefined],
      ["GET", "/keys", undefined],
      ["POST", "/keys", { name: "x", mode: "test" }],
      ["DELETE", `/keys/${keyId}`, undefined],
    ] as const)
      asRefusal(await admin(method, `${TENANTS}/${id}${path}`, body), 404);
});

test("an operator key that was revoked or has expired is rejected from the next request on; the list says when it was used", async () => {
  const { services } = world;
  const { operatorKey, id } = await createOperatorKey(services, { name: "going" });
  const expired = await createOperatorKey(services, { name: "short", expiresAt: new Date(Date.now() - 1) });
  assert.match(operatorKey, /^amp_op_[A-Za-z0-9_-]{43}$/);
  const ask = async (key: string) => (await admin("GET", TENANTS, undefined, {}, key)).status;
  assert.deepEqual([await ask(operatorKey), await ask(expired.operatorKey)], [200, 401]);
  const shown = async () => (await listOperatorKeys(services)).find((key) => key.id === id);
  while ((await shown())?.lastUsedAt === null) await new Promise((resolve) => setTimeout(resolve, 5));
  await revokeOperatorKey(services, id);
  assert.equal(await ask(operatorKey), 401);
  assert.ok(!JSON.stringify(await shown()).includes(operatorKey.slice(10)));
  const { rows } = await services.pool.query("select strpos(t::text, $1) as at from operator_keys t", [
    operatorKey.slice(7),
  ]);
  assert.ok(rows.every(({ at }) => at === 0));
});

test("an operator key has a rate limit of its own, whose headers are sent", async () => {
  const { headers } = await admin("GET", TENANTS);
  assert.equal(headers.get("x-ratelimit-limit"), "3000");
  let now = Date.UTC(2027, 0, 1);
  const meter = createOperatorMeter(2, () => now);
  const sent: Record<string, string> = {};
  const count = (id: string) => meter({ header: (name, value) => (sent[name] = value) }, id);
  count("one");
  count("one");
  assert.equal(sent["x-ratelimit-remaining"], "0");
  assert.throws(() => count("one"), /limit of 2 requests per minute/);
  count("other");
  now += 60_000;
  count("one");
});
