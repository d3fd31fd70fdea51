import { z } from "zod";

import { PictureSchema, pictureOf } from "../../../sandbox/ledger.ts";
import type { Measured } from "../../../sandbox/media.ts";
import { DAY_MS } from "../../../sandbox/meta/tokens.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull, type Row } from "../../../sandbox/store.ts";
import { fbError } from "./errors.ts";
import { nextId } from "./people.ts";
import type { PostMedia } from "./posts.ts";
import { validateVideo, type Surface } from "./video-rules.ts";

/**
 * Videos of all three surfaces, from the first byte to the audience.
 *
 *   bytes       uploading, then upload_complete
 *   processing  upload_complete at the first read, processing at the second, ready at the third or after 10 s
 *   finishing   published at the second read after it, or after 5 s; without it, the session expires after 24 h
 *
 * Source: Reels guide and Page stories guide, 2026, for the states; the times are the sandbox's choice.
 */
export interface FbVideo {
  id: string;
  pageId: string;
  surface: Surface;
  sessionId: string | null;
  /** As announced; null if the client does not say. */
  fileSizeBytes: number | null;
  receivedBytes: number;
  uploadedAt: number | null;
  media: MediaFacts | null;
  /** The name of the error that processing ends with. */
  problem: string | null;
  stuck: boolean;
  reads: number;
  createdAt: number;
  finishedAt: number | null;
  /** The parameters of the finish call. */
  wanted: "published" | "draft" | "scheduled";
  scheduledAt: number | null;
  readsAfter: number;
  storyId: string | null;
}

const MediaFactsSchema = PictureSchema.extend({ sizeBytes: z.number() });

type MediaFacts = z.infer<typeof MediaFactsSchema>;

export const VIDEOS_SCHEMA = `
CREATE TABLE IF NOT EXISTS facebook_videos (
  id TEXT PRIMARY KEY, page_id TEXT NOT NULL, surface TEXT NOT NULL, session_id TEXT UNIQUE, file_size INTEGER,
  received INTEGER NOT NULL DEFAULT 0, uploaded_at INTEGER, media TEXT, problem TEXT, stuck INTEGER NOT NULL DEFAULT 0,
  reads INTEGER NOT NULL DEFAULT 0, created_at INTEGER NOT NULL, finished_at INTEGER,
  wanted TEXT NOT NULL DEFAULT 'published', scheduled_at INTEGER, reads_after INTEGER NOT NULL DEFAULT 0,
  story_id TEXT) WITHOUT ROWID;`;

const READY_AFTER_MS = 10_000;
const LIVE_AFTER_MS = 5_000;
const SERIES = { feed: "video", reel: "reel", story: "storyVideo" } as const;

export function findVideo(call: Call, id: string): FbVideo | undefined {
  const row = call.world.store.get("SELECT * FROM facebook_videos WHERE id = ?", id);
  return row && toVideo(row);
}

export function videoOfSession(call: Call, sessionId: string): FbVideo | undefined {
  const row = call.world.store.get("SELECT * FROM facebook_videos WHERE session_id = ?", sessionId);
  return row && toVideo(row);
}

