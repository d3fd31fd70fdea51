import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { mediaUploadUrl } from "../../../contract/operations/media.ts";
import { NO_LIMITS } from "../../../model/user-limits.ts";
import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { fixture } from "../../../tests/media-world.ts";
import { createWorld, type Called, type TestTenant, type World } from "../../../tests/world.ts";
import { openUploadUrl, reopenUploadUrl } from "../../domain/media/upload-urls.ts";

const MEDIA = "/api/v1/media";

let world: World;
let photo: Buffer;
let other: Buffer;
before(async () => {
  world = await createWorld();
  [photo, other] = await Promise.all([fixture("photo-1x1.jpg"), fixture("photo-4x5.jpg")]);
});
after(() => world.close());

/** The path of a new upload URL. */
async function newPath(tenant: TestTenant, body?: object): Promise<string> {
  const made = await world.call(tenant, "POST", mediaUploadUrl.path, body);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  return new URL(mediaUploadUrl.answer.parse(made.body).upload.url ?? "").pathname;
}

/** As `curl -T` sends it, without a key. */
async function put(path: string, bytes: Buffer, headers: Record<string, string> = {}): Promise<Called> {
  const response = await fetch(world.url + path, { method: "PUT", headers, body: new Uint8Array(bytes) });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

async function storageKeys(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of world.services.storage.list()) keys.push(key);
  return keys.sort();
}
const countOf = async (tenant: TestTenant) =>
  z.object({ total: z.int() }).parse((await world.call(tenant, "GET", MEDIA)).body).total;

test("an upload URL that a session created works as long as the session does", async () => {
  const { test: tenant } = await world.makeTenants();
  const cookie = await world.signIn(tenant);
  const ask = async () => {
    const made = await world.callAs(cookie, "POST", `${mediaUploadUrl.path}?mode=test`, {});
    assert.equal(made.status, 200, JSON.stringify(made.body));
    assert.equal(made.headers.get("cache-control"), "no-store");
    return new URL(mediaUploadUrl.answer.parse(made.body).upload.url ?? "").pathname;
  };
  const [used, left] = [await ask(), await ask()];
  assert.equal((await put(used, photo)).status, 201);
  assert.equal(await countOf(tenant), 1);
  await world.database.pool.query("delete from sessions where user_id = $1", [tenant.userId]);
  assert.equal(asRefusal(await put(left, other), 404).code, "NOT_FOUND");
});

