import type { PlatformName } from "../../model/platform-names.ts";
import type { MediaType } from "../../model/post.ts";
import { settingPath, type Rule } from "../definition.ts";

interface CoverSettings extends Record<string, unknown> {
  coverUrl?: string;
  coverMediaId?: string;
}

const MEMBERS = ["coverUrl", "coverMediaId"] as const;

/** The rules of a platform with the settings `coverUrl` and `coverMediaId`: what they are, and that there is one. */
export function coverRules(platform: PlatformName, label: string): Rule<CoverSettings>[] {
  return [
    ...MEMBERS.map((setting): Rule<CoverSettings> => ({
      rule: `${platform}.${setting}.image`,
      code: "UNSUPPORTED_MEDIA_TYPE",
      about: "mediaType",
      path: settingPath(platform, setting),
      message: `A cover on ${label} must be an image.`,
      fix: `Set ${setting} to the ${setting === "coverUrl" ? "URL" : "ID"} of an image.`,
      broken: ({ content, settings }) => used(settings) === setting && isVideo(content.cover),
    })),
    {
      rule: `${platform}.cover.both`,
      code: "VALIDATION_FAILED",
      about: "settings",
      path: settingPath(platform, "coverMediaId"),
      message: "coverUrl and coverMediaId cannot be combined.",
      fix: "Use one of the two.",
      broken: ({ settings }) => MEMBERS.every((setting) => settings[setting] !== undefined),
    },
  ];
}

/** The setting that names the cover; null if none does. */
function used(settings: Partial<CoverSettings>): (typeof MEMBERS)[number] | null {
  return MEMBERS.find((setting) => settings[setting] !== undefined) ?? null;
}

function isVideo(cover: { type?: MediaType | null } | null): boolean {
  return cover?.type === "video";
}
