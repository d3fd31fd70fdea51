import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { z } from "zod";

import { keyPolicies } from "../../../contract/operations/api-keys.ts";
import { connectLinksGet } from "../../../contract/operations/connect-links.ts";
import { newId } from "../../../model/ids.ts";
import { asRefusal, objectIn } from "../../../tests/answers.ts";
import { createWorld, type World } from "../../../tests/world.ts";
import { createApiKey } from "../api-keys/api-keys.ts";

let world: World;
before(async () => (world = await createWorld()));
after(() => world.close());

const link = z.strictObject(connectLinksGet.answer.shape.connectLink.shape);
const RETURN_URL = "https://app.example.com/connected?tenant=7";

const body = (changed: object = {}) => ({
  platformSetId: world.test.platformSetId,
  platform: "threads",
  externalId: "customer-1",
  returnUrl: RETURN_URL,
  ...changed,
});
const create = (changed: object = {}, headers: Record<string, string> = {}) =>
  world.call(world.test, "POST", "/api/v1/connect-links", body(changed), headers);
const read = async (id: string) =>
  link.parse(objectIn((await world.call(world.test, "GET", `/api/v1/connect-links/${id}`)).body, "connectLink"));

test("a link is created with a lifetime of a day, and its URL is shown once and stored nowhere", async () => {
  const made = await create();
  assert.equal(made.status, 201);
  const shown = link.parse(objectIn(made.body, "connectLink"));
  assert.match(shown.url ?? "", /^http:\/\/localhost:3000\/connect\/[\w-]{43}$/);
  assert.deepEqual(
    [
      shown.status,
      shown.platform,
      shown.externalId,
      shown.returnUrl,
      shown.accountId,
      shown.mode,
      Date.parse(shown.expiresAt) - Date.parse(shown.createdAt),
    ],
    ["pending", "threads", "customer-1", RETURN_URL, null, "test", 86_400_000],
  );
  assert.deepEqual(await read(shown.id), { ...shown, url: null });
  const token = shown.url?.split("/").at(-1) ?? "";
  for (const table of ["connect_links", "idempotency_keys", "audit_events"]) {
    const { rows } = await world.services.pool.query<{ row: string }>(
      `select to_jsonb(t)::text as row from ${table} t`,
    );
    assert.ok(!rows.some(({ row }) => row.includes(token) || row.includes(Buffer.from(token).toString("hex"))), table);
  }
});

test("only the platform set is required: without a return URL, a page of the instance shows the result", async () => {
  const make = async (changed: object) =>
    link.parse(
      objectIn(
        (
          await world.call(world.test, "POST", "/api/v1/connect-links", {
            platformSetId: world.test.platformSetId,
            ...changed,
          })
        ).body,
        "connectLink",
      ),
    );
  const forAll = await make({});
  assert.deepEqual([forAll.platform, forAll.externalId, forAll.accountIds], [null, null, []]);
  const made = await make({ platform: "threads" });
  const { pathname } = new URL(made.returnUrl);
  const shown = async (status: string) => await (await fetch(`${world.url}${pathname}?status=${status}`)).text();
  assert.match(await shown("connected"), /The account is connected/);
  assert.match(await shown("refused"), /No account was connected/);
});

test("the return URL uses https, or is on this machine", async () => {
  for (const returnUrl of [
    "http://localhost:8080/back",
    "http://127.0.0.1/",
    "http://[::1]:3000/x",
    "https://example.com",
  ])
    assert.equal((await create({ returnUrl })).status, 201, returnUrl);
  for (const returnUrl of [
    "http://example.com/",
    "http://localhost.example.com/",
    "http://127.0.0.1.example.com/",
    "javascript:alert(1)",
    "//example.com",
    "/back",
    "https://user:pass@example.com/",
    "https:example.com",
  ]) {
    const { issues } = asRefusal(await create({ returnUrl }), 400);
    assert.deepEqual(
      issues.map(({ path }) => path),
      ["/returnUrl"],
      returnUrl,
    );
  }
});

test("lifetime, external ID, platform and set must be valid", async () => {
  for (const [changed, path] of [
    [{ expiresInSeconds: 59 }, "/expiresInSeconds"],
    [{ expiresInSeconds: 30 * 86_400 + 1 }, "/expiresInSeconds"],
    [{ externalId: "x".repeat(256) }, "/externalId"],
    [{ externalId: "" }, "/externalId"],
    [{ platform: "myspace" }, "/platform"],
    [{ platformSetId: newId() }, "/platformSetId"],
    [{ platformSetId: world.live.platformSetId }, "/platformSetId"],
  ] as const) {
    assert.deepEqual(
      asRefusal(await create(changed), 400).issues.map((issue) => issue.path),
      [path],
      JSON.stringify(changed),
    );
  }
  assert.equal((await create({ expiresInSeconds: 30 * 86_400, externalId: "x".repeat(255) })).status, 201);
});

