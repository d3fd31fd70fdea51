import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { BOUNDS } from "../../model/bounds.ts";
import { newId } from "../../model/ids.ts";
import { idOf } from "../../tests/answers.ts";
import { relayAll } from "../../tests/relay.ts";
import { createWorld, PASSWORD, type World } from "../../tests/world.ts";
import { deleteSurplusApiRequests } from "../db/queries/api-requests.ts";
import { sweepIdempotencyKeys, sweepSignIn } from "../jobs/sweeps.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const count = async (from: string, ...values: unknown[]) =>
  (await world.services.pool.query<{ count: number }>(`select count(*)::int as count from ${from}`, values)).rows[0]
    ?.count;
const sweep = () => sweepSignIn(world.services.pool, new AbortController().signal);

test("a user has a maximum number of sessions: a new one ends the oldest", async () => {
  const { test: tenant } = await world.makeTenants();
  await world.services.pool.query(
    `insert into sessions (id, user_id, token_digest, created_at, expires_at)
     select gen_random_uuid(), $1, gen_random_uuid()::text, now() - make_interval(secs => n), now() + interval '1 day'
     from generate_series(1, $2::int) as n`,
    [tenant.userId, BOUNDS.sessions + 20],
  );
  const cookie = await world.signIn(tenant);
  assert.equal(await count("sessions where user_id = $1", tenant.userId), BOUNDS.sessions);
  assert.equal((await world.callAs(cookie, "GET", "/api/me")).status, 200);
});

test("failed sign-ins do not fill the log, with or without an account", async () => {
  const { test: tenant } = await world.makeTenants();
  await world.signIn(tenant);
  const {
    rows: [user],
  } = await world.services.pool.query<{ email: string }>("select email from users where id = $1", [tenant.userId]);
  const fail = (email: string, address: string) =>
    world.callAs(
      "",
      "POST",
      "/api/auth/sign-in/email",
      { email, password: `${PASSWORD}, or not` },
      { "x-forwarded-for": address },
    );
  const failures = "audit_events where action = 'user.sign_in_failed' and user_id is not distinct from $1";
  for (const [userId, email] of [
    [tenant.userId, user?.email ?? ""],
    [null, "nobody@example.com"],
  ] as const) {
    assert.equal((await fail(email, "192.0.2.1")).status, 401);
    assert.equal(await count(failures, userId), 1);
    await world.services.pool.query("update throttles set count = greatest(count, $1)", [BOUNDS.notedFailures]);
    // Keeps only the counters of the log.
    await world.services.pool.query("delete from throttles where resets_at < now() + interval '20 minutes'");
    assert.equal((await fail(email, "192.0.2.1")).status, 401);
    assert.equal(await count(failures, userId), 1);
    await world.services.pool.query("delete from throttles");
  }
});

test("an unconfirmed account is deleted after some days, and nobody else's", async () => {
  const { pool } = world.services;
  const people = [
    ["late", false, BOUNDS.unconfirmedDays + 1],
    ["soon", false, BOUNDS.unconfirmedDays - 1],
    ["confirmed", true, BOUNDS.unconfirmedDays + 1],
  ] as const;
  for (const [id, verified, days] of people) {
    await pool.query(
      `insert into users (id, email, email_verified, created_at)
       values ($1, $1 || '@bounds.example', $2, now() - make_interval(days => $3))`,
      [id, verified, days],
    );
    await pool.query(
      `insert into sign_in_methods (id, user_id, provider, subject, password_hash)
       values (gen_random_uuid(), $1, 'credential', $1, 'x')`,
      [id],
    );
  }
  const before = await count("users");
  await sweep();
  assert.equal(await count("users"), (before ?? 0) - 1);
  assert.equal(await count("users where id = 'late'"), 0);
});

test("unanswered one-time requests and old MCP session ends are swept", async () => {
  const { pool } = world.services;
  await pool.query(
    `insert into verifications (id, identifier, value, expires_at)
     select gen_random_uuid(), n::text, '', now() + make_interval(mins => n) from unnest(array[-5, -1, 5]) as n`,
  );
  await pool.query(
    `insert into mcp_ended_sessions (id, user_id, mode, ended_at)
     select gen_random_uuid(), $1, 'test', now() - make_interval(days => n) from unnest(array[1, 32]) as n`,
    [world.test.userId],
  );
  await sweep();
  assert.deepEqual((await pool.query("select identifier from verifications")).rows, [{ identifier: "5" }]);
  assert.equal(await count("mcp_ended_sessions"), 1);
});

