import { settingPath, type Rule } from "../definition.ts";
import { coverRules } from "../kit/cover-rules.ts";
import type { LinkedinSettings } from "./settings.ts";

export const rules: readonly Rule<LinkedinSettings>[] = [
  {
    rule: "linkedin.text.escaped",
    code: "CONTENT_TOO_LONG",
    about: "text",
    severity: "warning",
    path: "/content/text",
    message:
      "With the backslashes LinkedIn's text format requires, the text is longer than 3000 characters; LinkedIn may reject it.",
    fix: "Shorten the text, or use fewer of the characters | { } @ [ ] ( ) < > # \\ * _ ~",
    // Whether LinkedIn counts the backslashes is undocumented.
    broken: ({ content, textPath }) => {
      const actual = content.text.length + (content.text.match(/[|{}@[\]()<>#\\*_~]/g)?.length ?? 0);
      return content.text.length <= 3000 && actual > 3000 ? [{ path: textPath, actual, limit: 3000 }] : false;
    },
  },
  ...(["articleTitle", "articleDescription"] as const).map((setting): Rule<LinkedinSettings> => ({
    rule: `linkedin.${setting}.linkUrl`,
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("linkedin", setting),
    message: `LinkedIn ${setting} requires content.linkUrl.`,
    fix: `Set content.linkUrl, or remove ${setting}.`,
    broken: ({ settings, linkUrl }) => settings[setting] !== undefined && linkUrl === null,
  })),
  ...(["videoTitle", "coverUrl", "coverMediaId"] as const).map((setting): Rule<LinkedinSettings> => ({
    rule: `linkedin.${setting}.video`,
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("linkedin", setting),
    message: `LinkedIn ${setting} applies only to a post with one video.`,
    fix: `Remove ${setting}, or post one video.`,
    broken: ({ settings, content }) =>
      settings[setting] !== undefined && (content.media.length !== 1 || content.media[0]?.type !== "video"),
  })),
  ...coverRules("linkedin", "LinkedIn"),
  {
    rule: "linkedin.altText.count",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("linkedin", "altText"),
    message: "A LinkedIn altText array must have one text for each image.",
    fix: "Send as many alternative texts as the post has images.",
    broken: ({ settings, content }) => {
      if (!Array.isArray(settings.altText) || settings.altText.length === content.media.length) return false;
      return [{ actual: settings.altText.length, limit: content.media.length }];
    },
  },
];
