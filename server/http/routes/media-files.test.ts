import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import sharp from "sharp";

import { asRefusal, objectIn } from "../../../tests/answers.ts";
import { createWorld, type TestTenant, type World } from "../../../tests/world.ts";
import { imageSlots } from "../../media/slots.ts";
import { turnOf } from "../../turns/slots.ts";

let world: World;

before(async () => {
  world = await createWorld();
});
after(() => world.close());

const pictureOf = (background: string) =>
  sharp({ create: { width: 640, height: 640, channels: 3, background } })
    .jpeg()
    .toBuffer();

async function upload(tenant: TestTenant, picture: Buffer) {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(picture)], "a.jpg", { type: "image/jpeg" }));
  return objectIn((await world.call(tenant, "POST", "/api/v1/media", form)).body, "media");
}

test("HEAD returns the size and type of a file as GET does, whole and in ranges", async () => {
  const picture = await pictureOf("red");
  const { url } = await upload(world.test, picture);
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

test("thumbnails wait with a user's other images, up to a limit, and none of live mode for those of test mode", async () => {
  const [ofTest, ofLive] = [
    await upload(world.test, await pictureOf("red")),
    await upload(world.live, await pictureOf("blue")),
  ];
  const held = Promise.withResolvers<void>();
  const waiting = Array.from({ length: 52 }, () => imageSlots.run(turnOf(world.test, true), () => held.promise));
  try {
    const refused = await fetch(String(ofTest.thumbnailUrl));
    const { status, headers } = refused;
    assert.equal(asRefusal({ status, headers, body: await refused.json() }, 429).issues[0]?.rule, "media.waiting");
    assert.equal((await fetch(String(ofLive.thumbnailUrl))).headers.get("content-type"), "image/webp");
  } finally {
    held.resolve();
    await Promise.all(waiting);
  }
  assert.equal((await fetch(String(ofTest.thumbnailUrl))).headers.get("content-type"), "image/webp");
});
