import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { emailsOf, tokenFor, visit } from "../../tests/visitor.ts";
import { createWorld, PASSWORD, type TestTenant, type World } from "../../tests/world.ts";
import { LIMITS, throttle } from "../auth/throttle.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const SIGN_IN = "/api/auth/sign-in/email";
const wrong = "a wrong password";
const sessionOf = (cookie: string) => world.services.sessions.find({ cookie });

/** A user who has signed in before. */
async function newPerson(): Promise<{ tenant: TestTenant; email: string; cookie: string }> {
  const tenant = (await world.makeTenants()).test;
  const cookie = await world.signIn(tenant);
  const { rows } = await world.database.pool.query<{ email: string }>("select email from users where id = $1", [
    tenant.userId,
  ]);
  return { tenant, email: rows[0]?.email ?? "", cookie };
}

async function auditOf(userId: string): Promise<string[]> {
  const { rows } = await world.database.pool.query<{ action: string }>(
    "select action from audit_events where user_id = $1 and action not like 'api_key.%' order by id",
    [userId],
  );
  return rows.map(({ action }) => action);
}

test("each sign-in is a separate session, which starts and ends immediately", async () => {
  const { tenant, cookie } = await newPerson();
  assert.equal((await sessionOf(cookie))?.userId, tenant.userId);
  const again = await world.signIn(tenant);
  assert.equal((await visit(world, "POST", "/api/auth/sign-out", {}, { cookie })).status, 200);
  assert.equal(await sessionOf(cookie), null);
  assert.notEqual(await sessionOf(again), null);
  assert.deepEqual(await auditOf(tenant.userId), ["user.signed_in", "user.signed_in", "user.signed_out"]);
});

test("someone who knows only your address cannot lock you out of a browser in which you have signed in", async () => {
  const { email } = await newPerson();
  const { cookie } = await visit(world, "POST", SIGN_IN, { email, password: PASSWORD });
  const known = cookie
    .split("; ")
    .filter((pair) => pair.includes("known_browser"))
    .join("; ");
  assert.notEqual(known, "");
  await Promise.all(
    Array.from({ length: LIMITS.signIn.account }, (_, n) =>
      visit(world, "POST", SIGN_IN, { email, password: wrong }, { address: `203.0.113.${n}` }),
    ),
  );
  assert.equal((await visit(world, "POST", SIGN_IN, { email, password: PASSWORD })).status, 429);
  assert.equal((await visit(world, "POST", SIGN_IN, { email, password: PASSWORD }, { cookie: known })).status, 200);

  // This does not bypass the limit: it allows as many attempts, for one user and one password.
  const tries = Array.from({ length: LIMITS.signIn.account });
  await Promise.all(tries.map(() => visit(world, "POST", SIGN_IN, { email, password: wrong }, { cookie: known })));
  assert.equal((await visit(world, "POST", SIGN_IN, { email, password: PASSWORD }, { cookie: known })).status, 429);
  const other = await newPerson();
  await Promise.all(
    tries.map(() => visit(world, "POST", SIGN_IN, { email: other.email, password: wrong }, { cookie: known })),
  );
  assert.equal(
    (await visit(world, "POST", SIGN_IN, { email: other.email, password: PASSWORD }, { cookie: known })).status,
    429,
  );
});

test("a browser is no longer known after the password changes", async () => {
  const { email, tenant } = await newPerson();
  const { cookie } = await visit(world, "POST", SIGN_IN, { email, password: PASSWORD });
  const known = cookie
    .split("; ")
    .filter((pair) => pair.includes("known_browser"))
    .join("; ");
  await world.database.pool.query(
    "update sign_in_methods set password_hash = password_hash || 'x' where user_id = $1",
    [tenant.userId],
  );
  for (let tries = 0; tries < LIMITS.signIn.account; tries += 1)
    await visit(world, "POST", SIGN_IN, { email, password: wrong }, { address: `203.0.113.${tries}` });
  assert.equal((await visit(world, "POST", SIGN_IN, { email, password: wrong }, { cookie: known })).status, 429);
});

