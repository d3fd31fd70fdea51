import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { crc32 } from "node:zlib";

import sharp from "sharp";

import { MAX_FILE_BYTES } from "../../../model/capabilities.ts";
import { PublicError } from "../../../model/errors.ts";
import type { PublicCode } from "../../../model/errors.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { MediaFacts } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { createDiskStorage } from "../../storage/disk.ts";
import type { Storage } from "../../storage/storage.ts";
import { turnOf } from "../../turns/slots.ts";
import { imageSlots, waitingOf } from "../slots.ts";
import { receiveFile } from "./receive.ts";

const fixture = (name: string) => readFile(new URL(`../../../tests/fixtures/${name}`, import.meta.url));

describe("receiving a file", () => {
  let folder: string;
  let storage: Storage;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "ampost-receive-"));
    storage = await createDiskStorage(folder);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const receive = (bytes: Uint8Array | AsyncIterable<Uint8Array>, claimedMimeType: string | null = null) =>
    receiveFile(storage, {
      owner: { userId: "user_a", mode: "test" },
      bytes: bytes instanceof Uint8Array ? inChunks(bytes) : bytes,
      name: "file",
      claimedMimeType,
    });
  const stored = async () => (await Readable.from(storage.list()).toArray()).length;
  const refused = async (
    code: PublicCode,
    message: RegExp,
    bytes: Uint8Array | AsyncIterable<Uint8Array>,
    claimed: string | null = null,
  ) => {
    const before = await stored();
    await assert.rejects(receive(bytes, claimed), (error: unknown) => {
      assert.ok(error instanceof PublicError, String(error));
      assert.equal(error.code, code, error.message);
      assert.match(error.message, message);
      assert.equal(error.issues[0]?.message, error.message);
      return true;
    });
    assert.equal(await stored(), before, "something was kept");
  };

  const IMAGES: [string, Partial<MediaFacts>][] = [
    ["photo-4x5.jpg", { mimeType: "image/jpeg", width: 1080, height: 1350 }],
    ["rotated.jpg", { mimeType: "image/jpeg", width: 400, height: 800, orientation: 6 }],
    ["photo-1x1.png", { mimeType: "image/png", width: 1080, height: 1080 }],
    ["transparent.png", { mimeType: "image/png", width: 640, height: 480 }],
    ["photo-1x1.webp", { mimeType: "image/webp", width: 1080, height: 1080 }],
    ["animated.webp", { mimeType: "image/webp", width: 160, height: 120, animated: true }],
    ["animated.gif", { mimeType: "image/gif", width: 160, height: 120, animated: true }],
  ];
  const VIDEOS: [string, Partial<MediaFacts>][] = [
    [
      "landscape-16x9.mp4",
      {
        mimeType: "video/mp4",
        width: 1280,
        height: 720,
        durationSeconds: 4,
        frameRate: 30,
        audioCodec: "aac",
        audioChannels: 2,
        audioSampleRate: 44100,
      },
    ],
    [
      "portrait-9x16.mp4",
      {
        mimeType: "video/mp4",
        width: 1080,
        height: 1920,
        durationSeconds: 5,
        frameRate: 30,
        audioCodec: "aac",
        audioChannels: 2,
      },
    ],
    [
      "rotated-index-last.mp4",
      { mimeType: "video/mp4", width: 360, height: 640, durationSeconds: 2, audioChannels: 1 },
    ],
    [
      "silent.mp4",
      {
        mimeType: "video/mp4",
        width: 320,
        height: 180,
        durationSeconds: 1,
        frameRate: 24,
        audioCodec: null,
        audioChannels: null,
        audioSampleRate: null,
      },
    ],
    [
      "landscape.mov",
      { mimeType: "video/quicktime", width: 640, height: 360, durationSeconds: 2, frameRate: 25, audioCodec: "aac" },
    ],
  ];

  it("measures what each image shows, after rotation", async () => {
    for (const [name, expected] of IMAGES) {
      const bytes = await fixture(name);
      const { facts } = await receive(bytes, expected.mimeType);
      assert.deepEqual(
        facts,
        {
          ...facts,
          type: "image",
          sizeBytes: bytes.length,
          animated: false,
          orientation: 1,
          durationSeconds: null,
          videoCodec: null,
          ...expected,
        },
        name,
      );
    }
  });

  it("measures each video by its index, wherever it is", async () => {
    for (const [name, expected] of VIDEOS) {
      const bytes = await fixture(name);
      const { facts } = await receive(bytes, expected.mimeType);
      const bitRate = Math.round((bytes.length * 8) / (expected.durationSeconds ?? 1));
      assert.deepEqual(
        facts,
        { ...facts, type: "video", sizeBytes: bytes.length, videoCodec: "avc", bitRate, animated: false, ...expected },
        name,
      );
    }
  });

  it("stores the bytes unchanged, with their hash", async () => {
    const bytes = await fixture("photo-4x5.jpg");
    const { storageKey, sha256 } = await receive(bytes);
    assert.deepEqual(await buffer(await storage.open(storageKey)), bytes);
    assert.equal(sha256, createHash("sha256").update(bytes).digest("hex"));
  });

  it("detects the type from the bytes if none is declared", async () => {
    for (const claim of [
      null,
      "",
      "application/octet-stream",
      "binary/octet-stream",
      "Application/Octet-Stream; charset=binary",
    ]) {
      assert.equal((await receive(await fixture("photo-1x1.webp"), claim)).facts.mimeType, "image/webp");
    }
    assert.equal((await receive(await fixture("photo-4x5.jpg"), "IMAGE/JPEG; q=1")).facts.mimeType, "image/jpeg");
    assert.equal((await receive(await fixture("photo-4x5.jpg"), "image/jpg")).facts.mimeType, "image/jpeg");
  });

  it("rejects a declaration that the bytes contradict", async () => {
    await refused(
      "UNSUPPORTED_MEDIA_TYPE",
      /^file is declared as image\/png, but the file is image\/jpeg\.$/,
      await fixture("photo-4x5.jpg"),
      "image/png",
    );
    await refused(
      "UNSUPPORTED_MEDIA_TYPE",
      /declared as video\/mp4, but the file is video\/quicktime/,
      await fixture("landscape.mov"),
      "video/mp4",
    );
    await refused("UNSUPPORTED_MEDIA_TYPE", /declared as text\/html/, await fixture("photo-4x5.jpg"), "text/html");
  });

  it("rejects unsupported types, whatever they declare", async () => {
    await refused(
      "UNSUPPORTED_MEDIA_TYPE",
      /^file is video\/webm, which is not supported\.$/,
      await fixture("unsupported.webm"),
      "video/mp4",
    );
    await refused(
      "UNSUPPORTED_MEDIA_TYPE",
      /not an image or video of a supported type/,
      Buffer.from("hello there"),
      "image/jpeg",
    );
    await refused("UNSUPPORTED_MEDIA_TYPE", /./, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), "image/png");
    await refused("UNSUPPORTED_MEDIA_TYPE", /./, Buffer.from("%PDF-1.7\n"), null);
    await refused("UNSUPPORTED_MEDIA_TYPE", /./, Buffer.alloc(100_000), null);
  });

  it("rejects empty, truncated or broken files and keeps nothing of them", async () => {
    await refused("VALIDATION_FAILED", /^file is empty\.$/, Buffer.alloc(0));
    for (const [name] of [...IMAGES, ...VIDEOS]) {
      const bytes = await fixture(name);
      for (const part of [0.99, 0.6, 0.1])
        await refused(
          "VALIDATION_FAILED",
          /truncated or corrupt|no video track/,
          bytes.subarray(0, Math.floor(bytes.length * part)),
        );
    }
    const jpeg = Buffer.from(await fixture("photo-4x5.jpg"));
    jpeg.fill(0xff, 5_000, 9_000);
    await refused("VALIDATION_FAILED", /truncated or corrupt/, jpeg);
    await refused(
      "VALIDATION_FAILED",
      /truncated or corrupt/,
      Buffer.concat([(await fixture("photo-1x1.png")).subarray(0, 60), Buffer.alloc(50_000, 7)]),
    );
  });

  it("rejects an image with more pixels than fit into memory", async () => {
    const bomb = Buffer.from(await fixture("photo-1x1.png"));
    bomb.writeUInt32BE(12_000, 16);
    bomb.writeUInt32BE(12_000, 20);
    bomb.writeUInt32BE(crc32(bomb.subarray(12, 29)), 29);
    await refused("VALIDATION_FAILED", /has 12000 × 12000 pixels/, bomb);
  });

  it("rejects a video whose index would fill memory", async () => {
    const head = (await fixture("landscape-16x9.mp4")).subarray(0, 32);
    const index = Buffer.alloc(40_000_000);
    index.writeUInt32BE(index.length, 0);
    index.write("moov", 4, "latin1");
    await refused("VALIDATION_FAILED", /has an index of more than 32 MB/, Buffer.concat([head, index]));
  });

  it("rejects the first byte over 200 MB and keeps nothing", async () => {
    await refused("PAYLOAD_TOO_LARGE", /^file is larger than 200 MB\.$/, await large(MAX_FILE_BYTES + 1));
  });

  it("accepts exactly 200 MB without growing", async () => {
    const bytes = await large(MAX_FILE_BYTES);
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let peak = before;
    const watched = async function* () {
      for await (const chunk of bytes) {
        peak = Math.max(peak, process.memoryUsage().rss);
        yield chunk;
      }
    };
    const { facts } = await receive(watched(), "video/mp4");
    peak = Math.max(peak, process.memoryUsage().rss);
    assert.equal(facts.sizeBytes, MAX_FILE_BYTES);
    assert.equal(facts.durationSeconds, 4);
    assert.ok(peak - before < 64 * 1024 * 1024, `${Math.round((peak - before) / 1024 / 1024)} MB more at the peak`);
  });

  it("keeps nothing of an interrupted upload, and says why", async () => {
    const before = await stored();
    const bytes = await fixture("landscape-16x9.mp4");
    const broken = async function* () {
      yield bytes.subarray(0, 50_000);
      throw new Error("the client went away");
    };
    await assert.rejects(receive(broken()), /the client went away/);
    assert.equal(await stored(), before);
  });

  it("leaves the rest of a rejected stream to its owner", async () => {
    const readable = Readable.from([Buffer.from("plain text, nothing else".repeat(400)), Buffer.from("more")]);
    await assert.rejects(receive(readable), PublicError);
    assert.equal(readable.destroyed, false);
  });
});

