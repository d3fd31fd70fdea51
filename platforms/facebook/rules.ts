import { settingPath, type Rule } from "../definition.ts";
import { coverRules } from "../kit/cover-rules.ts";
import { scopeRules } from "../kit/scopes.ts";
import { scopes } from "./scopes.ts";
import type { FacebookSettings } from "./settings.ts";

export const rules: readonly Rule<FacebookSettings>[] = [
  ...(["title", "coverUrl", "coverMediaId"] as const).map((setting): Rule<FacebookSettings> => ({
    rule: `facebook.${setting}.video`,
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("facebook", setting),
    message: `Facebook setting "${setting}" applies only to a feed video or a reel.`,
    fix: `Remove ${setting}, or post one video.`,
    broken: ({ content, settings }) =>
      settings[setting] !== undefined &&
      (content.placement === "story" || content.media.length !== 1 || content.media[0]?.type !== "video"),
  })),
  {
    rule: "facebook.firstComment.story",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("facebook", "firstComment"),
    message: 'Facebook stories do not support "firstComment".',
    fix: "Remove firstComment, or choose another placement.",
    broken: ({ content, settings }) => settings.firstComment !== undefined && content.placement === "story",
  },
  ...scopeRules("facebook", "Facebook", scopes),
  ...coverRules("facebook", "Facebook"),
];
