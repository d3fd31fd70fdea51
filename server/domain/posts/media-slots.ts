import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import type { MediaEntry } from "../../../model/post.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { settingPath } from "../../../platforms/definition.ts";

/** An object in a post's content that is a media entry; in settings, even its format is unchecked. */
export interface MediaSlot {
  /** A JSON Pointer into the request. */
  path: string;
  entry: { [Member in keyof MediaEntry]: unknown };
}

/** The URL of an image that is not a media entry of its own. */
export interface ImageSlot {
  path: string;
  url: string;
  /** Replaces the URL in the given content. */
  replace(url: string | null): void;
}

interface ContentLike {
  media?: unknown;
  platformOverrides?: unknown;
}

/** Every media entry of a content, including parts of threads, in order. */
export function mediaSlots(content: ContentLike): MediaSlot[] {
  return [
    ...entriesOf(content.media, "/content/media"),
    ...Object.entries(asObject(content.platformOverrides)).flatMap(([platform, override]) =>
      threadSlots(platform, override),
    ),
  ];
}

/** Every thumbnail of a media entry, and the cover pictures that settings name. */
export function imageSlots(content: ContentLike): ImageSlot[] {
  const thumbnails = mediaSlots(content).map(({ path, entry }) =>
    imageAt(`${path}/thumbnailUrl`, entry, "thumbnailUrl"),
  );
  const overrides = asObject(content.platformOverrides);
  const covers = PLATFORM_NAMES.map((platform) => {
    const { cover } = catalog[platform].capabilities;
    return cover === undefined
      ? null
      : imageAt(settingPath(platform, cover), asObject(asObject(overrides[platform]).settings), cover);
  });
  return [...thumbnails, ...covers].filter((place) => place !== null);
}

function imageAt(path: string, holder: Record<string, unknown>, member: string): ImageSlot | null {
  const url = holder[member];
  if (typeof url !== "string" || url === "") return null;
  return { path, url, replace: (other) => void (holder[member] = other) };
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
