import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { idOf } from "../../tests/answers.ts";
import { secretOf, totp } from "../../tests/totp.ts";
import { dump, emailsOf, tokenFor, visit } from "../../tests/visitor.ts";
import { createWorld, PASSWORD, type TestTenant, type World } from "../../tests/world.ts";
import { getMe, timeZoneOf } from "../domain/users/me.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

async function newPerson(): Promise<{ tenant: TestTenant; email: string; cookie: string }> {
  const tenant = (await world.makeTenants()).test;
  const cookie = await world.signIn(tenant);
  return {
    tenant,
    cookie,
    email: JSON.parse(JSON.stringify((await world.callAs(cookie, "GET", "/api/me")).body)).user.email,
  };
}

test("users can see and change their name and time zone, and nothing else", async () => {
  const { cookie, tenant } = await newPerson();
  const changed = await world.callAs(cookie, "PATCH", "/api/me", { name: "  Ada ", timeZone: "Europe/Berlin" });
  assert.equal(changed.status, 200);
  const { user } = JSON.parse(JSON.stringify(changed.body));
  assert.deepEqual(
    [user.id, user.name, user.timeZone, user.isOwner, user.hasPassword],
    [tenant.userId, "Ada", "Europe/Berlin", false, true],
  );
  for (const body of [
    { timeZone: "Mars/Olympus" },
    { timeZone: "+01:00" },
    { isOwner: true },
    { email: "x@example.com" },
    { name: "x".repeat(101) },
  ]) {
    assert.equal((await world.callAs(cookie, "PATCH", "/api/me", body)).status, 400, JSON.stringify(body));
  }
});

test("a time zone is the default until one is chosen, even while the user is read", async () => {
  const { cookie, tenant } = await newPerson();
  const { user } = (await getMe(world.services, tenant)).body;
  assert.deepEqual(await timeZoneOf(world.services, user), { timeZone: "UTC", isDefault: true });
  for (const timeZone of ["America/New_York", "UTC"]) {
    assert.equal((await world.callAs(cookie, "PATCH", "/api/me", { timeZone })).status, 200);
    assert.deepEqual(await timeZoneOf(world.services, user), { timeZone, isDefault: false });
  }
});

test("users see their sessions, and can end any immediately", async () => {
  const { tenant, cookie } = await newPerson();
  const others = [await world.signIn(tenant), await world.signIn(tenant)];
  const list = async () =>
    JSON.parse(JSON.stringify((await world.callAs(cookie, "GET", "/api/sessions")).body)).sessions;
  const sessions = await list();
  assert.equal(sessions.length, 3);
  assert.deepEqual(
    sessions.map((each: { isCurrent: boolean }) => each.isCurrent),
    [false, false, true],
  );
  const stranger = await newPerson();
  assert.equal((await world.callAs(stranger.cookie, "DELETE", `/api/sessions/${sessions[0].id}`)).status, 404);
  assert.equal((await world.callAs(cookie, "DELETE", `/api/sessions/${sessions[0].id}`)).status, 200);
  assert.equal((await world.callAs(others[1] ?? "", "GET", "/api/me")).status, 401);
  assert.deepEqual((await world.callAs(cookie, "DELETE", "/api/sessions")).body, { revoked: 1 });
  assert.equal((await world.callAs(others[0] ?? "", "GET", "/api/me")).status, 401);
  assert.equal((await list()).length, 1);
});

test("an ended session no longer works", async () => {
  const { tenant, cookie } = await newPerson();
  await world.database.pool.query("update sessions set expires_at = now() - interval '1 second' where user_id = $1", [
    tenant.userId,
  ]);
  assert.equal((await world.callAs(cookie, "GET", "/api/me")).status, 401);
});

