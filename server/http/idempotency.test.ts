import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import sharp from "sharp";

import { PublicError } from "../../model/errors.ts";
import { asRefusal, idOf, objectIn } from "../../tests/answers.ts";
import { createWorld, type Called, type World } from "../../tests/world.ts";
import { claim, withClaim, write } from "../domain/idempotency.ts";

let world: World;

before(async () => {
  world = await createWorld();
  await world.connect(world.test, "threads");
});
after(() => world.close());

const body = () => ({ content: { text: "Once" }, platforms: ["threads"], platformSetId: world.test.platformSetId });
const create = (key: string, changed: object = {}) =>
  world.call(world.test, "POST", "/api/v1/posts", { ...body(), ...changed }, { "idempotency-key": key });

async function countPosts(): Promise<number> {
  const { rows } = await world.services.pool.query<{ count: number }>("select count(*)::int as count from posts");
  return rows[0]?.count ?? -1;
}

test("the same key with the same request returns the stored response and creates nothing new", async () => {
  const key = randomUUID();
  const first = await create(key);
  const count = await countPosts();
  const second = await create(key);
  assert.equal(first.status, 201);
  assert.equal(second.status, 201);
  assert.deepEqual(second.body, first.body);
  assert.deepEqual(JSON.stringify(second.body), JSON.stringify(first.body));
  assert.equal(first.headers.get("idempotency-replayed"), null);
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  assert.equal(second.headers.get("etag"), first.headers.get("etag"));
  assert.notEqual(second.headers.get("x-request-id"), first.headers.get("x-request-id"));
  assert.equal(await countPosts(), count);
});

test("the order of the body's keys does not matter", async () => {
  const key = randomUUID();
  const first = await create(key);
  const turned = Object.fromEntries(Object.entries(body()).reverse());
  const second = await world.call(world.test, "POST", "/api/v1/posts", turned, { "idempotency-key": key });
  assert.deepEqual(second.body, first.body);
});

test("the same key with another body, path or operation is rejected, naming what the key made", async () => {
  const key = randomUUID();
  const first = await create(key);
  const id = idOf(first.body, "post");
  const refused = asRefusal(await create(key, { content: { text: "Twice" } }), 422);
  assert.deepEqual([refused.code, refused.object], ["IDEMPOTENCY_KEY_REUSED", { type: "post", id }]);
  assert.ok(refused.error.includes(`the post ${id}`), refused.error);
  for (const path of [`/api/v1/posts/${id}/cancel`, `/api/v1/posts/${id}/publish`]) {
    assert.equal(
      asRefusal(await world.call(world.test, "POST", path, undefined, { "idempotency-key": key }), 422).code,
      "IDEMPOTENCY_KEY_REUSED",
    );
  }
});

test("a reused key names an object of any kind, and none if there was none", async () => {
  const [key, deleting] = [randomUUID(), randomUUID()];
  const write = (method: string, path: string, body: unknown, used: string) =>
    world.call(world.test, method, path, body, { "idempotency-key": used });
  const set = idOf((await write("POST", "/api/v1/platform-sets", { name: "Named" }, key)).body, "set");
  const named = asRefusal(await write("POST", "/api/v1/platform-sets", { name: "Other" }, key), 422);
  assert.deepEqual(named.object, { type: "set", id: set });
  assert.equal((await write("DELETE", `/api/v1/platform-sets/${set}`, undefined, deleting)).status, 200);
  const unnamed = asRefusal(await write("POST", "/api/v1/platform-sets", { name: "Other" }, deleting), 422);
  assert.deepEqual([unnamed.code, unnamed.object], ["IDEMPOTENCY_KEY_REUSED", undefined]);
});

test("two hundred parallel requests with one key create one post", async () => {
  const key = randomUUID();
  const count = await countPosts();
  const answers = await Promise.all(Array.from({ length: 200 }, () => create(key)));
  assert.equal(await countPosts(), count + 1);
  const ids = new Set(answers.filter(({ status }) => status === 201).map((answer) => idOf(answer.body, "post")));
  assert.equal(ids.size, 1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    assert.equal(asRefusal(answer, 409).code, "IDEMPOTENCY_IN_PROGRESS");
    assert.match(answer.headers.get("retry-after") ?? "", /^\d+$/);
  }
});

