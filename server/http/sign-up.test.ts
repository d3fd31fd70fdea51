import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { emailsOf, tokenFor, visit } from "../../tests/visitor.ts";
import { createWorld, type World } from "../../tests/world.ts";
import { ensureOwner } from "../domain/users/ensure-user.ts";
import { completeSetUp, isSetUpOpen, openSetUp } from "../domain/users/set-up.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const password = "correct horse battery staple";
const signUp = (body: object, address?: string) =>
  visit(world, "POST", "/api/auth/sign-up/email", body, address === undefined ? {} : { address });
const signIn = (email: string) => visit(world, "POST", "/api/auth/sign-in/email", { email, password });
const verify = (email: string) => visit(world, "GET", `/api/auth/verify-email?token=${tokenFor(world, email)}`);

function open(signUpMode: "open" | "invite" | "closed"): void {
  world.services.settings.signUp = signUpMode;
}

function limitUsers(most: number | null): void {
  world.services.settings.maxUsers = most;
}

/** All that count for the limit. */
async function countUsers(): Promise<number> {
  const { rows } = await world.database.pool.query<{ count: number }>(
    "select count(*)::int as count from users where not made_by_operator",
  );
  return rows[0]?.count ?? 0;
}

async function confirmAll(): Promise<void> {
  await world.database.pool.query("update users set email_verified = true");
}

async function usersOf(email: string) {
  const { rows } = await world.database.pool.query<{ id: string; sets: number }>(
    "select id, (select count(*)::int from platform_sets where user_id = users.id) as sets from users where email = $1",
    [email],
  );
  return rows;
}

test("a new user confirms their address, then signs in, and has a default set in each mode", async () => {
  open("open");
  const email = "ada@example.com";
  const made = await signUp({ email: "Ada@Example.com", password, name: "Ada" });
  assert.deepEqual([made.status, made.body], [200, { next: "verify_email" }]);
  assert.deepEqual(
    (await usersOf(email)).map(({ sets }) => sets),
    [2],
  );
  const early = await signIn(email);
  assert.equal(early.status, 401);
  assert.match(JSON.stringify(early.body), /auth\.email_not_verified/);
  assert.deepEqual(early.setCookies, []);
  assert.equal((await verify(email)).status, 200);
  assert.equal((await signIn(email)).status, 200);
});

test("signing up with an existing address responds as for a new one, and changes nothing", async () => {
  open("open");
  const first = await signUp({ email: "twice@example.com", password });
  const second = await signUp({ email: "twice@example.com", password: "another password" });
  assert.deepEqual([second.status, second.body], [first.status, first.body]);
  assert.equal((await usersOf("twice@example.com")).length, 1);
  assert.match(emailsOf(world).at(-1)?.subject ?? "", /already have an account/);
  await visit(
    world,
    "GET",
    "/api/auth/verify-email?" +
      `token=${new URL(/http\S+/.exec(emailsOf(world).at(-2)?.text ?? "")?.[0] ?? "").searchParams.get("token")}`,
  );
  assert.equal((await signIn("twice@example.com")).status, 200);
});

test("parallel sign-ups with one address create one account", async () => {
  open("open");
  const made = await Promise.all(Array.from({ length: 4 }, () => signUp({ email: "race@example.com", password })));
  assert.deepEqual(
    made.map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.equal((await usersOf("race@example.com")).length, 1);
});

test("an invalid sign-up is rejected with a message for each field", async () => {
  open("open");
  const { status, body } = await signUp({ email: "nobody", password: "short", name: "x".repeat(200), admin: true });
  assert.equal(status, 400);
  const text = JSON.stringify(body);
  for (const path of ["/email", "/password", "/name", "Unknown key"]) assert.ok(text.includes(path), path);
});

test("sign-ups from one address are limited", async () => {
  open("open");
  const statuses: number[] = [];
  for (let n = 0; n < 6; n += 1)
    statuses.push((await signUp({ email: "same@example.com", password }, `198.51.100.${n}`)).status);
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 429]);
});

test("with closed sign-up nobody can create an account, and with invitations only the invited", async () => {
  for (const mode of ["closed", "invite"] as const) {
    open(mode);
    const refused = await signUp({ email: `${mode}@example.com`, password });
    assert.equal(refused.status, 400);
    assert.match(JSON.stringify(refused.body), mode === "closed" ? /signUp\.closed/ : /signUp\.invite/);
    assert.deepEqual(await usersOf(`${mode}@example.com`), []);
    for (const page of ["/", "/sign-in"])
      assert.doesNotMatch(await (await fetch(world.url + page)).text(), /Create an account/, page);
  }
});

test("an instance has as many users as its limit: beyond it nobody signs up, with an invitation or without, however many try at once", async () => {
  open("open");
  const owner = await newOwner();
  const invite = async (email: string) => {
    assert.equal((await world.callAs(owner, "POST", "/api/invites", { email })).status, 201);
    return tokenFor(world, email);
  };
  const [invited, late] = [await invite("counted@example.com"), await invite("late@example.com")];
  await confirmAll();
  limitUsers((await countUsers()) + 3);
  assert.equal((await signUp({ invite: invited, password })).status, 200);
  const tries = Array.from({ length: 8 }, (_, n) => `crowd${n}@example.com`);
  const crowd = await Promise.all(tries.map((email, n) => signUp({ email, password }, `198.51.100.${20 + n}`)));
  await confirmAll();
  assert.equal(await countUsers(), world.services.settings.maxUsers);
  // Those who never confirmed their address made room for others, who were told nothing else.
  assert.ok(crowd.filter(({ status }) => status === 200).length >= 2);

  for (const refused of [
    await signUp({ email: "beyond@example.com", password }),
    await signUp({ email: "counted@example.com", password }),
    await signUp({ invite: late, password }),
  ]) {
    assert.equal(refused.status, 400);
    assert.match(JSON.stringify(refused.body), /signUp\.full.*as many users as its owner allows/);
  }
  assert.equal(await countUsers(), world.services.settings.maxUsers);
  await world.database.pool.query("delete from users where email = 'counted@example.com'");
  assert.equal((await signUp({ invite: late, password })).status, 200);

  limitUsers(null);
  assert.equal((await signUp({ email: "beyond@example.com", password })).status, 200);
  await world.database.pool.query("delete from users where is_owner");
});

