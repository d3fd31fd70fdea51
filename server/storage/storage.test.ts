import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import S3rver from "s3rver";
import { z } from "zod";

import { isDatabaseAway } from "../db/away.ts";
import { createDiskStorage } from "./disk.ts";
import { createS3Storage } from "./s3.ts";
import { MissingObjectError, newStorageKey, StorageAwayError } from "./storage.ts";
import type { Storage, StoredObject } from "./storage.ts";

/** What every driver owes, whatever the bytes lie on. */
function testStorage(
  name: string,
  open: (folder: string) => Promise<{ storage: Storage; close(): Promise<void> }>,
): void {
  describe(`storage ${name}`, () => {
    let folder: string;
    let storage: Storage;
    let close: () => Promise<void>;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), "ampost-storage-"));
      ({ storage, close } = await open(folder));
    });
    after(async () => {
      await close();
      await rm(folder, { recursive: true, force: true });
    });
    const read = async (key: string, range?: { start?: number; end?: number }) =>
      buffer(await storage.open(key, range));
    const listed = async () => (await Readable.from(storage.list()).toArray()).map(({ key }: StoredObject) => key);

    it("returns what was stored, byte for byte", async () => {
      const key = newStorageKey();
      const bytes = randomBytes(300_000);
      assert.deepEqual(await storage.put(key, chunksOf(bytes, 7_001)), { sizeBytes: 300_000 });
      assert.deepEqual(await read(key), bytes);
      assert.equal(await storage.sizeBytes(key), 300_000);
      assert.deepEqual(await storage.withFile(key, (path) => readFile(path)), bytes);
    });

    it("keeps an empty object", async () => {
      const key = newStorageKey();
      assert.deepEqual(await storage.put(key, chunksOf(Buffer.alloc(0), 1)), { sizeBytes: 0 });
      assert.equal((await read(key)).length, 0);
      assert.equal(await storage.sizeBytes(key), 0);
    });

    it("stores more than one part of unknown length without framing", async () => {
      const key = newStorageKey();
      const chunk = randomBytes(1_048_576);
      const hash = createHash("sha256");
      const many = async function* () {
        for (let index = 0; index < 21; index += 1) {
          hash.update(chunk);
          yield chunk;
        }
      };
      assert.deepEqual(await storage.put(key, many()), { sizeBytes: 21 * 1_048_576 });
      assert.equal(
        createHash("sha256")
          .update(await read(key))
          .digest("hex"),
        hash.digest("hex"),
      );
    });

    it("opens ranges without their end", async () => {
      const key = newStorageKey();
      const bytes = randomBytes(1_000);
      await storage.put(key, chunksOf(bytes, 100));
      assert.deepEqual(await read(key, { start: 0, end: 2 }), bytes.subarray(0, 2));
      assert.deepEqual(await read(key, { start: 10, end: 500 }), bytes.subarray(10, 500));
      assert.deepEqual(await read(key, { start: 990 }), bytes.subarray(990));
      assert.deepEqual(await read(key, { start: 5, end: 5 }), Buffer.alloc(0));
    });

    it("leaves nothing of an interrupted stream, small or large", async () => {
      for (const whole of [1_000, 12_000_000]) {
        const key = newStorageKey();
        const cut = async function* () {
          yield* chunksOf(randomBytes(whole), 1_000_000);
          throw new Error("the sender went away");
        };
        await assert.rejects(storage.put(key, cut()), /the sender went away/);
        assert.equal(await storage.sizeBytes(key), null);
        assert.ok(!(await listed()).includes(key));
      }
    });

    it("shows nothing under a key before it is complete", async () => {
      const key = newStorageKey();
      let sizeMeanwhile: number | null = -1;
      const watched = async function* () {
        yield randomBytes(100_000);
        sizeMeanwhile = await storage.sizeBytes(key);
        yield randomBytes(100_000);
      };
      await storage.put(key, watched());
      assert.equal(sizeMeanwhile, null);
      assert.equal(await storage.sizeBytes(key), 200_000);
    });

    it("keeps concurrent writes apart", async () => {
      const puts = Array.from({ length: 12 }, () => ({ key: newStorageKey(), bytes: randomBytes(50_000) }));
      await Promise.all(puts.map(({ key, bytes }) => storage.put(key, chunksOf(bytes, 1_000))));
      for (const { key, bytes } of puts) assert.deepEqual(await read(key), bytes);
    });

    it("reports a missing object", async () => {
      const key = newStorageKey();
      await assert.rejects(storage.open(key), MissingObjectError);
      await assert.rejects(
        storage.withFile(key, () => Promise.resolve()),
        MissingObjectError,
      );
      assert.equal(await storage.sizeBytes(key), null);
    });

    it("deletes, even repeatedly", async () => {
      const key = newStorageKey();
      await storage.put(key, chunksOf(randomBytes(10), 10));
      assert.ok((await listed()).includes(key));
      await storage.delete(key);
      await storage.delete(key);
      assert.equal(await storage.sizeBytes(key), null);
      assert.ok(!(await listed()).includes(key));
    });

    it("keeps a mark next to the objects that is never listed as one", async () => {
      assert.equal(await storage.readMark(), null);
      await storage.writeMark("first\n");
      await storage.writeMark("second\n");
      assert.equal(await storage.readMark(), "second\n");
      assert.ok((await listed()).every((key) => key.startsWith("media/")));
    });

    it("rejects keys that could leave its folder", async () => {
      const id = randomUUID();
      for (const key of [
        "",
        "/etc/passwd",
        "../secret",
        `media/../../${id}`,
        `media/ab/${id}/..`,
        `media/ab/${id}\0`,
        `media\\ab\\${id}`,
        `media/%2e/${id}`,
      ]) {
        await assert.rejects(storage.put(key, chunksOf(randomBytes(1), 1)), /Not a storage key/, key);
        await assert.rejects(storage.open(key), /Not a storage key/, key);
        await assert.rejects(storage.delete(key), /Not a storage key/, key);
      }
    });
  });
}

