import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import pino from "pino";
import { z } from "zod";

import { apiKey as keyShape } from "../../../contract/operations/api-keys.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type World } from "../../../tests/world.ts";
import { createHttpApp } from "../../http/app.ts";
import { digestKey } from "./api-keys.ts";

let world: World;
let cookie: string;

before(async () => {
  world = await createWorld();
  cookie = await world.signIn(world.test);
});
after(() => world.close());

const create = (body: object, headers: Record<string, string> = {}) =>
  world.callAs(cookie, "POST", "/api/keys", body, headers);
const list = async () =>
  z
    .object({ keys: z.array(z.strictObject(keyShape.shape)) })
    .parse((await world.callAs(cookie, "GET", "/api/keys")).body).keys;
const rawKey = (body: unknown) => z.string().parse(objectIn(body, "key").apiKey);
const reads = (key: string) =>
  fetch(`${world.url}/api/v1/platform-sets`, { headers: { authorization: `Bearer ${key}` } });

test("a user creates a key that works immediately, in the requested mode, and is shown once", async () => {
  for (const mode of ["live", "test"] as const) {
    const made = await create({ name: ` ${mode} key `, mode });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    assert.equal(made.headers.get("cache-control"), "no-store");
    const key = rawKey(made.body);
    assert.match(key, new RegExp(`^amp_${mode}_[A-Za-z0-9_-]{43}$`));
    const { sets } = z
      .object({ sets: z.array(z.object({ mode: z.string(), userId: z.string() })) })
      .parse(await (await reads(key)).json());
    assert.deepEqual(
      sets.map((set) => [set.mode, set.userId]),
      [[mode, world.test.userId]],
    );
    const shown = (await list()).find(({ id }) => id === idOf(made.body, "key"));
    assert.deepEqual(
      [shown?.name, shown?.mode, shown?.prefix, shown?.revokedAt],
      [`${mode} key`, mode, key.slice(0, 12), null],
    );
    assert.deepEqual(shown?.policies, {
      draftOnly: false,
      platforms: null,
      postsPerDay: null,
      feesPerMonthMicroUsd: null,
      approvalRequired: false,
      oauthApps: false,
    });
    assert.ok(!JSON.stringify(await list()).includes(key));
  }
});

