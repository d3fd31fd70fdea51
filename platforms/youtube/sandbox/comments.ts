import { createHash } from "node:crypto";

import { z } from "zod";

import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, text, type Row } from "../../../sandbox/store.ts";
import { ERRORS, needs, Refusal } from "./errors.ts";
import { listOf, namedParts, windowOf } from "./metadata.ts";
import { apiTime, etagOf, findVideo, privacyOf, type Video } from "./videos.ts";
import { allowed, ALLOWED, type Viewer } from "./viewer.ts";

/** Comments on videos, without replies. Source: YouTube docs, commentThreads, 2026. */
const HOST = "www.googleapis.com";

export const COMMENT_ROUTES: readonly SandboxRoute[] = [
  {
    method: "POST",
    host: HOST,
    path: "/youtube/v3/commentThreads",
    operation: "create",
    run: allowed(ALLOWED.comment, insert),
  },
  {
    method: "GET",
    host: HOST,
    path: "/youtube/v3/commentThreads",
    operation: "read",
    run: allowed(ALLOWED.comment, list),
  },
];

export const COMMENTS_SCHEMA = `
CREATE TABLE IF NOT EXISTS youtube_comments (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, video_id TEXT NOT NULL, author TEXT NOT NULL, words TEXT NOT NULL,
  at INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS youtube_comments_by_video ON youtube_comments (video_id, seq);`;

const PARTS = ["id", "replies", "snippet"] as const;
const MAX_CHARACTERS = 10_000;

const Thread = z.object({
  snippet: z.object({
    channelId: z.string().optional(),
    videoId: z.string().optional(),
    topLevelComment: z.object({ snippet: z.object({ textOriginal: z.string().optional() }) }).optional(),
  }),
});

interface Comment {
  id: string;
  videoId: string;
  author: string;
  words: string;
  at: number;
}

function insert(call: Call, viewer: Viewer): PlatformAnswer {
  const parts = namedParts(call, PARTS);
  const sent = Thread.safeParse(call.body.kind === "json" ? call.body.value : undefined).data?.snippet;
  if (!sent) throw new Refusal(ERRORS.badRequest);
  if (!sent.videoId) throw new Refusal(ERRORS.channelOrVideoIdMissing);
  const words = sent.topLevelComment?.snippet.textOriginal ?? "";
  if (words.trim() === "") throw new Refusal(ERRORS.commentTextRequired);
  if ([...words].length > MAX_CHARACTERS) throw new Refusal(ERRORS.commentTextTooLong);
  const video = commentable(call, viewer, sent.videoId);
  if (sent.channelId !== undefined && sent.channelId !== video.channelId) throw new Refusal(ERRORS.videoNotFound);
  const { store, ledger } = call.world;
  const seq = store.next("youtube.comment");
  const id = `Ug${createHash("sha256").update(`youtube comment ${seq}`).digest("base64url").slice(0, 18)}4AaABAg`;
  const comment: Comment = { id, videoId: video.id, author: viewer.person.id, words, at: call.now };
  store.run(
    "INSERT INTO youtube_comments VALUES (?, ?, ?, ?, ?, ?)",
    seq,
    id,
    video.id,
    comment.author,
    words,
    call.now,
  );
  const shown = store.all("SELECT words FROM youtube_comments WHERE video_id = ? ORDER BY seq LIMIT 20", video.id);
  ledger.setExtra("youtube", video.id, { comments: shown.map((row) => text(row, "words")) });
  return jsonAnswer(threadResource(call, video, comment, parts));
}

/** Newest first. */
function list(call: Call, viewer: Viewer): PlatformAnswer {
  const parts = namedParts(call, PARTS);
  const videoId = call.query.get("videoId");
  const ids = listOf(call, "id");
  if (videoId === null && ids.length === 0)
    throw new Refusal({
      ...needs("videoId"),
      message: "No filter selected. Expected one of: allThreadsRelatedToChannelId, id, videoId",
    });
  if (videoId !== null && ids.length > 0) throw new Refusal(ERRORS.incompatibleParameters);
  const { from, maxResults } = windowOf(call, { preset: 20, least: 1, most: 100 });
  const sql = "SELECT * FROM youtube_comments WHERE";
  if (videoId !== null) commentable(call, viewer, videoId);
  const found = (
    videoId === null
      ? call.world.store.all(`${sql} id IN (SELECT value FROM json_each(?)) ORDER BY seq DESC`, JSON.stringify(ids))
      : call.world.store.all(`${sql} video_id = ? ORDER BY seq DESC`, videoId)
  ).map(toComment);
  const items = found.slice(from, from + maxResults).flatMap((comment) => {
    const video = findVideo(call, comment.videoId);
    return video ? [threadResource(call, video, comment, parts)] : [];
  });
  return jsonAnswer({
    kind: "youtube#commentThreadListResponse",
    etag: etagOf(items),
    ...(from + maxResults < found.length && { nextPageToken: String(from + maxResults) }),
    pageInfo: { totalResults: items.length, resultsPerPage: maxResults },
    items,
  });
}

/** Private videos and those made for kids have no comments. Source: YouTube help 9706180. */
function commentable(call: Call, viewer: Viewer, id: string): Video {
  const video = findVideo(call, id);
  const isPrivate = video && privacyOf(video, call.now) === "private";
  if (!video || (isPrivate && video.channelId !== viewer.person.id)) throw new Refusal(ERRORS.videoNotFound);
  if (isPrivate || video.metadata.status?.selfDeclaredMadeForKids === true) throw new Refusal(ERRORS.commentsDisabled);
  return video;
}

function threadResource(
  call: Call,
  video: Video,
  { id, author, words, at }: Comment,
  parts: readonly (typeof PARTS)[number][],
): Record<string, unknown> {
  const person = call.world.identity.person("youtube", author);
  const comment = {
    kind: "youtube#comment",
    etag: etagOf(id),
    id,
    snippet: {
      channelId: video.channelId,
      videoId: video.id,
      textDisplay: words,
      textOriginal: words,
      authorDisplayName: `@${person?.username ?? ""}`,
      authorChannelUrl: `http://www.youtube.com/@${person?.username ?? ""}`,
      authorChannelId: { value: author },
      canRate: true,
      viewerRating: "none",
      likeCount: 0,
      publishedAt: apiTime(at),
      updatedAt: apiTime(at),
    },
  };
  return {
    kind: "youtube#commentThread",
    etag: etagOf([id, parts]),
    id,
    ...(parts.includes("snippet") && {
      snippet: {
        channelId: video.channelId,
        videoId: video.id,
        topLevelComment: comment,
        canReply: true,
        totalReplyCount: 0,
        isPublic: true,
      },
    }),
  };
}

function toComment(row: Row): Comment {
  return {
    id: text(row, "id"),
    videoId: text(row, "video_id"),
    author: text(row, "author"),
    words: text(row, "words"),
    at: integer(row, "at"),
  };
}
