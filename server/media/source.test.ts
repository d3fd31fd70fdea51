import assert from "node:assert/strict";
import { randomFillSync } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import sharp from "sharp";

import type { PublishMedia, Rendition } from "../../platforms/platform.ts";
import { createMediaWorld, fixture } from "../../tests/media-world.ts";
import type { MediaWorld } from "../../tests/media-world.ts";
import { jsonb } from "../db/jsonb.ts";
import { insertRendition } from "../db/queries/media.ts";
import type { MediaRow } from "../db/queries/media.ts";
import { newStorageKey } from "../storage/storage.ts";
import { addUploads } from "./media-objects.ts";
import { openSigned } from "./signed-url.ts";
import { createMediaSource } from "./source.ts";
import type { MediaSourceDeps } from "./source.ts";
import { storedBytes } from "./storage-quota.ts";
import { receiveFile } from "./uploads/receive.ts";

describe("a broker's media", () => {
  let world: MediaWorld;
  let deps: MediaSourceDeps;
  before(async () => {
    world = await createMediaWorld();
    deps = {
      pool: world.database.pool,
      storage: world.storage,
      mediaUrls: { baseUrl: "https://media.example.com", secret: "secret" },
    };
  });
  after(() => world.close());

  const source = () => createMediaSource(deps, world.owner);
  const upload = async (name: string) => publishable(await world.upload(name));
  const convert = async (media: PublishMedia, rendition: Rendition) => {
    const bytes = await buffer(await source().open(media, { rendition }));
    return { bytes, head: await sharp(bytes).metadata(), described: await source().describe(media, rendition) };
  };
  const renditions = async (id: string) =>
    (await world.database.pool.query("select id from media where rendition_of = $1", [id])).rowCount;

  it("is used unchanged if nothing else is requested", async () => {
    const media = await upload("landscape-16x9.mp4");
    const bytes = await fixture("landscape-16x9.mp4");
    assert.deepEqual(await buffer(await source().open(media)), bytes);
    assert.deepEqual(await buffer(await source().open(media, { start: 100, end: 300 })), bytes.subarray(100, 300));
    assert.deepEqual(await source().describe(media), media);
    assert.match(
      await source().publicUrl(media),
      new RegExp(`^https://media.example.com/media/${media.id}/landscape-16x9.mp4\\?`),
    );
  });

  it("is used unchanged if it already fits", async () => {
    const media = await upload("photo-4x5.jpg");
    const rendition: Rendition = { mimeType: "image/jpeg", maxWidth: 1440, maxSizeBytes: 8_000_000 };
    assert.deepEqual(await buffer(await source().open(media, { rendition })), await fixture("photo-4x5.jpg"));
    assert.equal(await renditions(media.id), 0);
  });

  it("is converted, scaled down and turned upright, without metadata; the original stays", async () => {
    for (const name of ["photo-1x1.webp", "photo-1x1.png", "animated.gif", "animated.webp", "rotated.jpg"]) {
      const media = await upload(name);
      const { bytes, head, described } = await convert(media, { mimeType: "image/jpeg", maxWidth: 300 });
      const width = Math.min(300, media.width ?? 0);
      const height = Math.round(((media.height ?? 0) * width) / (media.width ?? 1));
      assert.deepEqual(
        [head.format, head.width, head.height, head.orientation, head.exif, head.pages, head.space],
        ["jpeg", width, height, undefined, undefined, undefined, "srgb"],
        name,
      );
      assert.deepEqual(
        [described.mimeType, described.width, described.height, described.sizeBytes],
        ["image/jpeg", width, height, bytes.length],
        name,
      );
      assert.deepEqual(await buffer(await source().open(media)), await fixture(name));
    }
  });

  it("is never enlarged", async () => {
    const { head } = await convert(await upload("animated.gif"), {
      mimeType: "image/png",
      maxWidth: 4000,
      maxHeight: 4000,
    });
    assert.deepEqual([head.format, head.width, head.height], ["png", 160, 120]);
  });

  it("has a white background in JPEG instead of transparency", async () => {
    const { bytes } = await convert(await upload("transparent.png"), { mimeType: "image/jpeg" });
    const corner = await sharp(bytes).extract({ left: 0, top: 0, width: 1, height: 1 }).raw().toBuffer();
    assert.ok(
      [...corner].every((value) => value > 240),
      `the corner is ${[...corner].join()}`,
    );
  });

  it("is compressed harder, then scaled down, until it fits", async () => {
    const noise = publishable(await uploadNoise(world));
    const harder = await convert(noise, { mimeType: "image/jpeg", maxSizeBytes: 500_000 });
    assert.ok(harder.bytes.length <= 500_000);
    assert.equal(harder.head.width, 900);
    const smaller = await convert(noise, { mimeType: "image/jpeg", maxSizeBytes: 60_000 });
    assert.ok(smaller.bytes.length <= 60_000);
    assert.ok(smaller.head.width < 900);
    assert.ok((await convert(noise, { mimeType: "image/png", maxSizeBytes: 200_000 })).bytes.length <= 200_000);
    await assert.rejects(source().describe(noise, { mimeType: "image/jpeg", maxSizeBytes: 500 }), {
      code: "MEDIA_REJECTED",
    });
  });

  it("is converted once, however many ask, and kept", async () => {
    const media = await upload("photo-1x1.webp");
    const rendition: Rendition = { mimeType: "image/jpeg", maxWidth: 640 };
    const keys = (await world.storageKeys()).length;
    const stored = await storedBytes(world.database.pool, world.owner.userId);
    const described = await Promise.all(Array.from({ length: 6 }, () => source().describe(media, rendition)));
    assert.equal(await renditions(media.id), 1);
    assert.equal((await world.storageKeys()).length, keys + 1);
    assert.equal(await storedBytes(world.database.pool, world.owner.userId), stored + (described[0]?.sizeBytes ?? 0));
    assert.equal(await source().publicUrl(media, rendition), await source().publicUrl(media, rendition));
  });

  it("keeps one file if two processes convert it concurrently", async () => {
    const media = await upload("photo-1x1.webp");
    const rendition: Rendition = { mimeType: "image/jpeg", maxWidth: 500 };
    const keys = await world.storageKeys();
    const winner = { id: "0199b0a0-0000-7000-8000-000000000001", key: newStorageKey() };
    const storage: MediaSourceDeps["storage"] = {
      ...world.storage,
      async put(key, bytes) {
        // While this process writes its result, the other has written its own.
        await world.storage.put(winner.key, Readable.from([await fixture("photo-1x1.jpg")]));
        await insertRendition.run(deps.pool, [
          "user_a",
          "live",
          media.id,
          "image/jpeg;500;;",
          winner.id,
          winner.key,
          media.filename,
          jsonb(media),
        ]);
        return world.storage.put(key, bytes);
      },
    };
    const url = await createMediaSource({ ...deps, storage }, world.owner).publicUrl(media, rendition);
    assert.ok(url.includes(winner.id));
    assert.equal(await renditions(media.id), 1);
    assert.deepEqual(await world.storageKeys(), [...keys, winner.key].sort());
  });

  it("can be fetched under its conversion's URL", async () => {
    const media = await upload("photo-1x1.webp");
    const url = new URL(await source().publicUrl(media, { mimeType: "image/jpeg", maxWidth: 320 }));
    assert.match(url.pathname, /\/photo-1x1\.jpg$/);
    const [, , mediaId = "", name = ""] = url.pathname.split("/");
    const query = {
      expires: url.searchParams.get("expires") ?? undefined,
      signature: url.searchParams.get("signature") ?? undefined,
    };
    const answer = await openSigned(
      { ...deps, secrets: [deps.mediaUrls.secret] },
      { method: "GET", mediaId, name, ...query },
    );
    assert.deepEqual([answer.status, answer.headers["content-type"]], [200, "image/jpeg"]);
    assert.equal((await sharp(await buffer(answer.body ?? Readable.from([]))).metadata()).width, 320);
  });

  it("is inaccessible to others", async () => {
    const media = await upload("photo-1x1.webp");
    const other = createMediaSource(deps, world.stranger);
    await assert.rejects(other.open(media), { code: "MEDIA_FAILED" });
    await assert.rejects(other.describe(media, { mimeType: "image/jpeg" }), { code: "MEDIA_FAILED" });
  });
});

function publishable(row: MediaRow): PublishMedia {
  assert.ok(row.facts !== null);
  return { ...row.facts, id: row.id, filename: row.filename, altText: null, thumbnail: null };
}

async function uploadNoise(world: MediaWorld): Promise<MediaRow> {
  const pixels = randomFillSync(Buffer.alloc(900 * 900 * 3));
  const bytes = await sharp(pixels, { raw: { width: 900, height: 900, channels: 3 } })
    .webp({ quality: 90 })
    .toBuffer();
  const received = await receiveFile(world.storage, {
    owner: world.owner,
    bytes: Readable.from([bytes]),
    name: "noise.webp",
    claimedMimeType: null,
  });
  const [row] = await addUploads(world.database.pool, world.owner, [{ received, filename: "noise.webp" }]);
  assert.ok(row !== undefined);
  return row;
}
