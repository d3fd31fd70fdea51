import assert from "node:assert/strict";
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import sharp from "sharp";

import { asRefusal, idOf, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { imageSlots } from "../../media/slots.ts";
import { turnOf } from "../../turns/slots.ts";

let world: World;

before(async () => {
  world = await createWorld();
  world.services.settings.mediaUrl = world.url;
});
after(() => world.close());

const ROOT = join(import.meta.dirname, "../../..");
const MEDIA = "/api/v1/media";
const newTenant = async () => {
  const { test: tenant } = await world.makeTenants();
  await world.connect(tenant, "threads");
  return tenant;
};

async function upload(tenant: TestTenant, fixture: string, filename = fixture): Promise<string> {
  const bytes = await readFile(new URL(`../../../tests/fixtures/${fixture}`, import.meta.url));
  const form = new FormData();
  form.set("file", new Blob([bytes]), filename);
  const response = await fetch(world.url + MEDIA, {
    method: "POST",
    headers: { authorization: `Bearer ${tenant.key}` },
    body: form,
  });
  assert.equal(response.status, 201);
  return idOf(await response.json(), "media");
}

async function draftWith(tenant: TestTenant, content: object): Promise<string> {
  const { status, body } = await world.call(tenant, "POST", "/api/v1/posts", {
    content: { text: "Used", ...content },
    platforms: ["threads"],
    platformSetId: tenant.platformSetId,
  });
  assert.equal(status, 201, JSON.stringify(body));
  return idOf(body, "post");
}

const idsOf = async (tenant: TestTenant, query: string) => {
  const { status, body } = await world.call(tenant, "GET", `${MEDIA}?${query}`);
  assert.equal(status, 200, JSON.stringify(body));
  const { media, total }: { media?: { id: string }[]; total?: number } = Object(body);
  assert.equal(total, media?.length);
  return media?.map(({ id }) => id);
};

test("media is listed by type, by use and by part of its name, which is never a pattern", async () => {
  const tenant = await newTenant();
  const photo = await upload(tenant, "photo-1x1.jpg", "100%_Sale.jpg");
  const used = await upload(tenant, "photo-4x5.jpg", "Lighthouse.jpg");
  const film = await upload(tenant, "portrait-9x16.mp4", "film.mp4");
  await draftWith(tenant, { media: [{ id: used }] });
  assert.deepEqual(await idsOf(tenant, "type=video"), [film]);
  assert.deepEqual(await idsOf(tenant, "type=image"), [used, photo]);
  assert.deepEqual(await idsOf(tenant, "use=used"), [used]);
  assert.deepEqual(await idsOf(tenant, "use=unused"), [film, photo]);
  assert.deepEqual(await idsOf(tenant, "search=LIGHT"), [used]);
  assert.deepEqual(await idsOf(tenant, "search=0%25_s"), [photo]);
  assert.deepEqual(await idsOf(tenant, "search=%25"), [photo]);
  assert.deepEqual(await idsOf(tenant, "type=image&use=unused&search=sale"), [photo]);
});

test("alternative text and keeping are set apart from each other, by who has seen the last change", async () => {
  const tenant = await newTenant();
  const path = `${MEDIA}/${await upload(tenant, "photo-1x1.jpg")}`;
  const first = await world.call(tenant, "GET", path);
  const { altText, keepUntil } = objectIn(first.body, "media");
  assert.deepEqual([altText, keepUntil], [null, null]);
  const etag = first.headers.get("etag") ?? "";
  const described = await world.call(tenant, "PATCH", path, { altText: "A square" }, { "if-match": etag });
  assert.equal(described.status, 200, JSON.stringify(described.body));
  const late = await world.call(tenant, "PATCH", path, { altText: "Another" }, { "if-match": etag });
  assert.equal(asRefusal(late, 412).code, "PRECONDITION_FAILED");
  const kept = await world.call(
    tenant,
    "PATCH",
    path,
    { keepUntil: "forever" },
    { "if-match": described.headers.get("etag") ?? "" },
  );
  assert.deepEqual(
    [objectIn(kept.body, "media").altText, objectIn(kept.body, "media").keepUntil],
    ["A square", "forever"],
  );
  const until = await world.call(tenant, "PATCH", path, { altText: null, keepUntil: "2027-01-01T00:00:00+01:00" });
  assert.deepEqual(
    [objectIn(until.body, "media").altText, objectIn(until.body, "media").keepUntil],
    [null, "2026-12-31T23:00:00.000Z"],
  );
  const { issues } = asRefusal(await world.call(tenant, "PATCH", path, { keepUntil: "always" }), 400);
  assert.match(issues[0]?.message ?? "", /forever/);
});

test("the posts that use a media object are listed, whatever they use it as", async () => {
  const tenant = await newTenant();
  const cover = await upload(tenant, "photo-1x1.jpg");
  const film = await upload(tenant, "portrait-9x16.mp4");
  const first = await draftWith(tenant, { media: [{ id: cover }] });
  const second = await draftWith(tenant, { media: [{ id: film, thumbnailMediaId: cover }] });
  const { body } = await world.call(tenant, "GET", `${MEDIA}/${cover}/posts`);
  const { posts, total }: { posts?: { id: string }[]; total?: number } = Object(body);
  assert.deepEqual([posts?.map(({ id }) => id), total], [[second, first], 2]);
  const one: { posts?: unknown[]; total?: number } = Object(
    (await world.call(tenant, "GET", `${MEDIA}/${cover}/posts?limit=1`)).body,
  );
  assert.deepEqual([one.posts?.length, one.total], [1, 2]);
});

test("an image has a small WebP, made once, upright and only under its own signature", async () => {
  const tenant = await newTenant();
  const id = await upload(tenant, "photo-4x5.jpg", "thumbnail.webp.jpg");
  const { url, thumbnailUrl } = objectIn((await world.call(tenant, "GET", `${MEDIA}/${id}`)).body, "media");
  const shown = await Promise.all([0, 1, 2].map(async () => await fetch(String(thumbnailUrl))));
  const [bytes] = await Promise.all(shown.map(async (response) => Buffer.from(await response.arrayBuffer())));
  assert.deepEqual([shown[0]?.status, shown[0]?.headers.get("content-type")], [200, "image/webp"]);
  const { format, width, height } = await sharp(bytes).metadata();
  assert.deepEqual([format, Math.max(width, height), height > width], ["webp", 400, true]);
  const { rows } = await world.database.pool.query("select from media where rendition_of = $1", [id]);
  assert.equal(rows.length, 1);
  const original = new URL(String(url));
  const swapped = original.pathname.replace(`/${id}/`, `/${id}/thumbnail/`);
  assert.equal((await fetch(`${original.origin}${swapped}${original.search}`)).status, 403);
  const film = await upload(tenant, "portrait-9x16.mp4");
  assert.equal(objectIn((await world.call(tenant, "GET", `${MEDIA}/${film}`)).body, "media").thumbnailUrl, null);
});

test("part of an image is stored as an image of its own, with its text, and what is not part of one is refused", async () => {
  const tenant = await newTenant();
  const id = await upload(tenant, "photo-4x5.jpg");
  await world.call(tenant, "PATCH", `${MEDIA}/${id}`, { altText: "A lighthouse", keepUntil: "forever" });
  const original = objectIn((await world.call(tenant, "GET", `${MEDIA}/${id}`)).body, "media");
  const { width, height } = { width: Number(original.width), height: Number(original.height) };
  const area = { x: 10, y: 20, width: width - 10, height: Math.floor(height / 2) };
  const answer = await world.call(tenant, "POST", `${MEDIA}/${id}/crop`, area);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  const made = objectIn(answer.body, "media");
  assert.notEqual(made.id, id);
  assert.deepEqual(
    [made.width, made.height, made.mimeType, made.altText, made.keepUntil, made.filename],
    [area.width, area.height, "image/jpeg", "A lighthouse", "forever", original.filename],
  );
  const pixels = async (url: unknown) => sharp(Buffer.from(await (await fetch(String(url))).arrayBuffer()));
  const at = { left: area.x, top: area.y, width: area.width, height: area.height };
  const wanted = await (await pixels(original.url)).extract(at).resize(8, 8).raw().toBuffer();
  const got = await (await pixels(made.url)).resize(8, 8).raw().toBuffer();
  assert.ok(
    wanted.every((value, index) => Math.abs(value - (got[index] ?? 0)) < 8),
    "it shows the same",
  );
  const outside = await world.call(tenant, "POST", `${MEDIA}/${id}/crop`, { ...area, x: 11 });
  assert.match(asRefusal(outside, 400).error, /not within the image/);
  const film = await upload(tenant, "portrait-9x16.mp4");
  assert.match(asRefusal(await world.call(tenant, "POST", `${MEDIA}/${film}/crop`, area), 400).error, /Only images/);
});

test("crops wait with a user's other images, up to a limit", async () => {
  const tenant = await newTenant();
  const id = await upload(tenant, "photo-4x5.jpg");
  const held = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 52 }, () => imageSlots.run(turnOf(tenant, true), () => held.promise));
  const crop = () => world.call(tenant, "POST", `${MEDIA}/${id}/crop`, { x: 0, y: 0, width: 10, height: 10 });
  const refused = asRefusal(await crop(), 429);
  assert.equal(refused.issues[0]?.rule, "media.waiting");
  held.resolve();
  await Promise.all(waiting);
  assert.equal((await crop()).status, 201);
});

test("images are decoded only in a process of their own", async () => {
  const importers: string[] = [];
  for await (const file of glob("server/**/*.ts", { cwd: ROOT, exclude: ["**/*.test.ts"] }))
    if (
      /^import (?!type).*("sharp"|\/open-image\.ts"|\/measure\.ts"|\/convert-image\.ts")|await import\("(sharp|.*\/(open-image|measure|convert-image)\.ts)"\)/m.test(
        await readFile(join(ROOT, file), "utf8"),
      )
    )
      importers.push(file);
  assert.deepEqual(importers.sort(), [
    "server/media/convert-image.ts",
    "server/media/measure.ts",
    "server/media/measuring-process.ts",
    "server/media/open-image.ts",
  ]);
});