test("a key shows when it was last used", async () => {
  const made = await create({ name: "used", mode: "test" });
  const lastUse = async () => (await list()).find(({ id }) => id === idOf(made.body, "key"))?.lastUsedAt;
  assert.equal(await lastUse(), null);
  await reads(rawKey(made.body));
  while ((await lastUse()) === null) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("a revoked key is rejected from the next request on, stays in the list, and is revoked once", async () => {
  const made = await create({ name: "going", mode: "live" });
  const id = idOf(made.body, "key");
  const key = rawKey(made.body);
  assert.equal((await reads(key)).status, 200);
  const revoked = await world.callAs(cookie, "DELETE", `/api/keys/${id}`);
  assert.equal(revoked.status, 200);
  assert.equal((await reads(key)).status, 401);
  const again = await world.callAs(cookie, "DELETE", `/api/keys/${id}`);
  // When it was last used is written down a moment later.
  const without = (body: unknown) => ({ ...objectIn(body, "key"), lastUsedAt: null });
  assert.deepEqual(without(again.body), without(revoked.body));
  assert.notEqual((await list()).find((each) => each.id === id)?.revokedAt, null);
});

const roll = (id: string, body?: object, headers: Record<string, string> = {}) =>
  world.callAs(cookie, "POST", `/api/keys/${id}/roll`, body, headers);

test("a rolled key works as long as asked, and a new one is like it", async () => {
  const policies = { draftOnly: true, platforms: ["threads"] };
  const made = await create({ name: "rolled", mode: "test", policies });
  const id = idOf(made.body, "key");
  const second = await roll(id, { overlapSeconds: 3600 });
  assert.equal(second.status, 201, JSON.stringify(second.body));
  assert.equal(second.headers.get("cache-control"), "no-store");
  const { name, mode } = objectIn(made.body, "key");
  assert.partialDeepStrictEqual(objectIn(second.body, "key"), { name, mode, policies, expiresAt: null });
  for (const body of [made.body, second.body]) assert.equal((await reads(rawKey(body))).status, 200);
  const old = (await list()).find((each) => each.id === id);
  assert.equal(old?.replacedBy, idOf(second.body, "key"));
  const secondsLeft = (Date.parse(String(old?.expiresAt)) - Date.now()) / 1000;
  assert.ok(secondsLeft > 3000 && secondsLeft <= 3600, String(secondsLeft));
  const { rows } = await world.services.pool.query(
    "select actor_kind, mode, data from audit_events where action = 'api_key.rolled' and target = $1",
    [id],
  );
  assert.deepEqual(rows, [
    {
      actor_kind: "session",
      mode: "test",
      data: { name, replacedBy: old?.replacedBy, worksUntil: old?.expiresAt },
    },
  ]);
  await world.services.pool.query("update api_keys set expires_at = now() where id = $1", [id]);
  await world.services.pool.query("select pg_notify('ampost_keys', $1)", [id]);
  while ((await reads(rawKey(made.body))).status !== 401) await new Promise((resolve) => setTimeout(resolve, 10));
  asRefusal(await roll(id), 404);
});

test("a key that is rolled without an overlap is revoked", async () => {
  const made = await create({ name: "leaked", mode: "live" });
  const second = await roll(idOf(made.body, "key"));
  assert.deepEqual([(await reads(rawKey(made.body))).status, (await reads(rawKey(second.body))).status], [401, 200]);
  assert.notEqual((await list()).find(({ id }) => id === idOf(made.body, "key"))?.revokedAt, null);
});

test("a key is rolled once, however many requests come at the same time", async () => {
  const id = idOf((await create({ name: "many", mode: "test" })).body, "key");
  const all = await Promise.all([1, 2, 3, 4].map(() => roll(id, { overlapSeconds: 60 })));
  assert.deepEqual(all.map(({ status }) => status).sort(), [201, 400, 400, 400]);
  assert.equal((await list()).filter(({ name }) => name === "many").length, 2);
  const { issues } = asRefusal(await roll(id), 400);
  assert.deepEqual(
    issues.map(({ rule }) => rule),
    ["key.rolled"],
  );
});

test("an overlap does not let a key live longer, and is at most a week", async () => {
  const expiresAt = new Date(Date.now() + 60_000).toISOString();
  const id = idOf((await create({ name: "ending", mode: "test", expiresAt })).body, "key");
  asRefusal(await roll(id, { overlapSeconds: 604_801 }), 400);
  const second = await roll(id, { overlapSeconds: 604_800 });
  assert.equal(objectIn(second.body, "key").expiresAt, expiresAt);
  assert.equal((await list()).find((each) => each.id === id)?.expiresAt, expiresAt);
});

test("a repeated roll with the same Idempotency-Key makes no third key", async () => {
  const id = idOf((await create({ name: "rolled once", mode: "test" })).body, "key");
  const headers = { "idempotency-key": randomUUID() };
  const first = await roll(id, { overlapSeconds: 60 }, headers);
  const second = await roll(id, { overlapSeconds: 60 }, headers);
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(objectIn(second.body, "key"), { ...objectIn(first.body, "key"), apiKey: null });
  assert.equal((await list()).filter(({ name }) => name === "rolled once").length, 2);
});

test("an expiry must be in the future", async () => {
  const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
  assert.equal(objectIn((await create({ name: "short", mode: "test", expiresAt })).body, "key").expiresAt, expiresAt);
  const { issues } = asRefusal(
    await create({ name: "late", mode: "test", expiresAt: new Date(Date.now() - 1000).toISOString() }),
    400,
  );
  assert.deepEqual(
    issues.map(({ rule, path }) => [rule, path]),
    [["key.expiresAt", "/expiresAt"]],
  );
});

test("invalid names, modes and policies are rejected, all at once", async () => {
  const { issues } = asRefusal(
    await create({ name: "  ", mode: "both", policies: { postsPerDay: 0, platforms: ["myspace"], draftonly: true } }),
    400,
  );
  assert.deepEqual(issues.map(({ path }) => path).sort(), [
    "/mode",
    "/name",
    "/policies/draftonly",
    "/policies/platforms/0",
    "/policies/postsPerDay",
  ]);
});

test("repeating with the same Idempotency-Key creates no second key, and does not show the first again", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const first = await create({ name: "once", mode: "test" }, headers);
  const second = await create({ name: "once", mode: "test" }, headers);
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(objectIn(second.body, "key"), { ...objectIn(first.body, "key"), apiKey: null });
  assert.equal((await list()).filter(({ name }) => name === "once").length, 1);
});

test("what is stored of a key cannot be used as one, and no table contains a key", async () => {
  const key = rawKey((await create({ name: "stored", mode: "live" }, { "idempotency-key": randomUUID() })).body);
  const digest = digestKey(key);
  for (const form of [
    digest.toString("hex"),
    digest.toString("base64url"),
    `amp_live_${digest.toString("base64url")}`,
    `amp_live_${digest.toString("hex")}`,
    key.slice(0, 12),
  ]) {
    assert.equal((await reads(form)).status, 401, form);
  }
  const { pool } = world.services;
  const { rows: tables } = await pool.query<{ name: string }>(
    `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
     where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
  );
  for (const { name } of tables) {
    const { rows } = await pool.query<{ found: boolean }>(
      `select exists (select from ${name} t where strpos(t::text, $1) > 0) as found`,
      [key.slice("amp_live_".length)],
    );
    assert.equal(rows[0]?.found, false, name);
  }
});

test("no log line shows a key, wherever it was sent", async () => {
  const lines: string[] = [];
  const log = pino({ level: "trace" }, { write: (line) => void lines.push(line) });
  const app = await createHttpApp(
    { ...world.services, log },
    {
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  try {
    const made = await app.inject({
      method: "POST",
      url: "/api/keys",
      headers: { cookie, origin: world.services.settings.appUrl },
      payload: { name: "quiet", mode: "test" },
    });
    const key = rawKey(made.json());
    for (const url of [
      "/api/v1/platform-sets",
      `/api/v1/platform-sets?key=${key}`,
      `/api/v1/posts/${key}`,
      `/api/${key}`,
    ]) {
      for (const authorization of [`Bearer ${key}`, `Basic ${key}`, `Bearer ${key}x`])
        await app.inject({ method: "GET", url, headers: { authorization } });
    }
    await app.inject({
      method: "POST",
      url: "/api/v1/platform-sets",
      headers: { authorization: `Bearer ${key}`, "idempotency-key": key },
      payload: { name: key },
    });
    assert.ok(lines.length >= 14);
    assert.ok(!lines.join("").includes(key.slice(9)));
  } finally {
    await app.close();
  }
});
