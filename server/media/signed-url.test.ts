import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";

import { createMediaWorld, fixture } from "../../tests/media-world.ts";
import type { MediaWorld } from "../../tests/media-world.ts";
import type { MediaRow } from "../db/queries/media.ts";
import { createFileOwners, openSigned, signMediaUrl } from "./signed-url.ts";
import type { SignedRequest } from "./signed-url.ts";

const URLS = { baseUrl: "https://media.example.com", secret: "a secret" };
const NOW = new Date("2026-11-25T12:30:00Z");

describe("signed URLs", () => {
  let world: MediaWorld;
  let row: MediaRow;
  let bytes: Buffer;
  before(async () => {
    world = await createMediaWorld();
    row = await world.upload("photo-4x5.jpg");
    bytes = await fixture("photo-4x5.jpg");
  });
  after(() => world.close());

  const signed = (): SignedRequest =>
    readUrl(signMediaUrl(URLS, { id: row.id, filename: row.filename, mimeType: "image/jpeg" }, NOW));
  const ask = async (changes: Partial<SignedRequest> = {}, now = NOW) => {
    const { body, ...answer } = await openSigned(
      { pool: world.database.pool, storage: world.storage, secrets: ["a newer secret", URLS.secret] },
      { ...signed(), ...changes },
      now,
    );
    return { ...answer, bytes: body === null ? null : await buffer(body) };
  };

  it("look like a file, in plain ASCII, and stay the same within the hour", () => {
    const url = signMediaUrl(URLS, { id: row.id, filename: "Größe & mehr.final.JPEG", mimeType: "image/jpeg" }, NOW);
    assert.match(
      url,
      new RegExp(
        `^https://media\\.example\\.com/media/${row.id}/[A-Za-z0-9-]+\\.jpg\\?expires=\\d+&signature=[A-Za-z0-9_-]+$`,
      ),
    );
    assert.equal(
      signMediaUrl(URLS, { id: row.id, filename: "a.mp4", mimeType: "video/quicktime" }, NOW).includes("/a.mov?"),
      true,
    );
    assert.equal(
      signMediaUrl(URLS, { id: row.id, filename: "写真", mimeType: "image/png" }, NOW).includes("/media.png?"),
      true,
    );
    assert.equal(
      url,
      signMediaUrl(
        URLS,
        { id: row.id, filename: "Größe & mehr.final.JPEG", mimeType: "image/jpeg" },
        new Date(NOW.getTime() + 29 * 60_000),
      ),
    );
  });

  it("return the bytes with headers that let nothing in them run", async () => {
    const { status, headers, bytes: given } = await ask();
    assert.equal(status, 200);
    assert.deepEqual(given, bytes);
    assert.equal(headers["content-type"], "image/jpeg");
    assert.equal(headers["content-length"], String(bytes.length));
    assert.equal(headers["accept-ranges"], "bytes");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(headers["content-security-policy"] ?? "", /sandbox/);
    assert.equal(headers["content-disposition"], 'inline; filename="photo-4x5.jpg"');
  });

  it("return the same to HEAD, without bytes", async () => {
    assert.deepEqual(await ask({ method: "HEAD" }), { ...(await ask()), bytes: null });
  });

  it("return single ranges", async () => {
    const size = bytes.length;
    const ranges: [string, number, number][] = [
      ["bytes=0-0", 0, 1],
      ["bytes=10-99", 10, 100],
      ["bytes=100-", 100, size],
      ["bytes=-50", size - 50, size],
      [`bytes=5-${size * 2}`, 5, size],
      [`bytes=-${size * 2}`, 0, size],
    ];
    for (const [range, start, end] of ranges) {
      const answer = await ask({ range });
      assert.equal(answer.status, 206, range);
      assert.deepEqual(answer.bytes, bytes.subarray(start, end), range);
      assert.equal(answer.headers["content-range"], `bytes ${start}-${end - 1}/${size}`);
      assert.equal(answer.headers["content-length"], String(end - start));
    }
    for (const range of ["bytes=", "bytes=-", "bytes=9-3", "bytes=0-1,5-6", "items=0-1", "bytes=a-b"])
      assert.equal((await ask({ range })).status, 200, range);
    for (const range of [`bytes=${size}-`, "bytes=-0"]) {
      const answer = await ask({ range });
      assert.deepEqual(
        [answer.status, answer.headers["content-range"], answer.bytes],
        [416, `bytes */${size}`, null],
        range,
      );
    }
    const { headers } = await ask();
    assert.equal((await ask({ range: "bytes=0-1", ifRange: headers.etag })).status, 206);
    assert.equal((await ask({ range: "bytes=0-1", ifRange: '"another"' })).status, 200);
  });

  it("return 304 to clients that have the file", async () => {
    const { headers } = await ask();
    assert.deepEqual(
      [
        (await ask({ ifNoneMatch: headers.etag })).status,
        (await ask({ ifNoneMatch: `"x", W/${headers.etag}` })).status,
        (await ask({ ifNoneMatch: '"x"' })).status,
      ],
      [304, 304, 200],
    );
  });

  it("are invalid if anything about them is changed", async () => {
    const { expires, signature } = signed();
    const changed: Partial<SignedRequest>[] = [
      { mediaId: "0199b0a0-0000-7000-8000-000000000000" },
      { name: "other.jpg" },
      { expires: String(Number(expires) + 1) },
      { expires: undefined },
      { expires: "soon" },
      { signature: undefined },
      { signature: "" },
      { signature: `${signature}x` },
      { signature: signature?.replace(/^./, (first) => (first === "A" ? "B" : "A")) },
    ];
    for (const change of changed) assert.equal((await ask(change)).status, 403, JSON.stringify(change));
    const other = await openSigned(
      { pool: world.database.pool, storage: world.storage, secrets: ["another secret"] },
      signed(),
      NOW,
    );
    assert.equal(other.status, 403);
  });

  it("tell whose file they lead to, and nothing if anything about them is changed", async () => {
    const ownerOf = createFileOwners(world.database.pool);
    const tell = (changes: Partial<SignedRequest> = {}) => ownerOf([URLS.secret], { ...signed(), ...changes });
    assert.deepEqual([await tell(), await tell()], [world.owner, world.owner]);
    assert.deepEqual([await tell({ name: "other.jpg" }), await tell({ signature: undefined })], [null, null]);
  });

  it("expire after a day", async () => {
    assert.equal((await ask({}, new Date(NOW.getTime() + 24 * 3_600_000))).status, 200);
    assert.equal((await ask({}, new Date(NOW.getTime() + 25 * 3_600_000))).status, 410);
  });

  it("say what happened to a deleted file", async () => {
    const missing = readUrl(
      signMediaUrl(
        URLS,
        { id: "0199b0a0-0000-7000-8000-000000000000", filename: "a.jpg", mimeType: "image/jpeg" },
        NOW,
      ),
    );
    assert.equal((await ask(missing)).status, 404);
    await world.database.pool.query("update media set deleted_at = now(), storage_key = null where id = $1", [row.id]);
    assert.equal((await ask()).status, 410);
  });
});

function readUrl(address: string): SignedRequest {
  const url = new URL(address);
  const [, , mediaId = "", name = ""] = url.pathname.split("/");
  return {
    method: "GET",
    mediaId,
    name,
    expires: url.searchParams.get("expires") ?? undefined,
    signature: url.searchParams.get("signature") ?? undefined,
  };
}
