import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { idOf } from "../../../tests/answers.ts";
import { sendRaw } from "../../../tests/raw-request.ts";
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
const PRIVATE = ["/connections?mode=test", "/approvals", "/drafts", "/keys", "/settings", "/settings/log"];
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
  for (const path of [
    ...PRIVATE,
    `/connections/apps?mode=test&set=${world.test.platformSetId}`,
    ...VISITORS,
    "/connections/choose/00000000-0000-7000-8000-000000000000",
  ]) {
    const page = await open(path, PRIVATE.includes(path) || path.startsWith("/connections") ? { cookie } : {});
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
  const accountId = await world.connect(other, "threads");
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
  await send("/connections/sets/rename", { mode: "test", id: other.platformSetId, name: "Stolen" });
  await send("/connections/accounts/disconnect", { mode: "test", id: accountId });
  await send("/connections/apps/save", {
    mode: "test",
    set: other.platformSetId,
    platform: "threads",
    clientId: "a",
    clientSecret: "b",
  });
  await send("/keys/revoke", { id: key.id });
  await send("/settings/sessions/end", { id: session?.id ?? "" });
  const page = await (await open("/connections?mode=test", { cookie: otherCookie })).text();
  assert.ok(page.includes("on Threads") && !page.includes("Stolen"));
  assert.deepEqual((await world.services.pool.query(keys, [other.userId])).rows, [before]);
  assert.deepEqual(
    (await world.services.pool.query("select 1 from oauth_apps where platform_set_id = $1", [other.platformSetId]))
      .rows,
    [],
  );
  assert.equal((await open(`/connections/apps?mode=test&set=${other.platformSetId}`)).status, 404);
});

test("what a platform has granted to a set's own app is on its page, and changed there", async () => {
  const app = { mode: "test", set: world.test.platformSetId, platform: "youtube", clientId: "a", clientSecret: "b" };
  const save = async (form: Record<string, string>) =>
    (await send("/connections/apps/save", { ...app, ...form })).status;
  const page = async () =>
    (await (await open(`/connections/apps?mode=test&set=${app.set}`)).text()).replace(/\s+/g, " ");
  assert.equal(await save({}), 303);
  assert.match(await page(), /Uploads per day<\/dt> <dd>100 \(documented\)<\/dd>/);
  assert.equal(await save({ "limit-youtube-uploads": "2500" }), 303);
  assert.match(await page(), /Uploads per day<\/dt> <dd>2,500<\/dd>/);
  assert.match(await page(), /name="limit-youtube-uploads" type="number" value="2500"/);
  assert.equal(await save({}), 303);
  assert.match(await page(), /<dd>2,500<\/dd>/);
  assert.equal(await save({ "limit-youtube-uploads": "0" }), 400);
  assert.equal(await save({ "limit-youtube-uploads": "" }), 303);
  assert.match(await page(), /<dd>100 \(documented\)<\/dd>/);
});

