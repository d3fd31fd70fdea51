import { settingPath, type Rule } from "../definition.ts";
import type { FacebookSettings } from "./settings.ts";

export const rules: readonly Rule<FacebookSettings>[] = [
  {
    rule: "facebook.title.video",
    code: "VALIDATION_FAILED",
    about: "settings",
    path: settingPath("facebook", "title"),
    message: 'Facebook setting "title" is for a video in the feed or a reel.',
    fix: "Leave out title, or post one video.",
    broken: ({ content, settings }) => {
      if (settings.title === undefined) return false;
      const types = content.media.map((media) => media.measured?.type ?? media.type);
      return content.placement === "story" || types.length === 0 || types.includes("image");
    },
  },
];
