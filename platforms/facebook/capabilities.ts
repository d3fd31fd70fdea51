import type { Capabilities, MediaRule, TextLimit } from "../../model/capabilities.ts";

const PHOTO = "Facebook docs, photo reference (10 MB) and error 1366046 (4 MB)";
const VIDEO = "Facebook, known limits of chunked uploads";
const REELS = "Facebook docs, publishing reels, 2026-07-30";
const STORIES = "Facebook docs, Page stories, 2026-09-11";
const OWN = "Ampost's own limit; Facebook documents none";

const altText: TextLimit = { max: 1000, counting: "graphemes", source: OWN };

/** The reference says 10 MB, an error message 4 MB: compressing to 4 million bytes satisfies both. */
const image = {
  types: ["image/jpeg", "image/png"],
  converted: ["image/webp"],
  limits: {},
  fitted: { sizeBytes: { max: 4_000_000, source: PHOTO } },
  source: PHOTO,
} as const satisfies MediaRule;

const feedVideo = {
  types: ["video/mp4", "video/quicktime"],
  converted: [],
  limits: {
    sizeBytes: { max: 10 * 1_073_741_824, source: VIDEO },
    durationSeconds: { max: 14_400, words: "at most 4 hours", source: VIDEO },
  },
  fitted: {},
  source: VIDEO,
} as const satisfies MediaRule;

/** Meta's requirements for reels and story videos. */
const uprightLimits = {
  shortSide: { min: 540, source: REELS },
  longSide: { min: 960, source: REELS },
  frameRate: { min: 24, max: 60, source: REELS },
};

const reelVideo = {
  ...feedVideo,
  limits: {
    ...uprightLimits,
    // Meta accepts 3 to 90 seconds and 16:9 to 9:16; the contract promises less. 1 % on either side allows for rounding
    // to whole pixels.
    durationSeconds: {
      min: 4,
      max: 60,
      words: "between 4 and 60 seconds",
      source: "Ampost's own rule for Facebook reels",
    },
    ratio: { min: 0.557, max: 0.568, words: "9:16", source: "Ampost's own rule for Facebook reels" },
  },
  videoCodecs: ["avc", "hevc", "vp9", "av1"],
  source: REELS,
} as const satisfies MediaRule;

const storyVideo = {
  ...reelVideo,
  limits: {
    ...uprightLimits,
    durationSeconds: { min: 3, max: 60, words: "between 3 and 60 seconds", source: STORIES },
    ratio: { min: 0.557, max: 1.796, words: "between 9:16 and 16:9", source: STORIES },
  },
  source: STORIES,
} as const satisfies MediaRule;

export const capabilities = {
  platform: "facebook",
  label: "Facebook",
  launch: {
    state: "general",
    sentence: "Facebook Pages only: Meta has removed the API for groups, and personal profiles are not supported.",
  },
  scheduling: true,
  text: { max: 63_206, counting: "codePoints", required: "withoutMedia", source: "Facebook, known limit of the app" },
  placements: [
    {
      name: "feed",
      byDefault: true,
      shapes: [
        { name: "text", items: { min: 0, max: 0 }, link: "field" },
        { name: "1 to 10 images", items: { min: 1, max: 10 }, image: { ...image, altText }, link: "appended" },
        { name: "one video", items: { min: 1, max: 1 }, video: feedVideo, link: "appended" },
      ],
    },
    {
      name: "reel",
      byDefault: false,
      shapes: [
        {
          name: "one video",
          items: { min: 1, max: 1 },
          video: reelVideo,
          text: { max: 2200, counting: "graphemes", source: OWN },
          link: "appended",
        },
      ],
    },
    {
      name: "story",
      byDefault: false,
      shapes: [
        { name: "one image", items: { min: 1, max: 1 }, image, text: "hidden", link: "dropped" },
        {
          name: "one video",
          items: { min: 1, max: 1 },
          video: storyVideo,
          text: "hidden",
          link: "dropped",
          cover: "dropped",
        },
      ],
    },
  ],
  thumbnail: image,
  cover: "coverUrl",
  settingTexts: [
    { at: "title", label: "video title", max: 255, counting: "graphemes", source: OWN },
    { at: "firstComment", label: "first comment", max: 8000, counting: "codePoints", source: OWN },
  ],
  quotas: [
    {
      name: "reels",
      max: 30,
      windowSeconds: 86_400,
      per: "account",
      uses: { reel: 1 },
      whilePreparing: true,
      source: REELS,
      confidence: "documented",
    },
  ],
} as const satisfies Capabilities;
