import type { Capabilities, MediaRule, Raised, TextLimit } from "../../model/capabilities.ts";

const COUNTING = "X docs, counting characters, 2026-08-22";
const MEDIA = "X docs, media best practices, 2026-09-01";
const LIMITS = "X docs, rate limits, 2026-08-22";
const SPEC = "X OpenAPI 2.167, 2026-08-22";

/** `subscriptionType` of the account's metadata is X's `subscription_type`, read when the account is connected. */
const subscribers = (max: number): Raised => ({
  max,
  metadata: "subscriptionType",
  values: ["Basic", "Premium", "PremiumPlus"],
});

const altText: TextLimit = { max: 1000, counting: "graphemes", source: "X docs, media metadata, 2026-08-22" };

const image = {
  types: ["image/jpeg", "image/png", "image/webp"],
  converted: [],
  limits: {},
  fitted: { sizeBytes: { max: 5_242_880, source: MEDIA } },
  altText,
  source: MEDIA,
} as const satisfies MediaRule;

/** Only X counts frames (350 at most): it rejects a GIF that is too long. */
const gif = {
  types: ["image/gif"],
  converted: [],
  limits: {
    sizeBytes: { max: 15_728_640, source: MEDIA },
    width: { max: 1280, source: MEDIA },
    height: { max: 1080, source: MEDIA },
  },
  fitted: {},
  altText,
  source: MEDIA,
} as const satisfies MediaRule;

/** X's page also names 32 × 32 to 1280 × 1024 pixels and recommends 1080p next to it, so that is not a limit here. */
const video = {
  types: ["video/mp4", "video/quicktime"],
  converted: [],
  limits: {
    sizeBytes: { max: 8_589_934_592, source: MEDIA, raised: subscribers(17_179_869_184) },
    // The help center says 140 s without a subscription, the API page 20 minutes and 125 with one: the lower is safe
    // for both.
    durationSeconds: {
      min: 0.5,
      max: 140,
      source: "X help centre, 2026; X docs, media best practices, 2026-09-01",
      raised: subscribers(1200),
    },
    ratio: { min: 1 / 3, max: 3, words: "between 1:3 and 3:1", source: MEDIA },
    frameRate: { max: 60, source: MEDIA },
    audioChannels: { max: 2, source: MEDIA },
  },
  fitted: {},
  videoCodecs: ["avc"],
  audioCodecs: ["aac"],
  source: MEDIA,
} as const satisfies MediaRule;

export const capabilities = {
  platform: "twitter",
  label: "X (Twitter)",
  launch: {
    state: "general",
    sentence:
      "Posts and threads, published immediately. " +
      "X bills the operator for each post, and about 13 times as much for a post with a link.",
  },
  scheduling: false,
  text: { max: 280, counting: "weighted", required: "withoutMedia", source: COUNTING, raised: subscribers(25_000) },
  placements: [
    {
      name: "post",
      byDefault: true,
      shapes: [
        { name: "text", items: { min: 0, max: 0 }, link: "appended" },
        { name: "1 to 4 images", items: { min: 1, max: 4 }, image, link: "appended" },
        { name: "one GIF", items: { min: 1, max: 1 }, image: gif, link: "appended" },
        { name: "one video", items: { min: 1, max: 1 }, video, link: "appended" },
      ],
    },
  ],
  settingTexts: [{ at: "poll.options.*", label: "poll option", max: 25, counting: "graphemes", source: SPEC }],
  chain: { source: SPEC },
  quotas: [
    {
      name: "posts",
      max: 100,
      windowSeconds: 900,
      per: "account",
      uses: { part: 1 },
      source: LIMITS,
      confidence: "documented",
    },
    {
      name: "appPosts",
      max: 10_000,
      windowSeconds: 86_400,
      per: "app",
      uses: { part: 1 },
      source: LIMITS,
      confidence: "documented",
    },
  ],
  // X bills for a request that succeeds. Replies are priced as posts: only those to someone who asked are cheaper.
  prices: {
    microUsd: { plainPart: 15_000, linkedPart: 200_000, altText: 5_000 },
    source: "X docs, pricing, pay-per-use since 2026-02-06",
    confidence: "documented",
  },
} as const satisfies Capabilities;