test("a rejected request releases its key", async () => {
  const key = randomUUID();
  asRefusal(await create(key, { platforms: [] }), 400);
  assert.equal((await create(key)).status, 201);
});

test("a key over 255 characters, or an empty one, is rejected", async () => {
  asRefusal(await create("k".repeat(256)), 400);
  assert.equal((await create("k".repeat(255))).status, 201);
});

test("the same key in the other mode or of another user is another key", async () => {
  const key = randomUUID();
  const other = (await world.makeTenants()).test;
  for (const tenant of [world.test, world.live, other]) {
    const answer = await world.call(
      tenant,
      "POST",
      "/api/v1/platform-sets",
      { name: "Set" },
      { "idempotency-key": key },
    );
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("idempotency-replayed"), null);
  }
});

test("every write accepts a key: a repeated publish, retry, rename or delete returns the response again", async () => {
  const id = idOf((await create(randomUUID())).body, "post");
  const set = idOf((await world.call(world.test, "POST", "/api/v1/platform-sets", { name: "A" })).body, "set");
  const writes: [string, string, unknown?][] = [
    ["PATCH", `/api/v1/posts/${id}`, { content: { text: "Changed" } }],
    ["POST", `/api/v1/posts/${id}/publish`],
    ["POST", `/api/v1/posts/${id}/cancel`],
    ["PATCH", `/api/v1/platform-sets/${set}`, { name: "B" }],
    ["DELETE", `/api/v1/platform-sets/${set}`],
  ];
  for (const [method, path, sent] of writes) {
    const key = randomUUID();
    const first = await world.call(world.test, method, path, sent, { "idempotency-key": key });
    const second = await world.call(world.test, method, path, sent, { "idempotency-key": key });
    assert.equal(first.status, 200, `${method} ${path}`);
    assert.deepEqual(
      [second.status, second.body, second.headers.get("idempotency-replayed")],
      [200, first.body, "true"],
      `${method} ${path}`,
    );
  }
});

test("a repeat returns the current state of the post, and no copy of it is stored", async () => {
  const key = randomUUID();
  const first = await create(key);
  const id = idOf(first.body, "post");
  assert.equal(
    (await world.call(world.test, "PATCH", `/api/v1/posts/${id}`, { content: { text: "As it is now" } })).status,
    200,
  );
  const again = await create(key);
  const now = await world.call(world.test, "GET", `/api/v1/posts/${id}`);
  assert.deepEqual([again.status, again.headers.get("idempotency-replayed")], [201, "true"]);
  assert.deepEqual(again.body, Object.assign({}, first.body, now.body));
  assert.equal(again.headers.get("etag"), now.headers.get("etag"));
  const { rows } = await world.services.pool.query("select body from idempotency_keys where post_id = $1", [id]);
  assert.deepEqual(rows, [{ body: { post: null, warnings: [], fees: [] } }]);
});

test("a form is the same request if its fields and bytes are, whatever its boundary", async () => {
  const key = randomUUID();
  const send = async (bytes: Uint8Array<ArrayBuffer>): Promise<Called> => {
    const form = new FormData();
    form.set("data", JSON.stringify(body()));
    form.set("files", new File([bytes], "a.jpg", { type: "image/jpeg" }));
    return await world.call(world.test, "POST", "/api/v1/posts", form, { "idempotency-key": key });
  };
  const picture = async (background: string) =>
    new Uint8Array(
      await sharp({ create: { width: 640, height: 640, channels: 3, background } })
        .jpeg()
        .toBuffer(),
    );
  const red = await picture("red");
  const first = await send(red);
  const second = await send(red);
  assert.equal(first.status, 201, JSON.stringify(first.body));
  assert.deepEqual(second.body, first.body);
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  asRefusal(await send(await picture("blue")), 422);
  const files: string[] = [];
  for await (const { key: name } of world.services.storage.list()) files.push(name);
  assert.equal(files.length, 1, "the files of replayed and refused requests are gone");
});

