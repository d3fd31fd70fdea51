import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { openInstallation } from "../cli/installation.fixture.ts";
import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "../platforms/catalog.ts";

const VIDEO = join(import.meta.dirname, "fixtures", "portrait-9x16.mp4");

const TEXT = "For all others";

/** Where an upright video can be posted. */
const TAKERS = PLATFORM_NAMES.filter((name) =>
  catalog[name].capabilities.placements.some(({ shapes }) => shapes.some(({ video }) => video !== undefined)),
);

/** What each audience should see of the post. Platforms not listed here get the same as all others. */
const OVERRIDES = {
  instagram: { text: "A reel for #instagram", settings: { placement: "reel", shareToFeed: false } },
  facebook: { text: "A reel for the Page", settings: { placement: "reel", title: "The Page's title" } },
  twitter: { text: "For X (formerly another bird) & friends", settings: { replySettings: "following" } },
  linkedin: {
    text: "For (all) my connections @work_place",
    settings: { visibility: "CONNECTIONS", videoTitle: "The member's title" },
  },
  tiktok: { text: "For me alone #tok", settings: { privacyLevel: "SELF_ONLY", isAigc: true } },
  youtube: {
    text: "Not shown, for there is a title",
    settings: { title: "A title", description: "A description", privacyStatus: "unlisted", tags: ["one", "two words"] },
  },
  threads: { text: "For the threads 🧵", settings: { topicTag: "sewing" } },
};

test("one post for every platform is published on each with its own text, video and settings, once", async (t) => {
  const installation = await openInstallation(t);
  const server = await installation.start("start", { AMPOST_ENGINE_SPEED: "30" });
  const { apiKey, platformSetId } = await installation.json("bootstrap", "--json");
  const headers = { authorization: `Bearer ${String(apiKey)}` };
  const form = new FormData();
  form.set(
    "data",
    JSON.stringify({
      platformSetId,
      platforms: TAKERS,
      content: { text: TEXT, media: [{ filename: "clip.mp4" }], platformOverrides: OVERRIDES },
    }),
  );
  form.set("files", await openAsBlob(VIDEO, { type: "video/mp4" }), "clip.mp4");
  const created = await fetch(`${installation.url}/api/v1/posts`, { method: "POST", headers, body: form });
  const { post } = Object(await created.json());
  assert.equal(created.status, 201, JSON.stringify(post));
  const published = Object(
    await (
      await fetch(`${installation.url}/api/v1/posts/${post.id}/publish`, {
        method: "POST",
        headers: { ...headers, prefer: "wait=60" },
      })
    ).json(),
  );
  assert.equal(published.post.status, "published", JSON.stringify(published));

  const seen: Record<string, unknown>[] = Object(
    await (await fetch(`${installation.sandboxUrl}/_sandbox/posts`)).json(),
  );
  const shown = Object.fromEntries(
    seen.map(({ platform, text, kind, visibility, media, publishCalls }) => [
      platform,
      { text, kind, visibility, media: Object(media).length, publishCalls },
    ]),
  );
  const once = { media: 1, publishCalls: 1 };
  const plain = { ...once, text: TEXT, kind: "video", visibility: "public" };
  assert.deepEqual(shown, {
    ...Object.fromEntries(TAKERS.map((name) => [name, plain])),
    instagram: { ...once, text: OVERRIDES.instagram.text, kind: "reel", visibility: "public" },
    facebook: { ...once, text: OVERRIDES.facebook.text, kind: "reel", visibility: "public" },
    twitter: { ...once, text: OVERRIDES.twitter.text, kind: "video", visibility: "public" },
    linkedin: { ...once, text: OVERRIDES.linkedin.text, kind: "video", visibility: "CONNECTIONS" },
    tiktok: { ...once, text: OVERRIDES.tiktok.text, kind: "video", visibility: "SELF_ONLY" },
    youtube: { ...once, text: "A title", kind: "video", visibility: "unlisted" },
    threads: { ...once, text: OVERRIDES.threads.text, kind: "video", visibility: "public" },
  });
  assert.equal(seen.length, TAKERS.length);
  const settings = Object.fromEntries(seen.map(({ platform, settings }) => [platform, settings]));
  assert.partialDeepStrictEqual(settings, {
    instagram: { share_to_feed: "false" },
    facebook: { title: "The Page's title" },
    twitter: { reply_settings: "following" },
    linkedin: { title: "The member's title" },
    tiktok: { is_aigc: true },
    threads: { topic_tag: "sewing" },
  });
  assert.equal(await server.end("SIGTERM"), 0);
});
