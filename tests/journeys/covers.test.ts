import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { z } from "zod";

import { openInstallation } from "../../cli/installation.fixture.ts";
import { createClient } from "../../client/index.ts";

const FILM = "portrait-9x16.mp4";
const COVER = "photo-9x16.jpg";
const OWN = "photo-4x5.jpg";
const COMMON = "photo-1x1.jpg";

const seen = z.array(
  z.object({
    platform: z.string(),
    text: z.string(),
    media: z.array(z.object({ type: z.string() })),
    settings: z.record(z.string(), z.unknown()),
  }),
);

test("one post has a stored cover, other media on one platform, none on another, and first comments", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start");
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const client = createClient({ baseUrl: installation.url, apiKey: z.string().parse(apiKey) });
  const store = async (name: string) => (await client.media.upload(await file(name), { filename: name })).media.id;
  const [film, cover, own, common] = [await store(FILM), await store(COVER), await store(OWN), await store(COMMON)];

  const { post } = await client.posts.create({
    content: {
      text: "Out now",
      media: [{ id: common }],
      platformOverrides: {
        instagram: { media: [{ id: film }], settings: { coverMediaId: cover, isAiGenerated: true } },
        youtube: {
          media: [{ id: film, thumbnailMediaId: cover }],
          settings: { privacyStatus: "public", firstComment: "First on YouTube" },
        },
        facebook: { media: [{ id: own }], settings: { firstComment: "First on Facebook" } },
        linkedin: { settings: { firstComment: "First on LinkedIn" } },
        threads: { media: [] },
      },
    },
    platforms: ["instagram", "youtube", "facebook", "linkedin", "threads"],
    platformSetId: z.string().parse(platformSetId),
  });
  await client.posts.publish(post.id, { waitSeconds: 60 });
  await installation.until(async () => {
    const { platformPosts } = (await client.posts.get(post.id)).post;
    return platformPosts.every(({ status, nextAttemptAt }) => status === "published" && nextAttemptAt === null);
  });
  const settled = (await client.posts.get(post.id)).post;
  assert.deepEqual(
    settled.platformPosts.map(({ platform, warnings }) => [platform, warnings]),
    ["instagram", "youtube", "facebook", "linkedin", "threads"].map((platform) => [platform, []]),
  );

  const answer = await fetch(`${installation.sandboxUrl}/_sandbox/posts`);
  const posts = new Map(seen.parse(await answer.json()).map((each) => [each.platform, each]));
  const kinds = Object.fromEntries(
    [...posts].map(([platform, { media }]) => [platform, media.map(({ type }) => type)]),
  );
  assert.deepEqual(kinds, {
    instagram: ["video"],
    youtube: ["video"],
    facebook: ["image"],
    linkedin: ["image"],
    threads: [],
  });
  assert.match(JSON.stringify(posts.get("instagram")?.settings), /is_?ai_?generated/i);

  const audience = await (await fetch(installation.sandboxUrl)).text();
  for (const words of ["First on YouTube", "First on Facebook", "First on LinkedIn"])
    assert.ok(audience.includes(words), `the audience reads ${words}`);
  for (const name of [COVER, OWN, COMMON])
    assert.ok(audience.includes(await digest(name)), `the audience sees ${name}`);
  await server.end("SIGTERM");
});

function file(name: string): Promise<Blob> {
  return openAsBlob(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)));
}

async function digest(name: string): Promise<string> {
  return createHash("sha256")
    .update(Buffer.from(await (await file(name)).arrayBuffer()))
    .digest("hex");
}
