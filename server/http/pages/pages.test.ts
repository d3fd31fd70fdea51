import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { createWorld, type World } from "../../../tests/world.ts";
import { digestToken } from "../../auth/hashed-tokens.ts";
import { signMediaUrl } from "../../media/signed-url.ts";

let world: World;
let cookie: string;
before(async () => {
  world = await createWorld();
  cookie = await world.signIn(world.test);
  await world.connect(world.test, "threads");
});
after(() => world.close());

const OWN = "http://localhost:3000";
const PRIVATE = ["/platforms?mode=test", "/approvals", "/keys", "/settings", "/settings/log"];
const VISITORS = [
  "/",
  "/sign-in",
  "/sign-in/two-factor",
  "/sign-up",
  "/setup?token=x",
  "/forgot-password",
  "/reset-password?token=x",
  "/verify-email?token=x",
];

const open = (path: string, headers: Record<string, string> = { cookie }) =>
  fetch(world.url + path, { headers, redirect: "manual" });
const send = (
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = { origin: OWN, cookie },
) =>
  fetch(world.url + path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields),
    redirect: "manual",
  });

test("every page is never cached or framed, and runs only our own code", async () => {
  for (const path of [...PRIVATE, ...VISITORS, "/connections/choose/00000000-0000-7000-8000-000000000000"]) {
    const page = await open(path, PRIVATE.includes(path) || path.startsWith("/connections/choose") ? { cookie } : {});
    assert.match(page.headers.get("content-type") ?? "", /^text\/html/, path);
    const policy = page.headers.get("content-security-policy") ?? "";
    for (const part of ["default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
      assert.ok(policy.includes(part), `${path}: ${policy}`);
    assert.ok(!policy.includes("unsafe"), path);
    assert.deepEqual(
      ["cache-control", "referrer-policy", "x-content-type-options"].map((name) => page.headers.get(name)),
      ["no-store", "same-origin", "nosniff"],
      path,
    );
    assert.doesNotMatch(await page.text(), / style="| on[a-z]+="/, path);
  }
});

test("a visitor is sent to sign in, and back to where they wanted to go", async () => {
  for (const path of PRIVATE) {
    const answer = await open(path, {});
    assert.deepEqual(
      [answer.status, answer.headers.get("location")],
      [303, `/sign-in?${new URLSearchParams({ returnTo: path })}`],
    );
  }
});

test("signing in leads only to our own pages", async () => {
  const own = await send(
    "/sign-in",
    { email: "a@example.com", password: "x", returnTo: "//evil.example/" },
    { origin: OWN },
  );
  assert.ok(!(await own.text()).includes("evil.example"));
  for (const returnTo of ["https://evil.example/", "//evil.example", "/\\evil.example"]) {
    const answer = await open(`/sign-in?${new URLSearchParams({ returnTo })}`);
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, "/"]);
  }
});

test("another user's objects cannot be reached with a form", async () => {
  const other = (await world.makeTenants()).test;
  const [otherCookie, keys] = [
    await world.signIn(other),
    "select count(*)::int as count from api_keys where revoked_at is null and user_id = $1",
  ];
  const {
    rows: [before],
  } = await world.services.pool.query(keys, [other.userId]);
  const {
    rows: [key],
  } = await world.services.pool.query("select id from api_keys where user_id = $1 limit 1", [other.userId]);
  const session = await world.services.sessions.find({ cookie: otherCookie });
  await send("/keys/revoke", { id: key.id });
  await send("/settings/sessions/end", { id: session?.id ?? "" });
  assert.deepEqual((await world.services.pool.query(keys, [other.userId])).rows, [before]);
});

test("a key is shown on the page that creates it, and on no other", async () => {
  const made = await send("/keys", {
    mode: "test",
    name: "shown once",
    lifetime: "30",
    platforms: "threads",
    postsPerDay: "5",
  });
  const key = /amp_test_[\w-]{43}/.exec(await made.text())?.[0] ?? "";
  assert.equal((await world.call({ ...world.test, key }, "GET", "/api/v1/accounts")).status, 200);
  const list = await (await open("/keys")).text();
  assert.ok(!list.includes(key) && list.includes("5 posts per day") && list.includes("only Threads"));
  const { rows } = await world.services.pool.query("select id from api_keys where name = 'shown once'");
  assert.equal((await send("/keys/revoke", { id: rows[0].id })).headers.get("location"), "/keys?notice=revoked");
  assert.equal((await world.call({ ...world.test, key }, "GET", "/api/v1/accounts")).status, 401);
});

