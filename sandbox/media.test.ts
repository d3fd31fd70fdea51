import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { openMedia, type MediaDoor } from "./media.ts";

let folder: string;
let server: Server;
let url: string;
const seen: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "ampost-sandbox-media-"));
  const picture = await readFile(new URL("../tests/fixtures/photo-1x1.png", import.meta.url));
  server = createServer((request, response) => {
    seen.push(request.url ?? "");
    if (request.url?.startsWith("/to?"))
      response.writeHead(302, { location: decodeURIComponent(request.url.slice(4)) }).end();
    else response.end(picture);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

async function fetched(
  address: string,
  door: Partial<MediaDoor> = {},
  redirects: "follow" | "refuse" = "follow",
): Promise<string> {
  const media = openMedia({ spoolDir: folder, thumbnailDir: folder }, { allowPrivate: false, mediaUrl: null, ...door });
  const got = await media.fetch(address, { maxBytes: 1_000_000, redirects });
  return got.ok ? (got.media.mimeType ?? "unknown") : got.why;
}

test("nothing on this machine or its network is fetched for a caller, except the instance's own media", async () => {
  for (const address of [
    `${url}/admin.png`,
    url.replace("127.0.0.1", "localhost"),
    "http://10.0.0.1/a.png",
    "http://169.254.169.254/latest/meta-data/",
  ]) {
    assert.equal(await fetched(address), "unreachable", address);
  }
  assert.equal(await fetched(`${url}/admin.png`, { mediaUrl: url }), "unreachable");
  assert.deepEqual(seen.splice(0), []);
  assert.equal(await fetched(`${url}/media/1/a.png`, { mediaUrl: url }), "image/png");
});

test("a client on the same machine can use loopback media, and no redirect leads into the network", async () => {
  const own = { allowPrivate: "loopback" } as const;
  assert.equal(await fetched(`${url}/a.png`, own), "image/png");
  assert.equal(await fetched(`${url}/to?/a.png`, own), "image/png");
  assert.equal(await fetched(`${url}/to?/a.png`, own, "refuse"), "unreachable");
  for (const address of ["http://10.0.0.1/", "http://169.254.169.254/", "http://[fd00::1]/"])
    assert.equal(await fetched(`${url}/to?${encodeURIComponent(address)}`, own), "unreachable");
});

test("files over the platform's limit are reported as such, and deleted", async () => {
  const before = await readdir(folder);
  const media = openMedia({ spoolDir: folder, thumbnailDir: folder }, { allowPrivate: "loopback", mediaUrl: null });
  assert.deepEqual(await media.fetch(`${url}/a.png`, { maxBytes: 100 }), { ok: false, why: "too_large" });
  assert.deepEqual(await readdir(folder), before);
});