test("a file sent to an upload URL without a key is a media object of the user that posts can use", async () => {
  const { test: tenant, live } = await world.makeTenants();
  await world.connect(tenant, "threads");
  const stored = await put(await newPath(tenant, { filename: "Portrait.jpg" }), photo);
  assert.equal(stored.status, 201, JSON.stringify(stored.body));
  const media = objectIn(stored.body, "media");
  assert.deepEqual(
    [media.status, media.filename, media.mimeType, media.sizeBytes, media.sourceUrl, media.mode],
    ["ready", "Portrait.jpg", "image/jpeg", photo.length, null, "test"],
  );
  const id = idOf(stored.body, "media");
  const post = await world.call(tenant, "POST", "/api/v1/posts", {
    content: { text: "Uploaded", media: [{ id }] },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  assert.equal(post.status, 201, JSON.stringify(post.body));
  assert.equal((await world.call(live, "GET", `${MEDIA}/${id}`)).status, 404);
});

test("an upload URL stores one file: the same again is returned, and another is rejected and leaves nothing", async () => {
  const { test: tenant } = await world.makeTenants();
  const path = await newPath(tenant);
  const first = await put(path, photo);
  const before = await storageKeys();
  const again = await put(path, photo);
  assert.deepEqual(
    [again.status, idOf(again.body, "media"), again.headers.get("idempotency-replayed")],
    [201, idOf(first.body, "media"), "true"],
  );
  assert.equal(asRefusal(await put(path, other), 409).issues[0]?.rule, "media.uploadUrl.used");
  assert.deepEqual([await countOf(tenant), await storageKeys()], [1, before]);
});

test("a rejected file leaves nothing, and the upload URL works for another", async () => {
  const { test: tenant } = await world.makeTenants();
  const path = await newPath(tenant);
  const before = await storageKeys();
  for (const [bytes, headers, code] of [
    [Buffer.from("<svg xmlns='http://www.w3.org/2000/svg'/>"), {}, "UNSUPPORTED_MEDIA_TYPE"],
    [photo, { "content-type": "video/mp4" }, "UNSUPPORTED_MEDIA_TYPE"],
    [photo.subarray(0, 200), {}, "VALIDATION_FAILED"],
    [Buffer.alloc(0), {}, "VALIDATION_FAILED"],
  ] as const)
    assert.equal(asRefusal(await put(path, bytes, headers), 400).code, code);
  assert.deepEqual([await countOf(tenant), await storageKeys()], [0, before]);
  assert.equal((await put(path, photo)).status, 201);
});

test("an upload URL ends after an hour, when it is changed, and with its key", async () => {
  const tenants = await world.makeTenants();
  const path = await newPath(tenants.test);
  const sealed = path.split("/").at(-1) ?? "";
  const open = (minutes: number) => openUploadUrl(world.services, sealed, Date.now() + minutes * 60_000);
  assert.deepEqual([(await open(59))?.userId, await open(61)], [tenants.test.userId, null]);
  const changed = `${sealed.slice(0, -10)}${sealed.at(-10) === "A" ? "B" : "A"}${sealed.slice(-9)}`;
  for (const wrong of [changed, "v1.0.AAAA", "x".repeat(5_000)])
    assert.equal(asRefusal(await put(`${mediaUploadUrl.path}/${wrong}`, photo), 404).code, "NOT_FOUND");
  await world.services.pool.query("update users set suspended_at = now() where id = $1", [tenants.test.userId]);
  assert.equal(asRefusal(await put(path, photo), 401).issues[0]?.rule, "request.suspended");
  await world.services.pool.query("update users set suspended_at = null where id = $1", [tenants.test.userId]);
  await world.services.pool.query("update api_keys set revoked_at = now() where user_id = $1 and mode = 'test'", [
    tenants.test.userId,
  ]);
  assert.equal(asRefusal(await put(path, photo), 404).issues[0]?.rule, "media.uploadUrl");
  assert.equal(await countOf(tenants.live), 0);
});

test("files sent to upload URLs count against the user's limits of storage and uploads", async () => {
  const { test: tenant } = await world.makeTenants();
  const others = world.services.limitsOf;
  world.services.limitsOf = async (userId) =>
    userId === tenant.userId ? { ...NO_LIMITS, maxStorageBytes: photo.length } : await others(userId);
  const [one, two] = [await newPath(tenant), await newPath(tenant)];
  assert.equal((await put(one, photo)).status, 201);
  const before = await storageKeys();
  const refused = await put(two, photo);
  assert.deepEqual([refused.status, objectIn(refused.body, "limit").name], [429, "maxStorageBytes"]);
  assert.deepEqual([await countOf(tenant), await storageKeys()], [1, before]);
  world.services.limitsOf = async (userId) =>
    userId === tenant.userId ? { ...NO_LIMITS, callsPerMinute: 1 } : await others(userId);
  // Within one minute.
  const toEnd = 60_000 - (Date.now() % 60_000);
  if (toEnd < 20_000) await new Promise((passed) => setTimeout(passed, toEnd));
  const statuses = [await put(two, photo), await put(two, photo)].map(({ status }) => status);
  assert.deepEqual(statuses, [201, 429]);
});

test("a repeated request returns a URL for the same file until it expires, and none is stored", async () => {
  const { test: tenant } = await world.makeTenants();
  const send = async () => {
    const headers = { "idempotency-key": "an upload of mine" };
    const { body } = await world.call(tenant, "POST", mediaUploadUrl.path, { filename: "Portrait.jpg" }, headers);
    assert.deepEqual(Object.keys(Object(body)), ["upload"]);
    return mediaUploadUrl.answer.parse(body).upload;
  };
  const [first, again] = [await send(), await send()];
  assert.equal(again.expiresAt, first.expiresAt);
  const [one, two] = [first, again].map(({ url }) => new URL(url ?? "").pathname);
  const stored = await put(one ?? "", photo);
  assert.equal(stored.status, 201, JSON.stringify(stored.body));
  assert.equal(objectIn(stored.body, "media").filename, "Portrait.jpg");
  assert.equal(idOf((await put(two ?? "", photo)).body, "media"), idOf(stored.body, "media"));
  assert.equal(asRefusal(await put(two ?? "", other), 409).issues[0]?.rule, "media.uploadUrl.used");
  const { rows } = await world.services.pool.query<{ body: unknown }>(
    "select body from idempotency_keys where user_id = $1 and key = 'an upload of mine'",
    [tenant.userId],
  );
  assert.equal(rows.length, 1);
  assert.doesNotMatch(JSON.stringify(rows), /upload-urls/);
  const caller = { userId: tenant.userId, mode: "test", actor: { kind: "key", id: null } } as const;
  const late = reopenUploadUrl(world.services, caller, rows[0]?.body, Date.parse(first.expiresAt));
  assert.deepEqual(late, { upload: { ...first, url: null } });
});
