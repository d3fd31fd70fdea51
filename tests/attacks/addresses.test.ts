import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

import { legacyPostsCreate } from "../../contract/operations/legacy-posts.ts";
import { selfHosted } from "../../model/plans.ts";
import { unlimited } from "../../model/user-limits.ts";
import { isRefusedUrl } from "../../platforms/kit/addresses.ts";
import { openMedia } from "../../sandbox/media.ts";
import { findClient } from "../../server/domain/mcp-grants/clients.ts";
import { deliver } from "../../server/domain/webhooks/deliver.ts";
import { createIngest } from "../../server/media/ingest.ts";
import { INGEST_QUEUE } from "../../server/media/queues.ts";
import { idOf } from "../answers.ts";
import { createWorld, type World } from "../world.ts";
import { callTool } from "./call-tool.ts";

/** A server on this machine that no user input may ever reach. */
async function startCanary(t: TestContext) {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(`${request.method} ${request.headers.host} ${request.url}`);
    response.end("internal");
  });
  server.on("connection", () => heard.push("connection"));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => server.close().closeAllConnections());
  return { heard, port: (server.address() as AddressInfo).port };
}

/** This machine's own address in every notation. */
const HOSTS = [
  "127.0.0.1",
  "127.1",
  "2130706433",
  "0x7f000001",
  "0x7f.0.0.1",
  "0177.0.0.1",
  "127.0.0.1.",
  "①②⑦.0.0.1",
  "0.0.0.0",
  "0",
  "[::]",
  "[::1]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[::127.0.0.1]",
  "[64:ff9b::7f00:1]",
  "localhost",
  "localhost.",
  "LOCALHOST",
  "ip6-localhost",
];

test("no URL that a user can provide reaches this machine: media, thumbnails, covers, parts of threads, tools, legacy bodies, webhooks, MCP clients, the sandbox", async (t) => {
  const world = await createWorld();
  t.after(() => world.close());
  const folder = await mkdtemp(join(tmpdir(), "ampost-one-door-"));
  t.after(() => rm(folder, { recursive: true }));
  const { heard, port } = await startCanary(t);
  for (const platform of ["instagram", "threads"] as const) await world.connect(world.test, platform);
  const sandbox = openMedia({ spoolDir: folder, thumbnailDir: folder }, { allowPrivate: false, mediaUrl: world.url });
  for (const host of HOSTS) {
    const at = (name: string) => `http://${host}:${port}/${name}`;
    // As if each had been let in before: names that lead to private addresses are known only when they are resolved.
    world.services.settings.allowPrivateUrls = true;
    await world.call(world.test, "POST", "/api/v1/media", { url: at("stored.jpg") });
    await world.call(world.test, "POST", "/api/v1/posts", {
      content: {
        text: "Hello",
        media: [{ url: at("a.mp4"), type: "video", thumbnailUrl: at("thumbnail.jpg") }],
        platformOverrides: {
          instagram: { settings: { coverUrl: at("cover.jpg") } },
          threads: {
            media: [{ url: at("own.jpg") }],
            settings: { thread: [{ text: "More", media: [{ url: at("part.jpg") }] }] },
          },
        },
      },
      platforms: ["instagram", "threads"],
      platformSetId: world.test.platformSetId,
    });
    const { platformSetId } = world.test;
    const flat = { text: "Hello", mediaUrls: [at("flat.jpg")], platforms: ["threads"], platformSetId };
    await world.call(world.test, legacyPostsCreate.method, legacyPostsCreate.path, flat);
    await callTool(world, world.test, "media_create", { url: at("tool.jpg") });
    await callTool(world, world.test, "posts_create", {
      content: { text: "Hello", media: [{ url: at("of-tool.jpg") }] },
      platforms: ["threads"],
      platformSetId,
    });
    world.services.settings.allowPrivateUrls = false;
    await assert.rejects(
      findClient(world.services, at("client.json").replace("http:", "https:"), { address: null }),
      host,
    );
    await assert.rejects(findClient(world.services, at("client.json"), { address: null }), host);
    await sendWebhook(world, at("webhook"));
    for (const redirects of ["follow", "refuse"] as const)
      assert.equal((await sandbox.fetch(at("sandbox.jpg"), { maxBytes: 1_000, redirects })).ok, false, host);
  }
  const ingest = createIngest({
    pool: world.database.pool,
    storage: world.services.storage,
    allowPrivateUrls: false,
    limitsOf: unlimited,
    planOf: selfHosted,
    jobs: world.services.jobs,
    log: world.services.log,
  });
  const jobs = world.jobs.filter(({ queue }) => queue === INGEST_QUEUE);
  const late = HOSTS.filter((host) => !isRefusedUrl(`http://${host}:${port}/`, true));
  assert.ok(late.length > 10 && jobs.length >= 9 * late.length, `${jobs.length} addresses were to be fetched`);
  await Promise.all(jobs.map(({ data }) => ingest.run(data).catch(() => undefined)));
  const { rows } = await world.database.pool.query("select distinct status from media");
  assert.ok(rows.every(({ status }) => status !== "ready"));
  assert.deepEqual(heard, []);
});

/**
 * As if the URL had been accepted before: names that lead to private addresses are only detected when they are
 * resolved.
 */
async function sendWebhook(world: World, url: string): Promise<void> {
  const { userId, mode } = world.test;
  const made = await world.call(world.test, "POST", "/api/v1/webhooks", {
    url: "https://example.com/hook",
    events: ["post.published"],
  });
  const webhookId = idOf(made.body, "webhook");
  await world.database.pool.query("update webhooks set url = $2 where id = $1", [webhookId, url]);
  const { body } = await world.call(world.test, "POST", `/api/v1/webhooks/${webhookId}/test`);
  const job = world.jobs.findLast(({ queue }) => queue === "webhooks.deliver");
  assert.ok(job, `${userId} ${mode} ${JSON.stringify(body)}`);
  await assert.rejects(
    deliver({ pool: world.database.pool, vault: world.services.vault, allowPrivateUrls: false }, job.data),
    url,
  );
  await world.call(world.test, "DELETE", `/api/v1/webhooks/${webhookId}`);
}
