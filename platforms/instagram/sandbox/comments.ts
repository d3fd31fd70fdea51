import { fieldsOf, pick, type Values } from "../../../sandbox/meta/fields.ts";
import { graphTime, invalid, isTrue, missing, noObject } from "../../../sandbox/meta/graph.ts";
import { pageOf, windowOf } from "../../../sandbox/meta/list.ts";
import type { Call, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { findMedia, type IgMedia } from "./media.ts";
import { graph, onBothHosts, withViewer, type Viewer } from "./viewer.ts";

/** Comments on media. Source: Instagram Platform docs, ig-media/comments, ig-comment. */
export interface IgComment {
  seq: number;
  id: string;
  mediaId: string;
  owner: string;
  parentId: string | null;
  message: string;
  at: number;
  hidden: boolean;
}

export const COMMENTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS instagram_comments (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, media_id TEXT NOT NULL, owner TEXT NOT NULL, parent TEXT,
  message TEXT NOT NULL, at INTEGER NOT NULL, hidden INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS instagram_comments_by_media ON instagram_comments (media_id, seq);`;

export const COMMENT_ROUTES: readonly SandboxRoute[] = [
  ...onBothHosts({
    method: "POST",
    path: "/{id}/comments",
    operation: "create",
    run: withViewer("comment", addComment),
  }),
  ...onBothHosts({ method: "POST", path: "/{id}/replies", operation: "create", run: withViewer("comment", reply) }),
  ...onBothHosts({
    method: "GET",
    path: "/{id}/comments",
    operation: "read",
    run: withViewer("comment", listComments),
  }),
];

export function findComment(call: Call, id: string): IgComment | undefined {
  const row = call.world.store.get("SELECT * FROM instagram_comments WHERE id = ?", id);
  return row && toComment(row);
}

export function commentValues(call: Call, comment: IgComment): Values {
  const author = call.world.identity.person("instagram", comment.owner);
  return {
    id: () => comment.id,
    text: () => comment.message,
    timestamp: () => graphTime(comment.at),
    username: () => author?.username,
    from: () => author && { id: author.id, username: author.username },
    like_count: () => 0,
    hidden: () => comment.hidden,
    parent_id: () => comment.parentId ?? undefined,
    replies: () => undefined,
    media: () => ({ id: comment.mediaId }),
  };
}

export function hideComment(call: Call, { id }: IgComment): void {
  call.world.store.run(
    "UPDATE instagram_comments SET hidden = ? WHERE id = ?",
    isTrue(call.params, "hide") ? 1 : 0,
    id,
  );
}

export function removeComment(call: Call, { id, mediaId }: IgComment): void {
  call.world.store.run("DELETE FROM instagram_comments WHERE id = ? OR parent = ?", id, id);
  showComments(call, mediaId);
}

function addComment(call: Call, viewer: Viewer): PlatformAnswer {
  const media = findMedia(call, call.segments["id"] ?? "");
  if (!media) throw noObject(call.segments["id"] ?? "");
  return answerComment(call, viewer, media, null);
}

function reply(call: Call, viewer: Viewer): PlatformAnswer {
  const parent = findComment(call, call.segments["id"] ?? "");
  const media = parent && findMedia(call, parent.mediaId);
  if (!parent || !media) throw noObject(call.segments["id"] ?? "");
  return answerComment(call, viewer, media, parent.id);
}

function answerComment(call: Call, viewer: Viewer, media: IgMedia, parentId: string | null): PlatformAnswer {
  const message = call.params["message"];
  if (!message || message.trim() === "") throw missing("message");
  if ([...message].length > 2200) throw invalid("The comment is too long.");
  if (media.productType === "STORY" || !media.commentsEnabled) throw invalid("Comments are not allowed here.");
  const { store } = call.world;
  const seq = store.next("instagram.comment");
  const id = String(17_870_000_000_000_000n + BigInt(seq));
  store.run(
    "INSERT INTO instagram_comments VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
    seq,
    id,
    media.id,
    viewer.person.id,
    parentId,
    message,
    call.now,
  );
  showComments(call, media.id);
  return graph.answer(call, { id });
}

/** The ledger and the page show a post's comments with it. */
function showComments(call: Call, mediaId: string): void {
  const rows = call.world.store.all(
    "SELECT message FROM instagram_comments WHERE media_id = ? ORDER BY seq LIMIT 20",
    mediaId,
  );
  call.world.ledger.setExtra("instagram", mediaId, { comments: rows.map((row) => text(row, "message")) });
}

function listComments(call: Call, viewer: Viewer): PlatformAnswer {
  const media = findMedia(call, call.segments["id"] ?? "");
  if (!media || media.owner !== viewer.person.id) throw noObject(call.segments["id"] ?? "");
  const page = windowOf(call, { preset: 25, most: 50 });
  const rows = call.world.store.all(
    "SELECT * FROM instagram_comments WHERE media_id = ? AND parent IS NULL AND seq < ? ORDER BY seq DESC LIMIT ?",
    media.id,
    page.beforeSeq,
    page.limit + 1,
  );
  const fields = fieldsOf(call);
  const toItem = (comment: IgComment) => pick(fields, commentValues(call, comment), ["id", "text", "timestamp"]);
  return graph.answer(call, pageOf(call, rows.map(toComment), page.limit, { seqOf: (comment) => comment.seq, toItem }));
}

function toComment(row: Row): IgComment {
  return {
    seq: integer(row, "seq"),
    id: text(row, "id"),
    mediaId: text(row, "media_id"),
    owner: text(row, "owner"),
    parentId: textOrNull(row, "parent"),
    message: text(row, "message"),
    at: integer(row, "at"),
    hidden: integer(row, "hidden") === 1,
  };
}
