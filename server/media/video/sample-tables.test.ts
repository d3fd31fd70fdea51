import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";

import { inFragments } from "../../../tests/films.ts";
import { createMediaWorld, fixture } from "../../../tests/media-world.ts";
import type { MediaWorld } from "../../../tests/media-world.ts";
import { receiveFile } from "../uploads/receive.ts";
import { findChunkObstacle, hasSoundTables } from "./sample-tables.ts";

/** Numbers of an index, by their distance from the name of their table, of which a broken file may say four billion. */
const NUMBERS: [table: string, at: number, what: string][] = [
  ["stts", 8, "rows of durations"],
  ["stts", 12, "packets of one duration"],
  ["ctts", 8, "rows of delays"],
  ["ctts", 12, "packets of one delay"],
  ["ctts", -4, "bytes of a table"],
  ["stsz", 12, "sizes"],
  ["stsc", 12, "the chunk that a row begins with"],
  ["stsc", 16, "packets of a chunk"],
  ["stco", 8, "chunks"],
  ["stss", 8, "key pictures"],
];

describe("a video whose index declares more than it contains", () => {
  let world: MediaWorld;
  before(async () => {
    world = await createMediaWorld();
  });
  after(() => world.close());

  const receive = (bytes: Buffer) =>
    receiveFile(world.storage, {
      owner: world.owner,
      bytes: Readable.from([bytes]),
      name: "film.mp4",
      claimedMimeType: null,
    });
  const isBroken = { code: "VALIDATION_FAILED", message: "film.mp4 is truncated or corrupt and cannot be read." };

  for (const [table, at, what] of NUMBERS) {
    it(`is rejected before anything allocates memory for it: ${what}`, async () => {
      const film = await fixture("landscape-16x9.mp4");
      assert.notEqual(film.indexOf(table), -1);
      film.writeUInt32BE(0xffff_ffff, film.indexOf(table) + at);
      await assert.rejects(receive(film), isBroken);
    });
  }

  it("is rejected if another index, or an absurd number of boxes, comes before it", async () => {
    const film = await fixture("landscape-16x9.mp4");
    const broken = Buffer.from(film);
    broken.writeUInt32BE(0xffff_ffff, broken.indexOf("stts") + 12);
    await assert.rejects(receive(Buffer.concat([broken, film])), isBroken);
    const start = film.indexOf("moov") - 4;
    await assert.rejects(
      receive(
        Buffer.concat([
          film.subarray(0, start),
          ...Array.from({ length: 100 }, () => box("free")),
          film.subarray(start),
        ]),
      ),
      isBroken,
    );
  });

  it("is rejected in fragments, wherever their list says one is", async () => {
    const film = await inFragments("landscape-16x9.mp4");
    assert.equal((await receive(film)).facts.videoCodec, "avc");
    const broken = Buffer.from(film);
    broken.writeUInt32BE(0xffff_ffff, broken.lastIndexOf("trun") + 8);
    await assert.rejects(receive(broken), isBroken);
    const led = Buffer.from(film);
    led.writeUInt32BE(led.indexOf("mdat") - 4, led.indexOf("tfra") + 32);
    await assert.rejects(receive(led), isBroken);
    const spread = (bytes: Buffer) => {
      const [last, list] = [bytes.lastIndexOf("moof") - 4, bytes.lastIndexOf("mfra") - 4];
      return Buffer.concat([
        bytes.subarray(0, last),
        ...Array.from({ length: 200 }, () => box("free")),
        bytes.subarray(last, list),
      ]);
    };
    assert.equal((await receive(spread(film))).facts.videoCodec, "avc");
    await assert.rejects(receive(spread(broken)), isBroken);
  });
});

it("uncompressed audio can have any number of samples", () => {
  const track = (sizes: Buffer) =>
    box("trak", box("stbl", box("stts", number(0), number(1), number(3_000_000), number(1)), sizes));
  assert.equal(hasSoundTables(track(box("stsz", number(0), number(2), number(3_000_000)))), true);
  assert.equal(hasSoundTables(track(box("stsz", number(0), number(0), number(1), number(2)))), false);
});

it("a long video in one piece is accepted, and not rewrapped", () => {
  const track = (packets: number, each: number) =>
    box(
      "trak",
      box(
        "stbl",
        box("stts", number(0), number(1), number(packets), number(1)),
        box("stsc", number(0), number(1), number(1), number(each), number(1)),
        box("stsz", number(0), number(0), number(2), number(1), number(1)),
      ),
    );
  assert.deepEqual(
    [hasSoundTables(track(100_000, 100_000)), findChunkObstacle(track(100_000, 100_000))],
    [true, "has too many frames in one chunk"],
  );
  assert.equal(findChunkObstacle(track(100_000, 30)), null);
});

it("an index of nothing but boxes is not traversed", () => {
  assert.equal(hasSoundTables(Buffer.concat(Array.from({ length: 20_000 }, () => box("free")))), false);
  const nested = Buffer.concat(
    Array.from({ length: 20_000 }, (_, depth) => Buffer.concat([number((20_000 - depth) * 8), Buffer.from("mdia")])),
  );
  assert.equal(hasSoundTables(nested), false);
});

function box(name: string, ...body: Buffer[]): Buffer {
  const content = Buffer.concat(body);
  return Buffer.concat([number(content.length + 8), Buffer.from(name, "latin1"), content]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
