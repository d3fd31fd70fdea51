import type { Capabilities } from "../../model/capabilities.ts";

const VIDEOS = "YouTube docs, videos resource, 2026-10";
const LENGTH = "YouTube help 71673, 2026-10";
const THUMBNAILS = "YouTube docs, thumbnails.set, 2026-11-03";
const QUOTA = "YouTube docs, revision history, 2026-06-01";

export const capabilities = {
  platform: "youtube",
  label: "YouTube",
  launch: {
    state: "beta",
    sentence:
      "Video only. All uploads of an app share a daily quota, which Google raises after an audit. " +
      "Until Google has verified the app, at most 100 people can connect.",
  },
  scheduling: true,
  // The text is the title, never the description. That one of the two is required is a separate rule.
  text: { max: 100, counting: "codePoints", required: "never", replacedBy: "title", source: VIDEOS },
  placements: [
    {
      name: "video",
      byDefault: true,
      shapes: [
        {
          name: "one video",
          items: { min: 1, max: 1 },
          video: {
            types: ["video/mp4", "video/quicktime"],
            converted: [],
            // 256 GB or 12 hours; over 15 minutes is a rule about the channel. Any aspect ratio and frame rate works.
            limits: {
              sizeBytes: { max: 256 * 1_073_741_824, source: LENGTH },
              durationSeconds: { max: 43_200, words: "at most 12 hours", source: LENGTH },
            },
            fitted: {},
            source: LENGTH,
          },
          link: "dropped",
        },
      ],
    },
  ],
  thumbnail: {
    types: ["image/jpeg", "image/png"],
    converted: ["image/webp"],
    limits: {},
    fitted: { sizeBytes: { max: 50 * 1_048_576, source: THUMBNAILS } },
    source: THUMBNAILS,
  },
  settingTexts: [
    { at: "title", label: "video title", max: 100, counting: "codePoints", source: VIDEOS },
    { at: "description", label: "description", max: 5000, counting: "bytes", source: VIDEOS },
    {
      at: "firstComment",
      label: "first comment",
      max: 10_000,
      counting: "codePoints",
      source: "Ampost's own limit; YouTube documents none",
    },
  ],
  // An entry without a type counts as an image, and gets an issue about what is missing.
  declares: { image: ["type", "mimeType", "sizeBytes"], video: ["type", "mimeType", "sizeBytes", "durationSeconds"] },
  // Days end at midnight Pacific time. Each channel also has a lower daily limit, which Google does not disclose.
  quotas: [
    {
      name: "uploads",
      max: 100,
      windowSeconds: 86_400,
      timeZone: "America/Los_Angeles",
      per: "app",
      uses: { post: 1 },
      whilePreparing: true,
      source: QUOTA,
      confidence: "documented",
    },
  ],
} as const satisfies Capabilities;
