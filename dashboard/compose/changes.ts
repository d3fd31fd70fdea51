import type { Post } from "../../contract/operations/posts.ts";
import { PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import { isRecord } from "./draft.ts";

/** A part of a post, for all platforms or one: what it is, and that in words if it is a text. */
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
      return [...sharedOrOwn(platform, own), settingsOn(platform, own["settings"])];
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
export function filesIn(media: unknown): Pick<Part, "value" | "words"> {
  const files = Array.isArray(media) ? media.filter(isRecord) : [];
  return {
    value: JSON.stringify(
      files.map(({ id, url, altText, thumbnailMediaId, thumbnailUrl }) => [
        id ?? url,
        altText ?? "",
        thumbnailMediaId ?? thumbnailUrl ?? "",
      ]),
    ),
    words: files
      .map(({ filename, url, altText }) =>
        [filename ?? url, altText].filter((each) => typeof each === "string").join(": "),
      )
      .join("\n"),
  };
}

function settingsOn(platform: PlatformName, settings: unknown): Part {
  const value = JSON.stringify(settings ?? {}, (name: string, each: unknown) =>
    name === "media" ? filesIn(each).value : each,
  );
  return { of: "settings", platform, value, words: "" };
}
