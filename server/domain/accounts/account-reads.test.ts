import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { z } from "zod";

import { account, accountsGet } from "../../../contract/operations/accounts.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { platforms } from "../../../platforms/index.ts";
import { createHttpClient } from "../../../platforms/kit/http.ts";
import { askedScopes } from "../../../platforms/kit/scopes.ts";
import { startSandbox } from "../../../sandbox/server.ts";
import { objectIn } from "../../../tests/answers.ts";
import { createWorld, type World } from "../../../tests/world.ts";
import { connectSandboxAccount } from "../../oauth/connect-sandbox.ts";
import { createVault } from "../../vault/vault.ts";

let world: World;
const vault = createVault([randomBytes(32)]);
const accountIds = new Map<PlatformName, string>();
const ends: (() => Promise<unknown>)[] = [];

before(async () => {
  world = await createWorld();
  const dataDir = await mkdtemp(join(tmpdir(), "ampost-reads-"));
  const sandbox = await startSandbox({ port: 0, dataDir, limits: true });
  ends.push(
    () => world.close(),
    () => sandbox.close(),
    () => rm(dataDir, { recursive: true }),
  );
  const { pool, log, settings } = world.services;
  const oauth = {
    pool,
    log,
    vault,
    httpFor: () => createHttpClient({ sandboxUrl: sandbox.url }),
    directHttp: createHttpClient({ allowHttp: true }),
    oauthOf: (platform: PlatformName) => platforms[platform].oauth,
    liveApp: () => null,
    appUrl: settings.appUrl,
    sandboxUrl: sandbox.url,
  };
  for (const platform of PLATFORM_NAMES)
    accountIds.set(platform, await connectSandboxAccount(oauth, { ...world.test, platform }));
});
after(async () => {
  for (const end of ends) await end();
});

const text = z.string().min(1);
const count = z.int().min(0);

/** What each platform's own page and the public documentation promise of `platformMetadata`, member by member. */
const METADATA: Partial<Record<PlatformName, z.ZodType>> = {
  instagram: z.strictObject({
    login: z.literal("instagram"),
    appScopedId: text,
    accountType: z.literal("BUSINESS"),
    followersCount: count,
    followsCount: count,
    mediaCount: count,
  }),
  facebook: z.strictObject({ category: text, link: z.url(), instagramAccountId: text.nullable() }),
  twitter: z.strictObject({ subscriptionType: z.literal("None"), verifiedType: text, isProtected: z.literal(false) }),
  linkedin: z.strictObject({
    subject: text,
    profile: z.strictObject({
      name: text,
      givenName: text,
      familyName: text,
      email: z.email(),
      emailVerified: z.boolean(),
      pictureUrl: z.url(),
      locale: text,
    }),
    grantedScopes: z.array(text).min(4),
    authFlow: z.literal("member-oidc"),
    organizationPosting: z.literal("gated"),
  }),
  tiktok: z.strictObject({
    unionId: text,
    creatorUsername: text,
    creatorNickname: text,
    privacyLevelOptions: z.tuple([
      z.literal("PUBLIC_TO_EVERYONE"),
      z.literal("MUTUAL_FOLLOW_FRIENDS"),
      z.literal("SELF_ONLY"),
    ]),
    isPrivate: z.literal(false),
    commentDisabled: z.literal(false),
    duetDisabled: z.literal(false),
    stitchDisabled: z.literal(false),
    maxVideoPostDurationSec: count,
    creatorInfoFetchedAt: z.iso.datetime({ precision: 3 }),
  }),
  youtube: z.strictObject({
    channelId: z.string().regex(/^UC.{22}$/),
    channelTitle: text,
    customUrl: text,
    thumbnailUrl: z.url(),
    uploadsPlaylistId: z.string().regex(/^UU.{22}$/),
    subscriberCount: count,
    videoCount: count,
    viewCount: count,
    longUploadsStatus: z.literal("allowed"),
  }),
  threads: z.strictObject({ biography: text, isVerified: z.boolean() }),
};

/**
 * How long access lasts unless the account is reconnected, in seconds; null where it renews automatically. Sources in
 * each platform's `oauth.ts`.
 */
const TOKEN_SECONDS: Partial<Record<PlatformName, number | null>> = {
  instagram: null,
  facebook: null,
  twitter: null,
  linkedin: 60 * 86_400,
  tiktok: 180 * 86_400,
  youtube: null,
  threads: null,
};

for (const platform of PLATFORM_NAMES) {
  test(`${platform}: a connected account shows scopes, set, token expiry, health and metadata, and no secrets`, async () => {
    const { body } = await world.call(world.test, "GET", `/api/v1/accounts/${accountIds.get(platform)}`);
    const read = z.strictObject(accountsGet.answer.shape.account.shape).parse(objectIn(body, "account"));
    assert.deepEqual(
      [read.platform, read.platformSetId, read.mode, read.status, read.tokenHealth, read.tokenHealthReason],
      [platform, world.test.platformSetId, "test", "active", "healthy", null],
    );
    const [scopes = []] = Object.values(catalog[platform].scopes);
    assert.deepEqual(read.scopes.toSorted(), askedScopes(scopes).toSorted());
    METADATA[platform]?.parse(read.platformMetadata);
    assert.equal(typeof read.displayName, "string");
    assert.match(read.avatarUrl ?? "", /^https:/);
    const [livesSeconds, expected] = [
      read.tokenExpiresAt === null ? null : (Date.parse(read.tokenExpiresAt) - Date.parse(read.connectedAt)) / 1000,
      TOKEN_SECONDS[platform] ?? null,
    ];
    assert.ok(
      expected === null ? livesSeconds === null : livesSeconds !== null && Math.abs(livesSeconds - expected) < 120,
      `${livesSeconds} s`,
    );
    const { rows } = await world.services.pool.query<{ sealed: string }>(
      "select access_token_sealed as sealed from connections where account_id = $1",
      [read.id],
    );
    assert.equal(rows.length, 1);
    for (const { sealed } of rows) {
      const token = vault.open(sealed, { table: "connections", row: read.id, column: "access_token_sealed" });
      assert.ok(![sealed, token].some((secret) => JSON.stringify(body).includes(secret)));
    }
  });
}

test("the list shows all of them, filtered by platform and set, and only those of the mode", async () => {
  const list = async (query: string, tenant = world.test) => {
    const { body } = await world.call(tenant, "GET", `/api/v1/accounts${query}`);
    return z
      .object({ accounts: z.array(z.strictObject(account.shape)) })
      .parse(body)
      .accounts.map((read) => read.platform);
  };
  assert.deepEqual(await list(""), [...PLATFORM_NAMES]);
  assert.deepEqual(await list(`?platform=youtube&platformSetId=${world.test.platformSetId}`), ["youtube"]);
  assert.deepEqual(await list(`?platformSetId=${world.live.platformSetId}`), []);
  assert.deepEqual(await list("", world.live), []);
});
