import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { z } from "zod";

import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { loginOf, platforms } from "../../../platforms/index.ts";
import { createWorld, type World } from "../../../tests/world.ts";

let world: World;
before(async () => {
  world = await createWorld({ scheduling: "all" });
  world.services.oauthOf = loginOf;
});
after(() => world.close());

const answered = z.object({
  warnings: z.array(z.object({ rule: z.string(), code: z.string(), message: z.string(), path: z.string() })),
});
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** What each platform's grant may look like, and whether a post in 30 days outlives it. */
const GRANTS: { says: string; holds: (platform: PlatformName) => boolean; set: string; warns: boolean }[] = [
  {
    says: "the access that nobody can renew ends before",
    holds: (platform) => platforms[platform].oauth?.refresh === undefined,
    set: "access_token_expires_at = now() + interval '20 days'",
    warns: true,
  },
  { says: "the access names no end", holds: () => true, set: "access_token_expires_at = null", warns: false },
  {
    says: "the refresh token ends before",
    holds: needsRefreshToken,
    set:
      "access_token_expires_at = now() + interval '1 hour', refresh_token_sealed = 'sealed', " +
      "refresh_token_expires_at = now() + interval '20 days'",
    warns: true,
  },
  {
    says: "the refresh token ends after",
    holds: needsRefreshToken,
    set:
      "access_token_expires_at = now() + interval '1 hour', refresh_token_sealed = 'sealed', " +
      "refresh_token_expires_at = now() + interval '40 days'",
    warns: false,
  },
  {
    says: "no refresh token came along",
    holds: needsRefreshToken,
    set: "access_token_expires_at = now() + interval '20 days'",
    warns: true,
  },
  {
    says: "the access is renewed by itself",
    holds: renewsByItself,
    set: "access_token_expires_at = now() + interval '20 days'",
    warns: false,
  },
  {
    says: "the platform renews it no more",
    holds: renewsByItself,
    set: "access_token_expires_at = now() + interval '20 days', renewal_refused_at = now() + interval '1 second'",
    warns: true,
  },
];

for (const platform of PLATFORM_NAMES) {
  test(`${platform}: create, patch and validate warn about a post scheduled after access expires, and accept it`, async () => {
    const { test: tenant } = await world.makeTenants();
    const accountId = await world.connect(tenant, platform);
    for (const { says, holds, set, warns } of GRANTS) {
      if (!holds(platform)) continue;
      await world.database.pool.query(
        `update connections set refresh_token_sealed = null, refresh_token_expires_at = null, renewal_refused_at = null
         where account_id = $1`,
        [accountId],
      );
      await world.database.pool.query(`update connections set ${set} where account_id = $1`, [accountId]);
      const body = postFor(platform, tenant.platformSetId, inDays(30));
      const created = await world.call(tenant, "POST", "/api/v1/posts", body);
      const { id } = z.object({ post: z.object({ id: z.string() }) }).parse(created.body).post;
      const patched = await world.call(tenant, "PATCH", `/api/v1/posts/${id}`, { scheduledFor: inDays(31) });
      const validated = await world.call(tenant, "POST", "/api/v1/posts/validate", body);
      assert.deepEqual([created.status, patched.status, validated.status], [201, 200, 200]);
      for (const answer of [created, patched, validated]) {
        const found = answered.parse(answer.body).warnings.filter(({ rule }) => rule === `${platform}.account.token`);
        assert.deepEqual(
          found.map(({ code, path }) => [code, path]),
          warns ? [["AUTH_EXPIRED", "/platforms/0"]] : [],
          says,
        );
      }
      const earlier = answered.parse(
        (await world.call(tenant, "POST", "/api/v1/posts/validate", { ...body, scheduledFor: inDays(10) })).body,
      );
      assert.deepEqual(
        earlier.warnings.filter(({ rule }) => rule === `${platform}.account.token`),
        [],
        says,
      );
    }
  });
}

function needsRefreshToken(platform: PlatformName): boolean {
  return platforms[platform].oauth?.refresh?.needsRefreshToken === true;
}

function renewsByItself(platform: PlatformName): boolean {
  const refresh = platforms[platform].oauth?.refresh;
  return refresh !== undefined && refresh.needsRefreshToken !== true;
}

/** Media by URL that are only declared: nothing is fetched here. */
function postFor(platform: PlatformName, platformSetId: string, scheduledFor: string) {
  const image = {
    type: "image",
    url: "https://cdn.example.com/a.jpg",
    mimeType: "image/jpeg",
    sizeBytes: 50_000,
    width: 1080,
    height: 1080,
  };
  const video = {
    type: "video",
    url: "https://cdn.example.com/a.mp4",
    mimeType: "video/mp4",
    sizeBytes: 5_000_000,
    width: 1080,
    height: 1920,
    durationSeconds: 20,
  };
  const { media, settings } = NEEDS[platform] ?? {};
  return {
    platformSetId,
    platforms: [platform],
    scheduledFor,
    content: {
      text: "Hello",
      media: media === undefined ? [] : [media === "image" ? image : video],
      ...(settings === undefined ? {} : { platformOverrides: { [platform]: { settings } } }),
    },
  };
}

const NEEDS: Partial<Record<PlatformName, { media: "image" | "video"; settings?: object }>> = {
  instagram: { media: "image" },
  tiktok: { media: "video", settings: { privacyLevel: "SELF_ONLY" } },
  youtube: { media: "video" },
};