describe("files of several users", () => {
  const of = (userId: string, mode: Mode = "test"): Tenant => ({ userId, mode });

  it("of live mode never wait for those of test mode, not even the same user's", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-receive-"));
    const storage = await createDiskStorage(folder);
    const read: string[] = [];
    const held = Promise.withResolvers<void>();
    const work: Promise<unknown>[] = [1, 2].map(() => imageSlots.run(turnOf(of("user_b"), true), () => held.promise));
    const send = async (owner: Tenant) => {
      const bytes = Readable.from([await fixture("photo-1x1.png")]);
      await receiveFile(storage, { owner, bytes, name: "photo.png", claimedMimeType: null });
      read.push(owner.mode);
    };
    try {
      for (const owner of [of("user_a"), of("user_c")]) {
        work.push(send(owner));
        while (waitingOf(owner) === 0) await setImmediate();
      }
      // Those of test mode that are being read do not end before.
      await send(of("user_a", "live"));
      assert.deepEqual(read, ["live"]);
    } finally {
      held.resolve();
      await Promise.all(work);
      await rm(folder, { recursive: true });
    }
  });

  it("that are small are read while another user's large ones are being processed or waiting", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-receive-"));
    const storage = await createDiskStorage(folder);
    const large = await sharp({ create: { width: 6_000, height: 5_000, channels: 3, background: "#456" } })
      .png()
      .toBuffer();
    const held = Promise.withResolvers<void>();
    const work: Promise<unknown>[] = Array.from({ length: 10 }, () =>
      imageSlots.run(turnOf(of("user_b"), false), () => held.promise),
    );
    const send = (userId: string, bytes: Buffer) => {
      const sent = { isRead: false };
      const file = { owner: of(userId), bytes: Readable.from([bytes]), name: "photo.png", claimedMimeType: null };
      work.push(receiveFile(storage, file).then(() => (sent.isRead = true)));
      return sent;
    };
    try {
      const heavy = send("user_c", large);
      while (waitingOf(of("user_c")) === 0) {
        assert.ok(!heavy.isRead, "the large one was read at once");
        await setImmediate();
      }
      const light = send("user_a", await fixture("photo-1x1.png"));
      // A slot is free again in the next turn of the event loop.
      for (let waits = 0; !light.isRead;) {
        waits = waitingOf(of("user_a")) === 0 ? 0 : waits + 1;
        assert.ok(waits < 10, "the small one waits");
        await setImmediate();
      }
      assert.ok(!heavy.isRead);
    } finally {
      held.resolve();
      await Promise.all(work);
      await rm(folder, { recursive: true });
    }
  });

  it("wait up to a limit, beyond which only their user is told when to come back", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-receive-"));
    const storage = await createDiskStorage(folder);
    const send = async (userId: string, patience: { isPatient?: true } = {}) =>
      receiveFile(storage, {
        owner: of(userId),
        bytes: Readable.from([await fixture("photo-1x1.png")]),
        name: "photo.png",
        claimedMimeType: null,
        ...patience,
      });
    const held = Promise.withResolvers<void>();
    const waiting = Array.from({ length: 52 }, () => imageSlots.run(turnOf(of("user_b"), true), () => held.promise));
    await assert.rejects(
      send("user_b"),
      (error: unknown) =>
        error instanceof PublicError && error.code === "RATE_LIMITED" && error.headers["retry-after"] === "5",
    );
    assert.deepEqual(await Readable.from(storage.list()).toArray(), []);
    const others = [send("user_a"), send("user_b", { isPatient: true })];
    held.resolve();
    await Promise.all([...waiting, ...others]);
    await rm(folder, { recursive: true });
  });
});

async function* inChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += 1_000) yield bytes.subarray(start, start + 1_000);
}

/** A real video with a box of nothing behind it, up to the size asked for. */
async function large(sizeBytes: number): Promise<AsyncGenerator<Uint8Array>> {
  const video = await fixture("landscape-16x9.mp4");
  return (async function* () {
    yield video;
    const head = Buffer.alloc(8);
    head.writeUInt32BE(sizeBytes - video.length, 0);
    head.write("free", 4, "latin1");
    yield head;
    let left = sizeBytes - video.length - head.length;
    for (const block = Buffer.alloc(65_536); left > 0; left -= block.length)
      yield block.subarray(0, Math.min(left, block.length));
  })();
}
