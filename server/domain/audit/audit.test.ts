import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type Called, type World } from "../../../tests/world.ts";

let world: World;
let cookie: string;
let sessionId: string;

before(async () => {
  world = await createWorld();
  cookie = await world.signIn(world.test);
  sessionId = (await world.services.sessions.find({ cookie }))?.id ?? "";
});
after(() => world.close());

const event = z.strictObject({
  id: z.uuid(),
  action: z.string(),
  target: z.string().nullable(),
  targetName: z.string().nullable(),
  mode: z.enum(["live", "test"]).nullable(),
  actor: z.strictObject({ kind: z.string(), id: z.string().nullable(), name: z.string().nullable() }),
  data: z.looseObject({}),
  address: z.string().nullable(),
  requestId: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
const page = z.strictObject({ events: z.array(event), nextCursor: z.string().nullable() });
const read = async (query = "", as = cookie) => page.parse((await world.callAs(as, "GET", `/api/audit${query}`)).body);

/** Whom the log names besides what `actor` says. */
const named = ({ kind, id }: { kind: string; id: string }) => ({ kind, id, name: kind === "key" ? "test" : null });

const asKey = (method: string, path: string, body?: object) => world.call(world.test, method, path, body);
const asPerson = (method: string, path: string, body?: object) =>
  world.callAs(cookie, method, `${path}?mode=test`, body);

/** Does something and answers what the log has more of. */
async function written(deed: () => Promise<Called>) {
  const before = new Set((await read("?limit=100")).events.map(({ id }) => id));
  const called = await deed();
  assert.ok(called.status < 300, JSON.stringify(called.body));
  const events = (await read("?limit=100")).events.filter(({ id }) => !before.has(id));
  assert.equal(events.length, 1, JSON.stringify(events));
  const [one] = events;
  assert.ok(one);
  assert.equal(one.requestId, called.headers.get("x-request-id"));
  assert.equal(one.address, "127.0.0.1");
  return { called, one };
}

test("every change of keys, platform sets and approvals is audited once: what, on what, by whom, from where and in which request", async () => {
  const keyId = (await world.services.keyHolders.find(world.test.key))?.keyId ?? "";
  for (const [call, actor, prefix] of [
    [asKey, { kind: "key", id: keyId }, "/api/v1/platform-sets"],
    [asKey, { kind: "key", id: keyId }, "/api/platforms/sets"],
    [asPerson, { kind: "session", id: sessionId }, "/api/platforms/sets"],
  ] as const) {
    const made = await written(() => call("POST", prefix, { name: "Brand" }));
    const id = idOf(made.called.body, "set");
    assert.deepEqual(
      [made.one.action, made.one.target, made.one.mode, made.one.actor, made.one.data],
      ["platform_set.created", id, "test", named(actor), { name: "Brand" }],
    );
    const renamed = await written(() => call("PATCH", `${prefix}/${id}`, { name: "House" }));
    assert.deepEqual(
      [renamed.one.action, renamed.one.target, renamed.one.actor, renamed.one.data],
      ["platform_set.renamed", id, named(actor), { name: "House" }],
    );
    const deleted = await written(() => call("DELETE", `${prefix}/${id}`));
    assert.deepEqual(
      [deleted.one.action, deleted.one.target, deleted.one.actor, deleted.one.data],
      ["platform_set.deleted", id, named(actor), { name: "House" }],
    );
  }
  const made = await written(() =>
    asPerson("POST", "/api/keys", { name: "robot", mode: "live", policies: { draftOnly: true } }),
  );
  const id = idOf(made.called.body, "key");
  assert.deepEqual(
    [made.one.action, made.one.target, made.one.mode, made.one.actor.kind, made.one.data.name],
    ["api_key.created", id, "live", "session", "robot"],
  );
  const revoked = await written(() => asPerson("DELETE", `/api/keys/${id}`));
  assert.deepEqual([revoked.one.action, revoked.one.target, revoked.one.mode], ["api_key.revoked", id, "live"]);
  const raw = z.string().parse(objectIn(made.called.body, "key").apiKey);
  const { rows } = await world.services.pool.query<{ found: boolean }>(
    "select exists (select from audit_events e where strpos(e::text, $1) > 0) as found",
    [raw.slice(9)],
  );
  assert.deepEqual(rows, [{ found: false }]);
});

test("approving a post is audited", async () => {
  await world.connect(world.test, "threads");
  const postId = idOf(
    (
      await asKey("POST", "/api/v1/posts", {
        content: { text: "Hello" },
        platforms: ["threads"],
        platformSetId: world.test.platformSetId,
      })
    ).body,
    "post",
  );
  const { contentHash } = objectIn((await asPerson("GET", `/api/posts/${postId}/approval`)).body, "approval");
  const { one } = await written(() => asPerson("POST", `/api/posts/${postId}/approve`, { contentHash }));
  assert.deepEqual([one.action, one.target, one.data], ["post.approved", postId, { contentHash }]);
});

test("requests that were rejected or had no effect are not audited", async () => {
  const before = (await read()).events[0]?.id;
  asRefusal(await asKey("POST", "/api/v1/platform-sets", { name: "" }), 400);
  asRefusal(await asKey("DELETE", `/api/v1/platform-sets/${world.test.platformSetId}`), 400);
  asRefusal(await asKey("PATCH", `/api/v1/platform-sets/${world.live.platformSetId}`, { name: "Theirs" }), 404);
  asRefusal(await asPerson("DELETE", `/api/keys/${world.test.platformSetId}`), 404);
  assert.equal((await read()).events[0]?.id, before);
});

test("pages follow each other without gaps or duplicates, newest first, and end", async () => {
  const { events: all } = await read("?limit=100");
  assert.ok(all.length > 5);
  const seen: string[] = [];
  let query = "?limit=3";
  for (;;) {
    const { events, nextCursor } = await read(query);
    seen.push(...events.map(({ id }) => id));
    if (nextCursor === null) break;
    query = `?limit=3&cursor=${nextCursor}`;
  }
  assert.deepEqual(
    seen,
    all.map(({ id }) => id),
  );
  assert.deepEqual(seen, [...seen].sort().reverse());
  asRefusal(await world.callAs(cookie, "GET", "/api/audit?cursor=nonsense"), 400);
});

test("events are found by action, actor, mode and time, and name what they are about, as it is called now or was then", async () => {
  const keyId = (await world.services.keyHolders.find(world.test.key))?.keyId ?? "";
  const setId = idOf((await asKey("POST", "/api/v1/platform-sets", { name: "First name" })).body, "set");
  await asPerson("PATCH", `/api/platforms/sets/${setId}`, { name: "Second name" });
  const about = async (query: string) =>
    (await read(`?limit=100&${query}`)).events
      .filter(({ target }) => target === setId)
      .map(({ action, targetName, actor }) => [action, targetName, actor.name]);
  const [renamed, created] = [
    ["platform_set.renamed", "Second name", null],
    ["platform_set.created", "Second name", "test"],
  ];
  assert.deepEqual(await about(""), [renamed, created]);
  assert.deepEqual(await about("action=platform_set.created"), [created]);
  assert.deepEqual(await about("action=platform_set"), [renamed, created]);
  assert.deepEqual(await about("action=platform"), []);
  assert.deepEqual(await about("actor=key"), [created]);
  assert.deepEqual(await about("eventMode=test"), [renamed, created]);
  assert.deepEqual(await about("eventMode=live"), []);
  const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  assert.deepEqual(await about(`from=${day(-1)}&to=${day(1)}`), [renamed, created]);
  assert.deepEqual(await about(`from=${day(1)}`), []);
  assert.deepEqual(await about(`to=${day(-1)}`), []);
  await asKey("DELETE", `/api/v1/platform-sets/${setId}`);
  assert.deepEqual((await about("action=platform_set.created"))[0]?.[1], "First name");
  const keys = (await read("?actor=key&limit=100")).events;
  assert.ok(keys.length > 0 && keys.every(({ actor }) => actor.id === keyId && actor.name === "test"));
  asRefusal(await world.callAs(cookie, "GET", "/api/audit?action=%25"), 400);
});

test("what has no name of its own is named by its email address, its external ID or its platform", async () => {
  const nameOf = async (action: string) => (await read(`?action=${action}`)).events[0]?.targetName;
  const link = { platformSetId: world.test.platformSetId, platform: "threads" };
  const id = idOf((await asKey("POST", "/api/v1/connect-links", link)).body, "connectLink");
  assert.equal(await nameOf("connect_link.created"), "Threads");
  await asKey("DELETE", `/api/v1/connect-links/${id}`);
  assert.equal(await nameOf("connect_link.revoked"), "Threads");
  await asKey("POST", "/api/v1/connect-links", { ...link, externalId: "customer-7" });
  assert.equal(await nameOf("connect_link.created"), "customer-7");
  const app = `/api/platform-sets/${world.test.platformSetId}/apps/threads`;
  assert.equal((await asPerson("PUT", app, { clientId: "mine", clientSecret: "secret" })).status, 200);
  assert.equal(await nameOf("oauth_app.saved"), "Threads");
  assert.equal((await asPerson("DELETE", app)).status, 200);
  assert.equal(await nameOf("oauth_app.deleted"), "Threads");
  await world.database.pool.query("update users set is_owner = true where id = $1", [world.test.userId]);
  Object.assign(world.services.settings, { signUp: "invite" });
  const invite = idOf((await asPerson("POST", "/api/invites", { email: "ann@example.com" })).body, "invite");
  assert.equal((await asPerson("DELETE", `/api/invites/${invite}`)).status, 200);
  assert.deepEqual(
    [await nameOf("user.invited"), await nameOf("user.invite_withdrawn")],
    ["ann@example.com", "ann@example.com"],
  );
});

test("the log is exported as CSV with the same filters, and no cell of it is a formula", async () => {
  const hostile = [
    '=cmd|"/c calc"!A1',
    "+1",
    "-1",
    "@SUM(A1)",
    " =1",
    "\uff1d1",
    "\uff0b1",
    "\uff20SUM(A1)",
    "\u200b=1",
    "\u2060-1",
    'a "quoted", one\r\n=2',
  ];
  for (const name of hostile) await asKey("POST", "/api/v1/platform-sets", { name });
  const { status, headers, body } = await world.callAs(
    cookie,
    "GET",
    "/api/audit/export?mode=test&action=platform_set.created",
  );
  assert.equal(status, 200);
  assert.equal(headers.get("content-type"), "text/csv; charset=utf-8");
  assert.equal(headers.get("content-disposition"), 'attachment; filename="ampost-audit-log.csv"');
  const rows = parse(String(body));
  const [head = [], ...events] = rows;
  assert.equal(events.length, (await read("?limit=100&action=platform_set.created")).events.length);
  const none = await world.callAs(cookie, "GET", "/api/audit/export?action=platform_set.created&eventMode=live");
  assert.equal(parse(String(none.body)).length, 1);
  const names = events.map((row) => row[head.indexOf("target name")] ?? "");
  for (const name of hostile)
    assert.ok(
      names.some((each) => each.replace(/^'/, "").trim() === name.trim()),
      `${name}: ${names.join(" ")}`,
    );
  for (const row of rows)
    for (const cell of row) assert.doesNotMatch(cell, /^[\s\p{Cf}]*[=+@\-\uff1d\uff0b\uff0d\uff20]/u);
  assert.ok(rows.every((row) => row.length === head.length));
  assert.equal((await world.call(world.test, "GET", "/api/audit/export")).status, 401);
  asRefusal(await world.callAs(cookie, "GET", "/api/audit/export?limit=5"), 400);
});

/** Rows of cells (RFC 4180). */
function parse(text: string): string[][] {
  return [...text.matchAll(/((?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,|\r\n))/g)]
    .map(([cell]) => cell)
    .reduce<string[][]>(
      (rows, cell) => {
        const ends = cell.endsWith("\r\n");
        const raw = cell.slice(0, ends ? -2 : -1);
        rows.at(-1)?.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw);
        return ends ? [...rows, []] : rows;
      },
      [[]],
    )
    .filter((row) => row.length > 0);
}

test("nobody sees another user's audit log", async () => {
  const stranger = (await world.makeTenants()).test;
  const theirs = await world.signIn(stranger);
  const own = new Set((await read("?limit=100")).events.map(({ id }) => id));
  const { events } = await read("?limit=100", theirs);
  assert.ok(events.length > 0);
  assert.ok(events.every(({ id }) => !own.has(id)));
});

test("the database does not allow changing or deleting audit log entries", async () => {
  const { pool } = world.services;
  for (const sql of [
    "update audit_events set action = 'other'",
    "delete from audit_events",
    "truncate audit_events",
    "update audit_events set data = '{}' where false",
  ]) {
    await assert.rejects(pool.query(sql), /rows of audit_events are never (changed|deleted in their first year)/, sql);
  }
});