export function openVideo(
  call: Call,
  of: { pageId: string; surface: Surface; sessionId: string | null; fileSizeBytes: number | null },
): FbVideo {
  const id = nextId(call.world, SERIES[of.surface], of.pageId);
  const stuck = call.behaviour?.name === "process_forever" ? 1 : 0;
  call.world.store.run(
    `INSERT INTO facebook_videos (id, page_id, surface, session_id, file_size, created_at, stuck, problem)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    of.pageId,
    of.surface,
    of.sessionId,
    of.fileSizeBytes,
    call.now,
    stuck,
    forcedProblem(call),
  );
  return knownVideo(call, id);
}

export function countReceived(call: Call, video: FbVideo, receivedBytes: number): void {
  call.world.store.run("UPDATE facebook_videos SET received = ? WHERE id = ?", receivedBytes, video.id);
}

/** All bytes have arrived, or none can be fetched. */
export function receiveVideo(call: Call, video: FbVideo, media: Measured | null): FbVideo {
  const facts = media && { ...pictureOf(media), sizeBytes: media.sizeBytes };
  const problem =
    forcedProblem(call) ?? video.problem ?? (media === null ? "389" : validateVideo(media, video.surface));
  const stuck = call.behaviour?.name === "process_forever" ? 1 : 0;
  call.world.store.run(
    `UPDATE facebook_videos SET uploaded_at = ?, received = ?, media = ?, problem = ?, stuck = max(stuck, ?)
     WHERE id = ?`,
    call.now,
    facts?.sizeBytes ?? 0,
    facts && JSON.stringify(facts),
    problem,
    stuck,
    video.id,
  );
  return knownVideo(call, video.id);
}

/** Accepts the call that publishes it. A later problem only shows in its status. */
export function finishVideo(
  call: Call,
  video: FbVideo,
  wanted: FbVideo["wanted"],
  scheduledAt: number | null,
  storyId: string | null,
): FbVideo {
  const stuck = call.behaviour?.name === "process_forever" ? 1 : 0;
  call.world.store.run(
    `UPDATE facebook_videos SET finished_at = ?, wanted = ?, scheduled_at = ?, story_id = ?,
       problem = coalesce(?, problem), stuck = max(stuck, ?) WHERE id = ?`,
    call.now,
    wanted,
    scheduledAt,
    storyId,
    forcedProblem(call),
    stuck,
    video.id,
  );
  return knownVideo(call, video.id);
}

function forcedProblem(call: Call): string | null {
  return call.behaviour?.name === "reel-processing-error" ? "352" : null;
}

/** Whether a finished video reaches an audience at all. */
export function willBeLive(video: FbVideo): boolean {
  return video.problem === null && !video.stuck && video.wanted !== "draft";
}

/** One status read: it counts toward those after which processing and publishing end. */
export function readStatus(call: Call, id: string): Record<string, unknown> {
  const { store } = call.world;
  if (call.behaviour?.name === "process_forever")
    store.run("UPDATE facebook_videos SET stuck = 1 WHERE id = ? AND reads_after < 2", id);
  store.run("UPDATE facebook_videos SET reads = reads + 1 WHERE id = ? AND uploaded_at IS NOT NULL", id);
  store.run("UPDATE facebook_videos SET reads_after = reads_after + 1 WHERE id = ? AND finished_at IS NOT NULL", id);
  return statusOf(knownVideo(call, id), call.now);
}

/** Published, scheduled, or neither. */
export function publishStatus(video: FbVideo, now: number): "draft" | "scheduled" | "published" {
  const { finishedAt } = video;
  if (finishedAt === null || !willBeLive(video)) return "draft";
  if (video.scheduledAt !== null) return now >= video.scheduledAt ? "published" : "scheduled";
  return video.readsAfter >= 2 || now >= finishedAt + LIVE_AFTER_MS ? "published" : "draft";
}

function statusOf(video: FbVideo, now: number): Record<string, unknown> {
  const uploaded = video.uploadedAt !== null;
  const bytes = { bytes_transfered: video.receivedBytes };
  return {
    video_status: videoStatus(video, now),
    uploading_phase: uploaded
      ? { status: "complete", ...bytes }
      : { status: video.receivedBytes > 0 ? "in_progress" : "not_started", ...bytes },
    processing_phase: processingPhase(video, now),
    publishing_phase: publishingPhase(video, now),
  };
}

/** At the first read, an error appears with a status that still says processing. */
function videoStatus(video: FbVideo, now: number): string {
  if (video.uploadedAt === null) return now >= video.createdAt + DAY_MS ? "expired" : "uploading";
  if (video.problem !== null) return video.reads <= 1 ? "processing" : "error";
  if (video.finishedAt === null && now >= video.createdAt + DAY_MS) return "expired";
  if (isReady(video, now)) return "ready";
  return video.reads <= 1 && video.finishedAt === null ? "upload_complete" : "processing";
}

function processingPhase(video: FbVideo, now: number): Record<string, unknown> {
  if (video.uploadedAt === null) return { status: "not_started" };
  if (video.problem !== null) return { status: "error", error: { message: fbError(video.problem).message } };
  return { status: isReady(video, now) ? "complete" : "in_progress" };
}

function publishingPhase(video: FbVideo, now: number): Record<string, unknown> {
  if (video.finishedAt === null) return { status: "not_started" };
  if (video.problem !== null) return { status: "error", publish_status: "error" };
  if (video.wanted === "draft") return { status: "not_started", publish_status: "draft" };
  const status = publishStatus(video, now);
  const time = Math.floor((video.scheduledAt ?? video.finishedAt) / 1000);
  return status === "draft"
    ? { status: "in_progress", publish_status: status }
    : { status: "complete", publish_status: status, publish_time: time };
}

function isReady(video: FbVideo, now: number): boolean {
  if (video.stuck || video.uploadedAt === null || video.problem !== null) return false;
  return video.reads >= 3 || now >= video.uploadedAt + READY_AFTER_MS || publishStatus(video, now) === "published";
}

export function mediaOf({ id, media }: FbVideo): PostMedia {
  return { id, type: "video", altText: null, ...pictureOf(media) };
}

export function knownVideo(call: Call, id: string): FbVideo {
  const video = findVideo(call, id);
  if (!video) throw new Error(`video ${id} is gone`);
  return video;
}

function toVideo(row: Row): FbVideo {
  const media = textOrNull(row, "media");
  return {
    id: text(row, "id"),
    pageId: text(row, "page_id"),
    surface: z.enum(["feed", "reel", "story"]).parse(text(row, "surface")),
    sessionId: textOrNull(row, "session_id"),
    fileSizeBytes: integerOrNull(row, "file_size"),
    receivedBytes: integer(row, "received"),
    uploadedAt: integerOrNull(row, "uploaded_at"),
    media: media === null ? null : MediaFactsSchema.parse(JSON.parse(media)),
    problem: textOrNull(row, "problem"),
    stuck: integer(row, "stuck") === 1,
    reads: integer(row, "reads"),
    createdAt: integer(row, "created_at"),
    finishedAt: integerOrNull(row, "finished_at"),
    wanted: z.enum(["published", "draft", "scheduled"]).parse(text(row, "wanted")),
    scheduledAt: integerOrNull(row, "scheduled_at"),
    readsAfter: integer(row, "reads_after"),
    storyId: textOrNull(row, "story_id"),
  };
}
