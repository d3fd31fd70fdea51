import { z } from "zod";

import type { PlatformName } from "../model/platform-names.ts";
import { integer, integerOrNull, text, type Row, type Store } from "./store.ts";

/** What audiences see, on all platforms. Parts of a chain and replies are separate posts. */
export interface Ledger {
  add(post: NewPost): void;
  /** After an edit, or a change of the publication time. */
  change(platform: PlatformName, id: string, post: Pick<NewPost, "text" | "at" | "settings">): void;
  /** Deleted posts are gone. */
  remove(platform: PlatformName, id: string): void;
  /** Merges the platform's extra fields into those of `LedgerPost`, such as an ID assigned later. */
  setExtra(platform: PlatformName, id: string, extra: Record<string, unknown>): void;
  /**
   * Like `setExtra`, from a given time on (milliseconds since 1970): for a private post that becomes public
   * automatically. One at a time; null cancels it.
   */
  changeAt(platform: PlatformName, id: string, change: { at: number; extra: Record<string, unknown> } | null): void;
  /** Replaces the picture of a post's first medium, such as with a cover that is sent later. */
  setPicture(platform: PlatformName, id: string, thumbnail: string): void;
  /** Newest first, paginated; with `accounts`, only theirs. */
  list(options: {
    platform?: PlatformName;
    accounts?: readonly AccountName[] | null;
    before?: number;
    limit: number;
    now: number;
  }): SeenPost[];
  byUrl(url: string, now: number): SeenPost | undefined;
  /** A whole chain with its replies, oldest first. */
  chain(platform: PlatformName, rootId: string, now: number): SeenPost[];
  byAuthor(url: string, now: number, limit: number): SeenPost[];
  countPublishCall(platform: PlatformName, handle: string): void;
}

/** The post's owner, with the fields of `LedgerPost`. */
export type AccountName = Pick<LedgerPost, "platform" | "accountId">;

export const POST_KINDS = ["text", "link", "article", "image", "carousel", "gif", "video", "reel", "story"] as const;

/** A post as `GET /_sandbox/posts` lists it. */
export interface LedgerPost {
  platform: PlatformName;
  accountId: string;
  id: string;
  url: string;
  text: string;
  media: { type: "image" | "video" | "gif"; altText: string | null }[];
  kind: (typeof POST_KINDS)[number];
  visibility: string;
  settings: Record<string, unknown>;
  createdAt: string;
  publishCalls: number;
}

export interface NewPost extends Omit<LedgerPost, "createdAt" | "publishCalls"> {
  /** Milliseconds since 1970; if it is in the future, the post is hidden until then. */
  at: number;
  /** When it leaves public view automatically; null for never. */
  endsAt: number | null;
  /** Shared by all publish calls for this post. */
  handle: string;
  /** The first post of its chain; its own ID if it is the first. */
  rootId: string;
  look: Look;
}

export interface SeenPost {
  /** Its position in publishing order. */
  seq: number;
  post: LedgerPost & Record<string, unknown>;
  rootId: string;
  look: Look;
}

