import { createHash } from "node:crypto";

import { z } from "zod";

import type { Measured } from "../../../sandbox/media.ts";
import type { Call } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, type Row } from "../../../sandbox/store.ts";
import { Metadata, type Part } from "./metadata.ts";
import { factsOf } from "./viewer.ts";

/** A channel's videos, and their API representation. Source: YouTube docs, videos resource, 2026-10. */
export interface Video {
  id: string;
  channelId: string;
  /** When its last byte arrived, in milliseconds since 1970. */
  at: number;
  metadata: Metadata;
  file: VideoFile;
  /** `succeeded`, or an outcome with its reason: `failed:codec`, `rejected:length`, `processing:other`. */
  fate: string;
  /** Processing never ends. */
  stuck: boolean;
  /** How often its owner has read its status. */
  asked: number;
  /** When it appears in the playlist of uploads. */
  listedAt: number;
  /** When a timer was set that makes it public; null if there is none. */
  publishAt: number | null;
}

const VideoFile = z.object({
  name: z.string().nullable(),
  mimeType: z.string().nullable(),
  sizeBytes: z.number(),
  width: z.number().nullable(),
  height: z.number().nullable(),
  durationSeconds: z.number().nullable(),
  isVideo: z.boolean(),
});

export type VideoFile = z.infer<typeof VideoFile>;

export const VIDEOS_SCHEMA = `
CREATE TABLE IF NOT EXISTS youtube_videos (
  id TEXT PRIMARY KEY, channel_id TEXT NOT NULL, at INTEGER NOT NULL, metadata TEXT NOT NULL, file TEXT NOT NULL,
  fate TEXT NOT NULL, stuck INTEGER NOT NULL, asked INTEGER NOT NULL DEFAULT 0, listed_at INTEGER NOT NULL,
  publish_at INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS youtube_videos_by_channel ON youtube_videos (channel_id, at);`;

const PROCESSING_MS = 10_000;
const ASKED_ENOUGH = 2;
const UNVERIFIED_SECONDS = 900;
const MAX_SECONDS = 43_200;

export interface NewVideo {
  channelId: string;
  metadata: Metadata;
  measured: Measured;
  fileName: string | null;
  /** Set by a test; otherwise determined by the bytes. */
  fate: string | null;
  stuck: boolean;
  listLagSeconds: number;
}

