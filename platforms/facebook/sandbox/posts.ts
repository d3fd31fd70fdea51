import { createHash } from "node:crypto";

import { z } from "zod";

import { type Look, type NewPost, PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import type { Page } from "../../../sandbox/meta/pages.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { pageUrl } from "./login.ts";
import { nextId } from "./people.ts";

/** A Page's posts, without stories. Source: Pages API docs, posts, 2026-09-11. */
export interface FbPost {
  /** Its position in creation order. */
  seq: number;
  /** `{page}_{post}` */
  id: string;
  pageId: string;
  kind: NewPost["kind"];
  message: string;
  link: string | null;
  /** When it is published, in milliseconds since 1970; null while it is a draft. */
  at: number | null;
  /** When it was created. */
  madeAt: number;
  video: { id: string; title: string | null } | null;
  media: PostMedia[];
  settings: Record<string, unknown>;
  handle: string;
}

export const PostMediaSchema = PictureSchema.extend({
  id: z.string(),
  type: z.enum(["image", "video"]),
  altText: z.string().nullable(),
});

export type PostMedia = z.infer<typeof PostMediaSchema>;

const Detail = z.object({
  link: z.string().nullable(),
  media: z.array(PostMediaSchema),
  settings: z.record(z.string(), z.unknown()),
  video: z.object({ id: z.string(), title: z.string().nullable() }).nullable(),
});

export const POSTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS facebook_posts (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, page_id TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL,
  at INTEGER, made_at INTEGER NOT NULL, visible_at INTEGER NOT NULL, video_id TEXT, handle TEXT NOT NULL,
  detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS facebook_posts_by_page ON facebook_posts (page_id, seq);
CREATE INDEX IF NOT EXISTS facebook_posts_by_video ON facebook_posts (video_id);`;

export function findPost(call: Call, id: string): FbPost | undefined {
  const row = call.world.store.get("SELECT * FROM facebook_posts WHERE id = ?", id);
  return row && toPost(row);
}

export function postOfVideo(call: Call, videoId: string): FbPost | undefined {
  const row = call.world.store.get("SELECT * FROM facebook_posts WHERE video_id = ?", videoId);
  return row && toPost(row);
}

/** The Page's latest public post. */
export function lastPost(call: Call, pageId: string): FbPost | undefined {
  const row = call.world.store.get(
    "SELECT * FROM facebook_posts WHERE page_id = ? AND at <= ? ORDER BY seq DESC LIMIT 1",
    pageId,
    call.now,
  );
  return row && toPost(row);
}

/** Shared by all calls that would publish this content, if there is no handle. */
export function contentHandle(...parts: readonly unknown[]): string {
  return `content:${createHash("sha256").update(JSON.stringify(parts)).digest("base64url")}`;
}

/** Creates a post: public at `at`, which can be in the future, or a draft. */
export function addPost(call: Call, page: Page, draft: Omit<FbPost, "seq" | "id" | "pageId" | "madeAt">): FbPost {
  const { store } = call.world;
  const post: FbPost = {
    ...draft,
    seq: store.next("facebook.seq"),
    id: `${page.id}_${nextId(call.world, "post", page.id)}`,
    pageId: page.id,
    madeAt: call.now,
  };
  const lagSeconds = call.behaviour?.name === "feed-lag-{n}s" ? (call.behaviour.number ?? 0) : 0;
  const { link, media, settings, video } = post;
  store.run(
    "INSERT INTO facebook_posts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    post.seq,
    post.id,
    page.id,
    post.kind,
    post.message,
    post.at,
    post.madeAt,
    (post.at ?? call.now) + lagSeconds * 1000,
    post.video?.id ?? null,
    post.handle,
    JSON.stringify({ link, media, settings, video }),
  );
  if (post.at !== null) call.world.ledger.add(ledgerPost(page, post, post.at));
  return post;
}

/** Saves changes, also in the ledger. */
export function changePost(call: Call, page: Page, post: FbPost, { wasDraft }: { wasDraft: boolean }): void {
  const { link, media, settings, video } = post;
  call.world.store.run(
    "UPDATE facebook_posts SET message = ?, at = ?, visible_at = coalesce(?, visible_at), detail = ? WHERE id = ?",
    post.message,
    post.at,
    post.at,
    JSON.stringify({ link, media, settings, video }),
    post.id,
  );
  if (post.at === null) return;
  if (wasDraft) call.world.ledger.add(ledgerPost(page, post, post.at));
  else
    call.world.ledger.change("facebook", ledgerId(post), { text: post.message, at: post.at, settings: post.settings });
}

export function removePost(call: Call, post: FbPost): void {
  call.world.store.run("DELETE FROM facebook_posts WHERE id = ?", post.id);
  call.world.ledger.remove("facebook", ledgerId(post));
}

/** Videos are identified by their own ID. */
export function ledgerId(post: FbPost): string {
  return post.video?.id ?? post.id;
}

export function permalinkOf(post: FbPost): string {
  return post.video
    ? `https://www.facebook.com/reel/${post.video.id}/`
    : `https://www.facebook.com/${post.pageId}/posts/${post.id.slice(post.pageId.length + 1)}`;
}

export function toPost(row: Row): FbPost {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    pageId: text(row, "page_id"),
    message: text(row, "message"),
    at: integerOrNull(row, "at"),
    kind: z.enum(["text", "link", "image", "carousel", "video", "reel"]).parse(text(row, "kind")),
    madeAt: integer(row, "made_at"),
    handle: text(row, "handle"),
    ...Detail.parse(JSON.parse(textOrNull(row, "detail") ?? "{}")),
  };
}

function ledgerPost(page: Page, post: FbPost, at: number): NewPost {
  return {
    platform: "facebook",
    accountId: page.id,
    id: ledgerId(post),
    url: permalinkOf(post),
    text: post.message,
    media: post.media.map(({ type, altText }) => ({ type, altText })),
    kind: post.kind,
    visibility: "public",
    settings: post.settings,
    at,
    endsAt: null,
    handle: post.handle,
    rootId: ledgerId(post),
    look: lookOf(page, post),
  };
}

export function lookOf(
  page: Page,
  { media, link, settings, video }: Pick<FbPost, "media" | "link" | "settings" | "video">,
): Look {
  const title = settings["name"];
  return {
    author: { username: page.username, name: page.name, url: pageUrl(page) },
    media: media.map((medium) => ({ ...pictureOf(medium), type: medium.type, hidden: false })),
    link: link === null ? null : { url: link, title: typeof title === "string" ? title : null },
    poll: [],
    attachment: null,
    topic: video?.title ?? null,
    replyToId: null,
    quotedId: null,
    notes: settings["place"] === undefined ? [] : [`at ${String(settings["place"])}`],
  };
}
