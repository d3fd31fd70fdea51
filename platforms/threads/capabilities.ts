import type { Capabilities, MediaRule, TextLimit } from "../../model/capabilities.ts";

const altText: TextLimit = { max: 1000, counting: "graphemes", source: "Threads docs, reference/publishing, 2026" };

const image: MediaRule = {
  types: ["image/jpeg", "image/png"],
  converted: ["image/webp"],
  limits: {
    ratio: { min: 0.1, max: 10, words: "between 1:10 and 10:1", source: "Threads docs, overview, 2025-12-22" },
  },
  fitted: {
    // Meta itself scales widths outside 320 to 1440 px, so only the size matters to us.
    sizeBytes: { max: 8_388_608, source: "Threads docs, overview, 2025-12-22" },
  },
  altText,
  source: "Threads docs, overview, 2025-12-22",
};

const video: MediaRule = {
  types: ["video/mp4", "video/quicktime"],
  converted: [],
  indexFirst: true,
  limits: {
    sizeBytes: { max: 1_073_741_824, source: "Threads docs, overview, 2025-12-22" },
    // "More than 0": anything shorter than one frame at the highest rate is not a video.
    durationSeconds: { max: 300, source: "Threads docs, overview, 2025-12-22" },
    width: { max: 1920, source: "Threads docs, overview, 2025-12-22" },
    ratio: { min: 0.01, max: 10, words: "between 0.01:1 and 10:1", source: "Threads docs, overview, 2025-12-22" },
    frameRate: { min: 23, max: 60, source: "Threads docs, overview, 2025-12-22" },
    bitRate: { max: 100_000_000, source: "Threads docs, overview, 2025-12-22" },
    audioChannels: { max: 2, source: "Threads docs, overview, 2025-12-22" },
    audioSampleRate: { max: 48_000, source: "Threads docs, overview, 2025-12-22" },
  },
  fitted: {},
  videoCodecs: ["avc", "hevc"],
  audioCodecs: ["aac"],
  altText,
  source: "Threads docs, overview, 2025-12-22",
};

export const capabilities: Capabilities = {
  platform: "threads",
  label: "Threads",
  launch: {
    state: "general",
    sentence: "Posts, replies and threads for public and private Threads profiles, published immediately.",
  },
  scheduling: false,
  // An emoji counts as its UTF-8 bytes.
  text: { max: 500, counting: "threads", required: "withoutMedia", source: "Threads docs, posts, 2026-04-14" },
  placements: [
    {
      name: "post",
      byDefault: true,
      shapes: [
        { name: "text", items: { min: 0, max: 0 }, link: "field" },
        { name: "one image", items: { min: 1, max: 1 }, image, link: { refusedWith: "INVALID_PLACEMENT" } },
        { name: "one video", items: { min: 1, max: 1 }, video, link: { refusedWith: "INVALID_PLACEMENT" } },
        // Source: Threads docs, posts, 2026-04-14.
        {
          name: "2 to 20 images or videos",
          items: { min: 2, max: 20 },
          image,
          video,
          link: { refusedWith: "INVALID_PLACEMENT" },
        },
      ],
    },
  ],
  settingTexts: [
    {
      at: "topicTag",
      label: "topic tag",
      max: 50,
      counting: "graphemes",
      source: "Threads docs, reference/publishing, 2026",
    },
    {
      at: "poll.options.*",
      label: "poll option",
      max: 25,
      counting: "graphemes",
      source: "Threads docs, reference/publishing, 2026",
    },
  ],
  chain: { source: "Threads docs, reference/publishing (reply_to_id), 2026" },
  quotas: [
    {
      name: "posts",
      max: 250,
      windowSeconds: 86_400,
      per: "account",
      uses: { opening: 1 },
      source: "Threads docs, overview, 2025-12-22",
      confidence: "documented",
    },
    {
      name: "replies",
      max: 1000,
      windowSeconds: 86_400,
      per: "account",
      uses: { reply: 1 },
      source: "Threads docs, overview, 2025-12-22",
      confidence: "documented",
    },
  ],
};
