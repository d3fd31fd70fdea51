import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { createWorld, PASSWORD, type World } from "../../../tests/world.ts";
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
const PRIVATE = ["/platforms?mode=test", "/approvals", "/developers/keys", "/settings/profile"];
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
/** Creates a test key of the signed-in user. */
const postKey = (name: string, policies: object, headers: Record<string, string>) =>
  fetch(`${world.url}/api/keys`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ name, mode: "test", policies }),
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

test("signing in leads to a path of any characters", async () => {
  const { rows } = await world.services.pool.query("select email from users where id = $1", [world.test.userId]);
  const form = { email: String(rows[0]?.email), password: PASSWORD, returnTo: "/日本" };
  const signedIn = await send("/sign-in", form, { origin: OWN });
  assert.deepEqual([signedIn.status, signedIn.headers.get("location")], [303, "/%E6%97%A5%E6%9C%AC"]);
  const opened = await open(`/sign-in?${new URLSearchParams({ returnTo: "/日本" })}`);
  assert.deepEqual([opened.status, opened.headers.get("location")], [303, "/%E6%97%A5%E6%9C%AC"]);
});

test("an action is recorded under the request's ID and address", async () => {
  const answer = await postKey("written down", {}, { origin: OWN, cookie });
  const { rows } = await world.services.pool.query(
    `select a.request_id, a.address, a.actor_kind from audit_events a join api_keys k on k.id::text = a.target
     where k.name = 'written down'`,
  );
  assert.deepEqual(rows, [
    { request_id: answer.headers.get("x-request-id"), address: "127.0.0.1", actor_kind: "session" },
  ]);
});

test("addresses of earlier pages lead to the views that took their place", async () => {
  const id = "01980b7a-6c00-7000-8000-000000000001";
  for (const [before, now] of [
    ["/connections?mode=test&notice=connected", "/platforms?mode=test"],
    ["/connections", "/platforms"],
    [`/connections/apps?mode=test&set=${id}`, `/platforms/${id}/apps?mode=test`],
    ["/keys?mode=test", "/developers/keys?mode=test"],
    ["/drafts?mode=live", "/approvals?view=drafts&mode=live"],
    [`/drafts/${id}`, `/posts/${id}/approve`],
  ] as const) {
    const answer = await open(before);
    assert.deepEqual([answer.status, answer.headers.get("location")], [303, now]);
  }
});

test("errors in a form are shown next to their field, and the input is kept", async () => {
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
  const invited = await world.callAs(cookie, "POST", "/api/invites", { email: "grace@example.com" });
  assert.equal(invited.status, 201);
  const { sealed } = z.object({ id: z.string(), sealed: z.string() }).parse(world.jobs.at(-1)?.data);
  assert.ok(sealed.length > 0);
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
  assert.match(known, /action="\/sign-out"/);
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
