import type { Measured } from "../../../sandbox/media.ts";
import type { PersonFacts } from "./people.ts";

/** What the check after the last byte covers. Source: TikTok docs, media transfer guide, 2026-09-11. */
const VIDEO_TYPES: readonly (string | null)[] = ["video/mp4", "video/quicktime", "video/webm", "video/x-m4v"];
const VIDEO_CODECS: readonly (string | null)[] = ["avc", "hevc", "vp8", "vp9"];
const PHOTO_TYPES: readonly (string | null)[] = ["image/jpeg", "image/webp"];
const SIDE_PX = { min: 360, max: 4096 };
const FRAME_RATE = { min: 23, max: 60 };
const DURATION_MAX_SECONDS = 600;
/** "At most 1080p", interpreted as these two. */
const PHOTO_PX = { short: 1080, long: 1920 };
export const PHOTO_MAX_BYTES = 20 * 1024 * 1024;

/** Measured rates and durations are rounded: a video at 59.94 can have 60 in its header. */
const TOLERANCE = 0.5;

/** The `fail_reason`, or null for a video that can be published. */
export function validateVideo(video: Measured, { maxDurationSeconds }: PersonFacts): string | null {
  const { width, height, durationSeconds, frameRate } = video;
  if (!VIDEO_TYPES.includes(video.mimeType) || !VIDEO_CODECS.includes(video.videoCodec))
    return "file_format_check_failed";
  if (width === null || height === null || durationSeconds === null) return "file_format_check_failed";
  if (durationSeconds > Math.min(maxDurationSeconds, DURATION_MAX_SECONDS) + TOLERANCE) return "duration_check_failed";
  if (frameRate !== null && (frameRate < FRAME_RATE.min - TOLERANCE || frameRate > FRAME_RATE.max + TOLERANCE))
    return "frame_rate_check_failed";
  return Math.min(width, height) < SIDE_PX.min || Math.max(width, height) > SIDE_PX.max
    ? "picture_size_check_failed"
    : null;
}

/** The `fail_reason` of the first photo that cannot be published, or null. */
export function validatePhotos(photos: readonly Measured[]): string | null {
  for (const { mimeType, type, width, height } of photos) {
    if (type !== "image" || !PHOTO_TYPES.includes(mimeType)) return "file_format_check_failed";
    const [short, long] = [Math.min(width ?? 0, height ?? 0), Math.max(width ?? 0, height ?? 0)];
    if (short > PHOTO_PX.short || long > PHOTO_PX.long) return "picture_size_check_failed";
  }
  return null;
}
