import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { defaultOptions, Upload, type DetailedError, type UploadOptions } from "tus-js-client";

import { fixture } from "../../../tests/media-world.ts";
import { createWorld, type World } from "../../../tests/world.ts";

/** npm's tus-js-client, unmodified. Only the instance's URL is replaced by that of the test's server. */

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const OWN = "http://localhost:3000";

/** The video with a box that players skip behind it, so that it is of this size. */
async function video(sizeBytes: number): Promise<Buffer> {
  const bytes = await fixture("landscape-16x9.mp4");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(sizeBytes - bytes.length, 0);
  head.write("free", 4, "latin1");
  return Buffer.concat([bytes, head, randomBytes(sizeBytes - bytes.length - head.length)]);
}

/** The client's options, as the guide shows them, and what came of the upload. */
function upload(file: Buffer, options: UploadOptions = {}): { upload: Upload; mediaId: Promise<string> } {
  const { promise: mediaId, resolve, reject } = Promise.withResolvers<string>();
  const stack = defaultOptions.httpStack;
  const made = new Upload(file, {
    endpoint: `${OWN}/api/v1/media`,
    headers: { Authorization: `Bearer ${world.test.key}` },
    metadata: { filename: "launch.mp4", filetype: "video/mp4" },
    chunkSize: 256 * 1024,
    retryDelays: null,
    httpStack: {
      createRequest: (method, url) => stack.createRequest(method, url.replace(OWN, world.url)),
      getName: () => stack.getName(),
    },
    onSuccess: ({ lastResponse }) => resolve(lastResponse.getHeader("Media-Id") ?? ""),
    onError: reject,
    ...options,
  });
  return { upload: made, mediaId };
}

async function stored(mediaId: string): Promise<[unknown, string]> {
  const { body } = await world.call(world.test, "GET", `/api/v1/media/${mediaId}`);
  const media: { sizeBytes?: unknown; url?: unknown } = Object(Object(body).media);
  const file = await fetch(String(media.url).replace(OWN, world.url));
  return [media.sizeBytes, digest(Buffer.from(await file.arrayBuffer()))];
}

const digest = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");

test("tus-js-client uploads a file in chunks, and several files at the same time", async () => {
  const files = await Promise.all([1_000_000, 700_000, 300_000].map(video));
  const mediaIds = await Promise.all(
    files.map((file) => {
      const { upload: made, mediaId } = upload(file);
      made.start();
      return mediaId;
    }),
  );
  for (const [place, file] of files.entries())
    assert.deepEqual(await stored(mediaIds[place] ?? ""), [file.length, digest(file)]);
});

test("tus-js-client sends a small file while it creates the upload", async () => {
  const file = await video(200_000);
  const { upload: made, mediaId } = upload(file, { uploadDataDuringCreation: true });
  made.start();
  assert.deepEqual(await stored(await mediaId), [file.length, digest(file)]);
});

test("tus-js-client pauses an upload, and another process resumes it by its URL", async () => {
  const file = await video(1_000_000);
  const paused = Promise.withResolvers<void>();
  const first = upload(file, {
    onChunkComplete: () => {
      void first.upload.abort().then(paused.resolve, paused.reject);
    },
  });
  first.upload.start();
  await paused.promise;
  const uploadUrl = first.upload.url;
  assert.ok(uploadUrl);
  let sentBytes = 0;
  const second = upload(file, { uploadUrl, onChunkComplete: (chunkSize) => (sentBytes += chunkSize) });
  second.upload.start();
  assert.deepEqual(await stored(await second.mediaId), [file.length, digest(file)]);
  assert.ok(sentBytes < file.length, `${sentBytes} bytes were sent again`);
});

test("tus-js-client terminates an upload", async () => {
  const ended = Promise.withResolvers<void>();
  const { upload: made } = upload(await video(1_000_000), {
    onChunkComplete: () => void made.abort(true).then(ended.resolve, ended.reject),
  });
  made.start();
  await ended.promise;
  const gone = await fetch((made.url ?? "").replace(OWN, world.url), {
    method: "HEAD",
    headers: { authorization: `Bearer ${world.test.key}`, "tus-resumable": "1.0.0" },
  });
  assert.equal(gone.status, 404);
});

test("an upload that tus-js-client splits into parallel parts is refused before any bytes are sent", async () => {
  const { upload: made, mediaId } = upload(await video(1_000_000), { parallelUploads: 2 });
  made.start();
  const error: DetailedError = await mediaId.then(
    () => assert.fail("the parts were accepted"),
    (refused: DetailedError) => refused,
  );
  assert.equal(error.originalResponse?.getStatus(), 400);
  assert.match(error.originalResponse?.getBody() ?? "", /Upload-Concat/);
});
