import type { SQLInputValue } from "node:sqlite";

import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { findContainer, readStatus } from "./containers.ts";
import { ERRORS, graphHeaders, Refusal } from "./errors.ts";
import { answerFields, fieldsOf, fieldsOfChildren, noField, pick, type Values } from "./fields.ts";
import { findPlace } from "./places.ts";
import { findPost, permalinkOf, toPost, type PostMedia, type ThreadsPost } from "./posts.ts";
import { pictureUrl, profileValues } from "./profiles.ts";
import { linksIn } from "./text.ts";
import { needScopes, needSelf, withViewer, type Viewer } from "./viewer.ts";

/** Reads. Source: Threads docs, retrieve-posts (2026-04-14), reply-management (2026-02-13). */
const HOST = "graph.threads.net";

export const READ_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: HOST, path: "/{user}/threads", operation: "read", run: withViewer([], listPosts) },
  { method: "GET", host: HOST, path: "/{user}/replies", operation: "read", run: withViewer([], listReplies) },
  {
    method: "GET",
    host: HOST,
    path: "/{id}/conversation",
    operation: "read",
    run: withViewer(["threads_read_replies"], readConversation),
  },
  {
    method: "GET",
    host: HOST,
    path: "/{id}",
    run: withViewer([], readObject),
    operation: (call) => (findContainer(call, call.segments["id"] ?? "") ? "status" : "read"),
  },
];

function readObject(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  if (id === "me" || id === viewer.person.id) return answerFields(call, profileValues(viewer));
  const container = findContainer(call, id);
  if (container) {
    if (container.owner !== viewer.person.id) throw new Refusal(ERRORS.noObject(id));
    const fields = fieldsOf(call);
    const unknown = fields.find((field) => !["id", "status", "error_message"].includes(field));
    if (unknown !== undefined) throw noField(unknown);
    if (!fields.includes("status")) return jsonAnswer({ id }, { headers: graphHeaders(call) });
    const { error_message: message, ...status } = readStatus(call, container);
    return jsonAnswer(
      { ...status, ...(message !== undefined && fields.includes("error_message") && { error_message: message }) },
      { headers: graphHeaders(call) },
    );
  }
  const place = findPlace(id);
  if (place) {
    needScopes(viewer, ["threads_location_tagging"]);
    const values = Object.entries({ ...place, id }).map(([name, value]) => [name, () => value]);
    return answerFields(call, Object.fromEntries(values));
  }
  const post = findPost(call, id);
  if (!post || !mayRead(call, viewer, post)) throw new Refusal(ERRORS.noObject(id));
  return answerFields(call, postValues(call, viewer, post));
}

/** The person's own posts, and others' replies to them. */
function mayRead(call: Call, viewer: Viewer, post: ThreadsPost): boolean {
  return post.owner === viewer.person.id || findPost(call, post.rootId)?.owner === viewer.person.id;
}

function listPosts(call: Call, viewer: Viewer): PlatformAnswer {
  needSelf(call, viewer);
  return answerList(call, viewer, "owner = ? AND (reply_to IS NOT NULL) = 0", [viewer.person.id]);
}

/** `/{user}/replies` lists a person's replies, `/{media}/replies` the replies to a post. */
function listReplies(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["user"] ?? "";
  if (id === "me" || id === viewer.person.id)
    return answerList(call, viewer, "owner = ? AND (reply_to IS NOT NULL) = 1", [viewer.person.id]);
  needScopes(viewer, ["threads_read_replies"]);
  const post = findPost(call, id);
  if (!post || !mayRead(call, viewer, post)) throw new Refusal(ERRORS.noObject(id));
  return answerList(call, viewer, "reply_to = ?", [id]);
}

function readConversation(call: Call, viewer: Viewer): PlatformAnswer {
  const id = call.segments["id"] ?? "";
  const post = findPost(call, id);
  if (!post || post.rootId !== id || !mayRead(call, viewer, post)) throw new Refusal(ERRORS.noObject(id));
  return answerList(call, viewer, "root = ? AND id <> ?", [id, id]);
}

const EARLIEST_SINCE = 1_688_540_400;

/** Newest first, paginated, without posts that are not listed yet. */
function answerList(call: Call, viewer: Viewer, where: string, values: SQLInputValue[]): PlatformAnswer {
  const { params, now, world } = call;
  const limit = numberOf(params["limit"], 25, "limit");
  if (limit < 1) throw new Refusal(ERRORS.invalid("Param limit must be at least 1."));
  const since = timeOf(params["since"], "since");
  const until = timeOf(params["until"], "until");
  if (since !== null && since < EARLIEST_SINCE)
    throw new Refusal(ERRORS.invalid(`Param since must be at least ${EARLIEST_SINCE}.`));
  const after = cursorOf(params["after"]);
  const before = cursorOf(params["before"]);
  const rows = world.store.all(
    `SELECT * FROM threads_media WHERE ${where} AND visible_at <= ? AND (ends_at IS NULL OR ends_at > ?) AND at >= ?
       AND at <= ? AND seq < ? AND seq > ?
     ORDER BY seq DESC LIMIT ?`,
    ...values,
    now,
    now,
    (since ?? 0) * 1000,
    until === null ? Number.MAX_SAFE_INTEGER : until * 1000 + 999,
    after ?? Number.MAX_SAFE_INTEGER,
    before ?? 0,
    Math.min(limit, 100) + 1,
  );
  const posts = rows.slice(0, Math.min(limit, 100)).map(toPost);
  const data = posts.map((post) => pick(fieldsOf(call), postValues(call, viewer, post)));
  const cursor = (post: ThreadsPost | undefined) => Buffer.from(String(post?.seq ?? "")).toString("base64url");
  if (posts.length === 0) return jsonAnswer({ data }, { headers: graphHeaders(call) });
  const cursors = { before: cursor(posts[0]), after: cursor(posts.at(-1)) };
  const next = new URL(call.url);
  next.searchParams.set("after", cursors.after);
  next.searchParams.delete("access_token");
  const paging = { cursors, ...(rows.length > posts.length && { next: String(next) }) };
  return jsonAnswer({ data, paging }, { headers: graphHeaders(call) });
}

