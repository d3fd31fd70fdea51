import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { request } from "node:http";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { findFreePort } from "../../cli/free-port.ts";
import { openInstallation } from "../../cli/installation.fixture.ts";
import { fixture } from "../media-world.ts";

const MEDIA = "/api/v1/media";

test("an upload whose API process is killed resumes at another, from what is really stored", async (t) => {
  const installation = await openInstallation(t);
  const doomed = await installation.start("api");
  const otherPort = await findFreePort();
  await installation.start("api", { PORT: String(otherPort) });
  const otherUrl = `http://127.0.0.1:${otherPort}`;
  const { apiKey } = await installation.json("keys", "create", "--mode", "test", "--name", "uploads", "--json");
  const headers = { authorization: `Bearer ${String(apiKey)}`, "tus-resumable": "1.0.0" };
  const bytes = await videoOf(24_000_000);

  const begun = await fetch(installation.url + MEDIA, {
    method: "POST",
    headers: {
      ...headers,
      "upload-length": String(bytes.length),
      "upload-metadata": "filename ZmlsbS5tcDQ=,filetype dmlkZW8vbXA0",
    },
  });
  assert.equal(begun.status, 201);
  const path = new URL(begun.headers.get("location") ?? "").pathname;
  const offset = async () =>
    Number((await fetch(otherUrl + path, { method: "HEAD", headers })).headers.get("upload-offset"));
  const patchHeaders = (at: number) => ({
    ...headers,
    "content-type": "application/offset+octet-stream",
    "upload-offset": String(at),
  });

  const sending = request(installation.url + path, {
    method: "PATCH",
    headers: { ...patchHeaders(0), "content-length": bytes.length },
  });
  const cut = new Promise((resolve) => sending.once("error", resolve));
  let sent = 15_000_000;
  sending.write(bytes.subarray(0, sent));
  const alive = setInterval(() => sending.write(bytes.subarray(sent, ++sent)), 100);
  while ((await offset()) === 0) await sleep(20);
  await doomed.end("SIGKILL");
  clearInterval(alive);
  await cut;

  const stored = await offset();
  assert.ok(stored > 0 && stored < bytes.length, `${stored}`);
  const goOn = () =>
    fetch(otherUrl + path, {
      method: "PATCH",
      headers: patchHeaders(stored),
      body: new Uint8Array(bytes.subarray(stored)),
    });
  let last = await goOn();
  while (last.status === 423) last = await goOn();
  assert.equal(last.status, 204);
  const got = await fetch(`${otherUrl}${MEDIA}/${last.headers.get("media-id") ?? ""}`, { headers });
  const { media } = Object(await got.json());
  const file = Buffer.from(
    await (await fetch(otherUrl + new URL(media.url).pathname + new URL(media.url).search)).arrayBuffer(),
  );
  assert.deepEqual([media.status, media.filename, sha256(file)], ["ready", "film.mp4", sha256(bytes)]);
});

/** A video padded with an empty box to the given size. */
async function videoOf(sizeBytes: number): Promise<Buffer> {
  const video = await fixture("landscape-16x9.mp4");
  const head = Buffer.alloc(8);
  head.writeUInt32BE(sizeBytes - video.length, 0);
  head.write("free", 4, "latin1");
  return Buffer.concat([video, head, randomBytes(sizeBytes - video.length - head.length)]);
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
