import type { Capabilities, MediaRule, TextLimit } from "../../model/capabilities.ts";

const CONTAINER = "Instagram docs, POST /{ig-user-id}/media, 2026-09-11";
const PUBLISHING = "Instagram docs, content publishing, 2026-09-11";

const altText: TextLimit = { max: 1000, counting: "codePoints", source: CONTAINER };

/**
 * Instagram supports only JPEG. Large images are compressed: the docs say 8 MB, the error message 8 MiB, and 8 million
 * bytes satisfy both. The platform itself scales widths outside 320 to 1440 pixels.
 */
const image = {
  types: ["image/jpeg"],
  converted: ["image/png", "image/webp"],
  limits: {},
  fitted: { sizeBytes: { max: 8_000_000, source: CONTAINER } },
  source: CONTAINER,
} as const satisfies MediaRule;

const video = {
  types: ["video/mp4", "video/quicktime"],
  converted: [],
  indexFirst: true,
  limits: {
    sizeBytes: { max: 300 * 1_048_576, source: CONTAINER },
    durationSeconds: { min: 3, max: 900, words: "between 3 seconds and 15 minutes", source: CONTAINER },
    ratio: { min: 0.01, max: 10, words: "between 0.01:1 and 10:1", source: CONTAINER },
    width: { max: 1920, source: CONTAINER },
    frameRate: { min: 23, max: 60, source: CONTAINER },
    bitRate: { max: 25_000_000, words: "at most 25 Mbps", source: CONTAINER },
    audioChannels: { min: 1, max: 2, source: CONTAINER },
    audioSampleRate: { max: 48_000, source: CONTAINER },
  },
  fitted: {},
  videoCodecs: ["avc", "hevc"],
  audioCodecs: ["aac"],
  source: CONTAINER,
} as const satisfies MediaRule;

const storyVideo = {
  ...video,
  limits: {
    ...video.limits,
    sizeBytes: { max: 100 * 1_048_576, source: CONTAINER },
    durationSeconds: { min: 3, max: 60, words: "between 3 and 60 seconds", source: CONTAINER },
    ratio: { min: 0.1, max: 10, words: "between 0.1:1 and 10:1", source: CONTAINER },
  },
} as const satisfies MediaRule;

export const capabilities = {
  platform: "instagram",
  label: "Instagram",
  launch: {
    state: "general",
    sentence: "Professional accounts (Business or Creator) only. No official API supports personal accounts.",
  },
  scheduling: true,
  text: { max: 2200, counting: "codePoints", required: "never", source: CONTAINER },
  placements: [
    {
      name: "feed",
      byDefault: true,
      shapes: [
        {
          name: "one image",
          items: { min: 1, max: 1 },
          image: {
            ...image,
            limits: { ratio: { min: 0.8, max: 1.91, words: "between 4:5 and 1.91:1", source: CONTAINER } },
            altText,
          },
          link: "dropped",
        },
      ],
    },
    {
      name: "reel",
      byDefault: true,
      // Every single video is a reel: separate feed videos ended on 2023-07-01.
      shapes: [{ name: "one video", items: { min: 1, max: 1 }, video, link: "dropped" }],
    },
    {
      name: "carousel",
      byDefault: true,
      // No aspect ratio for the images: all are cropped to the first, or to a square if the first does not fit.
      shapes: [
        {
          name: "2 to 10 images and videos",
          items: { min: 2, max: 10 },
          image: { ...image, altText },
          video,
          link: "dropped",
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
  coverFrame: "thumbOffsetMs",
  settingTexts: [
    {
      at: "firstComment",
      label: "first comment",
      max: 2200,
      counting: "codePoints",
      source: "Ampost's own limit: the caption's; Instagram documents none for comments",
    },
  ],
  quotas: [
    // The documentation says 100 in the guide and 50 in the reference, and has an endpoint with the account's own
    // number, which is read before each post and replaces this one: nothing is accepted that may fail.
    {
      name: "posts",
      max: 50,
      windowSeconds: 86_400,
      per: "account",
      uses: { post: 1 },
      source: PUBLISHING,
      confidence: "contradictory",
    },
    // A carousel of n items uses n + 1.
    {
      name: "containers",
      max: 400,
      windowSeconds: 86_400,
      per: "account",
      uses: { container: 1 },
      whilePreparing: true,
      source: CONTAINER,
      confidence: "documented",
    },
  ],
} as const satisfies Capabilities;
