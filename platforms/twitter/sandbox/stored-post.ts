import { z } from "zod";

import { PictureSchema } from "../../../sandbox/ledger.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { RenderedSchema, type Rendered } from "./render.ts";

/** A stored post. */
export interface XPost {
  seq: number;
  id: string;
  author: string;
  /** As written. */
  text: string;
  /** Milliseconds since 1970. */
  at: number;
  replyToId: string | null;
  conversationId: string;
  /** As returned by X. */
  rendered: Rendered;
  media: PostMedia[];
  poll: { id: string; options: string[]; durationMinutes: number } | null;
  replySettings: string;
  settings: Record<string, unknown>;
}

const PostMediaSchema = PictureSchema.extend({
  key: z.string(),
  type: z.enum(["photo", "animated_gif", "video"]),
  altText: z.string().nullable(),
});

export type PostMedia = z.infer<typeof PostMediaSchema>;

const Detail = z.object({
  rendered: RenderedSchema,
  media: z.array(PostMediaSchema),
  poll: z.object({ id: z.string(), options: z.array(z.string()), durationMinutes: z.number() }).nullable(),
  replySettings: z.string(),
  settings: z.record(z.string(), z.unknown()),
});

export const POSTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_posts (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, author TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL,
  visible_at INTEGER NOT NULL, reply_to TEXT, conversation TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
  detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS twitter_posts_by_author ON twitter_posts (author, at);`;

/** One that has not been deleted. */
export function findPost(call: Call, id: string): XPost | undefined {
  const row = call.world.store.get("SELECT * FROM twitter_posts WHERE id = ? AND deleted = 0", id);
  return row && toPost(row);
}

export function toPost(row: Row): XPost {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    author: text(row, "author"),
    text: text(row, "text"),
    at: integer(row, "at"),
    replyToId: textOrNull(row, "reply_to"),
    conversationId: text(row, "conversation"),
    ...Detail.parse(JSON.parse(text(row, "detail"))),
  };
}
