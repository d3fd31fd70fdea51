import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import type { PublishMedia, Rendition } from "../../../platforms/platform.ts";
import { cutOff, heavy, indexLast, packetsOf, quickTime, withPlainSound } from "../../../tests/films.ts";
import { createMediaWorld, fixture } from "../../../tests/media-world.ts";
import type { MediaWorld } from "../../../tests/media-world.ts";
import { turnOf } from "../../turns/slots.ts";
import { addUploads } from "../media-objects.ts";
import { indexSlots, rewrappingSlots } from "../slots.ts";
import { createMediaSource } from "../source.ts";
import { receiveFile } from "../uploads/receive.ts";
import { rewrapVideo } from "./rewrap.ts";

const REWRAPPED: Rendition = { mimeType: "video/mp4" };

describe("rewrapping a video", () => {
  let world: MediaWorld;
  before(async () => {
    world = await createMediaWorld();
  });
  after(() => world.close());

  const receive = (bytes: Buffer) =>
    receiveFile(world.storage, {
      owner: world.owner,
      bytes: Readable.from([bytes]),
      name: "film",
      claimedMimeType: null,
    });
  const upload = async (bytes: Buffer, filename: string): Promise<PublishMedia> => {
    const [row] = await addUploads(world.database.pool, world.owner, [{ received: await receive(bytes), filename }]);
    assert.ok(row !== undefined && row.facts !== null);
    return { ...row.facts, id: row.id, filename: row.filename, altText: null, thumbnail: null };
  };
  const source = (storage = world.storage) =>
    createMediaSource(
      { pool: world.database.pool, storage, mediaUrls: { baseUrl: "https://media.example.com", secret: "secret" } },
      world.owner,
    );
  const renditions = async (id: string) =>
    (await world.database.pool.query("select id from media where rendition_of = $1", [id])).rowCount;

  it("reports where the index is, and what prevents it", async () => {
    const film = await quickTime("landscape-16x9.mp4");
    const facts = async (bytes: Buffer) => {
      const { indexFirst, rewrapObstacle } = (await receive(bytes)).facts;
      return [indexFirst, rewrapObstacle];
    };
    assert.deepEqual(await facts(film), [false, undefined]);
    assert.deepEqual(await facts(await fixture("landscape-16x9.mp4")), [true, undefined]);
    assert.deepEqual(await facts(await fixture("silent.mp4")), [true, undefined]);
    assert.deepEqual(await facts(await fixture("rotated-index-last.mp4")), [false, undefined]);
    assert.deepEqual(await facts(cutOff(film)), [false, "has an edit that cuts off its end"]);
    assert.deepEqual(await facts(await withPlainSound("landscape-16x9.mp4")), [
      false,
      "has audio with the codec pcm-s16",
    ]);
  });

  it("copies every packet, with its time, its decoding and its rotation, into an MP4 with the index at the front", async () => {
    const films = [
      await quickTime("landscape-16x9.mp4"),
      await indexLast("portrait-9x16.mp4"),
      await fixture("rotated-index-last.mp4"),
      await fixture("landscape.mov"),
      await fixture("silent.mp4"),
      await heavy("landscape-16x9.mp4"),
    ];
    for (const film of films) {
      const received = await receive(film);
      const { storageKey, facts } = await rewrapVideo(world.storage, world.owner, received);
      const bytes = await buffer(await world.storage.open(storageKey));
      assert.deepEqual(await packetsOf(bytes), await packetsOf(film));
      assert.deepEqual(
        { ...facts, sizeBytes: 0, bitRate: 0 },
        { ...received.facts, sizeBytes: 0, bitRate: 0, mimeType: "video/mp4", indexFirst: true },
      );
      assert.deepEqual([facts.sizeBytes, (await receive(bytes)).facts], [bytes.length, facts]);
    }
  });

  it("happens once, however many ask, and is stored next to the original", async () => {
    const film = await quickTime("landscape-16x9.mp4");
    const media = await upload(film, "holiday.MOV");
    const described = await Promise.all(Array.from({ length: 4 }, () => source().describe(media, REWRAPPED)));
    assert.equal(new Set(described.map(({ sizeBytes }) => sizeBytes)).size, 1);
    assert.equal(await renditions(media.id), 1);
    const bytes = await buffer(await source().open(media, { rendition: REWRAPPED }));
    assert.deepEqual([described[0]?.mimeType, described[0]?.sizeBytes], ["video/mp4", bytes.length]);
    assert.deepEqual(
      await buffer(await source().open(media, { rendition: REWRAPPED, start: 100, end: 300 })),
      bytes.subarray(100, 300),
    );
    assert.match(await source().publicUrl(media, REWRAPPED), /\/holiday\.mp4\?/);
    assert.deepEqual(await buffer(await source().open(media)), film);
  });

  it("leaves a suitable container unchanged", async () => {
    const media = await upload(await fixture("portrait-9x16.mp4"), "a.mp4");
    assert.deepEqual(await source().describe(media, REWRAPPED), media);
    assert.equal(await renditions(media.id), 0);
  });

  it("keeps nothing that cannot be preserved, or was interrupted", async () => {
    const film = await quickTime("landscape-16x9.mp4");
    const strange = await upload(cutOff(film), "strange.mov");
    const media = await upload(film, "film.mov");
    const keys = await world.storageKeys();
    await assert.rejects(source().describe(strange, REWRAPPED), { code: "MEDIA_REJECTED" });
    const storage: MediaWorld["storage"] = {
      ...world.storage,
      put: () => Promise.reject(Object.assign(new Error("no space left"), { code: "ENOSPC" })),
    };
    await assert.rejects(source(storage).describe(media, REWRAPPED), { code: "ENOSPC" });
    assert.deepEqual(await world.storageKeys(), keys);
    assert.deepEqual([await renditions(strange.id), await renditions(media.id)], [0, 0]);
    assert.equal((await source().describe(media, REWRAPPED)).mimeType, "video/mp4");
  });

  it("also knows what prevents it for videos measured by an earlier version", async () => {
    const { storageKey, facts } = await receive(cutOff(await quickTime("landscape-16x9.mp4")));
    const { indexFirst: _, rewrapObstacle: __, ...known } = facts;
    await assert.rejects(rewrapVideo(world.storage, world.owner, { storageKey, facts: known }), {
      code: "MEDIA_REJECTED",
      message: /cuts off its end/,
    });
  });

  it("gives up on a copy that grows far beyond its original, or has more packets than its length explains", async () => {
    const received = await receive(await heavy("landscape-16x9.mp4"));
    const keys = await world.storageKeys();
    for (const facts of [{ sizeBytes: -7 * 1024 * 1024 }, { durationSeconds: 0.1 }]) {
      await assert.rejects(
        rewrapVideo(world.storage, world.owner, { ...received, facts: { ...received.facts, ...facts } }),
        { code: "MEDIA_REJECTED", message: "The video cannot be rewrapped as MP4." },
      );
    }
    assert.deepEqual(await world.storageKeys(), keys);
  });

  it("is given up after a time, and leaves nothing in the storage", async () => {
    const received = await receive(await quickTime("landscape-16x9.mp4"));
    const keys = await world.storageKeys();
    const [held, deleted] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let isStoring = false;
    const storage: MediaWorld["storage"] = {
      ...world.storage,
      put: async (key, bytes) => {
        isStoring = true;
        await held.promise;
        return await world.storage.put(key, bytes);
      },
      delete: (key) => world.storage.delete(key).then(deleted.resolve),
    };
    await assert.rejects(rewrapVideo(storage, world.owner, received, 3), {
      code: "MEDIA_FAILED",
      message: "The video takes too long to rewrap as MP4.",
    });
    held.resolve();
    // On a slow machine, the time may be over before.
    if (isStoring) await deleted.promise;
    assert.deepEqual(await world.storageKeys(), keys);
  });

  it("of live mode does not wait until those of test mode are measured and rewrapped", async () => {
    const held = Promise.withResolvers<void>();
    const ofTest = turnOf({ userId: "user_b", mode: "test" }, false);
    const running = [indexSlots, rewrappingSlots].map((slots) => slots.run(ofTest, () => held.promise));
    try {
      const media = await upload(await quickTime("landscape-16x9.mp4"), "film.mov");
      assert.equal((await source().describe(media, REWRAPPED)).mimeType, "video/mp4");
    } finally {
      held.resolve();
      await Promise.all(running);
    }
  });

  it("prints nothing about an invalid file", async (t) => {
    const film = await quickTime("landscape-16x9.mp4");
    film.writeUInt32BE(0xffff_ffff, film.indexOf("avcC") + 8);
    const printed = (["error", "warn", "info", "log"] as const).map((name) => t.mock.method(console, name, () => {}));
    await rewrapVideo(world.storage, world.owner, await receive(film)).catch(() => {});
    assert.deepEqual(
      printed.map(({ mock }) => mock.callCount()),
      [0, 0, 0, 0],
    );
  });

  it("leaves no temporary file behind", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-rewrap-test-"));
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = folder;
    try {
      await rewrapVideo(world.storage, world.owner, await receive(await quickTime("portrait-9x16.mp4")));
      assert.deepEqual(await readdir(folder), []);
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      await rm(folder, { recursive: true, force: true });
    }
  });
});