testStorage("on disk", async (folder) => {
  const storage = await createDiskStorage(join(folder, "media"));
  return { storage, close: async () => storage.close() };
});

testStorage("on S3", async (folder) => {
  const server = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory: folder,
    configureBuckets: [{ name: "ampost" }],
  });
  const { port } = await server.run();
  const storage = createS3Storage({
    bucket: "ampost",
    prefix: "test/",
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    forcePathStyle: true,
  });
  return {
    storage,
    close: async () => {
      storage.close();
      await server.close();
    },
  };
});

describe("storage on disk", () => {
  it("removes what a dead writer left unfinished, and only that", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-storage-"));
    try {
      const storage = await createDiskStorage(folder);
      const key = newStorageKey();
      await storage.put(key, chunksOf(randomBytes(10), 10));
      const old = join(folder, "incoming", randomUUID());
      const fresh = join(folder, "incoming", randomUUID());
      await writeFile(old, "half");
      await writeFile(fresh, "half");
      await utimes(old, new Date(0), new Date(0));
      assert.equal(await storage.deleteUnfinished(new Date(Date.now() - 3_600_000)), 1);
      assert.ok(!existsSync(old));
      assert.ok(existsSync(fresh));
      assert.equal(await storage.sizeBytes(key), 10);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("does not list other files", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ampost-storage-"));
    try {
      const storage = await createDiskStorage(folder);
      await mkdir(join(folder, "objects", "notes"));
      await writeFile(join(folder, "objects", "notes", "keep.txt"), "mine");
      assert.deepEqual(await Readable.from(storage.list()).toArray(), []);
      assert.deepEqual(await readdir(join(folder, "objects", "notes")), ["keep.txt"]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

async function* chunksOf(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunkBytes) yield bytes.subarray(start, start + chunkBytes);
}

describe("storage on S3 that is down", () => {
  const openAt = (endpoint: string) =>
    createS3Storage({
      bucket: "ampost",
      prefix: "",
      region: "us-east-1",
      endpoint,
      credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
      forcePathStyle: true,
    });
  const isTold = (error: unknown) => {
    assert.ok(error instanceof StorageAwayError, String(error));
    assert.equal(isDatabaseAway(error), false);
    return true;
  };

  it("reports it for every operation, and is not mistaken for the database", async () => {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = z.object({ port: z.int() }).parse(server.address());
    server.close();
    const storage = openAt(`http://127.0.0.1:${port}`);
    const key = newStorageKey();
    await assert.rejects(storage.put(key, chunksOf(Buffer.alloc(10), 10)), isTold);
    await assert.rejects(storage.open(key), isTold);
    await assert.rejects(storage.sizeBytes(key), isTold);
    await assert.rejects(storage.delete(key), isTold);
    await assert.rejects(storage.readMark(), isTold);
    await assert.rejects(Readable.from(storage.list()).toArray(), isTold);
    storage.close();
  });

  it("reports it even in the middle of an object", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write("ten bytes.", () => response.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = z.object({ port: z.int() }).parse(server.address());
    const storage = openAt(`http://127.0.0.1:${port}`);
    await assert.rejects(async () => buffer(await storage.open(newStorageKey())), isTold);
    storage.close();
    server.close();
  });
});