test("with two-factor authentication, the password alone does not sign in; a code does, and a backup code once", async () => {
  const { email, cookie } = await newPerson();
  const post = (path: string, body: object, with_ = cookie) =>
    visit(world, "POST", `/api/auth${path}`, body, { cookie: with_ });
  assert.equal((await post("/two-factor/enable", { password: "wrong password" })).status, 400);
  const enabled = await post("/two-factor/enable", { password: PASSWORD });
  assert.equal(enabled.status, 200, JSON.stringify(enabled.body));
  const secret = secretOf(enabled.body["totpURI"]);
  const backup = JSON.parse(JSON.stringify(enabled.body["backupCodes"]));
  assert.equal((await post("/two-factor/verify-totp", { code: "000000" })).status, 401);
  const enabling = { code: totp(secret) };
  const verified = await post("/two-factor/verify-totp", enabling);
  assert.equal(verified.status, 200, JSON.stringify(verified.body));

  const signIn = () => visit(world, "POST", "/api/auth/sign-in/email", { email, password: PASSWORD });
  const first = await signIn();
  assert.equal(first.body["twoFactorRedirect"], true);
  assert.equal(await world.services.sessions.find({ cookie: first.cookie }), null);
  assert.equal(
    (await post("/two-factor/verify-totp", { code: totp(secret) === "123456" ? "654321" : "123456" }, first.cookie))
      .status,
    401,
  );
  // The code that enabled two-factor authentication no longer works anywhere. The next one works once.
  assert.equal((await post("/two-factor/verify-totp", enabling, first.cookie)).status, 401);
  const next = { code: totp(secret, 1) };
  const done = await post("/two-factor/verify-totp", next, first.cookie);
  assert.equal(done.status, 200, JSON.stringify(done.body));
  assert.notEqual(await world.services.sessions.find({ cookie: done.cookie }), null);
  // The challenge has been used.
  assert.equal((await post("/two-factor/verify-totp", next, first.cookie)).status, 401);
  assert.equal((await post("/two-factor/verify-totp", next, (await signIn()).cookie)).status, 401);
  const byBackup = async () =>
    await post("/two-factor/verify-backup-code", { code: backup[0] }, (await signIn()).cookie);
  assert.equal((await byBackup()).status, 200);
  assert.equal((await byBackup()).status, 401);

  const { rows } = await world.database.pool.query<{ action: string }>(
    "select distinct action from audit_events where action like 'two_factor%' or action = 'user.sign_in_failed'",
  );
  assert.deepEqual(rows.map(({ action }) => action).sort(), ["two_factor.enabled", "user.sign_in_failed"]);
  const disabled = await post("/two-factor/disable", { password: PASSWORD }, done.cookie);
  assert.equal(disabled.status, 200, JSON.stringify(disabled.body));
  assert.equal((await signIn()).body["twoFactorRedirect"], undefined);
});

test("after a code of an authenticator app, no code of its step or an earlier one works, and of many at the same time one does", async (t) => {
  const { email, cookie } = await newPerson();
  const post = (path: string, body: object, with_ = cookie) =>
    visit(world, "POST", `/api/auth${path}`, body, { cookie: with_ });
  const secret = secretOf((await post("/two-factor/enable", { password: PASSWORD })).body["totpURI"]);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const [before, now, after] = [totp(secret, -1), totp(secret), totp(secret, 1)];
  assert.equal((await post("/two-factor/verify-totp", { code: before })).status, 200);
  const challenge = async () =>
    (await visit(world, "POST", "/api/auth/sign-in/email", { email, password: PASSWORD })).cookie;
  const give = async (code: string) => (await post("/two-factor/verify-totp", { code }, await challenge())).status;
  const challenges = await Promise.all([1, 2, 3, 4].map(challenge));
  const statuses = await Promise.all(
    challenges.map(async (cookie) => (await post("/two-factor/verify-totp", { code: after }, cookie)).status),
  );
  assert.deepEqual(statuses.sort(), [200, 401, 401, 401]);
  assert.deepEqual([await give(after), await give(now), await give(before)], [401, 401, 401]);
  const { body } = await post("/two-factor/verify-totp", { code: now }, await challenge());
  assert.match(JSON.stringify(body), /already been used. Enter the next one/);
});

test("no issued token, password, code or link is readable in the database", async () => {
  const { tenant, email, cookie } = await newPerson();
  const given: string[] = [PASSWORD, tenant.key];
  const remember = (cookieHeader: string) =>
    given.push(
      ...cookieHeader.split("; ").flatMap((pair) => decodeURIComponent(pair.split("=")[1] ?? "").split(".")[0] ?? ""),
    );
  remember(cookie);
  const enabled = await visit(world, "POST", "/api/auth/two-factor/enable", { password: PASSWORD }, { cookie });
  const secret = secretOf(enabled.body["totpURI"]);
  given.push(secret, ...JSON.parse(JSON.stringify(enabled.body["backupCodes"])));
  const verified = await visit(world, "POST", "/api/auth/two-factor/verify-totp", { code: totp(secret) }, { cookie });
  remember(verified.cookie);
  remember((await visit(world, "POST", "/api/auth/sign-in/email", { email, password: PASSWORD })).cookie);
  await visit(world, "POST", "/api/auth/request-password-reset", { email });
  given.push(tokenFor(world, email));
  remember((await visit(world, "GET", "/api/auth/passkey/generate-authenticate-options")).cookie);
  await visit(world, "POST", "/api/auth/sign-up/email", { email: "fresh@example.com", password: PASSWORD });
  given.push(tokenFor(world, "fresh@example.com"));

  const stored = `${await dump(world)}\n${JSON.stringify(world.jobs)}`;
  assert.ok(stored.includes(email), "the dump holds what it should");
  assert.ok(given.length > 15 && given.every((secret) => secret.length >= 6), JSON.stringify(given));
  for (const secret of given) assert.ok(!stored.includes(secret), `${secret.slice(0, 6)}… is in the database`);
  assert.ok(emailsOf(world).length >= 2);
});