test("sending the form of a new key again, changed or not, creates no other key and shows none", async () => {
  const onceIn = (page: string) => /name="once" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const once = onceIn(await (await open("/keys")).text());
  const form = { once, mode: "test", name: "reloaded" };
  assert.match(await (await send("/keys", form)).text(), /amp_test_[\w-]{43}/);
  for (const lifetime of ["", "30"]) {
    const again = await (await send("/keys", { ...form, lifetime })).text();
    assert.match(again, /already created a key/);
    assert.doesNotMatch(again, /amp_test_[\w-]{43}/);
    assert.notEqual(onceIn(again), once);
  }
  const { rows } = await world.services.pool.query("select id from api_keys where name = 'reloaded'");
  assert.equal(rows.length, 1);
});

test("a key is rolled on its page: both work, the old one says until when, and it cannot be rolled again", async () => {
  const made = await (await send("/keys", { mode: "test", name: "to be rolled" })).text();
  const { rows } = await world.services.pool.query("select id from api_keys where name = 'to be rolled'");
  const form = new RegExp(`action="/keys/roll">\\s*<input type="hidden" name="id" value="${rows[0].id}"`);
  assert.match(await (await open("/keys")).text(), form);
  const answer = await send("/keys/roll", { id: rows[0].id, overlapSeconds: "3600" });
  const rolled = await answer.text();
  assert.equal(answer.status, 200, rolled);
  for (const page of [made, rolled]) {
    const key = /amp_test_[\w-]{43}/.exec(page)?.[0] ?? "";
    assert.equal((await world.call({ ...world.test, key }, "GET", "/api/v1/accounts")).status, 200);
  }
  assert.match(rolled, /<span class="tag warn">rolled<\/span>/);
  assert.doesNotMatch(rolled, form);
  const again = await send("/keys/roll", { id: rows[0].id, overlapSeconds: "3600" });
  assert.deepEqual([again.status, (await again.text()).includes("has been rolled already")], [400, true]);
});

test("a form's action is recorded under the request's ID and address", async () => {
  const answer = await send("/keys", { mode: "test", name: "written down" });
  const { rows } = await world.services.pool.query(
    `select a.request_id, a.address, a.actor_kind from audit_events a join api_keys k on k.id::text = a.target
     where k.name = 'written down'`,
  );
  assert.deepEqual(rows, [
    { request_id: answer.headers.get("x-request-id"), address: "127.0.0.1", actor_kind: "session" },
  ]);
  assert.ok((await (await open("/settings/log")).text()).includes("<b>API key created</b>"));
});

test("the number of posts waiting for approval is on every page", async () => {
  const { test: free } = await world.makeTenants();
  await world.connect(free, "threads");
  const own = await world.signIn(free);
  const made = await send(
    "/keys",
    { mode: "test", name: "asks first", approvalRequired: "1" },
    { origin: OWN, cookie: own },
  );
  const held = { ...free, key: /amp_test_[\w-]{43}/.exec(await made.text())?.[0] ?? "" };
  const counted = async () =>
    /Approvals(?: <span[^>]*>(\d+)<)?/.exec(await (await open("/keys", { cookie: own })).text())?.[1];
  assert.equal(await counted(), undefined);
  await world.call(held, "POST", "/api/v1/posts", {
    platformSetId: held.platformSetId,
    platforms: ["threads"],
    content: { text: "First" },
  });
  assert.equal(await counted(), "1");
});

test("addresses of earlier pages lead to the views that took their place", async () => {
  const id = "01980b7a-6c00-7000-8000-000000000001";
  for (const [before, now] of [
    ["/connections?mode=test&notice=connected", "/platforms?mode=test"],
    ["/connections", "/platforms"],
    [`/connections/apps?mode=test&set=${id}`, `/platforms/${id}/apps?mode=test`],
    ["/drafts?mode=live", "/approvals?view=drafts&mode=live"],
    [`/drafts/${id}`, `/posts/${id}/approve`],
  ] as const) {
    const answer = await open(before);
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, now]);
  }
});

test("errors in a form are shown next to their field, and the input is kept", async () => {
  const refused = await send("/keys", { mode: "live", name: " ", postsPerDay: "7" });
  const page = await refused.text();
  assert.equal(refused.status, 400);
  assert.ok(
    /aria-describedby="name-hint name-error" aria-invalid="true"/.test(page) &&
      page.includes('id="name-error">Name must not be empty.'),
  );
  assert.ok(page.includes('value="7"') && /value="live" +checked/.test(page));
  const short = await send("/sign-up", { name: "Eve", email: "eve@example.com", password: "short" }, { origin: OWN });
  const form = await short.text();
  assert.ok(/id="password-error">[^<]*at least 10 characters/.test(form));
  assert.ok(form.includes('value="eve@example.com"') && !form.includes("short"));
});

