import assert from "node:assert/strict";
import { test } from "node:test";

import { validateBareUrls, withoutUnknownSettings } from "./legacy-posts.ts";

test("keys that a platform's settings do not have are left out, however deep they stand, and all others kept", () => {
  const sent = {
    linkedin: { text: "Mine", settings: { unknown: 1, visibility: "PUBLIC", articleTitle: null } },
    threads: { settings: { thread: [{ text: "Second", unknown: 1 }, { text: 5 }] } },
    tiktok: null,
  };
  const kept = withoutUnknownSettings(sent);
  assert.deepEqual(kept, {
    linkedin: { text: "Mine", settings: { visibility: "PUBLIC", articleTitle: null } },
    threads: { settings: { thread: [{ text: "Second" }, { text: 5 }] } },
    tiktok: null,
  });
  assert.equal(sent.linkedin.settings.unknown, 1);
  assert.equal(withoutUnknownSettings(null), null);
});

test("a bare URL is taken as an image where the platform takes images and wants nothing declared", () => {
  const refused = (...urls: string[]) =>
    validateBareUrls(
      ["instagram", "facebook", "twitter", "threads", "linkedin", "tiktok", "youtube"],
      urls.map((url) => ({ url })),
    ).map(({ platform, path, code }) => `${platform} ${path} ${code}`);
  assert.deepEqual(refused("https://cdn.example.com/a"), [
    "tiktok /content/media/0 VALIDATION_FAILED",
    "youtube /content/media/0 VALIDATION_FAILED",
  ]);
  assert.equal(refused("https://cdn.example.com/a.jpg", "https://cdn.example.com/DEMO.MOV?size=1").length, 9);
});
