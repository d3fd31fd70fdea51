import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import sharp from "sharp";

import type { MimeType } from "../../model/capabilities.ts";
import { isAlive } from "../../model/is-alive.ts";
import { createDiskStorage } from "../storage/disk.ts";
import { newStorageKey, type Storage, StorageAwayError } from "../storage/storage.ts";
import { createMeasuring, type Measuring, type StoredBytes } from "./measuring.ts";
import { TOO_COSTLY, UnreadableMediaError } from "./unreadable-media-error.ts";

const GENEROUS = { memoryBytes: 1.5e9, seconds: 600, idleSeconds: 600 };
const FIXTURES = join(import.meta.dirname, "../../tests/fixtures");
const tooCostly = { name: UnreadableMediaError.name, message: TOO_COSTLY };

let folder: string;
let storage: Storage;
let picture: StoredBytes;
let film: StoredBytes;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampost-measuring-"));
  storage = await createDiskStorage(folder);
  picture = await store(await readFile(join(FIXTURES, "photo-1x1.jpg")), "image/jpeg");
  film = await store(await readFile(join(FIXTURES, "silent.mp4")), "video/mp4");
});
after(() => rm(folder, { recursive: true, force: true }));

async function store(bytes: Buffer, mimeType: MimeType): Promise<StoredBytes> {
  const key = newStorageKey();
  const { sizeBytes } = await storage.put(key, Readable.from([bytes]));
  return { owner: { userId: "user_a", mode: "test" }, key, mimeType, sizeBytes };
}

/** Processes end on their own, so there is nothing to wait for but the end. */
async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isAlive)) await sleep(10);
}

async function end(measuring: Measuring): Promise<void> {
  const pids = measuring.pids();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  await untilGone(pids);
}

test("one process measures file after file, images and videos, and knows nothing of the instance", async () => {
  process.env.AMPOST_TEST_PASSWORD = "do not pass on";
  const measuring = createMeasuring(GENEROUS);
  assert.equal((await measuring.measure(storage, picture)).width, 1080);
  const [pid, ...others] = measuring.pids();
  assert.ok(pid !== undefined && pid !== process.pid && others.length === 0);
  assert.equal((await measuring.measure(storage, film)).type, "video");
  assert.deepEqual(measuring.pids(), [pid]);
  if (process.platform === "linux") {
    assert.doesNotMatch(await readFile(`/proc/${pid}/environ`, "latin1"), /AMPOST/);
    assert.match(await readFile(`/proc/${pid}/limits`, "latin1"), /Max data size +21\d{8} /);
    assert.equal((await readFile(`/proc/${pid}/oom_score_adj`, "latin1")).trim(), "1000");
  }
  await end(measuring);
});

test("an image that takes too much memory is refused, and the next one is measured", async () => {
  const measuring = createMeasuring({ ...GENEROUS, memoryBytes: 130e6 });
  const huge = await sharp({ create: { width: 6_000, height: 6_000, channels: 3, background: "#808080" } })
    .jpeg({ progressive: true, chromaSubsampling: "4:4:4" })
    .toBuffer();
  await assert.rejects(measuring.measure(storage, await store(huge, "image/jpeg")), UnreadableMediaError);
  assert.equal((await measuring.measure(storage, picture)).width, 1080);
  await end(measuring);
});

test("an image is converted in the same process, and one that takes too much memory there is refused", async () => {
  const measuring = createMeasuring({ ...GENEROUS, memoryBytes: 130e6 });
  const target = join(folder, "converted");
  const huge = await sharp({ create: { width: 6_000, height: 6_000, channels: 3, background: "#808080" } })
    .jpeg({ progressive: true, chromaSubsampling: "4:4:4" })
    .toBuffer();
  const { key } = await store(huge, "image/jpeg");
  const conversions = [
    { to: "thumbnail" },
    { to: "part", area: { x: 1, y: 1, width: 5_000, height: 5_000 }, mimeType: "image/png" },
    { to: "rendition", wanted: { mimeType: "image/jpeg", maxWidth: 1_000 } },
  ] as const;
  for (const conversion of conversions)
    await assert.rejects(measuring.convert(storage, key, target, conversion), tooCostly, conversion.to);
  const small = { to: "part", area: { x: 10, y: 20, width: 300, height: 200 }, mimeType: "image/jpeg" } as const;
  assert.deepEqual(await measuring.convert(storage, picture.key, target, small), { width: 300, height: 200 });
  assert.equal((await sharp(target).metadata()).width, 300);
  const [pid] = measuring.pids();
  assert.equal((await measuring.measure(storage, picture)).width, 1080);
  assert.deepEqual(measuring.pids(), [pid], "one process does both");
  await end(measuring);
});