test("a link without a valid token says how to get another", async () => {
  assert.match(await (await open("/verify-email", {})).text(), /no longer works/);
  assert.match(await (await send("/verify-email", { token: "made-up" }, { origin: OWN })).text(), /no longer works/);
  assert.match(await (await open("/reset-password", {})).text(), /no longer works/);
  assert.match(
    await (
      await send(
        "/reset-password",
        { token: "made-up", password: "long enough now", again: "long enough now" },
        { origin: OWN },
      )
    ).text(),
    /no longer works/,
  );
});

test("an invitation shows whom it is for, creates the account once, and says when it is invalid", async () => {
  await world.services.pool.query("update users set is_owner = true where id = $1", [world.test.userId]);
  await send("/settings/invites", { email: "grace@example.com" });
  const { sealed } = z.object({ id: z.string(), sealed: z.string() }).parse(world.jobs.at(-1)?.data);
  assert.ok(sealed.length > 0 && (await (await open("/settings")).text()).includes("grace@example.com"));
  const token = "t".repeat(43);
  await world.services.pool.query("update invites set token_digest = $1", [digestToken(token)]);
  const page = await (await open(`/sign-up?invite=${token}`, {})).text();
  assert.ok(page.includes("Your email: <b>grace@example.com</b>"));
  const made = await send("/sign-up", { invite: token, name: "Grace", password: "long enough now" }, { origin: OWN });
  assert.deepEqual([made.status, made.headers.get("location")], [303, "/"]);
  const again = await open(`/sign-up?invite=${token}`, {});
  assert.ok(again.status === 400 && (await again.text()).includes("already used"));
});

test("a form that is too long is rejected", async () => {
  assert.equal((await send("/sign-in", { email: "x".repeat(70_000) }, { origin: OWN })).status, 413);
});

test("an unknown URL and an error are pages in a browser, and JSON for all other clients", async () => {
  const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
  for (const [path, status, title] of [
    ["/nowhere/at-all?x=<b>", 404, "Page not found"],
    ["/%zz", 400, "Something went wrong"],
    ["/media/none/file.jpg", 404, "Page not found"],
  ] as const) {
    const asked = await open(path, { accept });
    const page = await asked.text();
    assert.equal(asked.status, status, page);
    assert.match(asked.headers.get("content-type") ?? "", /^text\/html/, path);
    assert.match(asked.headers.get("content-security-policy") ?? "", /default-src 'none'/);
    assert.match(page, new RegExp(`<h1>${title}</h1>`));
    assert.match(page, /<a class="button" href="\/">/);
    for (const other of ["*/*", "application/json", "image/avif,image/webp,*/*"]) {
      const program = await open(path, { accept: other });
      assert.equal(program.status, status);
      assert.match(program.headers.get("content-type") ?? "", /^application\/json/, `${path} ${other}`);
    }
  }
  const known = await (await open("/nowhere", { accept, cookie })).text();
  assert.match(known, /<nav class="ways"/);
  for (const path of [
    "/api/v1/nowhere",
    "/api/nowhere",
    "/mcp/nowhere",
    "/.well-known/nowhere",
    "/api/v1/posts",
    "/admin/v1/tenants",
  ])
    assert.match((await open(path, { accept })).headers.get("content-type") ?? "", /^application\/json/, path);
});

test("an internal error is a page as well, without its details", async (t) => {
  const { pool, settings } = world.services;
  const file = { id: crypto.randomUUID(), filename: "a.jpg", mimeType: "image/jpeg" };
  const path = signMediaUrl({ baseUrl: "", secret: settings.mediaSecrets()[0] ?? "" }, file);
  const fault = t.mock.method(pool, "query", () => Promise.reject(new Error("a secret of the fault")));
  for (const [error, status] of [
    [new Error("a secret of the fault"), 500],
    [Object.assign(new Error("a secret of the database"), { code: "ECONNREFUSED", syscall: "connect" }), 503],
  ] as const) {
    fault.mock.mockImplementation(() => Promise.reject(error));
    const page = await open(path, { accept: "text/html" });
    assert.deepEqual([page.status, page.headers.get("content-type")], [status, "text/html; charset=utf-8"]);
    const text = await page.text();
    assert.match(text, /<h1>Something went wrong<\/h1>/);
    assert.doesNotMatch(text, /secret/);
    const program = await open(path, {});
    assert.deepEqual(
      [program.status, program.headers.get("content-type")],
      [status, "application/json; charset=utf-8"],
    );
  }
});
