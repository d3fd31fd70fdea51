import type { Capabilities } from "../../model/capabilities.ts";
import type { PRIVACY_LEVELS } from "./settings.ts";

const VIDEO = "TikTok docs, direct post, 2026-09-11";
const PHOTO = "TikTok docs, photo post, 2026-09-11";
const MEDIA = "TikTok docs, media transfer guide, 2026-09-11";
const SHARING = "TikTok docs, content sharing guidelines, 2026-09-11";

/** Branded content must be for everyone or for friends. Source: TikTok docs, content sharing guidelines, 2026-09-11. */
export const NOT_FOR_BRANDED_CONTENT: readonly string[] = [
  "FOLLOWER_OF_CREATOR",
  "SELF_ONLY",
] satisfies (typeof PRIVACY_LEVELS)[number][];

export const capabilities = {
  platform: "tiktok",
  label: "TikTok",
  launch: {
    state: "audit-sensitive",
    sentence:
      "Until TikTok has audited the app, live posts can go only to private accounts and only with SELF_ONLY; " +
      "test mode has no such limit. " +
      "An account offers only the levels in its `platformMetadata.privacyLevelOptions`: " +
      "only SELF_ONLY if the operator has set that the app is not audited.",
  },
  scheduling: false,
  text: { max: 2200, counting: "utf16", required: "never", source: VIDEO },
  placements: [
    {
      name: "post",
      byDefault: true,
      shapes: [
        {
          name: "one video",
          items: { min: 1, max: 1 },
          video: {
            types: ["video/mp4", "video/quicktime"],
            converted: [],
            limits: {
              sizeBytes: { max: 4 * 1_073_741_824, source: MEDIA },
              // The maximum for an upload; the creator's own maximum is a separate rule. No minimum is documented.
              durationSeconds: { max: 600, words: "at most 10 minutes", source: MEDIA },
              shortSide: { min: 360, source: MEDIA },
              longSide: { max: 4096, source: MEDIA },
              frameRate: { min: 23, max: 60, source: MEDIA },
            },
            fitted: {},
            videoCodecs: ["avc", "hevc", "vp8", "vp9"],
            source: MEDIA,
          },
          link: "dropped",
        },
        {
          name: "1 to 35 images",
          items: { min: 1, max: 35 },
          image: {
            types: ["image/jpeg", "image/webp"],
            converted: ["image/png"],
            limits: { sizeBytes: { max: 20 * 1_048_576, source: MEDIA } },
            // "At most 1080p", read as the size of a full HD picture, upright or lying.
            fitted: { shortSide: { max: 1080, source: MEDIA }, longSide: { max: 1920, source: MEDIA } },
            source: MEDIA,
          },
          text: { max: 4000, counting: "utf16", source: PHOTO },
          link: "dropped",
        },
      ],
    },
  ],
  coverFrame: "videoCoverTimestampMs",
  settingTexts: [{ at: "photoTitle", label: "photo title", max: 90, counting: "utf16", source: PHOTO }],
  declares: { image: ["type", "mimeType", "sizeBytes"], video: ["type", "mimeType", "sizeBytes", "durationSeconds"] },
  quotas: [
    // "Typically around 15", different for each creator and shared by all apps.
    {
      name: "posts",
      max: 15,
      windowSeconds: 86_400,
      per: "account",
      uses: { post: 1 },
      whilePreparing: true,
      source: SHARING,
      confidence: "documented",
    },
    {
      name: "inits",
      max: 6,
      windowSeconds: 60,
      per: "account",
      uses: { post: 1 },
      source: VIDEO,
      confidence: "documented",
    },
  ],
  choices: { privacyLevel: "privacyLevelOptions" },
  // Its audit looks at each of these in the app that people post with.
  sharing: {
    creatorName: "creatorNickname",
    audience: {
      setting: "privacyLevel",
      label: "Who can see this post",
      values: {
        PUBLIC_TO_EVERYONE: "Everyone",
        MUTUAL_FOLLOW_FRIENDS: "Friends",
        FOLLOWER_OF_CREATOR: "Followers",
        SELF_ONLY: "Only me",
      },
    },
    interactions: {
      label: "Allow others to",
      items: [
        { label: "Comment", setting: "disableComment", lockedBy: "commentDisabled" },
        { label: "Duet", setting: "disableDuet", lockedBy: "duetDisabled", only: "video" },
        { label: "Stitch", setting: "disableStitch", lockedBy: "stitchDisabled", only: "video" },
      ],
    },
    disclosure: {
      label: "Disclose commercial content",
      hint: "Turn on if this post promotes goods or services in exchange for something of value, or your own business.",
      missing: "You need to indicate if your content promotes yourself, a third party, or both.",
      kinds: [
        {
          setting: "brandOrganicToggle",
          label: "Your brand",
          hint: "You are promoting yourself or your own business.",
          marks: "Promotional content",
        },
        {
          setting: "brandContentToggle",
          label: "Branded content",
          hint: "You are promoting another brand or a third party.",
          marks: "Paid partnership",
          excludes: {
            audiences: NOT_FOR_BRANDED_CONTENT,
            reason: "Branded content visibility cannot be set to private. Choose everyone or friends.",
          },
          consent: {
            name: "Branded Content Policy",
            url: "https://www.tiktok.com/legal/page/global/bc-policy/en",
          },
        },
      ],
    },
    consent: [
      {
        name: "Music Usage Confirmation",
        url: "https://www.tiktok.com/legal/page/global/music-usage-confirmation/en",
      },
    ],
    notice: "It may take a few minutes until the post is visible on the profile.",
    source: SHARING,
  },
} as const satisfies Capabilities;