test("an export has the user's data in both modes, and no secrets", async () => {
  const { tenant, cookie } = await newPerson();
  await world.connect(tenant, "threads");
  // More than are read at the same time.
  for (let n = 0; n < 12; n += 1)
    await world.call(tenant, "POST", "/api/v1/posts", {
      content: { text: `Mine ${n}` },
      platforms: ["threads"],
      platformSetId: tenant.platformSetId,
    });
  const { status, headers, body } = await world.callAs(cookie, "GET", "/api/me/export");
  assert.equal(status, 200);
  assert.match(headers.get("content-disposition") ?? "", /attachment/);
  const exported = JSON.parse(JSON.stringify(body));
  assert.equal(exported.user.id, tenant.userId);
  assert.deepEqual(
    [
      exported.posts.length,
      exported.accounts.length,
      exported.platformSets.length,
      exported.apiKeys.length,
      exported.sessions.length,
    ],
    [12, 1, 2, 2, 1],
  );
  assert.equal(new Set(exported.posts.map(({ id }: { id: string }) => id)).size, 12);
  assert.equal(exported.posts[0].platformPosts[0].platform, "threads");
  assert.match(exported.posts[0].createdAt, /^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/);
  assert.doesNotMatch(JSON.stringify(exported), /sealed|digest|scrypt|password_hash/);
  assert.equal((await world.call(tenant, "GET", "/api/me/export")).status, 401);
});

test("deleting an account leaves only the audit log, and nobody else loses anything", async () => {
  const { tenant, cookie } = await newPerson();
  const other = await newPerson();
  await world.connect(tenant, "threads");
  const made = await world.call(tenant, "POST", "/api/v1/posts", {
    content: { text: "Mine" },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  const postId = idOf(made.body, "post");
  await world.database.pool.query(
    `insert into media (id, user_id, mode, status, storage_key, filename)
     values (gen_random_uuid(), $1, 'test', 'ready', $2, 'a.jpg')`,
    [tenant.userId, `key-of-${postId}`],
  );
  const remove = (body: object | undefined, headers?: Record<string, string>) =>
    world.callAs(cookie, "DELETE", "/api/me", body, headers);
  assert.equal((await remove(undefined)).status, 400);
  assert.equal((await remove({ password: "wrong password" })).status, 400);
  const removed = await remove({ password: PASSWORD }, { "idempotency-key": "once" });
  assert.deepEqual([removed.status, removed.body], [200, { success: true }]);
  assert.equal((await world.callAs(cookie, "GET", "/api/me")).status, 401);
  assert.equal((await world.call(tenant, "GET", "/api/v1/posts")).status, 401);
  assert.ok(world.jobs.some(({ data }) => JSON.stringify(data).includes(`key-of-${postId}`)));
  const { rows } = await world.database.pool.query<{ table: string }>(
    `select table_name as table from information_schema.columns
     where column_name = 'user_id' and table_schema = 'public'`,
  );
  for (const { table } of rows.filter((row) => row.table !== "audit_events")) {
    const left = await world.database.pool.query(`select 1 from ${table} where user_id = $1`, [tenant.userId]);
    assert.equal(left.rowCount, 0, table);
  }
  const { rows: log } = await world.database.pool.query<{ action: string }>(
    "select action from audit_events where user_id = $1 order by id desc limit 1",
    [tenant.userId],
  );
  assert.equal(log[0]?.action, "user.deleted");
  assert.equal((await world.callAs(other.cookie, "GET", "/api/me")).status, 200);
});

test("a user with only passkeys deletes their account in a new session", async () => {
  const { tenant, cookie } = await newPerson();
  await world.database.pool.query("delete from sign_in_methods where user_id = $1", [tenant.userId]);
  await world.database.pool.query("update sessions set created_at = now() - interval '1 hour' where user_id = $1", [
    tenant.userId,
  ]);
  assert.equal((await world.callAs(cookie, "DELETE", "/api/me", { password: "anything" })).status, 400);
  await world.database.pool.query("update sessions set created_at = now() where user_id = $1", [tenant.userId]);
  assert.equal((await world.callAs(cookie, "DELETE", "/api/me")).status, 200);
});