test("the same key creates one link, and the repeat does not show its URL again", async () => {
  const headers = { "idempotency-key": randomUUID() };
  const externalId = randomUUID();
  const answers = await Promise.all(Array.from({ length: 10 }, () => create({ externalId }, headers)));
  const made = answers
    .filter(({ status }) => status === 201)
    .map((answer) => link.parse(objectIn(answer.body, "connectLink")));
  assert.equal(made.filter(({ url }) => url !== null).length, 1);
  const repeat = await create({ externalId }, headers);
  assert.equal(repeat.headers.get("idempotency-replayed"), "true");
  assert.deepEqual(link.parse(objectIn(repeat.body, "connectLink")), {
    ...made.find(({ url }) => url !== null),
    url: null,
  });
  const { body: list } = await world.call(world.test, "GET", `/api/v1/connect-links?externalId=${externalId}`);
  assert.equal(z.object({ total: z.int() }).parse(list).total, 1);
});

test("links are listed newest first, by status and external ID", async () => {
  const externalId = randomUUID();
  const ids: string[] = [];
  for (let number = 0; number < 3; number += 1)
    ids.unshift(link.parse(objectIn((await create({ externalId })).body, "connectLink")).id);
  await world.call(world.test, "DELETE", `/api/v1/connect-links/${ids[1]}`);
  const list = async (query: string) => {
    const { body: answer } = await world.call(
      world.test,
      "GET",
      `/api/v1/connect-links?externalId=${externalId}${query}`,
    );
    const { connectLinks, total } = z.strictObject({ connectLinks: z.array(link), total: z.int() }).parse(answer);
    return [connectLinks.map(({ id }) => id), total];
  };
  assert.deepEqual(await list(""), [ids, 3]);
  assert.deepEqual(await list("&limit=1&offset=1"), [[ids[1]], 3]);
  assert.deepEqual(await list("&status=pending"), [[ids[0], ids[2]], 2]);
  assert.deepEqual(await list("&status=revoked"), [[ids[1]], 1]);
});

test("a link is revoked permanently, expires, and ends with its set", async () => {
  const make = async (changed: object = {}) => link.parse(objectIn((await create(changed)).body, "connectLink")).id;
  const revoked = await make();
  for (let times = 0; times < 2; times += 1) {
    const { status, body: answer } = await world.call(world.test, "DELETE", `/api/v1/connect-links/${revoked}`);
    assert.deepEqual([status, link.parse(objectIn(answer, "connectLink")).status], [200, "revoked"]);
  }
  const late = await make();
  await world.services.pool.query("update connect_links set expires_at = now() where id = $1", [late]);
  assert.equal((await read(late)).status, "expired");
  const set = z
    .object({ set: z.object({ id: z.string() }) })
    .parse((await world.call(world.test, "POST", "/api/v1/platform-sets", { name: "Short-lived" })).body).set.id;
  const orphan = await make({ platformSetId: set });
  await world.call(world.test, "DELETE", `/api/v1/platform-sets/${set}`);
  assert.equal((await read(orphan)).status, "revoked");
});

test("creating and revoking a link are audited, once each, with who did it", async () => {
  const { id } = link.parse(objectIn((await create()).body, "connectLink"));
  await world.call(world.test, "DELETE", `/api/v1/connect-links/${id}`);
  await world.call(world.test, "DELETE", `/api/v1/connect-links/${id}`);
  const { rows } = await world.services.pool.query(
    "select action, actor_kind, user_id, mode from audit_events where target = $1 order by id",
    [id],
  );
  assert.deepEqual(
    rows,
    ["created", "revoked"].map((what) => ({
      action: `connect_link.${what}`,
      actor_kind: "key",
      user_id: world.test.userId,
      mode: "test",
    })),
  );
});

test("a key for some platforms can create connect links only for these", async () => {
  const policies = keyPolicies.parse({ platforms: ["threads"] });
  const { apiKey: key } = await createApiKey(world.services, world.test, { name: "threads only", policies });
  const ask = (changed: object) => world.call({ ...world.test, key }, "POST", "/api/v1/connect-links", body(changed));
  assert.equal((await ask({ platform: "threads" })).status, 201);
  for (const platform of ["linkedin", undefined])
    assert.match(
      asRefusal(await ask({ platform }), 403).issues[0]?.message ?? "",
      /connect links only for threads/,
      platform,
    );
});
