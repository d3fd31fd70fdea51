import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { objectIn, snapshot } from "../answers.ts";
import { createWorld, type World } from "../world.ts";

let world: World;
let photo: Buffer;
before(async () => {
  world = await createWorld();
  photo = await readFile(join(import.meta.dirname, "../fixtures/photo-1x1.jpg"));
});
after(() => world.close());

const SCRIPT = "<script>attack()</script>";
const box = (type: string, content: Buffer | string) => {
  const bytes = Buffer.from(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + bytes.length);
  head.write(type, 4, "latin1");
  return Buffer.concat([head, bytes]);
};
const png = (width: number, height: number) => {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width);
  size.writeUInt32BE(height, 4);
  size.set([8, 6, 0, 0, 0], 8);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(size.length);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    length,
    Buffer.from("IHDR"),
    size,
    Buffer.alloc(4),
  ]);
};

/** Bytes that are no image, more than an image, or far more expensive to read than their size suggests. */
const FILES: readonly (readonly [string, () => Buffer, string])[] = [
  [
    "an SVG with a script",
    () => Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`),
    "image/svg+xml",
  ],
  [
    "an SVG that says it is a JPEG",
    () => Buffer.from(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">${SCRIPT}</svg>`),
    "image/jpeg",
  ],
  [
    "an SVG that reads a file",
    () =>
      Buffer.from(
        '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg">' +
          "<text>&x;</text></svg>",
      ),
    "image/png",
  ],
  ["a page", () => Buffer.from(`<!doctype html>${SCRIPT}`), "text/html"],
  ["a page that says it is a picture", () => Buffer.from(`<!doctype html>${SCRIPT}`), "image/png"],
  [
    "a PDF",
    () => Buffer.from("%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj"),
    "application/pdf",
  ],
  ["PostScript", () => Buffer.from("%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file"), "image/jpeg"],
  [
    "a drawing of ImageMagick",
    () => Buffer.from("push graphic-context\nviewbox 0 0 640 480\nfill 'url(http://127.0.0.1/)'\npop graphic-context"),
    "image/png",
  ],
  ["a GIF that is a script", () => Buffer.from("GIF89a/*\x00\x00*/=1;attack()//;", "latin1"), "image/gif"],
  ["a JPEG with a page behind it", () => Buffer.concat([photo, Buffer.from(SCRIPT)]), "image/jpeg"],
  [
    "a JPEG with a page in its comment",
    () =>
      Buffer.concat([
        photo.subarray(0, 2),
        Buffer.from([0xff, 0xfe, 0, SCRIPT.length + 2]),
        Buffer.from(SCRIPT),
        photo.subarray(2),
      ]),
    "image/jpeg",
  ],
  ["a PNG of 60 000 by 60 000", () => png(60_000, 60_000), "image/png"],
  ["a PNG of no size", () => png(0, 0), "image/png"],
  [
    "an MP4 of twenty thousand boxes",
    () =>
      Buffer.concat([box("ftyp", "isom\0\0\x02\0isomiso2"), ...Array.from({ length: 20_000 }, () => box("free", ""))]),
    "video/mp4",
  ],
  [
    "an MP4 of boxes in boxes",
    () =>
      Buffer.concat([
        box("ftyp", "isom\0\0\x02\0isomiso2"),
        Array.from({ length: 2_000 }).reduce((inner: Buffer) => box("moov", inner), Buffer.alloc(0)),
      ]),
    "video/mp4",
  ],
  [
    "an MP4 whose box is longer than all files",
    () =>
      Buffer.concat([
        box("ftyp", "isom\0\0\x02\0isomiso2"),
        Buffer.from("\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff", "latin1"),
      ]),
    "video/mp4",
  ],
  ["an archive", () => Buffer.from("PK\x03\x04", "latin1"), "application/zip"],
  ["nothing", () => Buffer.alloc(0), "image/jpeg"],
];

const NAMES = [
  "../../../../etc/passwd",
  "..\\..\\a.jpg",
  "/etc/passwd",
  "a\r\nset-cookie: x=1.jpg",
  `"><script>attack()</script>.jpg`,
  '"; filename="b.html',
  "a.html",
  "a.svg",
  "a.php.jpg",
  "a\u0000.jpg",
  "\u202egpj.exe",
  ".htaccess",
  "con",
  "x".repeat(5_000),
  "%2e%2e%2f",
  "",
];

test("an invalid file is rejected and not kept, and a valid one is served only as an image or video", async () => {
  for (const [what, bytes, type] of FILES) {
    const before = await snapshot(world);
    const answer = await upload(bytes(), type, "a.jpg");
    if (answer.status === 201) await assertHarmless(answer.body, what);
    else {
      assert.ok(
        answer.status === 400 || answer.status === 413,
        `${what}: ${answer.status} ${JSON.stringify(answer.body)}`,
      );
      assert.deepEqual(await snapshot(world), before, what);
    }
  }
});

test("a file's name determines nothing: neither a path, nor a header, nor a type", async () => {
  for (const name of NAMES) {
    const answer = await upload(photo, "image/jpeg", name);
    assert.ok(
      answer.status === 201 || answer.status === 400,
      `${name}: ${answer.status} ${JSON.stringify(answer.body)}`,
    );
    if (answer.status === 201) await assertHarmless(answer.body, name.slice(0, 60));
  }
  for await (const { key } of world.services.storage.list()) assert.match(key, /^media\/[\w/.-]+$/);
});

/** Stored as one of the accepted types, and served from a URL at which no browser runs anything. */
async function assertHarmless(body: unknown, what: string): Promise<void> {
  const url = new URL(String(objectIn(body, "media").url));
  const shown = await fetch(url);
  const header = (name: string) => shown.headers.get(name) ?? "";
  assert.equal(shown.status, 200, what);
  assert.match(header("content-type"), /^(image\/(jpeg|png|webp|gif)|video\/(mp4|quicktime))$/, what);
  assert.equal(header("x-content-type-options"), "nosniff", what);
  assert.match(header("content-security-policy"), /default-src 'none'; sandbox/, what);
  assert.match(header("content-disposition"), /^inline; filename="[\w.-]+\.(jpg|png|webp|gif|mp4|mov)"$/, what);
  assert.equal(header("set-cookie"), "", what);
}

async function upload(bytes: Buffer, type: string, name: string): Promise<{ status: number; body: unknown }> {
  const form = new FormData();
  form.set("file", new File([new Uint8Array(bytes)], name, { type }));
  const response = await fetch(`${world.url}/api/v1/media`, {
    method: "POST",
    body: form,
    headers: { authorization: `Bearer ${world.test.key}` },
  });
  const answered: unknown = await response.json();
  return { status: response.status, body: answered };
}
