import type { MediaEntry } from "../../../model/post.ts";

/** An object somewhere in a post's content that is a media entry; of those in settings not even the form is sure. */
export interface MediaPlace {
  /** A JSON Pointer into the request. */
  path: string;
  entry: { [Member in keyof MediaEntry]: unknown };
}

interface ContentLike {
  media?: unknown;
  platformOverrides?: unknown;
}

/** Every media entry of a content, those in the parts of chains included, in the order in which they stand. */
export function mediaPlaces(content: ContentLike): MediaPlace[] {
  return [...entriesOf(content.media, "/content/media"), ...Object.entries(asObject(content.platformOverrides)).flatMap(([platform, override]) => chainPlaces(platform, override))];
}

function chainPlaces(platform: string, override: unknown): MediaPlace[] {
  const { thread } = asObject(asObject(override).settings);
  if (!Array.isArray(thread)) return [];
  return thread.flatMap((part: unknown, index) => entriesOf(asObject(part).media, `/content/platformOverrides/${platform}/settings/thread/${index}/media`));
}

function entriesOf(list: unknown, path: string): MediaPlace[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((entry: unknown, index) => (isObject(entry) ? [{ path: `${path}/${index}`, entry }] : []));
}

function asObject(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
