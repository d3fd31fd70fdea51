import type { Post } from "../../contract/operations/posts.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { labelOfName } from "../api/in-words.ts";
import { isRecord } from "./draft.ts";

/** A part of a post, for all platforms or one: what it is, and that in words if it has any. */
export interface Part {
  of: "text" | "link" | "media" | "settings" | "platforms" | "set" | "time" | "status";
  platform: PlatformName | null;
  value: string;
  words: string;
}

/** The parts that somebody has changed, as they are now. */
export function changesOf(before: Post, after: Post): Part[] {
  const known = partsOf(before);
  return partsOf(after).filter(
    ({ of, platform, value }) => known.find((part) => part.of === of && part.platform === platform)?.value !== value,
  );
}

function partsOf({ content, platformPosts, platformSetId, scheduledFor, status }: Post): Part[] {
  const platforms = platformPosts.map(({ platform }) => platform).join(" ");
  return [
    ...sharedOrOwn(null, content),
    { of: "link", platform: null, ...textOf(content.linkUrl) },
    ...PLATFORM_NAMES.flatMap((platform) => {
      const override = content.platformOverrides[platform];
      const own = isRecord(override) ? override : {};
      return [...sharedOrOwn(platform, own), { of: "settings" as const, platform, ...settingsIn(own["settings"]) }];
    }),
    { of: "platforms", platform: null, ...textOf(platforms) },
    { of: "set", platform: null, ...textOf(platformSetId) },
    { of: "time", platform: null, ...textOf(scheduledFor) },
    { of: "status", platform: null, ...textOf(status) },
  ];
}

function sharedOrOwn(platform: PlatformName | null, { text, media }: Record<string, unknown>): Part[] {
  return [
    { of: "text", platform, ...textOf(text) },
    { of: "media", platform, ...filesIn(media) },
  ];
}

function textOf(value: unknown): Pick<Part, "value" | "words"> {
  const words = typeof value === "string" ? value : "";
  return { value: words, words };
}

/** Files by what they are, since the addresses of stored ones differ each time, and by name. */
function filesIn(media: unknown): Pick<Part, "value" | "words"> {
  const files = Array.isArray(media) ? media.filter(isRecord) : [];
  return {
    value: JSON.stringify(files.map(({ id, url, altText }) => [id ?? url, altText ?? ""])),
    words: files
      .map(({ filename, url, altText }) =>
        [filename ?? url, altText].filter((each) => typeof each === "string").join(": "),
      )
      .join("\n"),
  };
}

function settingsIn(settings: unknown): Pick<Part, "value" | "words"> {
  const withFiles = (name: string, value: unknown) => (name === "media" ? filesIn(value).value : value);
  const entries = Object.entries(isRecord(settings) ? settings : {});
  return {
    value: JSON.stringify(settings ?? {}, withFiles),
    words: entries
      .map(
        ([name, value]) =>
          `${labelOfName(name)}: ${typeof value === "string" ? value : JSON.stringify(value, withFiles)}`,
      )
      .join("\n"),
  };
}
