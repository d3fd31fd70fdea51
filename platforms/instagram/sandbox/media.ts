import { z } from "zod";

import type { Person } from "../../../sandbox/identity.ts";
import { type Look, type NewPost, PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import { DAY_MS } from "../../../sandbox/meta/tokens.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, text, type Row } from "../../../sandbox/store.ts";
import type { Container } from "./containers.ts";

/** Published media, created from containers. Source: Instagram Platform docs, ig-media reference, 2026-09-11. */
export interface IgMedia {
  /** Its position in publishing order. */
  seq: number;
  id: string;
  owner: string;
  shortcode: string;
  mediaType: "IMAGE" | "VIDEO" | "CAROUSEL_ALBUM";
  productType: "FEED" | "REELS" | "STORY";
  caption: string;
  /** Milliseconds since 1970. */
  at: number;
  altText: string | null;
  commentsEnabled: boolean;
  items: MediaItem[];
  settings: Record<string, unknown>;
}

const MediaItemSchema = PictureSchema.extend({
  id: z.string(),
  type: z.enum(["IMAGE", "VIDEO"]),
  altText: z.string().nullable(),
});

export type MediaItem = z.infer<typeof MediaItemSchema>;

const Detail = z.object({
  altText: z.string().nullable(),
  commentsEnabled: z.boolean(),
  items: z.array(MediaItemSchema),
  settings: z.record(z.string(), z.unknown()),
});

export const MEDIA_SCHEMA = `
CREATE TABLE IF NOT EXISTS instagram_media (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, shortcode TEXT NOT NULL,
  media_type TEXT NOT NULL, product_type TEXT NOT NULL, caption TEXT NOT NULL, at INTEGER NOT NULL,
  visible_at INTEGER NOT NULL, ends_at INTEGER, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS instagram_media_by_owner ON instagram_media (owner, seq);`;

/** A live post: not deleted, and not an expired story. */
export function findMedia(call: Call, id: string): IgMedia | undefined {
  const row = call.world.store.get(
    "SELECT * FROM instagram_media WHERE id = ? AND (ends_at IS NULL OR ends_at > ?)",
    id,
    call.now,
  );
  return row && toMedia(row);
}

export function toMedia(row: Row): IgMedia {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    owner: text(row, "owner"),
    shortcode: text(row, "shortcode"),
    mediaType: z.enum(["IMAGE", "VIDEO", "CAROUSEL_ALBUM"]).parse(text(row, "media_type")),
    productType: z.enum(["FEED", "REELS", "STORY"]).parse(text(row, "product_type")),
    caption: text(row, "caption"),
    at: integer(row, "at"),
    ...Detail.parse(JSON.parse(text(row, "detail"))),
  };
}

export function setCommentsEnabled(
  call: Call,
  { id, altText, items, settings }: IgMedia,
  commentsEnabled: boolean,
): void {
  call.world.store.run(
    "UPDATE instagram_media SET detail = ? WHERE id = ?",
    JSON.stringify({ altText, commentsEnabled, items, settings }),
    id,
  );
}

export function permalinkOf(
  { id, shortcode, productType }: Pick<IgMedia, "id" | "shortcode" | "productType">,
  username: string,
): string {
  if (productType === "STORY") return `https://www.instagram.com/stories/${username}/${id}`;
  return `https://www.instagram.com/${productType === "REELS" ? "reel" : "p"}/${shortcode}/`;
}

/** Creates the post of a finished container and adds it to the ledger. Returns the media ID. */
export function publishContainer(call: Call, person: Person, container: Container, children: Container[]): string {
  const { draft } = container;
  const { store } = call.world;
  const seq = store.next("instagram.media");
  const story = draft.kind === "STORIES";
  const childSettings = children.map((child) => child.draft.settings);
  const media: IgMedia = {
    seq,
    id: String(17_910_000_000_000_000n + BigInt(seq)),
    owner: person.id,
    shortcode: `SBX${seq}`,
    mediaType: draft.kind === "CAROUSEL" ? "CAROUSEL_ALBUM" : draft.isVideo ? "VIDEO" : "IMAGE",
    productType: story ? "STORY" : draft.kind === "REELS" ? "REELS" : "FEED",
    // Stories show no caption.
    caption: story ? "" : draft.caption,
    at: call.now,
    altText: draft.altText,
    commentsEnabled: true,
    items: (draft.kind === "CAROUSEL" ? children : [container]).map(toItem),
    settings: {
      ...draft.settings,
      ...(childSettings.some((one) => Object.keys(one).length > 0) && { items: childSettings }),
    },
  };
  const lagSeconds = call.behaviour?.name === "list-lag-{n}s" ? (call.behaviour.number ?? 0) : 0;
  const { altText, commentsEnabled, items, settings } = media;
  const endsAt = story ? media.at + DAY_MS : null;
  store.run(
    "INSERT INTO instagram_media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    seq,
    media.id,
    media.owner,
    media.shortcode,
    media.mediaType,
    media.productType,
    media.caption,
    media.at,
    media.at + lagSeconds * 1000,
    endsAt,
    JSON.stringify({ altText, commentsEnabled, items, settings }),
  );
  call.world.ledger.add(ledgerPost(person, media, container.id, endsAt));
  return media.id;
}

function toItem({ id, draft, media }: Container): MediaItem {
  return {
    id: String(BigInt(id) + 60_000_000_000_000n),
    type: draft.isVideo ? "VIDEO" : "IMAGE",
    altText: draft.altText,
    ...pictureOf(media),
  };
}

function ledgerPost(person: Person, media: IgMedia, handle: string, endsAt: number | null): NewPost {
  return {
    platform: "instagram",
    accountId: person.id,
    id: media.id,
    url: permalinkOf(media, person.username),
    text: media.caption,
    media: media.items.map(({ type, altText }) => ({ type: type === "VIDEO" ? "video" : "image", altText })),
    kind: kindOf(media),
    visibility: "public",
    settings: media.settings,
    at: media.at,
    endsAt,
    handle,
    rootId: media.id,
    look: lookOf(person, media),
  };
}

function kindOf({ mediaType, productType }: IgMedia): NewPost["kind"] {
  if (productType === "STORY") return "story";
  if (productType === "REELS") return "reel";
  return mediaType === "CAROUSEL_ALBUM" ? "carousel" : "image";
}

const Names = z.array(z.string());
const Tags = z.array(z.object({ username: z.string() }));

function lookOf(person: Person, { items, settings, productType }: IgMedia): Look {
  const collaborators = Names.safeParse(settings["collaborators"]).data ?? [];
  const tagged = Tags.safeParse(settings["user_tags"]).data ?? [];
  return {
    author: { username: person.username, name: person.name, url: `https://www.instagram.com/${person.username}/` },
    media: items.map((item) => ({
      ...pictureOf(item),
      type: item.type === "VIDEO" ? "video" : "image",
      hidden: false,
    })),
    link: null,
    poll: [],
    attachment: null,
    replyToId: null,
    quotedId: null,
    topic: settings["location_id"] === undefined ? null : `Place ${String(settings["location_id"])}`,
    notes: [
      ...collaborators.map((name) => `with ${name}`),
      ...(tagged.length > 0 ? [`Tagged: ${tagged.map((tag) => `@${tag.username}`).join(", ")}`] : []),
      ...(productType === "REELS" && settings["share_to_feed"] === "false" ? ["Reels tab only"] : []),
      ...(settings["trial_params"] === undefined ? [] : ["Trial reel"]),
      ...(settings["is_ai_generated"] === "true" ? ["AI info"] : []),
    ],
  };
}