test("whoever never confirmed their address makes room for those who sign up later; tenants take none", async () => {
  open("open");
  await confirmAll();
  await world.database.pool.query(
    "insert into users (id, made_by_operator) select 'tenant' || n, true from generate_series(1, 5) n",
  );
  limitUsers((await countUsers()) + 2);
  for (const name of ["first", "second", "third"])
    assert.equal((await signUp({ email: `${name}@example.com`, password })).status, 200, name);
  const there = async () => {
    const found = [];
    for (const name of ["first", "second", "third"])
      if ((await usersOf(`${name}@example.com`)).length > 0) found.push(name);
    return found;
  };
  assert.deepEqual(await there(), ["second", "third"]);
  assert.equal((await verify("first@example.com")).status, 401);
  assert.equal((await verify("second@example.com")).status, 200);
  assert.equal((await signUp({ email: "first@example.com", password })).status, 200);
  assert.deepEqual(await there(), ["first", "second"]);
  assert.equal((await verify("first@example.com")).status, 200);
  assert.equal((await signUp({ email: "third@example.com", password })).status, 400);
  assert.deepEqual(await there(), ["first", "second"]);
  limitUsers(null);
});

test("an instance is set up once: the link completes the bootstrapped owner, and then no link works", async () => {
  const bootstrapped = await ensureOwner(world.services);
  const [first, second] = [await linkToken(), await linkToken()];
  const setUp = (token: string, email: string) =>
    visit(world, "POST", "/api/auth/set-up", { token, email, password, name: "Olga" });
  assert.equal((await setUp("a guess", "owner@example.com")).status, 400);
  const [one, other] = await Promise.all([setUp(first, "owner@example.com"), setUp(second, "other@example.com")]);
  assert.deepEqual([one.status, other.status].sort(), [200, 400]);
  const winner = one.status === 200 ? one : other;
  assert.deepEqual(winner.body, { next: "signed_in" });
  assert.equal((await world.services.sessions.find({ cookie: winner.cookie }))?.userId, bootstrapped.id);
  assert.equal((await setUp(first, "third@example.com")).status, 400);
  assert.equal(await openSetUp(world.services, "http://localhost:3000"), null);
  const { rows } = await world.database.pool.query("select name from instance where name like 'set_up_token%'");
  assert.deepEqual(rows, []);
  await world.database.pool.query("delete from users where is_owner");
});

test("a setup link that is a day old does not work", async () => {
  const token = await linkToken();
  await world.database.pool.query(
    "update instance set value = (now() - interval '25 hours')::text where name like 'set_up_token%'",
  );
  const visitor = { actor: { kind: "visitor", id: null }, address: null, requestId: null } as const;
  await assert.rejects(
    completeSetUp(world.services, visitor, token, { email: "late@example.com", password, name: "" }),
    /expired or was already used/,
  );
  assert.equal(await isSetUpOpen(world.services), true);
});

test("the owner invites; the email's link creates one account, signed in immediately; revoked and replaced ones do not", async () => {
  open("invite");
  const owner = await newOwner();
  const invite = async (email: string) => await world.callAs(owner, "POST", "/api/invites", { email });
  const made = await invite("guest@example.com");
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const replaced = tokenFor(world, "guest@example.com");
  await invite("guest@example.com");
  const token = tokenFor(world, "guest@example.com");
  assert.equal((await signUp({ invite: replaced, password })).status, 400);
  const [one, other] = await Promise.all([
    signUp({ invite: token, password, name: "Guest" }),
    signUp({ invite: token, password, name: "Guest" }),
  ]);
  assert.deepEqual([one.status, other.status].sort(), [200, 400]);
  const session = await world.services.sessions.find({ cookie: (one.status === 200 ? one : other).cookie });
  assert.equal(session?.userId, (await usersOf("guest@example.com"))[0]?.id);
  assert.equal((await invite("guest@example.com")).status, 400);

  const withdrawn = await invite("withdrawn@example.com");
  const {
    invite: { id },
  } = JSON.parse(JSON.stringify(withdrawn.body));
  assert.equal((await world.callAs(owner, "DELETE", `/api/invites/${id}`)).status, 200);
  assert.equal((await signUp({ invite: tokenFor(world, "withdrawn@example.com"), password })).status, 400);
  assert.deepEqual((await world.callAs(owner, "GET", "/api/invites")).body, { invites: [] });
});

test("only the owner can invite", async () => {
  const cookie = await world.signIn(world.test);
  for (const [method, body] of [
    ["GET", undefined],
    ["POST", { email: "x@example.com" }],
  ] as const)
    assert.equal((await world.callAs(cookie, method, "/api/invites", body)).status, 404);
});

async function linkToken(): Promise<string> {
  return new URL((await openSetUp(world.services, "http://localhost:3000")) ?? "").searchParams.get("token") ?? "";
}

async function newOwner(): Promise<string> {
  await visit(world, "POST", "/api/auth/set-up", {
    token: await linkToken(),
    email: "boss@example.com",
    password,
    name: "Boss",
  });
  return (await signIn("boss@example.com")).cookie;
}
