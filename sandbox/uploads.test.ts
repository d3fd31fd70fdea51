import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { openMedia } from "./media.ts";
import { temporaryFolder } from "./sandbox.fixture.ts";
import { openUploads } from "./uploads.ts";

test("an upload is assembled from parts, some of them sent twice", async (t) => {
  const folder = await temporaryFolder(t);
  const folders = { spoolDir: join(folder, "spool"), thumbnailDir: join(folder, "thumbnails") };
  for (const path of [...Object.values(folders), join(folder, "uploads")]) await mkdir(path);
  const uploads = openUploads(join(folder, "uploads"), openMedia(folders, { allowPrivate: false, mediaUrl: null }));
  const part = async (text: string) => {
    const path = join(folders.spoolDir, "part");
    await writeFile(path, text);
    return { path, contentType: "", sizeBytes: text.length, sha256: "", complete: true };
  };
  const content = () => readFile(join(folder, "uploads", "one"), "utf8");

  assert.equal(await uploads.write("one", await part("hello "), { offset: 0 }), 6);
  assert.equal(await uploads.write("one", await part("world"), { offset: 6, takeBytes: 3 }), 9);
  assert.equal(await content(), "hello wor");
  assert.equal(await uploads.write("one", await part("world"), { offset: 6 }), 11);
  assert.equal(await content(), "hello world");
  assert.equal(await uploads.write("one", await part("HELL"), { offset: 0, takeBytes: 2 }), 2);
  assert.equal(await content(), "HE");
  assert.equal((await uploads.finish("one")).sizeBytes, 2);
  await assert.rejects(content());
  await assert.rejects(uploads.write("../one", await part("x"), { offset: 0 }));
});
