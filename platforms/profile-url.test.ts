import assert from "node:assert/strict";
import { test } from "node:test";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { catalog } from "./catalog.ts";
import { profileUrlOf } from "./profile-url.ts";

test("a profile's address has the account's name or ID in it, and is none where that is not known", () => {
  const addresses = PLATFORM_NAMES.map((platform) => {
    const of = (username: string | null) => profileUrlOf(catalog[platform], { username, accountId: "42" });
    return [platform, of("a/b?c"), of(null)];
  });
  assert.deepEqual(Object.fromEntries(addresses.map(([platform, ...urls]) => [platform, urls])), {
    facebook: ["https://www.facebook.com/42", "https://www.facebook.com/42"],
    instagram: ["https://www.instagram.com/a%2Fb%3Fc/", null],
    linkedin: [null, null],
    threads: ["https://www.threads.com/@a%2Fb%3Fc", null],
    tiktok: ["https://www.tiktok.com/@a%2Fb%3Fc", null],
    twitter: ["https://x.com/a%2Fb%3Fc", null],
    youtube: ["https://www.youtube.com/channel/42", "https://www.youtube.com/channel/42"],
  });
});