function postValues(call: Call, viewer: Viewer, post: ThreadsPost): Values {
  const { settings } = post;
  const owner = post.owner === viewer.person.id ? viewer.person : call.world.identity.person("threads", post.owner);
  const username = owner?.username ?? "";
  const own = post.owner === viewer.person.id;
  const first = post.media[0];
  const reply = post.replyToId !== null;
  const setting = (name: string) => (settings[name] === undefined ? undefined : () => settings[name]);
  return {
    id: () => post.id,
    media_product_type: () => "THREADS",
    media_type: () => post.mediaType,
    permalink: call.behaviour?.name === "permalink-missing" ? undefined : () => permalinkOf(username, post.shortcode),
    shortcode: () => post.shortcode,
    timestamp: () => graphTime(post.at),
    username: () => username,
    owner: () => ({ id: post.owner }),
    text: post.text === "" ? undefined : () => post.text,
    topic_tag: post.topic === null ? undefined : () => post.topic,
    media_url: first && post.media.length === 1 ? () => mediaUrl(first) : undefined,
    thumbnail_url: first?.type === "VIDEO" ? () => mediaUrl(first) : undefined,
    alt_text: post.altText === null ? undefined : () => post.altText,
    children:
      post.mediaType === "CAROUSEL_ALBUM"
        ? () => ({ data: post.media.map((item) => pick(fieldsOfChildren(call), childValues(item))) })
        : undefined,
    is_quote_post: () => post.quotedId !== null,
    quoted_post: post.quotedId === null ? undefined : () => ({ id: post.quotedId }),
    reposted_post: post.repostedId === null ? undefined : () => ({ id: post.repostedId }),
    is_reply: () => reply,
    is_reply_owned_by_me: () => reply && own,
    replied_to: reply ? () => ({ id: post.replyToId }) : undefined,
    root_post: reply ? () => ({ id: post.rootId }) : undefined,
    has_replies: () => call.world.store.get("SELECT 1 FROM threads_media WHERE reply_to = ?", post.id) !== undefined,
    hide_status: () => "NOT_HUSHED",
    reply_audience: () => String(settings["reply_control"] ?? "everyone").toUpperCase(),
    link_attachment_url:
      post.mediaType === "TEXT_POST" ? () => settings["link_attachment"] ?? linksIn(post.text)[0] : undefined,
    poll_attachment: setting("poll_attachment"),
    text_attachment: setting("text_attachment"),
    text_entities: setting("text_entities"),
    gif_url:
      settings["gif_attachment"] === undefined ? undefined : () => "https://media.giphy.com/media/sandbox/giphy.gif",
    is_spoiler_media: () => settings["is_spoiler_media"] === "true",
    location_id: setting("location_id"),
    allowlisted_country_codes: setting("allowlisted_country_codes"),
    ghost_post_status: post.ghost ? () => "ACTIVE" : undefined,
    is_verified: () => false,
    profile_picture_url: () => pictureUrl(username),
  };
}

function childValues(item: PostMedia): Values {
  return {
    id: () => item.id,
    media_type: () => item.type,
    media_url: () => mediaUrl(item),
    alt_text: item.altText === null ? undefined : () => item.altText,
  };
}

function mediaUrl(item: PostMedia): string {
  return pictureUrl(item.id);
}

/** `2026-11-01T12:00:05+0000` */
function graphTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}+0000`;
}

function cursorOf(cursor: string | undefined): number | null {
  if (cursor === undefined || cursor === "") return null;
  const seq = Number(Buffer.from(cursor, "base64url").toString());
  if (!Number.isSafeInteger(seq)) throw new Refusal(ERRORS.invalid("Invalid cursor."));
  return seq;
}

function numberOf(value: string | undefined, preset: number, name: string): number {
  if (value === undefined) return preset;
  if (!/^\d{1,9}$/.test(value)) throw new Refusal(ERRORS.invalid(`Param ${name} must be a whole number.`));
  return Number(value);
}

/** Unix seconds, or a date string. */
function timeOf(value: string | undefined, name: string): number | null {
  if (value === undefined || value === "") return null;
  const seconds = /^\d{1,12}$/.test(value) ? Number(value) : Math.floor(Date.parse(value) / 1000);
  if (!Number.isFinite(seconds)) throw new Refusal(ERRORS.invalid(`Param ${name} must be a unix time or a date.`));
  return seconds;
}
