import { z } from "zod";

import { type Look, type NewPost, PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import type { Container } from "./containers.ts";
import type { NewContainer } from "./create.ts";
import { ERRORS, graphHeaders, Refusal } from "./errors.ts";
import { findPlace } from "./places.ts";
import { needQuota, useQuota } from "./quotas.ts";
import { linksIn, topicIn } from "./text.ts";
import { accountOf, withViewer, type Viewer } from "./viewer.ts";

/** Published posts: create, find, repost and delete. Source: Threads docs, posts, 2026-04-14. */
export interface ThreadsPost {
  /** Its position in publishing order. */
  seq: number;
  id: string;
  owner: string;
  shortcode: string;
  mediaType: "TEXT_POST" | "IMAGE" | "VIDEO" | "CAROUSEL_ALBUM" | "REPOST_FACADE";
  /** As displayed: a topic within the text loses its `#`. */
  text: string;
  topic: string | null;
  /** Milliseconds since 1970. */
  at: number;
  replyToId: string | null;
  rootId: string;
  quotedId: string | null;
  repostedId: string | null;
  /** Its position in the chain, from 1. */
  depth: number;
  ghost: boolean;
  altText: string | null;
  media: PostMedia[];
  settings: Record<string, unknown>;
}

const PostMediaSchema = PictureSchema.extend({
  id: z.string(),
  type: z.enum(["IMAGE", "VIDEO"]),
  altText: z.string().nullable(),
});

export type PostMedia = z.infer<typeof PostMediaSchema>;

const Detail = z.object({
  topic: z.string().nullable(),
  quotedId: z.string().nullable(),
  repostedId: z.string().nullable(),
  ghost: z.boolean(),
  altText: z.string().nullable(),
  media: z.array(PostMediaSchema),
  settings: z.record(z.string(), z.unknown()),
});

const MediaType = z.enum(["TEXT_POST", "IMAGE", "VIDEO", "CAROUSEL_ALBUM", "REPOST_FACADE"]);

export const POSTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS threads_media (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, shortcode TEXT NOT NULL,
  media_type TEXT NOT NULL, text TEXT NOT NULL, at INTEGER NOT NULL, visible_at INTEGER NOT NULL, ends_at INTEGER,
  reply_to TEXT, root TEXT NOT NULL, depth INTEGER NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS threads_media_by_owner ON threads_media (owner, (reply_to IS NOT NULL), seq);
CREATE INDEX IF NOT EXISTS threads_media_by_parent ON threads_media (reply_to);
CREATE INDEX IF NOT EXISTS threads_media_by_root ON threads_media (root);`;

export const POST_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: "graph.threads.net",
    path: "/{id}/repost",
    operation: "publish",
    post: (call) => ({
      accountId: accountOf(call),
      text: "",
      carriesText: false,
      handle: repostHandle(accountOf(call), call.segments["id"] ?? ""),
    }),
    run: withViewer(["threads_content_publish"], repost),
  },
  {
    method: "DELETE",
    host: "graph.threads.net",
    path: "/{id}",
    operation: "delete",
    run: withViewer(["threads_delete"], remove),
  },
];

const DAY_MS = 86_400_000;

/** A live post: not deleted, and not an expired ghost post. */
export function findPost(call: Call, id: string): ThreadsPost | undefined {
  const row = call.world.store.get(
    "SELECT * FROM threads_media WHERE id = ? AND (ends_at IS NULL OR ends_at > ?)",
    id,
    call.now,
  );
  return row && toPost(row);
}

export function toPost(row: Row): ThreadsPost {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    owner: text(row, "owner"),
    shortcode: text(row, "shortcode"),
    mediaType: MediaType.parse(text(row, "media_type")),
    text: text(row, "text"),
    at: integer(row, "at"),
    replyToId: textOrNull(row, "reply_to"),
    rootId: text(row, "root"),
    depth: integer(row, "depth"),
    ...Detail.parse(JSON.parse(text(row, "detail"))),
  };
}

export function permalinkOf(username: string, shortcode: string): string {
  return `${profileUrl(username)}/post/${shortcode}`;
}

/** Creates the post of a finished container: counts the quota, and adds it to the ledger. Returns the media ID. */
export function publishContainer(
  call: Call,
  viewer: Viewer,
  container: Container,
  findContainer: (id: string) => Container | undefined,
): string {
  const { draft } = container;
  const quota = draft.replyToId === null ? "posts" : "replies";
  needQuota(call, viewer, quota);
  const topic = typeof draft.settings["topic_tag"] === "string" ? undefined : topicIn(draft.text);
  const shown = topic ? draft.text.slice(0, topic.at) + draft.text.slice(topic.at + 1) : draft.text;
  const parts =
    draft.kind === "CAROUSEL" ? draft.children.map(findContainer) : draft.mediaUrl === null ? [] : [container];
  const parent = draft.replyToId === null ? undefined : findPost(call, draft.replyToId);
  const post = insert(call, viewer, {
    mediaType: draft.kind === "TEXT" ? "TEXT_POST" : draft.kind === "CAROUSEL" ? "CAROUSEL_ALBUM" : draft.kind,
    text: shown,
    topic: topic?.topic ?? (typeof draft.settings["topic_tag"] === "string" ? draft.settings["topic_tag"] : null),
    replyToId: draft.replyToId,
    rootId: parent?.rootId ?? null,
    depth: (parent?.depth ?? 0) + 1,
    quotedId: draft.quoteId,
    repostedId: null,
    ghost: draft.ghost,
    altText: draft.altText,
    settings: draft.settings,
    media: parts.flatMap((part) => (part ? [toMedia(part)] : [])),
  });
  useQuota(call, viewer, quota);
  call.world.ledger.add(ledgerPost(viewer, post, draft, container.id));
  return post.id;
}

function insert(
  call: Call,
  viewer: Viewer,
  draft: Omit<ThreadsPost, "seq" | "id" | "owner" | "shortcode" | "at" | "rootId"> & { rootId: string | null },
): ThreadsPost {
  const { store } = call.world;
  const seq = store.next("threads.media");
  const id = String(18_100_000_000_000_000n + BigInt(seq));
  const post: ThreadsPost = {
    ...draft,
    seq,
    id,
    owner: viewer.person.id,
    shortcode: `SBXa${seq}`,
    at: call.now,
    rootId: draft.rootId ?? id,
  };
  const { topic, quotedId, repostedId, ghost, altText, media, settings } = post;
  const lagSeconds = call.behaviour?.name === "list-lag-{n}s" ? (call.behaviour.number ?? 0) : 0;
  store.run(
    "INSERT INTO threads_media VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    seq,
    id,
    post.owner,
    post.shortcode,
    post.mediaType,
    post.text,
    post.at,
    post.at + lagSeconds * 1000,
    ghost ? post.at + DAY_MS : null,
    post.replyToId,
    post.rootId,
    post.depth,
    JSON.stringify({ topic, quotedId, repostedId, ghost, altText, media, settings }),
  );
  return post;
}

/** A repost has no container and returns its own ID. */
function repost(call: Call, viewer: Viewer): PlatformAnswer {
  const original = findPost(call, call.segments["id"] ?? "");
  if (!original) throw new Refusal(ERRORS.noObject(call.segments["id"] ?? ""));
  needQuota(call, viewer, "posts");
  const post = insert(call, viewer, {
    mediaType: "REPOST_FACADE",
    text: "",
    topic: null,
    replyToId: null,
    rootId: null,
    depth: 1,
    quotedId: null,
    repostedId: original.id,
    ghost: false,
    altText: null,
    media: [],
    settings: { reposted_post_id: original.id },
  });
  useQuota(call, viewer, "posts");
  const handle = repostHandle(viewer.person.id, original.id);
  call.world.ledger.add({
    ...ledgerPost(viewer, post, null, handle),
    look: { ...lookOf(viewer, post, null), quotedId: original.id, notes: ["Repost"] },
  });
  return jsonAnswer({ id: post.id }, { headers: graphHeaders(call) });
}

function repostHandle(accountId: string, id: string): string {
  return `repost:${accountId}:${id}`;
}

function remove(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const post = findPost(call, id);
  if (!post || post.owner !== viewer.person.id) throw new Refusal(ERRORS.noObject(id));
  needQuota(call, viewer, "deletions");
  useQuota(call, viewer, "deletions");
  call.world.store.run("DELETE FROM threads_media WHERE id = ?", id);
  call.world.ledger.remove("threads", id);
  return jsonAnswer({ success: true, deleted_id: id }, { headers: graphHeaders(call) });
}

function toMedia(part: Container): PostMedia {
  return {
    id: String(BigInt(part.id) + 50_000_000_000_000n),
    type: part.draft.kind === "VIDEO" ? "VIDEO" : "IMAGE",
    altText: part.draft.altText,
    ...pictureOf(part.media),
  };
}

function ledgerPost(viewer: Viewer, post: ThreadsPost, draft: NewContainer | null, handle: string): NewPost {
  const gif = draft?.settings["gif_attachment"] !== undefined;
  const media = post.media.map(({ type, altText }): NewPost["media"][number] => ({
    type: type === "VIDEO" ? "video" : "image",
    altText,
  }));
  return {
    platform: "threads",
    accountId: viewer.person.id,
    id: post.id,
    url: permalinkOf(viewer.person.username, post.shortcode),
    text: post.text,
    media: gif ? [{ type: "gif", altText: null }] : media,
    kind: kindOf(post, gif),
    visibility: "public",
    settings: post.settings,
    at: post.at,
    endsAt: post.ghost ? post.at + DAY_MS : null,
    handle,
    rootId: post.rootId,
    look: lookOf(viewer, post, draft),
  };
}

function kindOf(post: ThreadsPost, gif: boolean): NewPost["kind"] {
  if (gif) return "gif";
  if (post.mediaType === "CAROUSEL_ALBUM") return "carousel";
  if (post.mediaType === "IMAGE") return "image";
  if (post.mediaType === "VIDEO") return "video";
  return post.settings["link_attachment"] === undefined ? "text" : "link";
}

const Poll = z.record(z.string(), z.string());
const Attachment = z.object({ plaintext: z.string() });

function lookOf(viewer: Viewer, post: ThreadsPost, draft: NewContainer | null): Look {
  const { username, name } = viewer.person;
  const { settings } = post;
  const attached = settings["link_attachment"];
  const link = typeof attached === "string" ? attached : post.media.length === 0 ? linksIn(post.text)[0] : undefined;
  const gif =
    settings["gif_attachment"] === undefined ? [] : [{ ...pictureOf(null), type: "gif" as const, hidden: false }];
  const hidden = settings["is_spoiler_media"] === "true";
  const place = typeof settings["location_id"] === "string" ? findPlace(settings["location_id"]) : undefined;
  const control = settings["reply_control"];
  return {
    author: { username, name, url: profileUrl(username) },
    media: [
      ...gif,
      ...post.media.map((medium) => ({
        ...pictureOf(medium),
        type: medium.type === "VIDEO" ? ("video" as const) : ("image" as const),
        hidden,
      })),
    ],
    link: link === undefined || draft === null ? null : { url: link, title: null },
    poll: Object.values(Poll.safeParse(settings["poll_attachment"]).data ?? {}),
    attachment: Attachment.safeParse(settings["text_attachment"]).data?.plaintext ?? null,
    topic: post.topic,
    replyToId: post.replyToId,
    quotedId: post.quotedId,
    notes: [
      ...(place ? [place.name] : []),
      ...(typeof control === "string" && control !== "everyone" ? [REPLY_NOTES[control] ?? control] : []),
      ...(settings["enable_reply_approvals"] === "true" ? ["Replies are approved first"] : []),
      ...(post.ghost ? ["Ghost post: gone after 24 hours"] : []),
    ],
  };
}

const REPLY_NOTES: Readonly<Record<string, string>> = {
  accounts_you_follow: "Profiles you follow can reply",
  mentioned_only: "Mentioned profiles can reply",
  parent_post_author_only: "The author of the post before can reply",
  followers_only: "Followers can reply",
};

function profileUrl(username: string): string {
  return `https://www.threads.net/@${username}`;
}