test("pending deliveries beyond the limit are dropped, oldest first, and the delivery log says so", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const webhookId = idOf(
    (await world.call(tenant, "POST", "/api/v1/webhooks", { url: "https://webhooks.example/away" })).body,
    "webhook",
  );
  await pool.query(
    `insert into webhook_deliveries (id, webhook_id, user_id, mode, type, payload_sealed)
     select lpad(to_hex(n), 32, '0')::uuid, $1, $2, 'test', 'post.updated', '{}' from generate_series(1, $3::int) as n`,
    [webhookId, tenant.userId, BOUNDS.pendingDeliveries],
  );
  const scheduledFor = new Date(Date.now() + 86_400_000).toISOString();
  world.services.settings.scheduling = "all";
  const post = {
    content: { text: "Told of" },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
    scheduledFor,
  };
  assert.equal((await world.call(tenant, "POST", "/api/v1/posts", post)).status, 201);
  await relayAll(world.services);
  assert.equal(
    await count("webhook_deliveries where webhook_id = $1 and status = 'pending'", webhookId),
    BOUNDS.pendingDeliveries,
  );
  const { body } = await world.call(tenant, "GET", `/api/v1/webhooks/${webhookId}/deliveries?status=failed`);
  assert.match(JSON.stringify(body), /"id":"00000000-0000-0000-0000-000000000001".*Dropped: 1000 newer deliveries/);
});

test("a user has a maximum number of keys, connect links and uploads in progress", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  await pool.query(
    `insert into api_keys (id, user_id, mode, name, digest, prefix)
     select gen_random_uuid(), $1, 'test', 'x', decode(md5($1 || n), 'hex'), 'amp_test_abc'
     from generate_series(1, $2::int) as n`,
    [tenant.userId, BOUNDS.activeKeys - 3],
  );
  const keys = await Promise.all(
    Array.from({ length: 3 }, () => world.callAs(cookie, "POST", "/api/keys", { name: "one more", mode: "test" })),
  );
  assert.deepEqual(keys.map(({ status }) => status).sort(), [201, 400, 400]);
  await pool.query(
    `insert into connect_links (id, user_id, mode, token_digest, platform_set_id, return_url, expires_at)
     select gen_random_uuid(), $1, 'test', decode(md5($1 || n), 'hex'), $2, 'https://example.com',
       now() + interval '1 day' from generate_series(1, $3::int) as n`,
    [tenant.userId, tenant.platformSetId, BOUNDS.pendingConnectLinks - 1],
  );
  const links = await Promise.all(
    Array.from({ length: 3 }, () =>
      world.call(tenant, "POST", "/api/v1/connect-links", {
        platformSetId: tenant.platformSetId,
        returnUrl: "https://example.com/back",
      }),
    ),
  );
  assert.deepEqual(links.map(({ status }) => status).sort(), [201, 400, 400]);
  await pool.query(
    `insert into resumable_uploads (id, user_id, mode, filename, length_bytes, expires_at)
     select gen_random_uuid(), $1, 'test', 'x', 5, now() + interval '1 day' from generate_series(1, $2::int)`,
    [tenant.userId, BOUNDS.uploadsUnderWay - 1],
  );
  const uploads = await Promise.all(
    Array.from({ length: 3 }, () =>
      world.call(tenant, "POST", "/api/v1/media", undefined, { "tus-resumable": "1.0.0", "upload-length": "5" }),
    ),
  );
  assert.deepEqual(uploads.map(({ status }) => status).sort(), [201, 429, 429]);
});

test("ended keys and connect links are deleted after some time, and immediately beyond a number", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  const ended = BOUNDS.pastOnes + 5;
  await pool.query(
    `insert into api_keys (id, user_id, mode, name, digest, prefix, revoked_at)
     select gen_random_uuid(), $1, 'test', n::text, decode(md5($1 || 'past' || n), 'hex'),
       'amp_test_abc', now() - make_interval(mins => n) from generate_series(1, $2::int) as n
     union all select gen_random_uuid(), $1, 'test', 'long ago', decode(md5($1 || 'old'), 'hex'),
       'amp_test_abc', now() - make_interval(days => $3)`,
    [tenant.userId, ended, BOUNDS.pastDays + 1],
  );
  await pool.query(
    `insert into connect_links (id, user_id, mode, token_digest, platform_set_id, return_url, expires_at)
     select lpad(to_hex(n), 32, '0')::uuid, $1, 'test', decode(md5($1 || 'past' || n), 'hex'), $2::uuid,
       'https://example.com', now() - make_interval(mins => n) from generate_series(1, $3::int) as n
     union all select '00000000-0000-0000-0000-000000000000', $1, 'test', decode(md5($1 || 'old'), 'hex'), $2::uuid,
       'https://example.com', now() - make_interval(days => $4)
     union all select gen_random_uuid(), $1, 'test', decode(md5($1 || 'new'), 'hex'), $2::uuid, 'https://example.com',
       now() + interval '1 day'`,
    [tenant.userId, tenant.platformSetId, ended, BOUNDS.pastDays + 1],
  );
  await sweep();
  assert.equal(await count("api_keys where user_id = $1 and revoked_at is not null", tenant.userId), BOUNDS.pastOnes);
  assert.equal(await count("api_keys where user_id = $1 and name in ('1', $2)", tenant.userId, String(ended)), 1);
  assert.equal((await world.call(tenant, "GET", "/api/v1/posts")).status, 200, "the tenant's own key works on");
  assert.equal(await count("connect_links where user_id = $1", tenant.userId), BOUNDS.pastOnes + 1);
  assert.equal(await count("connect_links where user_id = $1 and expires_at > now()", tenant.userId), 1);
});