test("a planted session is not the one that starts", async () => {
  const attacker = await newPerson();
  const victim = await newPerson();
  const answer = await visit(
    world,
    "POST",
    SIGN_IN,
    { email: victim.email, password: PASSWORD },
    { cookie: attacker.cookie },
  );
  assert.equal(answer.status, 200);
  assert.notEqual(answer.cookie, attacker.cookie);
  assert.equal((await sessionOf(answer.cookie))?.userId, victim.tenant.userId);
  assert.equal((await sessionOf(attacker.cookie))?.userId, attacker.tenant.userId);
  const [name = "", value = ""] = victim.cookie.split("; ")[0]?.split("=") ?? [];
  for (const planted of ["planted.signature", "", ".", "%", value.slice(0, -8), value.split(".")[0] ?? "", `x${value}`])
    assert.equal(await sessionOf(`${name}=${planted}`), null, planted);
});

test("the cookie is inaccessible to scripts and other sites, and the response does not contain its value", async () => {
  const { email } = await newPerson();
  const answer = await visit(world, "POST", SIGN_IN, { email, password: PASSWORD });
  const [cookie = ""] = answer.setCookies;
  for (const attribute of [/HttpOnly/i, /SameSite=Lax/i, /Path=\//i]) assert.match(cookie, attribute);
  assert.doesNotMatch(cookie, /Domain=|Secure/i);
  const token = decodeURIComponent(answer.cookie.split("=")[1] ?? "").split(".")[0] ?? "";
  assert.ok(token.length >= 32);
  assert.ok(!JSON.stringify(answer.body).includes(token));
});

test("a wrong password and an unknown address get the same error, and only the log differs", async () => {
  const { tenant, email } = await newPerson();
  const known = await visit(world, "POST", SIGN_IN, { email, password: wrong });
  const unknown = await visit(world, "POST", SIGN_IN, { email: "nobody@example.com", password: wrong });
  assert.equal(known.status, 401);
  assert.deepEqual({ ...known.body, requestId: "" }, { ...unknown.body, requestId: "" });
  assert.deepEqual(known.setCookies, unknown.setCookies);
  assert.equal((await auditOf(tenant.userId)).at(-1), "user.sign_in_failed");
});

test("guesses at one account are stopped from anywhere, and the right password resets the count", async () => {
  const { email } = await newPerson();
  const guess = (n: number, password = wrong) =>
    visit(world, "POST", SIGN_IN, { email, password }, { address: `198.51.100.${n}` });
  for (let n = 1; n <= 9; n += 1) assert.equal((await guess(n)).status, 401);
  assert.equal((await guess(10, PASSWORD)).status, 200);
  for (let n = 1; n <= 10; n += 1) assert.equal((await guess(n)).status, 401);
  const stopped = await guess(11, PASSWORD);
  assert.equal(stopped.status, 429);
  assert.equal(stopped.body["code"], "RATE_LIMITED");
  assert.ok(Number(stopped.headers["retry-after"]) > 0);
});

test("guesses from one address are stopped for any account, with IPv6 neighbors counted together", async () => {
  const guess = (n: number) =>
    visit(
      world,
      "POST",
      SIGN_IN,
      { email: `nobody${n}@example.com`, password: wrong },
      { address: `2001:db8:1:2::${n.toString(16)}` },
    );
  for (let n = 4; n <= LIMITS.signIn.address; n += 1)
    await throttle(world.services.pool, "signIn", { account: `nobody${n}@example.com`, address: "2001:db8:1:2::ffff" });
  // All concurrently: the database counts them, so that none gets through.
  const statuses = (await Promise.all([1, 2, 3, 4, 5, 6].map(guess))).map(({ status }) => status);
  assert.deepEqual(statuses.sort(), [401, 401, 401, 429, 429, 429]);
  assert.equal(
    (
      await visit(
        world,
        "POST",
        SIGN_IN,
        { email: "nobody@example.com", password: wrong },
        { address: "2001:db8:1:3::1" },
      )
    ).status,
    401,
  );
});

test("a password is reset once by email, and all sessions end", async () => {
  const { tenant, email, cookie } = await newPerson();
  assert.equal((await visit(world, "POST", "/api/auth/request-password-reset", { email })).status, 200);
  const token = tokenFor(world, email);
  const set = (newPassword: string) => visit(world, "POST", "/api/auth/reset-password", { token, newPassword });
  assert.equal((await set("short")).status, 400);
  const [first, second] = await Promise.all([set("a brand new password"), set("another new password")]);
  assert.deepEqual([first.status, second.status].sort(), [200, 400]);
  assert.equal((await set("once more a password")).status, 400);
  assert.equal(await sessionOf(cookie), null);
  assert.equal((await visit(world, "POST", SIGN_IN, { email, password: PASSWORD })).status, 401);
  assert.equal(
    (
      await visit(world, "POST", SIGN_IN, {
        email,
        password: first.status === 200 ? "a brand new password" : "another new password",
      })
    ).status,
    200,
  );
  assert.ok((await auditOf(tenant.userId)).includes("user.password_reset"));
});

test("requesting a password reset does not reveal whether there is an account, and sends nothing to those without one", async () => {
  const { email } = await newPerson();
  const ask = (address: string) => visit(world, "POST", "/api/auth/request-password-reset", { email: address });
  const letters = emailsOf(world).length;
  const [known, unknown] = [await ask(email), await ask("nobody@example.com")];
  assert.equal(known.status, 200);
  assert.deepEqual(known.body, unknown.body);
  assert.equal(emailsOf(world).length, letters + 1);
});

test("a link that leads elsewhere is rejected", async () => {
  const { email } = await newPerson();
  for (const path of [
    "https://evil.example/",
    "//evil.example",
    "http://localhost:3000.evil.example/",
    "/..//evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "/%2e%2e//evil.example",
    "/\\evil.example",
  ]) {
    assert.ok(
      (await visit(world, "POST", "/api/auth/request-password-reset", { email, redirectTo: path })).status >= 400,
      path,
    );
    const signIn = await visit(world, "POST", SIGN_IN, { email, password: PASSWORD, callbackURL: path });
    assert.ok(signIn.status >= 400 && signIn.headers["location"] === undefined, path);
    const verify = await visit(world, "GET", `/api/auth/verify-email?token=x&callbackURL=${encodeURIComponent(path)}`);
    assert.ok(verify.status >= 400 && verify.headers["location"] === undefined, path);
  }
});

test("changing the password ends the user's other sessions, and is audited", async () => {
  const { tenant, cookie } = await newPerson();
  const elsewhere = await world.signIn(tenant);
  const change = (currentPassword: string) =>
    visit(
      world,
      "POST",
      "/api/auth/change-password",
      { currentPassword, newPassword: "a brand new password" },
      { cookie },
    );
  assert.equal((await change(wrong)).status, 400);
  const changed = await change(PASSWORD);
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.deepEqual([await sessionOf(cookie), await sessionOf(elsewhere)], [null, null]);
  assert.equal((await sessionOf(changed.cookie))?.userId, tenant.userId);
  assert.ok((await auditOf(tenant.userId)).includes("user.password_changed"));
});

test("a stolen session cannot be used to guess its password", async () => {
  const { tenant, cookie } = await newPerson();
  for (let n = 2; n <= LIMITS.password.account; n += 1)
    await throttle(world.services.pool, "password", { account: tenant.userId, address: null });
  const guess = (n: number) =>
    visit(world, "POST", "/api/auth/two-factor/enable", { password: wrong }, { cookie, address: `203.0.113.${n}` });
  assert.deepEqual([(await guess(1)).status, (await guess(2)).status], [400, 429]);
  assert.equal((await world.callAs(cookie, "DELETE", "/api/me", { password: PASSWORD })).status, 429);
});

test("a new address is approved from the old one and confirmed from the new one", async () => {
  const { tenant, email, cookie } = await newPerson();
  const newEmail = `new-${email}`;
  assert.equal((await visit(world, "POST", "/api/auth/change-email", { newEmail }, { cookie })).status, 200);
  const verify = (address: string) => visit(world, "GET", `/api/auth/verify-email?token=${tokenFor(world, address)}`);
  assert.equal((await verify(email)).status, 200);
  const confirmed = await verify(newEmail);
  assert.equal(confirmed.status, 200, JSON.stringify(confirmed.body));
  const { rows } = await world.database.pool.query<{ email: string }>("select email from users where id = $1", [
    tenant.userId,
  ]);
  assert.equal(rows[0]?.email, newEmail);
  assert.equal((await auditOf(tenant.userId)).at(-1), "user.email_verified");
});

test("only the offered parts of the sign-in library are available, only on the app's host", async () => {
  const { cookie } = await newPerson();
  for (const path of [
    "/api/auth/list-sessions",
    "/api/auth/ok",
    "/api/auth/get-session",
    "/api/auth/error",
    "/api/auth/delete-user",
    "/api/auth/update-user",
    "/api/auth/sign-in/social",
    "/api/auth/two-factor/send-otp",
  ]) {
    assert.equal((await visit(world, "POST", path, {}, { cookie })).status, 404, path);
  }
  assert.ok(
    (await fetch(`${world.url}/api/auth/verify-email?token=x`, { method: "HEAD", headers: { host: "localhost:3000" } }))
      .status < 500,
  );
});
