import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import sharp from "sharp";

import { objectIn } from "../../../tests/answers.ts";
import { createWorld, type World } from "../../../tests/world.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

test("HEAD returns the size and type of a file as GET does, whole and in ranges", async () => {
  const picture = await sharp({ create: { width: 640, height: 640, channels: 3, background: "red" } })
    .jpeg()
    .toBuffer();
  const form = new FormData();
  form.set("file", new File([new Uint8Array(picture)], "a.jpg", { type: "image/jpeg" }));
  const { url } = objectIn((await world.call(world.test, "POST", "/api/v1/media", form)).body, "media");
  for (const [headers, size] of [
    [{}, picture.length],
    [{ range: "bytes=0-99" }, 100],
  ] as const) {
    const head = await fetch(String(url), { method: "HEAD", headers });
    const get = await fetch(String(url), { headers });
    for (const name of ["content-length", "content-type", "content-range", "accept-ranges", "etag"])
      assert.equal(head.headers.get(name), get.headers.get(name), name);
    assert.deepEqual([head.status, head.headers.get("content-length")], [get.status, String(size)]);
    assert.deepEqual([await head.text(), (await get.arrayBuffer()).byteLength], ["", size]);
  }
});