export function addVideo(call: Call, made: NewVideo): Video {
  const { store, identity } = call.world;
  const number = store.next("youtube.video");
  const id = createHash("sha256").update(`youtube video ${number}`).digest("base64url").slice(0, 11);
  const { mimeType, sizeBytes, width, height, durationSeconds } = made.measured;
  const file: VideoFile = {
    name: made.fileName,
    mimeType,
    sizeBytes,
    width,
    height,
    durationSeconds,
    isVideo: made.measured.type === "video" && durationSeconds !== null,
  };
  const person = identity.person("youtube", made.channelId);
  const fate = made.fate ?? validate(file, person ? factsOf(person).verified : true);
  store.run(
    `INSERT INTO youtube_videos (id, channel_id, at, metadata, file, fate, stuck, listed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    made.channelId,
    call.now,
    JSON.stringify(made.metadata),
    JSON.stringify(file),
    fate,
    made.stuck ? 1 : 0,
    call.now + made.listLagSeconds * 1000,
  );
  const video = findVideo(call, id);
  if (!video) throw new Error("the video that was just added is not there");
  return setMetadata(call, video, made.metadata);
}

function validate(file: VideoFile, verified: boolean): string {
  if (file.sizeBytes === 0) return "failed:emptyFile";
  if (!file.isVideo || file.durationSeconds === null) return "failed:invalidFile";
  const isTooLong = file.durationSeconds > MAX_SECONDS || (!verified && file.durationSeconds > UNVERIFIED_SECONDS);
  return isTooLong ? "rejected:length" : "succeeded";
}

export function findVideo(call: Call, id: string): Video | undefined {
  const row = call.world.store.get("SELECT * FROM youtube_videos WHERE id = ?", id);
  return row && toVideo(row);
}

/** Newest first. */
export function videosOf(call: Call, channelId: string): Video[] {
  return call.world.store
    .all("SELECT * FROM youtube_videos WHERE channel_id = ? ORDER BY at DESC", channelId)
    .map(toVideo);
}

/** Saves the current metadata, and sets or cancels the timer that makes it public. */
export function setMetadata(call: Call, video: Video, metadata: Metadata): Video {
  const { privacyStatus = "public", publishAt } = metadata.status ?? {};
  const at = privacyStatus === "private" && publishAt !== undefined ? Date.parse(publishAt) : null;
  call.world.store.run(
    "UPDATE youtube_videos SET metadata = ?, publish_at = ? WHERE id = ?",
    JSON.stringify(metadata),
    at,
    video.id,
  );
  return { ...video, metadata, publishAt: at };
}

export function privacyOf(video: Video, now: number): "private" | "unlisted" | "public" {
  if (video.publishAt !== null && now >= video.publishAt) return "public";
  return video.metadata.status?.privacyStatus ?? "public";
}

/** At most three minutes, square or vertical. Source: YouTube help 15424877, 2026-10. */
export function isShort({ file }: Video): boolean {
  return (
    file.durationSeconds !== null &&
    file.durationSeconds <= 180 &&
    file.width !== null &&
    file.height !== null &&
    file.height >= file.width
  );
}

export function isProcessing(video: Video, now: number): boolean {
  return video.stuck || (video.asked < ASKED_ENOUGH && now < video.at + PROCESSING_MS);
}

/** The resource with these parts. */
export function videoResource(call: Call, video: Video, parts: readonly Part[]): Record<string, unknown> {
  const resource: Record<string, unknown> = {
    kind: "youtube#video",
    etag: etagOf([video.id, video.asked, parts]),
    id: video.id,
  };
  for (const part of parts) {
    const content = PART_CONTENT[part]?.(call, video);
    if (content !== undefined) resource[part] = content;
  }
  return resource;
}

export function etagOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 27);
}

const PART_CONTENT: Partial<Record<Part, (call: Call, video: Video) => unknown>> = {
  snippet: snippetPart,
  status: statusPart,
  contentDetails: ({ now }, video) => ({
    duration: isProcessing(video, now) ? "P0D" : isoDuration(video.file.durationSeconds ?? 0),
    dimension: "2d",
    definition: (video.file.height ?? 0) >= 720 ? "hd" : "sd",
    caption: "false",
    licensedContent: false,
    contentRating: {},
    projection: "rectangular",
  }),
  statistics: (call, { id }) => ({
    viewCount: "0",
    likeCount: "0",
    favoriteCount: "0",
    commentCount: String(
      integer(call.world.store.get("SELECT count(*) AS number FROM youtube_comments WHERE video_id = ?", id), "number"),
    ),
  }),
  player: (_call, { id }) => ({
    embedHtml:
      `<iframe width="480" height="270" src="//www.youtube.com/embed/${id}" frameborder="0" allowfullscreen>` +
      "</iframe>",
  }),
  processingDetails: processingPart,
  fileDetails: (_call, { file }) => ({
    ...(file.name !== null && { fileName: file.name }),
    fileSize: String(file.sizeBytes),
    fileType: file.isVideo ? "video" : "other",
    ...(file.durationSeconds !== null && { durationMs: String(Math.round(file.durationSeconds * 1000)) }),
    ...(file.width !== null && { videoStreams: [{ widthPixels: file.width, heightPixels: file.height }] }),
  }),
  suggestions: ({ now }, video) =>
    isProcessing(video, now) || video.fate !== "failed:invalidFile" ? {} : { processingErrors: ["notAVideoFile"] },
  localizations: (_call, { metadata }) => metadata.localizations,
  recordingDetails: (_call, { metadata }) => metadata.recordingDetails ?? {},
};

function snippetPart(call: Call, video: Video): Record<string, unknown> {
  const { title, description = "", tags, categoryId = "22", defaultLanguage } = video.metadata.snippet ?? {};
  const person = call.world.identity.person("youtube", video.channelId);
  const wentPublic =
    video.publishAt !== null && call.now >= video.publishAt ? Math.max(video.publishAt, video.at) : video.at;
  return {
    publishedAt: apiTime(wentPublic),
    channelId: video.channelId,
    title,
    description,
    thumbnails: thumbnailsOf(video.id, ["default", "medium", "high"]),
    channelTitle: person?.name ?? "",
    ...(tags && tags.length > 0 && { tags }),
    categoryId,
    liveBroadcastContent: "none",
    ...(defaultLanguage !== undefined && { defaultLanguage }),
    localized: { title, description },
  };
}

function statusPart({ now }: Call, video: Video): Record<string, unknown> {
  const {
    license = "youtube",
    embeddable = true,
    publicStatsViewable = true,
    selfDeclaredMadeForKids,
    containsSyntheticMedia,
    publishAt,
  } = video.metadata.status ?? {};
  const [kind, reason] = isProcessing(video, now) ? ["uploaded"] : video.fate.split(":");
  const uploadStatus = kind === "succeeded" ? "processed" : kind === "processing" ? "failed" : kind;
  return {
    uploadStatus,
    ...(kind === "failed" && { failureReason: reason }),
    ...(kind === "rejected" && { rejectionReason: reason }),
    privacyStatus: privacyOf(video, now),
    ...(video.publishAt !== null && now < video.publishAt && { publishAt }),
    license,
    embeddable,
    publicStatsViewable,
    madeForKids: selfDeclaredMadeForKids ?? false,
    ...(selfDeclaredMadeForKids !== undefined && { selfDeclaredMadeForKids }),
    ...(containsSyntheticMedia !== undefined && { containsSyntheticMedia }),
  };
}

function processingPart({ now }: Call, video: Video): Record<string, unknown> {
  const availability = {
    fileDetailsAvailability: "available",
    processingIssuesAvailability: "available",
    tagSuggestionsAvailability: "inProgress",
    editorSuggestionsAvailability: "inProgress",
    thumbnailsAvailability: "available",
  };
  if (isProcessing(video, now)) {
    const progress = {
      partsTotal: "100",
      partsProcessed: String(video.asked * 40),
      timeLeftMs: String(Math.max(1000, video.at + PROCESSING_MS - now)),
    };
    return { processingStatus: "processing", processingProgress: progress, ...availability };
  }
  const [kind, reason] = video.fate.split(":");
  if (kind === "succeeded") return { processingStatus: "succeeded", ...availability };
  return {
    processingStatus: "failed",
    processingFailureReason:
      kind === "processing" ? reason : kind === "failed" && reason === "uploadAborted" ? "uploadFailed" : "other",
    ...availability,
  };
}

const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  default: [120, 90],
  medium: [320, 180],
  high: [480, 360],
  standard: [640, 480],
  maxres: [1280, 720],
};

export const PICTURE_HOST = "i9.ytimg.com";

export function thumbnailsOf(id: string, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [
      name,
      {
        url: `https://${PICTURE_HOST}/vi/${id}/${name}.jpg`,
        width: SIZES[name]?.[0] ?? 0,
        height: SIZES[name]?.[1] ?? 0,
      },
    ]),
  );
}

/** The API's timestamp format. */
export function apiTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

function isoDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return `PT${hours > 0 ? `${hours}H` : ""}${minutes > 0 ? `${minutes}M` : ""}${whole % 60}S`;
}

function toVideo(row: Row): Video {
  return {
    id: text(row, "id"),
    channelId: text(row, "channel_id"),
    at: integer(row, "at"),
    metadata: Metadata.parse(JSON.parse(text(row, "metadata"))),
    file: VideoFile.parse(JSON.parse(text(row, "file"))),
    fate: text(row, "fate"),
    stuck: integer(row, "stuck") === 1,
    asked: integer(row, "asked"),
    listedAt: integer(row, "listed_at"),
    publishAt: integerOrNull(row, "publish_at"),
  };
}
