import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import S3rver from "s3rver";

import { asRefusal, objectIn } from "../../../tests/answers.ts";
import { fixture } from "../../../tests/media-world.ts";
import { createWorld, type Called, type TestTenant, type World } from "../../../tests/world.ts";
import { findMedia } from "../../db/queries/media.ts";
import { storedBytes } from "../../media/storage-quota.ts";
import { sweepMedia } from "../../media/sweep.ts";
import { createS3Storage } from "../../storage/s3.ts";
import type { Storage } from "../../storage/storage.ts";
import { createHttpApp } from "../app.ts";

const MEDIA = "/api/v1/media";
const VIDEO = "landscape-16x9.mp4";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

/** The file's own bytes, padded with an empty box to the given size: still the same video. */
async function video(sizeBytes: number): Promise<Buffer> {
  const bytes = await fixture(VIDEO);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(sizeBytes - bytes.length, 0);
  head.write("free", 4, "latin1");
  return Buffer.concat([bytes, head, randomBytes(sizeBytes - bytes.length - head.length)]);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const idIn = (path: string) => path.split("/").at(-1);
const base64 = (text: string) => Buffer.from(text).toString("base64");

interface TusClient {
  send(method: string, path: string, headers?: Record<string, string>, body?: Buffer): Promise<Called>;
  /** Starts an upload. Returns its path. */
  begin(lengthBytes: number, metadata?: string): Promise<string>;
  offset(path: string): Promise<number>;
  patch(path: string, offset: number, body: Buffer, headers?: Record<string, string>): Promise<Called>;
  /** Starts a PATCH whose bytes are sent one by one. `answered` is its status, or 0 if the connection was closed. */
  patchInPart(
    path: string,
    offset: number,
    announcedBytes: number,
  ): { write(bytes: Buffer): Promise<void>; cut(): void; answered: Promise<number> };
}

function client(url: string, tenant: TestTenant): TusClient {
  const own = { authorization: `Bearer ${tenant.key}`, "tus-resumable": "1.0.0" };
  const send: TusClient["send"] = async (method, path, headers = {}, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { ...own, ...headers },
      body: body === undefined ? undefined : new Uint8Array(body),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
  };
  const patchHeaders = (offset: number) => ({
    "content-type": "application/offset+octet-stream",
    "upload-offset": String(offset),
  });
  return {
    send,
    begin: async (lengthBytes, metadata = `filename ${base64(VIDEO)},filetype ${base64("video/mp4")}`) => {
      const { status, headers } = await send("POST", MEDIA, {
        "upload-length": String(lengthBytes),
        "upload-metadata": metadata,
      });
      assert.equal(status, 201);
      return new URL(headers.get("location") ?? "").pathname;
    },
    offset: async (path) => Number((await send("HEAD", path)).headers.get("upload-offset")),
    patch: (path, offset, body, headers) => send("PATCH", path, { ...patchHeaders(offset), ...headers }, body),
    patchInPart: (path, offset, announcedBytes) => {
      const { promise: answered, resolve } = Promise.withResolvers<number>();
      const sent = httpRequest(url + path, {
        method: "PATCH",
        headers: { ...own, ...patchHeaders(offset), "content-length": announcedBytes },
      });
      sent
        .on("error", () => resolve(0))
        .on("response", (response) => {
          resolve(response.statusCode ?? 0);
          response.resume();
        });
      sent.flushHeaders();
      return {
        write: (bytes) => new Promise((resolve) => sent.write(bytes, () => resolve())),
        cut: () => void sent.destroy(),
        answered,
      };
    },
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await sleep(20);
}

const isBusy = async (path: string) =>
  (await world.services.pool.query("select from resumable_uploads where id = $1 and writer is not null", [idIn(path)]))
    .rowCount === 1;

async function readStored(storage: Storage, tenant: TestTenant, mediaId: string): Promise<Buffer> {
  const [row] = await findMedia.all(world.services.pool, [tenant.userId, tenant.mode, [mediaId]]);
  assert.ok(row?.storage_key);
  return await buffer(await storage.open(row.storage_key));
}

async function storageKeys(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list()) keys.push(key);
  return keys.sort();
}

function testUploads(
  name: string,
  open: () => Promise<{ url: string; storage: Storage; close(): Promise<void> }>,
): void {
  describe(`a resumable upload, stored ${name}`, () => {
    let place: Awaited<ReturnType<typeof open>>;
    let tus: TusClient;
    before(async () => {
      place = await open();
      tus = client(place.url, world.test);
    });
    after(() => place.close());

    test("resumes after interruptions where it stopped, and is identical byte for byte", async () => {
      const bytes = await video(11_000_000);
      const path = await tus.begin(bytes.length);
      for (const [from, to] of [
        [0, 9_300_000],
        [9_300_000, 9_300_001],
        [9_300_001, 9_400_000],
      ] as const) {
        const sending = tus.patchInPart(path, from, bytes.length - from);
        await sending.write(bytes.subarray(from, to));
        sending.cut();
        await until(async () => (await tus.offset(path)) === to);
      }
      const last = await tus.patch(path, 9_400_000, bytes.subarray(9_400_000));
      assert.deepEqual([last.status, last.headers.get("upload-offset")], [204, String(bytes.length)]);
      const mediaId = last.headers.get("media-id") ?? "";
      assert.equal(sha256(await readStored(place.storage, world.test, mediaId)), sha256(bytes));
      const media = objectIn((await world.call(world.test, "GET", `${MEDIA}/${mediaId}`)).body, "media");
      assert.deepEqual(
        [media.status, media.filename, media.mimeType, media.sizeBytes, media.durationSeconds, media.sourceUrl],
        ["ready", VIDEO, "video/mp4", bytes.length, 4, null],
      );
    });

    test("leaves only the media object when complete, and returns it again", async () => {
      const before = await storageKeys(place.storage);
      const bytes = await fixture(VIDEO);
      const path = await tus.begin(bytes.length);
      await tus.patch(path, 0, bytes.subarray(0, 1_000));
      world.jobs.length = 0;
      const mediaId = (await tus.patch(path, 1_000, bytes.subarray(1_000))).headers.get("media-id");
      const dropped = world.jobs.flatMap(({ data }) =>
        "storageKeys" in data && Array.isArray(data.storageKeys) ? data.storageKeys : [],
      );
      assert.equal(dropped.length, 1);
      const left = (await storageKeys(place.storage)).filter((key) => !before.includes(key) && !dropped.includes(key));
      assert.equal(left.length, 1);
      const again = await tus.send("HEAD", path);
      assert.deepEqual(
        [again.headers.get("upload-offset"), again.headers.get("media-id")],
        [String(bytes.length), mediaId],
      );
      const repeated = await tus.patch(path, bytes.length, Buffer.alloc(0));
      assert.deepEqual([repeated.status, repeated.headers.get("media-id")], [204, mediaId]);
    });
  });
}

testUploads("on disk", async () => ({ url: world.url, storage: world.services.storage, close: async () => undefined }));

testUploads("on S3", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ampost-s3-"));
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
    prefix: "",
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    forcePathStyle: true,
  });
  const app = await createHttpApp(
    { ...world.services, storage },
    {
      probes: {
        ready: async () => ({ ready: true, checks: {} }),
        metrics: async () => ({ contentType: "text/plain", text: "" }),
      },
    },
  );
  return {
    url: await app.listen({ port: 0, host: "127.0.0.1" }),
    storage,
    close: async () => {
      await app.close();
      storage.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
});

