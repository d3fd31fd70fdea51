import { settingPath, type Rule, type RuleInput } from "../definition.ts";
import { NOT_FOR_BRANDED_CONTENT } from "./capabilities.ts";
import type { TiktokSettings } from "./settings.ts";

type Input = RuleInput<TiktokSettings>;

export const rules: readonly Rule<TiktokSettings>[] = [
  {
    rule: "tiktok.brandContentToggle.private",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("tiktok", "brandContentToggle"),
    message: `A paid partnership on TikTok cannot have privacyLevel "${NOT_FOR_BRANDED_CONTENT.join('" or "')}".`,
    fix: "Choose another privacyLevel, or remove brandContentToggle.",
    broken: ({ settings }) =>
      settings.brandContentToggle === true && NOT_FOR_BRANDED_CONTENT.includes(settings.privacyLevel ?? ""),
  },
  {
    rule: "tiktok.photoCoverIndex.range",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("tiktok", "photoCoverIndex"),
    message: "photoCoverIndex refers to an image that the post does not have.",
    fix: "Use an index from 0 up to the number of images minus one.",
    broken: ({ content, settings }) => {
      if (settings.photoCoverIndex === undefined || !posts(content, "image")) return false;
      return settings.photoCoverIndex >= content.media.length
        ? [{ actual: settings.photoCoverIndex, limit: content.media.length - 1 }]
        : false;
    },
  },
  // What was requested would not happen, so it is rejected; turning off what photos do not have is harmless.
  ...(["photoTitle", "photoCoverIndex", "autoAddMusic"] as const).map((setting): Rule<TiktokSettings> => ({
    rule: `tiktok.${setting}.photo`,
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("tiktok", setting),
    message: `TikTok setting "${setting}" applies only to photo posts.`,
    fix: `Remove ${setting}, or post images.`,
    broken: ({ content, settings }) =>
      settings[setting] !== undefined && settings[setting] !== false && posts(content, "video"),
  })),
  {
    rule: "tiktok.isAigc.photo",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("tiktok", "isAigc"),
    message: "TikTok may not label photos as AI-generated.",
    fix: "Disclose it in the text, too.",
    broken: ({ content, settings }) => settings.isAigc === true && posts(content, "image"),
  },
  ...(["disableDuet", "disableStitch"] as const).map((setting): Rule<TiktokSettings> => ({
    rule: `tiktok.${setting}.video`,
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("tiktok", setting),
    message: `TikTok setting "${setting}" has no effect: photos have no duets or stitches.`,
    fix: `Remove ${setting}.`,
    broken: ({ content, settings }) => settings[setting] === false && posts(content, "image"),
  })),
  {
    rule: "tiktok.videoCoverTimestampMs.video",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("tiktok", "videoCoverTimestampMs"),
    message: 'TikTok setting "videoCoverTimestampMs" applies only to videos.',
    fix: "Remove videoCoverTimestampMs, or choose the cover with photoCoverIndex.",
    broken: ({ content, settings }) => settings.videoCoverTimestampMs !== undefined && posts(content, "image"),
  },
  {
    rule: "tiktok.videoCoverTimestampMs.range",
    code: "VALIDATION_FAILED",
    about: "settings",
    severity: "warning",
    path: settingPath("tiktok", "videoCoverTimestampMs"),
    message: "The cover frame is past the end of the video; TikTok will use the first frame.",
    fix: "Set videoCoverTimestampMs to less than the video's duration.",
    broken: ({ content, settings }) => {
      const limit = durationSeconds(content) * 1000;
      const actual = settings.videoCoverTimestampMs;
      return actual !== undefined && actual >= limit ? [{ actual, limit }] : false;
    },
  },
  {
    rule: "tiktok.privacyLevel.offered",
    code: "VALIDATION_FAILED",
    about: "account",
    path: settingPath("tiktok", "privacyLevel"),
    message: "The TikTok account does not offer this privacyLevel.",
    fix: "Choose one of the account's privacyLevelOptions.",
    broken: ({ account, settings }) => {
      const offered = account?.metadata["privacyLevelOptions"];
      if (settings.privacyLevel === undefined || !Array.isArray(offered) || offered.includes(settings.privacyLevel))
        return false;
      return [
        {
          message: `The TikTok account does not offer privacyLevel "${settings.privacyLevel}".`,
          fix: `Choose one of the account's levels: ${offered.join(", ")}.`,
          actual: settings.privacyLevel,
          limit: offered,
        },
      ];
    },
  },
  {
    rule: "tiktok.duration.creator",
    code: "UNSUPPORTED_MEDIA_CONFIG",
    about: "account",
    path: "/content/media/0/durationSeconds",
    message: "The video is longer than TikTok allows for this creator.",
    fix: "Shorten the video to at most the account's maxVideoPostDurationSec.",
    broken: ({ account, content }) => {
      const limit = account?.metadata["maxVideoPostDurationSec"];
      const actual = durationSeconds(content);
      return typeof limit === "number" && Number.isFinite(actual) && actual > limit ? [{ actual, limit }] : false;
    },
  },
  ...(
    [
      ["disableComment", "commentDisabled", "comments"],
      ["disableDuet", "duetDisabled", "duets"],
      ["disableStitch", "stitchDisabled", "stitches"],
    ] as const
  ).map(([setting, flag, noun]): Rule<TiktokSettings> => ({
    rule: `tiktok.${setting}.creator`,
    code: "VALIDATION_FAILED",
    about: "account",
    severity: "warning",
    path: settingPath("tiktok", setting),
    message: `The creator has turned ${noun} off on TikTok; they stay off for this post.`,
    fix: `Turn ${noun} on in TikTok's settings, or set ${setting} to true.`,
    broken: ({ account, settings }) => settings[setting] === false && account?.metadata[flag] === true,
  })),
];

function posts(content: Input["content"], type: "image" | "video"): boolean {
  return content.media.length > 0 && content.media.every((media) => media.type === type);
}

/** Infinity if unknown, or the post is not a video. */
function durationSeconds(content: Input["content"]): number {
  const media = content.media[0];
  return media?.measured?.durationSeconds ?? media?.durationSeconds ?? Number.POSITIVE_INFINITY;
}