test("replaced apps and unused invitations are deleted, except apps with connections", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  const accountId = await world.connect(tenant, "threads");
  const { rows } = await pool.query<{ id: string; named: string }>(
    `insert into oauth_apps (id, user_id, mode, platform, platform_set_id, client_id, client_secret_sealed,
       redirect_uri, removed_at)
     select gen_random_uuid(), $1, 'test', 'threads', $2, named, '', '', now() - make_interval(days => $3)
     from unnest(array['idle', 'lived by']) as named returning id, client_id as named`,
    [tenant.userId, tenant.platformSetId, BOUNDS.pastDays + 1],
  );
  const lived = rows.find(({ named }) => named === "lived by");
  await pool.query("update connections set oauth_app_id = $1 where account_id = $2", [lived?.id, accountId]);
  await pool.query(
    `insert into invites (id, email, token_digest, invited_by, expires_at)
     select gen_random_uuid(), n || '@invited.example', n, $1, now() - make_interval(days => n)
     from unnest(array[-1, 1, 31]) as n`,
    [tenant.userId],
  );
  await sweep();
  assert.deepEqual((await pool.query("select client_id from oauth_apps where removed_at is not null")).rows, [
    { client_id: "lived by" },
  ]);
  assert.equal(await count("invites"), 2);
});

test("a post's first and newest keys are kept, whatever its caller does with it", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const post = { content: { text: "Often" }, platforms: ["threads"], platformSetId: tenant.platformSetId };
  const made = await world.call(tenant, "POST", "/api/v1/posts", post, { "idempotency-key": "made" });
  await pool.query("update idempotency_keys set created_at = now() - interval '90 days' where key = 'made'");
  await pool.query(
    `insert into idempotency_keys (user_id, mode, key, operation, request_hash, claim, claimed_until, status, post_id,
       created_at)
     select $1, 'test', n::text, 'posts_update', 'h', gen_random_uuid(), now(), 200, $2,
       now() - interval '40 days' - make_interval(secs => n) from generate_series(1, $3::int) as n`,
    [tenant.userId, idOf(made.body, "post"), BOUNDS.keysOfPost + 10],
  );
  await sweepIdempotencyKeys(pool, new AbortController().signal);
  const left = "idempotency_keys where user_id = $1";
  assert.equal(await count(left, tenant.userId), BOUNDS.keysOfPost + 1);
  assert.equal(await count(`${left} and key in ('1', $2)`, tenant.userId, String(BOUNDS.keysOfPost + 10)), 1);
  const again = await world.call(tenant, "POST", "/api/v1/posts", post, { "idempotency-key": "made" });
  assert.deepEqual([again.status, again.headers.get("idempotency-replayed")], [201, "true"]);
  assert.equal(idOf(again.body, "post"), idOf(made.body, "post"));
});

test("a webhook's log has a maximum number of deliveries, and all logs of a user together a maximum of bytes, which drops nothing that is still to be sent", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const logs = await Promise.all(
    ["many", "large", "away"].map(async (name) =>
      idOf((await world.call(tenant, "POST", "/api/v1/webhooks", { url: `https://${name}.example` })).body, "webhook"),
    ),
  );
  for (const [webhookId, rows, bytes, status] of [
    [logs[0], BOUNDS.keptDeliveries + 20, 2, "delivered"],
    [logs[1], 12, BOUNDS.keptDeliveryBytes / 10, "delivered"],
    [logs[2], 12, BOUNDS.keptDeliveryBytes / 10, "pending"],
  ] as const)
    await pool.query(
      `insert into webhook_deliveries (id, webhook_id, user_id, mode, type, payload_sealed, status)
       select (lpad(to_hex(n), 8, '0') || substr(md5($1::text), 9))::uuid, $1::uuid, $2, 'test', 'post.updated',
         repeat('x', $4::int), $5 from generate_series(1, $3::int) as n`,
      [webhookId, tenant.userId, rows, bytes, status],
    );
  world.services.settings.scheduling = "all";
  const scheduledFor = new Date(Date.now() + 86_400_000).toISOString();
  const post = { content: { text: "Told" }, platforms: ["threads"], platformSetId: tenant.platformSetId, scheduledFor };
  assert.equal((await world.call(tenant, "POST", "/api/v1/posts", post)).status, 201);
  await relayAll(world.services);
  assert.equal(await count("webhook_deliveries where webhook_id = $1", logs[0]), BOUNDS.keptDeliveries);
  assert.equal(await count("webhook_deliveries where webhook_id = $1", logs[1]), 4, "a third of the bytes");
  assert.equal(await count("webhook_deliveries where webhook_id = $1", logs[2]), 10, "pending: as if it were alone");
  for (const webhookId of logs)
    assert.equal(await count("webhook_deliveries where webhook_id = $1 and type = 'post.scheduled'", webhookId), 1);
});

