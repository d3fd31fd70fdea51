import type { Measured } from "../../../sandbox/media.ts";
import { Refusal } from "../../../sandbox/meta/graph.ts";
import type { NewContainer } from "./create.ts";
import { igError } from "./errors.ts";

/**
 * Media requirements. Source: Instagram Platform docs, ig-user/media, image, reel and story specifications, 2026-09-11.
 */
export const MAX_BYTES = { image: 8 * 1024 * 1024, video: 300 * 1024 * 1024, storyVideo: 100 * 1024 * 1024 } as const;

/** Whole pixels rarely give an exact ratio. */
const TOLERANCE = 0.002;

/** Rejects an invalid picture immediately. `feed`: also checks the ratio. */
export function validateImage(media: Measured | null, { feed }: { feed: boolean }): void {
  if (media === null) throw new Refusal(igError("9004/2207052"));
  const { mimeType, sizeBytes, width, height } = media;
  if (mimeType !== "image/jpeg" && media.type === "other") throw new Refusal(igError("9004/2207052"));
  if (mimeType !== "image/jpeg" || width === null || height === null) throw new Refusal(igError("36001/2207005"));
  if (sizeBytes > MAX_BYTES.image) throw new Refusal(igError("36000/2207004"));
  if (feed && (width / height < 0.8 - TOLERANCE || width / height > 1.91 + TOLERANCE))
    throw new Refusal(igError("36003/2207009"));
}

/** The error that an invalid video's container ends with; null if it is valid. */
export function validateVideo(media: Measured, draft: NewContainer): string | null {
  const { width, height, durationSeconds, frameRate, bitRate, audioCodec, audioChannels, audioSampleRate } = media;
  if (media.mimeType !== "video/mp4" && media.mimeType !== "video/quicktime" && media.mimeType !== "video/x-m4v")
    return "2207026";
  if (width === null || height === null || durationSeconds === null) return "2207076";
  const story = draft.kind === "STORIES";
  if (media.sizeBytes > (story ? MAX_BYTES.storyVideo : MAX_BYTES.video)) return "2207082";
  if (draft.thumbOffsetMs !== null && draft.thumbOffsetMs >= durationSeconds * 1000) return "2207057";
  const ratio = width / height;
  const wrong =
    durationSeconds < 2.95 ||
    durationSeconds > (story ? 60.5 : 900.5) ||
    (media.videoCodec !== "avc" && media.videoCodec !== "hevc") ||
    (frameRate !== null && (frameRate < 22.9 || frameRate > 60.5)) ||
    (bitRate !== null && bitRate > 25_000_000) ||
    width > 1920 ||
    ratio < (story ? 0.1 : 0.01) ||
    ratio > 10 ||
    (audioCodec !== null && audioCodec !== "aac") ||
    (audioChannels ?? 0) > 2 ||
    (audioSampleRate ?? 0) > 48_000;
  return wrong ? "2207026" : null;
}
