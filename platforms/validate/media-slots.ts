import { COVER_MEDIA_ID } from "../../model/capabilities.ts";
import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import type { MediaEntry } from "../../model/post.ts";
import { catalog } from "../catalog.ts";
import { settingPath } from "../definition.ts";

/** An object in a post's content that is a media entry; in settings, even its format is unchecked. */
export interface MediaSlot {
  /** A JSON Pointer into the request. */
  path: string;
  entry: { [Member in keyof MediaEntry]: unknown };
}

/** An image that is not a media entry of its own: a thumbnail or a cover. */
export interface ImageSlot {
  path: string;
  /** Its URL, or the ID of a stored media object. */
  source: { url: string } | { id: string };
  /** Replaces the URL or ID in the given content. */
  replace(value: string | null): void;
}

interface ContentLike {
  media?: unknown;
  platformOverrides?: unknown;
}

/** Every media entry of a content, including those of overrides and of parts of threads, in order. */
export function mediaSlots(content: ContentLike): MediaSlot[] {
  return [
    ...entriesOf(content.media, "/content/media"),
    ...Object.entries(asObject(content.platformOverrides)).flatMap(([platform, override]) => [
      ...entriesOf(asObject(override).media, `/content/platformOverrides/${platform}/media`),
      ...threadSlots(platform, override),
    ]),
  ];
}

/** Every thumbnail of a media entry, and the cover pictures that settings name. */
export function imageSlots(content: ContentLike): ImageSlot[] {
  const thumbnails = mediaSlots(content).flatMap(({ path, entry }) => [
    imageAt(path, entry, "thumbnailUrl", "url"),
    imageAt(path, entry, "thumbnailMediaId", "id"),
  ]);
  const overrides = asObject(content.platformOverrides);
  const covers = PLATFORM_NAMES.flatMap((platform) => {
    const { cover } = catalog[platform].capabilities;
    const settings = asObject(asObject(overrides[platform]).settings);
    return cover === undefined
      ? []
      : [
          imageAt(settingPath(platform), settings, cover, "url"),
          imageAt(settingPath(platform), settings, COVER_MEDIA_ID, "id"),
        ];
  });
  return [...thumbnails, ...covers].filter((place) => place !== null);
}

function imageAt(
  parent: string,
  holder: Record<string, unknown>,
  member: string,
  kind: "url" | "id",
): ImageSlot | null {
  const value = holder[member];
  if (typeof value !== "string" || value === "") return null;
  return {
    path: `${parent}/${member}`,
    source: kind === "url" ? { url: value } : { id: value },
    replace: (other) => void (holder[member] = other),
  };
}

function threadSlots(platform: string, override: unknown): MediaSlot[] {
  const { thread } = asObject(asObject(override).settings);
  if (!Array.isArray(thread)) return [];
  return thread.flatMap((part: unknown, index) =>
    entriesOf(asObject(part).media, `/content/platformOverrides/${platform}/settings/thread/${index}/media`),
  );
}

function entriesOf(list: unknown, path: string): MediaSlot[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => (isObject(entry) ? [{ path: `${path}/${index}`, entry }] : []));
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