/** A medium's appearance: pixels as displayed, seconds. */
export const PictureSchema = z.object({
  /** A picture served by `GET /_sandbox/media/NAME`; null for a box with the duration. */
  thumbnail: z.string().nullable(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  durationSeconds: z.number().nullable(),
});

export type Picture = z.infer<typeof PictureSchema>;

/** For a medium that has not been measured, nothing is known. */
export function pictureOf(media: Picture | null | undefined): Picture {
  const { thumbnail = null, width = null, height = null, durationSeconds = null } = media ?? {};
  return { thumbnail, width, height, durationSeconds };
}

const LookSchema = z.object({
  author: z.object({ username: z.string(), name: z.string(), url: z.string() }),
  media: z.array(PictureSchema.extend({ type: z.enum(["image", "video", "gif"]), hidden: z.boolean() })),
  link: z.object({ url: z.string(), title: z.string().nullable() }).nullable(),
  poll: z.array(z.string()),
  /** A longer text that expands on click. */
  attachment: z.string().nullable(),
  topic: z.string().nullable(),
  replyToId: z.string().nullable(),
  quotedId: z.string().nullable(),
  /** Small print, such as who can reply. */
  notes: z.array(z.string()),
});

/** What the page needs to show a post. */
export type Look = z.infer<typeof LookSchema>;

const Settings = z.record(z.string(), z.unknown());
const MediaList = z.array(z.object({ type: z.enum(["image", "video", "gif"]), altText: z.string().nullable() }));
const Kind = z.enum(POST_KINDS);

const COLUMNS = `p.*, (SELECT calls FROM publish_calls c WHERE c.platform = p.platform AND c.handle = p.handle) AS calls,
  g.at AS change_at, g.extra AS change FROM posts p LEFT JOIN post_changes g ON g.platform = p.platform AND g.id = p.id`;
/** From publication until it leaves public view. */
const SEEN = "p.created_at <= ? AND (p.ends_at IS NULL OR p.ends_at > ?)";

export function openLedger(store: Store, platformOf: (name: string) => PlatformName): Ledger {
  const reading =
    (now: number) =>
    (row: Row): SeenPost =>
      toSeen(row, platformOf, now);
  return {
    add(post) {
      store.run(
        `INSERT INTO posts (platform, account_id, id, url, text, media, kind, visibility, settings, extra, created_at,
           ends_at, handle, root_id, look)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', ?, ?, ?, ?, ?)`,
        post.platform,
        post.accountId,
        post.id,
        post.url,
        post.text,
        JSON.stringify(post.media),
        post.kind,
        post.visibility,
        JSON.stringify(post.settings),
        post.at,
        post.endsAt,
        post.handle,
        post.rootId,
        JSON.stringify(post.look),
      );
    },
    remove(platform, id) {
      store.run("DELETE FROM posts WHERE platform = ? AND id = ?", platform, id);
      store.run("DELETE FROM post_changes WHERE platform = ? AND id = ?", platform, id);
    },
    setExtra(platform, id, extra) {
      const row = store.get("SELECT extra FROM posts WHERE platform = ? AND id = ?", platform, id);
      if (!row) return;
      const merged = { ...Settings.parse(JSON.parse(text(row, "extra"))), ...extra };
      store.run("UPDATE posts SET extra = ? WHERE platform = ? AND id = ?", JSON.stringify(merged), platform, id);
    },
    changeAt(platform, id, change) {
      store.run("DELETE FROM post_changes WHERE platform = ? AND id = ?", platform, id);
      if (change)
        store.run(
          "INSERT INTO post_changes VALUES (?, ?, ?, ?)",
          platform,
          id,
          change.at,
          JSON.stringify(change.extra),
        );
    },
    setPicture(platform, id, thumbnail) {
      store.run(
        "UPDATE posts SET look = json_set(look, '$.media[0].thumbnail', ?) WHERE platform = ? AND id = ?",
        thumbnail,
        platform,
        id,
      );
    },
    change(platform, id, { text, at, settings }) {
      store.run(
        "UPDATE posts SET text = ?, created_at = ?, settings = ? WHERE platform = ? AND id = ?",
        text,
        at,
        JSON.stringify(settings),
        platform,
        id,
      );
    },
    list({ platform, accounts = null, before = Number.MAX_SAFE_INTEGER, limit, now }) {
      const names = accounts && JSON.stringify(accounts.map((one) => `${one.platform} ${one.accountId}`));
      const whose = names === null ? "" : "AND p.platform || ' ' || p.account_id IN (SELECT value FROM json_each(?))";
      const sql = `SELECT ${COLUMNS} WHERE ${platform ? "p.platform = ? AND" : ""} p.seq < ? AND ${SEEN} ${whose}
    ORDER BY p.seq DESC LIMIT ?`;
      return store
        .all(sql, ...(platform ? [platform] : []), before, now, now, ...(names === null ? [] : [names]), limit)
        .map(reading(now));
    },
    byUrl(url, now) {
      const row = store.get(`SELECT ${COLUMNS} WHERE p.url = ? AND ${SEEN}`, url, now, now);
      return row && reading(now)(row);
    },
    chain: (platform, rootId, now) =>
      store
        .all(
          `SELECT ${COLUMNS} WHERE p.platform = ? AND p.root_id = ? AND ${SEEN} ORDER BY p.seq LIMIT 200`,
          platform,
          rootId,
          now,
          now,
        )
        .map(reading(now)),
    byAuthor: (url, now, limit) =>
      store
        .all(
          `SELECT ${COLUMNS} WHERE json_extract(p.look, '$.author.url') = ? AND ${SEEN} ORDER BY p.seq DESC LIMIT ?`,
          url,
          now,
          now,
          limit,
        )
        .map(reading(now)),
    countPublishCall(platform, handle) {
      store.run(
        "INSERT INTO publish_calls VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET calls = calls + 1",
        platform,
        handle,
      );
    },
  };
}

function toSeen(row: Row, platformOf: (name: string) => PlatformName, now: number): SeenPost {
  const changed = (integerOrNull(row, "change_at") ?? Infinity) <= now;
  return {
    seq: integer(row, "seq"),
    rootId: text(row, "root_id"),
    look: LookSchema.parse(JSON.parse(text(row, "look"))),
    post: {
      platform: platformOf(text(row, "platform")),
      accountId: text(row, "account_id"),
      id: text(row, "id"),
      url: text(row, "url"),
      text: text(row, "text"),
      media: MediaList.parse(JSON.parse(text(row, "media"))),
      kind: Kind.parse(text(row, "kind")),
      visibility: text(row, "visibility"),
      settings: Settings.parse(JSON.parse(text(row, "settings"))),
      createdAt: new Date(integer(row, "created_at")).toISOString(),
      publishCalls: integerOrNull(row, "calls") ?? 0,
      ...Settings.parse(JSON.parse(text(row, "extra"))),
      ...(changed && Settings.parse(JSON.parse(text(row, "change")))),
    },
  };
}