test("the audit log accepts a limited number of changes per user and day, and never prevents revoking", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  const key = { name: "one", mode: "test" };
  const made = await world.callAs(cookie, "POST", "/api/keys", key);
  assert.equal(made.status, 201);
  await pool.query(
    `insert into audit_events (id, user_id, actor_kind, actor_id, action)
     select (substr($2, 1, 24) || lpad(to_hex(n), 12, '0'))::uuid, $1, 'session', 's', 'api_key.created'
     from generate_series(1, $3::int) as n`,
    [tenant.userId, newId(), BOUNDS.notedChanges],
  );
  const refused = await world.callAs(cookie, "POST", "/api/keys", key);
  assert.equal(refused.status, 429, JSON.stringify(refused.body));
  assert.match(JSON.stringify(refused.body), /"name":"notedChanges"/);
  assert.equal((await world.callAs(cookie, "DELETE", `/api/keys/${idOf(made.body, "key")}`)).status, 200);
});

test("a user has a maximum number of passkeys", async () => {
  const { test: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  const add = () => world.callAs(cookie, "POST", "/api/auth/passkey/verify-registration", { response: {} });
  assert.doesNotMatch(JSON.stringify((await add()).body), /as many as you may/);
  await world.services.pool.query(
    `insert into passkeys (id, user_id, credential_id, public_key, counter, device_type, backed_up)
     select $1 || n, $1, $1 || n, '', 0, 'singleDevice', false from generate_series(1, $2::int) as n`,
    [tenant.userId, BOUNDS.passkeys],
  );
  const refused = await add();
  assert.match(JSON.stringify(refused.body), /You have reached the limit of 50 passkeys/);
  assert.equal(refused.status, 400);
});

test("the request log of a user has a maximum number of entries and bytes, the newest", async () => {
  const { pool } = world.services;
  const { test: small, live: large } = await world.makeTenants();
  for (const [tenant, characters] of [
    [small, 10],
    [large, 1_000],
  ] as const)
    await pool.query(
      `insert into api_requests (id, user_id, mode, via, actor_kind, actor_id, operation, method, route, status,
         duration_milliseconds, has_idempotency_key, body)
       select (substr($4, 1, 24) || lpad(to_hex($3::int + n), 12, '0'))::uuid, $1, $2, 'api', 'key', 'k', 'posts_create', 'POST',
         '/api/v1/posts', 400, 1, false, json_build_object('text', repeat('x', $3::int))
       from generate_series(1, 30) as n`,
      [tenant.userId, tenant.mode, characters, newId()],
    );
  const left = "api_requests where user_id = $1 and mode = $2";
  await deleteSurplusApiRequests.run(pool, [20, 5_500, 1_000]);
  assert.equal(await count(left, small.userId, small.mode), 20);
  assert.equal(await count(left, large.userId, large.mode), 5);
  assert.equal(await count(`${left} and id::text like '%00000406'`, large.userId, large.mode), 1, "the newest stays");
});

test("a post's content has a maximum size, with the overrides of platforms that it does not go to", async () => {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const large = { linkedin: { settings: { any: "x".repeat(BOUNDS.contentBytes) } } };
  const post = (platformOverrides: object) => ({
    content: { text: "Short", platformOverrides },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  const send = (method: string, path: string, overrides: object) =>
    world.call(tenant, method, `/api/v1/posts${path}`, post(overrides));
  const rulesOf = (body: unknown) => JSON.stringify(Object(body).issues);
  const made = await send("POST", "", {});
  for (const [method, path] of [
    ["POST", ""],
    ["PATCH", `/${idOf(made.body, "post")}`],
  ] as const) {
    const refused = await send(method, path, large);
    assert.equal(refused.status, 400);
    assert.match(rulesOf(refused.body), /"rule":"content.size"/);
  }
  assert.match(rulesOf((await send("POST", "/validate", large)).body), /"limit":2000000/);
});
