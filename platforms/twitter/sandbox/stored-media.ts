import { z } from "zod";

import { PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull, type Row } from "../../../sandbox/store.ts";

/** Stored media, from the start of its upload. */
export interface XMedia {
  id: string;
  key: string;
  owner: string;
  category: Category;
  mediaType: string;
  totalBytes: number;
  expiresAt: number;
  /** When the last byte arrived; null before. */
  finishedAt: number | null;
  altText: string | null;
  facts: MediaFacts | null;
}

const CATEGORIES = [
  "amplify_video",
  "tweet_gif",
  "tweet_image",
  "tweet_video",
  "dm_gif",
  "dm_image",
  "dm_video",
  "subtitles",
] as const;
export const Category = z.enum(CATEGORIES);
export type Category = z.infer<typeof Category>;

const MediaFacts = PictureSchema.extend({
  sha256: z.string(),
  sizeBytes: z.number(),
  mimeType: z.string().nullable(),
});

export type MediaFacts = z.infer<typeof MediaFacts>;

export const MEDIA_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_media (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, category TEXT NOT NULL, media_type TEXT NOT NULL,
  total_bytes INTEGER NOT NULL, expires_at INTEGER NOT NULL, finished_at INTEGER, alt_text TEXT,
  facts TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS twitter_segments (
  media_id TEXT NOT NULL, place INTEGER NOT NULL, size_bytes INTEGER NOT NULL,
  PRIMARY KEY (media_id, place)) WITHOUT ROWID;`;

/** One that has not expired. */
export function findMedia(call: Call, id: string): XMedia | undefined {
  const row = call.world.store.get("SELECT * FROM twitter_media WHERE id = ? AND expires_at > ?", id, call.now);
  return row && toMedia(row);
}

export function kindOf(category: Category): "image" | "gif" | "video" | "other" {
  if (category === "subtitles") return "other";
  return category.endsWith("_image") ? "image" : category.endsWith("_gif") ? "gif" : "video";
}

/** Observed prefixes: 7 for post videos, 13 for ad videos, 3 for photos, 16 for GIFs. */
export function mediaKey(id: string, category: Category): string {
  const kind = kindOf(category);
  const prefix = category === "amplify_video" ? 13 : kind === "video" ? 7 : kind === "gif" ? 16 : 3;
  return `${prefix}_${id}`;
}

export function insertMedia(call: Call, media: XMedia): void {
  call.world.store.run(
    "INSERT INTO twitter_media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    media.id,
    media.owner,
    media.category,
    media.mediaType,
    media.totalBytes,
    media.expiresAt,
    media.finishedAt,
    media.altText,
    media.facts && JSON.stringify(media.facts),
  );
}

export function factsOf(measured: Measured): MediaFacts {
  const { sha256, sizeBytes, mimeType } = measured;
  return { ...pictureOf(measured), sha256, sizeBytes, mimeType };
}

function toMedia(row: Row): XMedia {
  const id = text(row, "id");
  const category = Category.parse(text(row, "category"));
  const facts = textOrNull(row, "facts");
  return {
    id,
    category,
    key: mediaKey(id, category),
    owner: text(row, "owner"),
    mediaType: text(row, "media_type"),
    totalBytes: integer(row, "total_bytes"),
    expiresAt: integer(row, "expires_at"),
    finishedAt: integerOrNull(row, "finished_at"),
    altText: textOrNull(row, "alt_text"),
    facts: facts === null ? null : MediaFacts.parse(JSON.parse(facts)),
  };
}