test("a conversion that takes too long is refused", async () => {
  const hasty = createMeasuring({ ...GENEROUS, seconds: 0.001 });
  await assert.rejects(hasty.convert(storage, picture.key, join(folder, "late"), { to: "thumbnail" }), tooCostly);
  while (hasty.pids().length > 0) await sleep(10);
});

test("a file that takes too long is refused, and its process is killed", async () => {
  const measuring = createMeasuring(GENEROUS);
  // Nothing is as slow as bytes that never come.
  const endless: Storage = { ...storage, open: async () => new Readable({ read: () => undefined }) };
  const hasty = createMeasuring({ ...GENEROUS, seconds: 0.5 });
  await assert.rejects(hasty.measure(endless, film), tooCostly);
  while (hasty.pids().length > 0) await sleep(10);
  assert.equal((await measuring.measure(storage, film)).type, "video");
  await end(measuring);
});

test("a file over which the process crashes is refused, and one that is not to blame for a crash is measured", async () => {
  const measuring = createMeasuring(GENEROUS);
  const crash = () => measuring.pids().forEach((pid) => process.kill(pid, "SIGSEGV"));
  let reads = 0;
  const crashing = (times: number): Storage => ({
    ...storage,
    open: async (key, range) => {
      if ((reads += 1) <= times) crash();
      return await storage.open(key, range);
    },
  });
  await assert.rejects(measuring.measure(crashing(1), film), tooCostly);
  assert.equal(reads, 1);

  await measuring.measure(storage, picture);
  await end(measuring);
  assert.equal((await measuring.measure(storage, film)).type, "video", "killed while it waited");

  reads = 0;
  assert.equal((await measuring.measure(crashing(1), film)).type, "video", "killed by what came before");
  reads = 0;
  await assert.rejects(measuring.measure(crashing(2), film), tooCostly);
  await end(measuring);
});

test("an unavailable storage is not the file's fault", async () => {
  const measuring = createMeasuring(GENEROUS);
  const away: Storage = { ...storage, open: () => Promise.reject(new StorageAwayError("gone")) };
  await assert.rejects(measuring.measure(away, film), StorageAwayError);
  await end(measuring);
});

test("this process holds one small piece of a video at a time", async () => {
  const measuring = createMeasuring(GENEROUS);
  const large = Buffer.concat([await readFile(join(FIXTURES, "silent.mp4")), freeBox(5_000_000)]);
  const pieces: number[] = [];
  const watched: Storage = {
    ...storage,
    open: async (key, range = {}) => {
      pieces.push((range.end ?? Infinity) - (range.start ?? 0));
      return await storage.open(key, range);
    },
  };
  assert.equal((await measuring.measure(watched, await store(large, "video/mp4"))).type, "video");
  assert.ok(pieces.length > 0 && pieces.every((bytes) => bytes <= 1024 * 1024), pieces.join());
  await end(measuring);
});

test("a process that has nothing to do ends, and so does one whose starter is killed", async () => {
  const measuring = createMeasuring({ ...GENEROUS, idleSeconds: 0.01 });
  await measuring.measure(storage, picture);
  while (measuring.pids().length > 0) await sleep(10);

  const program = `
    import { createDiskStorage } from ${JSON.stringify(join(import.meta.dirname, "../storage/disk.ts"))};
    import { createMeasuring } from ${JSON.stringify(join(import.meta.dirname, "measuring.ts"))};
    const measuring = createMeasuring();
    await measuring.measure(await createDiskStorage(${JSON.stringify(folder)}), ${JSON.stringify(picture)});
    console.log(measuring.pids().join());
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [printed] = await once(starter.stdout, "data");
  const pids = String(printed).trim().split(",").map(Number);
  assert.ok(pids.length === 1 && pids.every(isAlive));
  starter.kill("SIGKILL");
  await untilGone(pids);
});

function freeBox(sizeBytes: number): Buffer {
  const box = Buffer.alloc(sizeBytes);
  box.writeUInt32BE(sizeBytes, 0);
  box.write("free", 4, "latin1");
  return box;
}