test("a repeated upload returns the media as it is now, and no URL that works is kept for it", async () => {
  const key = randomUUID();
  const send = async (): Promise<Called> => {
    const form = new FormData();
    const picture = sharp({ create: { width: 640, height: 640, channels: 3, background: "green" } }).jpeg();
    form.set("file", new File([new Uint8Array(await picture.toBuffer())], "a.jpg", { type: "image/jpeg" }));
    return await world.call(world.test, "POST", "/api/v1/media", form, { "idempotency-key": key });
  };
  const first = await send();
  assert.equal(first.status, 201, JSON.stringify(first.body));
  const second = await send();
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  const id = idOf(second.body, "media");
  assert.equal(id, idOf(first.body, "media"));
  const { url } = objectIn(second.body, "media");
  assert.equal((await fetch(String(url))).status, 200);
  const { rows } = await world.services.pool.query("select body::text as body from idempotency_keys where key = $1", [
    key,
  ]);
  assert.doesNotMatch(rows[0].body, /signature/);
  await world.call(world.test, "DELETE", `/api/v1/media/${id}`);
  assert.deepEqual(objectIn((await send()).body, "media"), {
    ...objectIn(first.body, "media"),
    url: null,
    thumbnailUrl: null,
  });
});

test("a dead process's claim expires, and its late work is rolled back", async () => {
  const { pool } = world.services;
  const caller = { userId: world.test.userId, mode: world.test.mode };
  const request = { key: randomUUID(), operation: "platform_sets_create", requestHash: "x", status: 200 };
  const dead = await claim(pool, caller, request);
  assert.ok("id" in dead);
  await assert.rejects(
    claim(pool, caller, request),
    (error) => error instanceof PublicError && error.code === "IDEMPOTENCY_IN_PROGRESS",
  );
  await pool.query("update idempotency_keys set claimed_until = now() - interval '1 second' where key = $1", [
    request.key,
  ]);
  const heir = await claim(pool, caller, request);
  assert.ok("id" in heir);
  const late = write({ pool }, { ...caller, claim: dead }, async (tx) => {
    await tx.query("update users set name = 'late' where id = $1", [caller.userId]);
    return { body: {} };
  });
  await assert.rejects(late, (error) => error instanceof PublicError && error.code === "IDEMPOTENCY_IN_PROGRESS");
  const { rows } = await pool.query("select name from users where id = $1", [caller.userId]);
  assert.deepEqual(rows, [{ name: "" }]);
  await write({ pool }, { ...caller, claim: heir }, async () => ({ body: { done: true } }));
  assert.deepEqual(await claim(pool, caller, request), {
    status: 200,
    body: { done: true },
    headers: {},
    postId: null,
  });
});

test("failed work releases its key, and the response is stored in the work's own transaction", async () => {
  const { pool } = world.services;
  const caller = { userId: world.test.userId, mode: world.test.mode };
  const request = { key: randomUUID(), operation: "platform_sets_create", requestHash: "x", status: 200 };
  const held = await claim(pool, caller, request);
  assert.ok("id" in held);
  await assert.rejects(
    withClaim(pool, held, () =>
      write({ pool }, { ...caller, claim: held }, async () => {
        throw new Error("a fault after everything was done");
      }),
    ),
    /a fault/,
  );
  const { rows } = await pool.query("select 1 from idempotency_keys where key = $1", [request.key]);
  assert.deepEqual(rows, []);
});

test("the stored response of a write without a post is deleted after 30 days", async () => {
  const key = randomUUID();
  const make = () =>
    world.call(world.test, "POST", "/api/v1/platform-sets", { name: "Old" }, { "idempotency-key": key });
  const first = await make();
  await world.services.pool.query(
    "update idempotency_keys set created_at = now() - interval '31 days' where key = $1",
    [key],
  );
  const second = await make();
  assert.notEqual(objectIn(second.body, "set").id, objectIn(first.body, "set").id);
});
