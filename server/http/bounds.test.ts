import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { BOUNDS } from "../../model/bounds.ts";
import { idOf } from "../../tests/answers.ts";
import { createWorld, PASSWORD, type World } from "../../tests/world.ts";
import { relayEvents } from "../domain/webhooks/relay.ts";
import { sweepSignIn } from "../jobs/sweeps.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const count = async (from: string, ...values: unknown[]) =>
  (await world.services.pool.query<{ count: number }>(`select count(*)::int as count from ${from}`, values)).rows[0]
    ?.count;
const sweep = () => sweepSignIn(world.services.pool, new AbortController().signal);

test("a person has so many sessions at most: a new one ends the oldest", async () => {
  const { test: tenant } = await world.makeTenants();
  await world.services.pool.query(
    `insert into sessions (id, user_id, token_digest, created_at, expires_at)
     select gen_random_uuid(), $1, gen_random_uuid()::text, now() - make_interval(secs => n), now() + interval '1 day' from generate_series(1, $2::int) as n`,
    [tenant.userId, BOUNDS.sessions + 20],
  );
  const cookie = await world.signIn(tenant);
  assert.equal(await count("sessions where user_id = $1", tenant.userId), BOUNDS.sessions);
  assert.equal((await world.callAs(cookie, "GET", "/api/me")).status, 200);
});

test("failed sign-ins fill no log, of an account or of none", async () => {
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
    // Only those that count the log are to be full.
    await world.services.pool.query("delete from throttles where resets_at < now() + interval '20 minutes'");
    assert.equal((await fail(email, "192.0.2.1")).status, 401);
    assert.equal(await count(failures, userId), 1);
    await world.services.pool.query("delete from throttles");
  }
});

test("an account that nobody confirms is forgotten after some days, and nobody else's", async () => {
  const { pool } = world.services;
  const people = [
    ["late", false, BOUNDS.unconfirmedDays + 1],
    ["soon", false, BOUNDS.unconfirmedDays - 1],
    ["confirmed", true, BOUNDS.unconfirmedDays + 1],
  ] as const;
  for (const [id, verified, days] of people) {
    await pool.query(
      "insert into users (id, email, email_verified, created_at) values ($1, $1 || '@bounds.example', $2, now() - make_interval(days => $3))",
      [id, verified, days],
    );
    await pool.query(
      "insert into sign_in_methods (id, user_id, provider, subject, password_hash) values (gen_random_uuid(), $1, 'credential', $1, 'x')",
      [id],
    );
  }
  const before = await count("users");
  await sweep();
  assert.equal(await count("users"), (before ?? 0) - 1);
  assert.equal(await count("users where id = 'late'"), 0);
});

test("what was asked once and never answered is swept, and the ends of old sessions of MCP", async () => {
  const { pool } = world.services;
  await pool.query(
    "insert into verifications (id, identifier, value, expires_at) select gen_random_uuid(), n::text, '', now() + make_interval(mins => n) from unnest(array[-5, -1, 5]) as n",
  );
  await pool.query(
    "insert into mcp_ended_sessions (id, user_id, mode, ended_at) select gen_random_uuid(), $1, 'test', now() - make_interval(days => n) from unnest(array[1, 32]) as n",
    [world.test.userId],
  );
  await sweep();
  assert.deepEqual((await pool.query("select identifier from verifications")).rows, [{ identifier: "5" }]);
  assert.equal(await count("mcp_ended_sessions"), 1);
});

test("of what waits for a webhook the oldest are dropped beyond the bound, and the delivery log says so", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const webhookId = idOf(
    (await world.call(tenant, "POST", "/api/v1/webhooks", { url: "https://webhooks.example/away" })).body,
    "webhook",
  );
  await pool.query(
    `insert into webhook_deliveries (id, webhook_id, user_id, mode, type, payload)
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
  while (await relayEvents(world.services)) continue;
  assert.equal(
    await count("webhook_deliveries where webhook_id = $1 and status = 'pending'", webhookId),
    BOUNDS.pendingDeliveries,
  );
  const { body } = await world.call(tenant, "GET", `/api/v1/webhooks/${webhookId}/deliveries?status=failed`);
  assert.match(
    JSON.stringify(body),
    /"id":"00000000-0000-0000-0000-000000000001".*It was dropped: 1000 newer deliveries/,
  );
});

test("a person has so many keys, connect links and uploads under way at most", async () => {
  const { pool } = world.services;
  const { test: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  await pool.query(
    "insert into api_keys (id, user_id, mode, name, digest, prefix) select gen_random_uuid(), $1, 'test', 'x', decode(md5($1 || n), 'hex'), 'amp_test_abc' from generate_series(1, $2::int) as n",
    [tenant.userId, BOUNDS.activeKeys - 3],
  );
  const keys = await Promise.all(
    Array.from({ length: 3 }, () => world.callAs(cookie, "POST", "/api/keys", { name: "one more", mode: "test" })),
  );
  assert.deepEqual(keys.map(({ status }) => status).sort(), [201, 400, 400]);
  await pool.query(
    `insert into connect_links (id, user_id, mode, token_digest, platform_set_id, return_url, expires_at)
     select gen_random_uuid(), $1, 'test', decode(md5($1 || n), 'hex'), $2, 'https://example.com', now() + interval '1 day' from generate_series(1, $3::int) as n`,
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
    "insert into resumable_uploads (id, user_id, mode, filename, length_bytes, expires_at) select gen_random_uuid(), $1, 'test', 'x', 5, now() + interval '1 day' from generate_series(1, $2::int)",
    [tenant.userId, BOUNDS.uploadsUnderWay - 1],
  );
  const uploads = await Promise.all(
    Array.from({ length: 3 }, () =>
      world.call(tenant, "POST", "/api/v1/media", undefined, { "tus-resumable": "1.0.0", "upload-length": "5" }),
    ),
  );
  assert.deepEqual(uploads.map(({ status }) => status).sort(), [201, 429, 429]);
});
