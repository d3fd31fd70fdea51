import type { Capabilities, MediaRule, TextLimit } from "../../model/capabilities.ts";

const POSTS = "LinkedIn docs, posts API, 2026-09";
const IMAGES = "LinkedIn docs, images API, 2026-09";
const VIDEOS = "LinkedIn docs, videos API, 2026-05";
const PRACTICE = "Practice of LinkedIn's clients, 2026";
const OWN = "Ampost's own limit; LinkedIn documents none";
const SHARE = "LinkedIn docs, share on LinkedIn, 2023-12";

/**
 * LinkedIn counts requests, not posts: the post itself; for each image its upload and its states until it is ready; for
 * a video the parts of its upload too. There is room for repeated reads.
 */
const REQUESTS = { post: 1, image: 3, video: 10, firstComment: 2 } as const;

const altText: TextLimit = { max: 4086, counting: "utf16", source: POSTS };

const image = {
  types: ["image/jpeg", "image/png"],
  converted: ["image/webp"],
  limits: {},
  // Fewer than 36,152,320.
  fitted: { pixels: { max: 36_152_319, source: IMAGES } },
  altText,
  source: IMAGES,
} as const satisfies MediaRule;

/** Only MP4: QuickTime files are rewrapped. */
const video = {
  types: ["video/mp4"],
  converted: ["video/quicktime"],
  limits: {
    sizeBytes: { min: 75_000, max: 524_288_000, words: "between 75 KB and 500 MB", source: VIDEOS },
    durationSeconds: { min: 3, max: 1800, words: "between 3 seconds and 30 minutes", source: VIDEOS },
    width: { min: 256, max: 4096, source: PRACTICE },
    height: { min: 144, max: 2304, source: PRACTICE },
    ratio: { min: 1 / 2.4, max: 2.4, words: "between 1:2.4 and 2.4:1", source: PRACTICE },
    frameRate: { min: 10, max: 60, source: PRACTICE },
  },
  fitted: {},
  source: VIDEOS,
} as const satisfies MediaRule;

export const capabilities = {
  platform: "linkedin",
  label: "LinkedIn",
  launch: {
    state: "member-only",
    sentence:
      "Posts on behalf of an authenticated member, published immediately. " +
      "Organization and Page posting is intentionally gated.",
  },
  scheduling: false,
  // The unit is undocumented; UTF-16 units are the strictest of the likely ones.
  text: {
    max: 3000,
    counting: "utf16",
    required: "always",
    source: "LinkedIn docs, ugcPost API, and practice of its clients, 2026",
  },
  placements: [
    {
      name: "post",
      byDefault: true,
      shapes: [
        { name: "text", items: { min: 0, max: 0 }, link: "field" },
        // With a link, the image is the article's thumbnail.
        { name: "one image", items: { min: 1, max: 1 }, image, link: "field" },
        // Source: LinkedIn docs, multiImage post API, 2026-09.
        {
          name: "2 to 20 images",
          items: { min: 2, max: 20 },
          image,
          link: { refusedWith: "UNSUPPORTED_MEDIA_CONFIG" },
        },
        { name: "one video", items: { min: 1, max: 1 }, video, link: { refusedWith: "UNSUPPORTED_MEDIA_CONFIG" } },
      ],
    },
  ],
  // Converted to a JPEG of the video's size and at most 10 MB.
  thumbnail: {
    types: ["image/jpeg", "image/png"],
    converted: ["image/webp"],
    limits: {},
    fitted: {},
    source: PRACTICE,
  },
  cover: "coverUrl",
  settingTexts: [
    { at: "articleTitle", label: "article title", max: 400, counting: "utf16", source: PRACTICE },
    { at: "articleDescription", label: "article description", max: 4000, counting: "utf16", source: OWN },
    { at: "videoTitle", label: "video title", max: 400, counting: "utf16", source: OWN },
    { at: "firstComment", label: "first comment", max: 1250, counting: "utf16", source: PRACTICE },
    { at: "altText", label: "alt text", ...altText },
    { at: "altText.*", label: "alt text", ...altText },
  ],
  declares: { video: ["type", "mimeType"], message: "LinkedIn video URLs must be sent with explicit metadata." },
  quotas: [
    {
      name: "requests",
      max: 150,
      windowSeconds: 86_400,
      timeZone: "UTC",
      per: "account",
      uses: REQUESTS,
      whilePreparing: true,
      source: SHARE,
      confidence: "documented",
    },
    {
      name: "appRequests",
      max: 100_000,
      windowSeconds: 86_400,
      timeZone: "UTC",
      per: "app",
      uses: REQUESTS,
      whilePreparing: true,
      source: SHARE,
      confidence: "documented",
    },
  ],
} as const satisfies Capabilities;
