import assert from "node:assert/strict";
import { test } from "node:test";

import { copyPost } from "./copy-post.ts";

test("a copy has the same texts and the stored media, wherever they are, and nothing of what happened", () => {
  const stored = { id: "m1", url: "https://media.example/signed", type: "image", width: 10, altText: "A cat" };
  const post = JSON.parse(
    JSON.stringify({
      id: "p1",
      status: "failed",
      scheduledFor: "2026-12-01T00:00:00.000Z",
      content: {
        text: "Hello",
        media: [stored, { url: "https://example.com/a.jpg" }],
        linkUrl: null,
        platformOverrides: { threads: { settings: { thread: [{ text: "More", media: [stored] }] } } },
      },
      platformPosts: [{ platform: "threads" }, { platform: "twitter" }],
      platformSetId: "s1",
      onPause: "skip",
    }),
  );
  const kept = { id: "m1", altText: "A cat" };
  assert.deepEqual(JSON.parse(JSON.stringify(copyPost(post))), {
    content: {
      text: "Hello",
      media: [kept, { url: "https://example.com/a.jpg" }],
      linkUrl: null,
      platformOverrides: { threads: { settings: { thread: [{ text: "More", media: [kept] }] } } },
    },
    platforms: ["threads", "twitter"],
    platformSetId: "s1",
    onPause: "skip",
  });
});