describe("resumable uploads", () => {
  let tus: TusClient;
  before(() => {
    tus = client(world.url, world.test);
  });

  test("announce their features to any web page, without a key", async () => {
    for (const path of [MEDIA, `${MEDIA}/uploads/01980b7a-6c00-7000-8000-000000000001`]) {
      const { status, headers } = await fetch(world.url + path, {
        method: "OPTIONS",
        headers: {
          origin: "https://app.example",
          "access-control-request-method": "PATCH",
          "access-control-request-headers": "upload-offset,tus-resumable",
        },
      });
      assert.deepEqual(
        [status, headers.get("tus-version"), headers.get("tus-max-size"), headers.get("access-control-allow-origin")],
        [204, "1.0.0", "209715200", "*"],
      );
      assert.match(headers.get("tus-extension") ?? "", /creation,.*expiration,termination/);
      assert.match(headers.get("access-control-allow-headers") ?? "", /Upload-Offset/);
      assert.match(headers.get("access-control-allow-methods") ?? "", /PATCH/);
    }
    const begun = await tus.send("POST", MEDIA, { "upload-length": "10", origin: "https://app.example" });
    assert.match(begun.headers.get("access-control-expose-headers") ?? "", /Upload-Offset/);
    assert.match(begun.headers.get("x-request-id") ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(begun.headers.get("tus-resumable"), "1.0.0");
  });

  test("return their offset, metadata and expiry", async () => {
    const path = await tus.begin(1_000, "filename YS5tcDQ=,is_confidential");
    await tus.patch(path, 0, Buffer.alloc(10));
    const { status, headers } = await tus.send("HEAD", path);
    assert.deepEqual(
      [status, headers.get("upload-offset"), headers.get("upload-length"), headers.get("upload-metadata")],
      [200, "10", "1000", "filename YS5tcDQ=,is_confidential"],
    );
    assert.match(headers.get("cache-control") ?? "", /no-store/);
    const hours = (Date.parse(headers.get("upload-expires") ?? "") - Date.now()) / 3_600_000;
    assert.ok(hours > 23.9 && hours < 24.1, `${hours}`);
  });

  test("accept the first bytes with the creation", async () => {
    const bytes = await fixture("photo-1x1.jpg");
    const made = await tus.send(
      "POST",
      MEDIA,
      { "upload-length": String(bytes.length), "content-type": "application/offset+octet-stream" },
      bytes,
    );
    assert.deepEqual([made.status, made.headers.get("upload-offset")], [201, String(bytes.length)]);
    assert.match(made.headers.get("media-id") ?? "", /^[0-9a-f-]{36}$/);
  });

  test("accept a POST with a method override", async () => {
    const path = await tus.begin(1_000);
    const headers = {
      "x-http-method-override": "PATCH",
      "content-type": "application/offset+octet-stream",
      "upload-offset": "0",
    };
    assert.equal((await tus.send("POST", path, headers, Buffer.alloc(5))).status, 204);
    assert.equal(await tus.offset(path), 5);
    assert.equal((await tus.send("POST", path, { "x-http-method-override": "DELETE" })).status, 204);
    asRefusal(await tus.send("POST", path), 404);
  });

  test("reject bytes at another offset, and keep what they have", async () => {
    const path = await tus.begin(1_000);
    await tus.patch(path, 0, Buffer.alloc(100));
    for (const offset of [0, 99, 101, 1_000]) {
      const [issue] = asRefusal(await tus.patch(path, offset, Buffer.alloc(1)), 409).issues;
      assert.deepEqual([issue?.rule, issue?.limit, issue?.actual], ["upload.offset", 100, offset]);
    }
    assert.equal(await tus.offset(path), 100);
  });

  test("of two concurrent requests, one adds its bytes and the other is rejected", async () => {
    const bytes = await video(300_000);
    const path = await tus.begin(bytes.length);
    const answers = await Promise.all(Array.from({ length: 6 }, () => tus.patch(path, 0, bytes.subarray(0, 200_000))));
    assert.deepEqual(answers.map(({ status }) => status).filter((status) => status === 204).length, 1);
    for (const answer of answers)
      if (answer.status !== 204) assert.ok([409, 423].includes(answer.status), `${answer.status}`);
    const lively = tus.patchInPart(path, 200_000, 100_000);
    await until(() => isBusy(path));
    const trickle = setInterval(() => void lively.write(Buffer.alloc(1)), 100);
    const refused = await tus.patch(path, 200_000, bytes.subarray(200_000));
    clearInterval(trickle);
    lively.cut();
    assert.equal(asRefusal(refused, 423).issues[0]?.rule, "upload.busy");
    assert.ok(refused.headers.get("retry-after"));
  });

  test("a silent connection does not prevent resuming", async () => {
    const bytes = await fixture(VIDEO);
    const path = await tus.begin(bytes.length);
    const silent = tus.patchInPart(path, 0, bytes.length);
    await silent.write(bytes.subarray(0, 50_000));
    await until(async () => (await tus.offset(path)) === 50_000);
    let last = await tus.patch(path, 50_000, bytes.subarray(50_000));
    while (last.status === 423) last = await tus.patch(path, 50_000, bytes.subarray(50_000));
    assert.equal(last.status, 204);
    await silent.write(bytes.subarray(50_000));
    assert.equal(await silent.answered, 423);
    assert.equal(
      sha256(await readStored(world.services.storage, world.test, last.headers.get("media-id") ?? "")),
      sha256(bytes),
    );
  });

  test("a server that stops keeps what has arrived, and does not wait for the rest", async () => {
    let takenBytes = 0;
    const { storage } = world.services;
    const counting = async function* (bytes: AsyncIterable<Uint8Array>) {
      for await (const chunk of bytes) {
        takenBytes += chunk.length;
        yield chunk;
      }
    };
    const watched: Storage = { ...storage, put: (key, bytes) => storage.put(key, counting(bytes)) };
    const app = await createHttpApp(
      { ...world.services, storage: watched },
      {
        probes: {
          ready: async () => ({ ready: true, checks: {} }),
          metrics: async () => ({ contentType: "text/plain", text: "" }),
        },
      },
    );
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    const path = await tus.begin(1_000_000);
    const sending = client(url, world.test).patchInPart(path, 0, 1_000_000);
    await sending.write(Buffer.alloc(70_000));
    await until(async () => takenBytes === 70_000);
    await app.close();
    assert.equal(await sending.answered, 0);
    assert.equal(await tus.offset(path), 70_000);
  });

  test("an upload counts as stored as soon as it is announced", async () => {
    const { test: tenant } = await world.makeTenants();
    const own = client(world.url, tenant);
    await own.patch(await own.begin(1_000), 0, Buffer.alloc(700));
    const photo = await fixture("photo-1x1.jpg");
    await own.patch(await own.begin(photo.length, ""), 0, photo);
    assert.equal(await storedBytes(world.services.pool, tenant.userId), photo.length + 1_000);
  });

  test("are gone when ended, including their bytes", async () => {
    const path = await tus.begin(1_000);
    await tus.patch(path, 0, Buffer.alloc(10));
    world.jobs.length = 0;
    assert.equal((await tus.send("DELETE", path)).status, 204);
    assert.equal(world.jobs.length, 1);
    for (const method of ["HEAD", "DELETE"]) assert.equal((await tus.send(method, path)).status, 404);
    asRefusal(await tus.patch(path, 10, Buffer.alloc(1)), 404);
  });

  test("are gone when they expire, and the sweep deletes their bytes", async () => {
    const path = await tus.begin(1_000);
    await tus.patch(path, 0, Buffer.alloc(10));
    const keys = await storageKeys(world.services.storage);
    const open = await tus.begin(1_000);
    await tus.patch(open, 0, Buffer.alloc(10));
    await world.services.pool.query("update resumable_uploads set expires_at = now() where id = $1", [idIn(path)]);
    assert.equal((await tus.send("HEAD", path)).status, 404);
    asRefusal(await tus.patch(path, 10, Buffer.alloc(1)), 404);
    assert.equal((await sweepMedia(world.services)).unfinishedUploads, 1);
    assert.equal((await storageKeys(world.services.storage)).length, keys.length);
    assert.equal(await tus.offset(open), 10);
  });

  test("are inaccessible to others, and to the same user in the other mode", async () => {
    const path = await tus.begin(1_000);
    const others = [world.live, (await world.makeTenants()).test];
    for (const other of others.map((tenant) => client(world.url, tenant))) {
      assert.equal((await other.send("HEAD", path)).status, 404);
      asRefusal(await other.patch(path, 0, Buffer.alloc(1)), 404);
      asRefusal(await other.send("DELETE", path), 404);
    }
    assert.equal(await tus.offset(path), 0);
  });

  test("need a key before anything else is validated", async () => {
    const path = await tus.begin(1_000);
    for (const [method, at] of [
      ["POST", MEDIA],
      ["HEAD", path],
      ["PATCH", path],
      ["DELETE", path],
    ] as const) {
      const { status } = await fetch(world.url + at, {
        method,
        headers: { "tus-resumable": "0.2", "upload-length": "x" },
      });
      assert.equal(status, 401, method);
    }
  });

  test("reject what they cannot accept before a byte is sent", async () => {
    const begin = (headers: Record<string, string>) => tus.send("POST", MEDIA, headers);
    const tooLarge = asRefusal(await begin({ "upload-length": "209715201" }), 413);
    assert.deepEqual([tooLarge.code, tooLarge.issues[0]?.limit], ["PAYLOAD_TOO_LARGE", 209_715_200]);
    const wrong: Record<string, string>[] = [
      {},
      { "upload-length": "0" },
      { "upload-length": "-1" },
      { "upload-length": "many" },
      { "upload-defer-length": "1" },
      { "upload-length": "9", "upload-metadata": "filename ???" },
    ];
    for (const headers of wrong) {
      assert.equal(asRefusal(await begin(headers), 400).code, "VALIDATION_FAILED");
    }
    const old = await tus.send("POST", MEDIA, { "tus-resumable": "0.2.2", "upload-length": "9" });
    asRefusal(old, 412);
    assert.equal(old.headers.get("tus-version"), "1.0.0");
    const path = await tus.begin(10);
    asRefusal(await tus.patch(path, 0, Buffer.alloc(1), { "content-type": "video/mp4" }), 415);
    asRefusal(
      await tus.send("PATCH", path, { "content-type": "application/offset+octet-stream" }, Buffer.alloc(1)),
      400,
    );
    asRefusal(await tus.patch(path, 0, Buffer.alloc(11)), 413);
    asRefusal(await tus.send("DELETE", `${MEDIA}/uploads/nonsense`), 400);
    assert.equal(await tus.offset(path), 0);
  });

  test("a file that is not as declared, or cannot be read, is rejected with its last bytes, and the upload is gone", async () => {
    const photo = await fixture("photo-1x1.jpg");
    for (const [bytes, code] of [
      [photo, "UNSUPPORTED_MEDIA_TYPE"],
      [Buffer.from("plain text"), "UNSUPPORTED_MEDIA_TYPE"],
      [(await fixture(VIDEO)).subarray(0, 5_000), "VALIDATION_FAILED"],
    ] as const) {
      const before = await storageKeys(world.services.storage);
      const path = await tus.begin(bytes.length);
      await tus.patch(path, 0, bytes.subarray(0, 5));
      world.jobs.length = 0;
      assert.equal(asRefusal(await tus.patch(path, 5, bytes.subarray(5)), 400).code, code);
      assert.equal((await tus.send("HEAD", path)).status, 404);
      // What is left is the part that is queued for deletion.
      assert.equal((await storageKeys(world.services.storage)).length, before.length + 1);
      assert.equal(world.jobs.length, 1);
    }
  });

  test("the same Idempotency-Key creates one upload", async () => {
    const begin = (length: string) =>
      tus.send("POST", MEDIA, { "upload-length": length, "idempotency-key": "one-upload" });
    const first = await begin("10");
    const second = await begin("10");
    assert.equal(second.headers.get("location"), first.headers.get("location"));
    assert.equal(second.headers.get("idempotency-replayed"), "true");
    asRefusal(await begin("11"), 422);
  });
});
