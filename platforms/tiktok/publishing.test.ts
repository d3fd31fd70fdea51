import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import type { PostContent } from "../../model/post.ts";
import { SPEED } from "../conformance/engine.ts";
import type { TestAccount } from "../conformance/posts.ts";
import { startWorld, type World } from "../conformance/world.ts";

/** An app that TikTok has not audited, with the real engine against the sandbox. */
let world: World;

before(async () => {
  const app = {
    clientId: "sbaw0unauditedtiktok",
    clientSecret: "tt-unaudited-secret",
    redirectUri: "https://app.example.test/cb",
  };
  world = await startWorld({ name: "tiktok", readsBack: true, refusals: [] }, { app });
});

after(() => world?.close());

const video = (privacyLevel: string): PostContent => ({
  text: "Not audited",
  media: [{ filename: "portrait-9x16.mp4" }],
  linkUrl: null,
  platformOverrides: { tiktok: { settings: { privacyLevel } } },
});

const publish = (account: TestAccount, privacyLevel: string) =>
  world.keepPace(SPEED, () => world.publish(account, video(privacyLevel)));

test("a public account, or a private one's followers, are rejected with the reason, and nothing is uploaded", async () => {
  for (const [kind, privacyLevel] of [
    ["person", "PUBLIC_TO_EVERYONE"],
    ["person", "SELF_ONLY"],
    ["private", "FOLLOWER_OF_CREATOR"],
  ] as const) {
    const account = await world.connect(kind);
    const refused = await publish(account, privacyLevel);
    assert.deepEqual([refused.status, refused.error?.code], ["failed", "VALIDATION_FAILED"]);
    assert.match(
      refused.error?.message ?? "",
      /^Until TikTok has audited the app, it can post only to private accounts, and only with SELF_ONLY\./,
    );
    assert.ok((await world.requests()).every(({ operation }) => operation !== "upload" && operation !== "publish"));
  }
});

test("five private accounts a day post for themselves, without a link, and the sixth waits before anything is started", async () => {
  const creators: TestAccount[] = [];
  for (let number = 1; number <= 6; number += 1) creators.push(await world.connect("private"));
  for (const account of creators.slice(0, 5)) {
    const published = await publish(account, "SELF_ONLY");
    assert.deepEqual(
      [
        published.status,
        published.publishedUrl,
        published.warnings.map(({ code }) => code),
        (await world.ledger(account)).length,
      ],
      ["published", null, ["NO_LINK"], 1],
      JSON.stringify(published.error),
    );
  }
  const before = (await world.requests()).length;
  const sixth = await publish(creators[5] ?? assert.fail(), "SELF_ONLY");
  assert.deepEqual([sixth.status, sixth.error?.code], ["failed", "RATE_LIMITED"]);
  assert.deepEqual(
    (await world.requests()).slice(before).map(({ operation }) => operation),
    ["read"],
  );
});
