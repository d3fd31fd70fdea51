import { settingPath, type Rule } from "../definition.ts";
import type { FacebookSettings } from "./settings.ts";

export const rules: readonly Rule<FacebookSettings>[] = [
  {
    rule: "facebook.title.video",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("facebook", "title"),
    message: 'Facebook setting "title" applies only to a feed video or a reel.',
    fix: "Remove title, or post one video.",
    broken: ({ content, settings }) =>
      settings.title !== undefined &&
      (content.placement === "story" || content.media.length !== 1 || content.media[0]?.type !== "video"),
  },
];