test("the permissions of a set's own app are chosen on its page", async () => {
  const app = { mode: "test", set: world.test.platformSetId, clientId: "a", clientSecret: "b" };
  const saved = async (form: Record<string, string>) => {
    assert.equal((await send("/connections/apps/save", { ...app, ...form })).status, 303);
    const { rows } = await world.services.pool.query(
      "select scopes, config_id from oauth_apps where platform_set_id = $1 and platform = $2 and removed_at is null",
      [app.set, form["platform"]],
    );
    return rows[0];
  };
  const page = async () => await (await open(`/connections/apps?mode=test&set=${app.set}`)).text();
  assert.match(await page(), /value="threads_manage_replies" {2}?checked/);
  assert.deepEqual(await saved({ platform: "threads" }), {
    scopes: ["threads_basic", "threads_content_publish"],
    config_id: null,
  });
  assert.doesNotMatch(await page(), /value="threads_manage_replies" {2}?checked/);
  assert.deepEqual(await saved({ platform: "threads", scopes: "threads_manage_replies" }), {
    scopes: null,
    config_id: null,
  });
  assert.deepEqual(await saved({ platform: "facebook", configId: "77" }), { scopes: null, config_id: "77" });
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

test("an account that needs attention says why, and what to do", async () => {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "linkedin");
  const own = await world.signIn(tenant);
  const shown = async (health: string, reason: string | null) => {
    await world.services.pool.query(
      "update accounts set token_health = $2, token_health_reason = $3 where user_id = $1",
      [tenant.userId, health, reason],
    );
    return (
      /<p class="notice (?:warn|failed) small">([^<]*)/.exec(
        await (await open("/connections?mode=test", { cookie: own })).text(),
      )?.[1] ?? null
    );
  };
  assert.equal(await shown("healthy", null), null);
  assert.equal(await shown("expiring", "It ends soon. Reconnect it."), "It ends soon. Reconnect it.");
  assert.match(
    (await shown("reconnect_required", "LinkedIn does not renew it.")) ?? "",
    /^LinkedIn does not renew it. Reconnect the account/,
  );
  assert.match((await shown("expired", null)) ?? "", /Reconnect the account/);
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

test("a post that a key can publish only after approval is reviewed and approved, until it is edited", async () => {
  const made = await send("/keys", { mode: "test", name: "asks first", approvalRequired: "1" });
  const tenant = { ...world.test, key: /amp_test_[\w-]{43}/.exec(await made.text())?.[0] ?? "" };
  const created = await world.call(tenant, "POST", "/api/v1/posts", {
    platformSetId: tenant.platformSetId,
    platforms: ["threads"],
    content: { text: "Shall I <b>go</b> out?" },
  });
  const path = `/posts/${idOf(created.body, "post")}`;
  const publish = () => world.call(tenant, "POST", `/api/v1${path}/publish`);
  assert.equal((await publish()).status, 403);
  const hashOn = async () =>
    /name="contentHash"\s+value="([0-9a-f]{64})"/.exec(await (await open(`${path}/approve`)).text())?.[1] ?? "";
  const contentHash = await hashOn();
  assert.ok((await (await open(`${path}/approve`)).text()).includes("Shall I &#60;b&#62;go&#60;/b&#62; out?"));
  await world.call(tenant, "PATCH", `/api/v1${path}`, { content: { text: "Edited meanwhile" } });
  assert.equal((await send(`${path}/approve`, { mode: "test", contentHash })).status, 412);
  assert.equal((await send(`${path}/approve`, { mode: "test", contentHash: await hashOn() })).status, 200);
  assert.equal((await publish()).status, 200);
  const stranger = await world.signIn((await world.makeTenants()).test);
  assert.equal((await open(`${path}/approve`, { cookie: stranger })).status, 404);
});

test("the draft of a key that only creates drafts is published, scheduled or discarded by a person, exactly as shown", async () => {
  const { test: free } = await world.makeTenants();
  await world.connect(free, "facebook");
  const own = await world.signIn(free);
  const asPerson = { origin: OWN, cookie: own };
  const made = await send("/keys", { mode: "test", name: "drafts only", draftOnly: "1" }, asPerson);
  const key = { ...free, key: /amp_test_[\w-]{43}/.exec(await made.text())?.[0] ?? "" };
  const draft = async () => {
    const { body } = await world.call(key, "POST", "/api/v1/posts", {
      platformSetId: free.platformSetId,
      platforms: ["facebook"],
      content: { text: "Shall I <b>go</b> out?" },
    });
    const id = idOf(body, "post");
    assert.ok(JSON.stringify(body).includes(`${OWN}/drafts/${id}`));
    return id;
  };
  const page = async (path: string) => await (await open(path, { cookie: own })).text();
  const etagOn = async (id: string) =>
    (/name="etag" value="([^"]*)"/.exec(await page(`/drafts/${id}`))?.[1] ?? "").replaceAll("&#34;", '"');
  const act = async (id: string, what: string, fields: Record<string, string> = {}) =>
    await send(`/drafts/${id}/${what}`, { mode: "test", etag: await etagOn(id), ...fields }, asPerson);
  const statusOf = async (id: string) =>
    z
      .object({ post: z.object({ status: z.string(), scheduledFor: z.string().nullable() }) })
      .parse((await world.call(free, "GET", `/api/v1/posts/${id}`)).body).post;

  const first = await draft();
  const list = await page("/drafts?mode=test");
  assert.ok(
    list.includes(`href="/drafts/${first}?mode=test"`) && list.includes("Shall I &#60;b&#62;go&#60;/b&#62; out?"),
  );
  const etag = await etagOn(first);
  assert.match(etag, /^"\d+-/);
  await world.call(key, "PATCH", `/api/v1/posts/${first}`, { content: { text: "Edited meanwhile" } });
  for (const what of ["publish", "discard", "schedule"])
    assert.equal((await act(first, what, { etag, at: "2099-01-01T09:30" })).status, 412, what);
  assert.equal((await statusOf(first)).status, "draft");
  const published = await act(first, "publish");
  assert.equal(published.headers.get("location"), `/drafts/${first}?mode=test&notice=publish`);
  assert.notEqual((await statusOf(first)).status, "draft");
  assert.ok((await page(`/drafts/${first}?mode=test&notice=publish`)).includes("The post is being published."));

  const second = await draft();
  const zone = "Pacific/Kiritimati";
  await world.callAs(own, "PATCH", "/api/me", { timeZone: zone });
  const local = new Date(Date.now() + 38 * 3_600_000).toISOString().slice(0, 16);
  const late = await act(second, "schedule", { at: "2001-01-01T09:30" });
  assert.deepEqual([late.status, (await late.text()).includes("The time must be in the future.")], [400, true]);
  assert.equal((await act(second, "schedule", { at: local })).status, 303);
  assert.deepEqual(await statusOf(second), {
    status: "scheduled",
    scheduledFor: new Date(Date.parse(`${local}Z`) - 14 * 3_600_000).toISOString(),
  });

  const third = await draft();
  assert.equal((await act(third, "discard")).status, 303);
  assert.equal((await statusOf(third)).status, "discarded");
  assert.equal((await open(`/drafts/${third}`)).status, 404);
});

test("a post to approve that cannot be read is not reported as deleted", async () => {
  const created = await world.call(world.test, "POST", "/api/v1/posts", {
    platformSetId: world.test.platformSetId,
    platforms: ["threads"],
    content: { text: "Here" },
  });
  const path = `/posts/${idOf(created.body, "post")}/approve`;
  await world.services.pool.query("alter table post_approvals rename to away");
  try {
    const page = await open(path);
    const text = await page.text();
    assert.deepEqual(
      [page.status, text.includes("Something went wrong on our side"), text.includes("not found")],
      [500, true, false],
    );
  } finally {
    await world.services.pool.query("alter table away rename to post_approvals");
  }
  assert.equal((await open(path)).status, 200);
  assert.equal((await open(`/posts/${crypto.randomUUID()}/approve`)).status, 404);
});

test("an invalid ID leads to no other route", async () => {
  for (const id of ["%2e", "%2e%2e"]) {
    const page = `/posts/${id}/approve`;
    const asked = await sendRaw(
      world.url,
      `GET ${page} HTTP/1.1\r\nhost: localhost:3000\r\ncookie: ${cookie}\r\nconnection: close\r\n\r\n`,
    );
    assert.match(asked, /^HTTP\/1\.1 404 /, page);
  }
  for (const set of [".", "..", ""])
    for (const what of ["save", "delete"])
      assert.equal(
        (await send(`/connections/apps/${what}`, { mode: "test", set, platform: "threads" })).status,
        404,
        `${what} ${set}`,
      );
});

test("nothing in a post to approve is displayed backwards, and a notice says that it would be", async () => {
  const turned = "Go to \u202emoc.elpmaxe\u202c";
  const created = await world.call(world.test, "POST", "/api/v1/posts", {
    platformSetId: world.test.platformSetId,
    platforms: ["threads"],
    content: { text: turned, platformOverrides: { threads: { text: turned } } },
  });
  const page = await (await open(`/posts/${idOf(created.body, "post")}/approve`)).text();
  assert.ok(
    page.includes("Go to moc.elpmaxe<") &&
      page.includes("Go to moc.elpmaxe&#34;") &&
      page.includes("change the direction of text"),
  );
  assert.ok(!/[\u202a-\u202e]/.test(page));
});

test("the number of posts waiting for approval is on every page, and the list approves or discards them as shown", async () => {
  const { test: free } = await world.makeTenants();
  await world.connect(free, "threads");
  const own = await world.signIn(free);
  const made = await send(
    "/keys",
    { mode: "test", name: "asks first", approvalRequired: "1" },
    { origin: OWN, cookie: own },
  );
  const held = { ...free, key: /amp_test_[\w-]{43}/.exec(await made.text())?.[0] ?? "" };
  const draft = async (text: string) =>
    idOf(
      (
        await world.call(held, "POST", "/api/v1/posts", {
          platformSetId: held.platformSetId,
          platforms: ["threads"],
          content: { text },
        })
      ).body,
      "post",
    );
  const page = async (path = "/approvals") => await (await open(path, { cookie: own })).text();
  const counted = async () => /Approvals(?: <span[^>]*>(\d+)<)?/.exec(await page("/keys"))?.[1];
  const act = (what: string, fields: Record<string, string>) =>
    send(`/approvals/${what}`, { mode: "test", ...fields }, { origin: OWN, cookie: own });
  const hashOf = async (id: string) =>
    new RegExp(
      `value="${id}" /><input type="hidden" name="mode" value="test" />` +
        '<input type="hidden" name="contentHash" value="([0-9a-f]{64})"',
    ).exec(await page())?.[1] ?? "";
  assert.deepEqual([await counted(), (await page()).includes("No posts are waiting")], [undefined, true]);
  const unread = await open("/approvals?cursor=nonsense", { cookie: own });
  assert.deepEqual([unread.status, (await unread.text()).includes("No posts are waiting")], [400, false]);
  const [first, second] = [await draft("First <b>draft</b>"), await draft("Second draft")];
  const shown = await page();
  assert.ok(
    shown.includes("First &#60;b&#62;draft&#60;/b&#62;") &&
      shown.includes("Second draft") &&
      shown.includes("Threads, @ampost") &&
      shown.includes("“asks first”"),
  );
  assert.equal(await counted(), "2");
  const contentHash = await hashOf(first);
  await world.call(held, "PATCH", `/api/v1/posts/${first}`, { content: { text: "Edited meanwhile" } });
  const stale = await act("approve", { id: first, contentHash });
  assert.ok(stale.status === 412 && (await stale.text()).includes("Edited meanwhile"));
  assert.equal(
    (await act("approve", { id: first, contentHash: await hashOf(first) })).headers.get("location"),
    "/approvals?mode=test&notice=approved",
  );
  assert.equal((await world.call(held, "POST", `/api/v1/posts/${first}/publish`)).status, 200);
  const stranger = { origin: OWN, cookie: await world.signIn((await world.makeTenants()).test) };
  assert.equal((await send("/approvals/discard", { mode: "test", id: second }, stranger)).status, 404);
  assert.equal((await act("discard", { id: "nonsense" })).status, 400);
  assert.equal(await counted(), "1");
  assert.equal((await act("discard", { id: second })).headers.get("location"), "/approvals?mode=test&notice=discarded");
  assert.deepEqual([await counted(), (await page()).includes("No posts are waiting")], [undefined, true]);
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
