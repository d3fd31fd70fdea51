import type { Measured } from "../../../sandbox/media.ts";

/** Where a video is shown. */
export type Surface = "feed" | "reel" | "story";

/** Whole pixels rarely give an exact ratio. */
const TOLERANCE = 0.01;

/**
 * The name of the error that a video's processing ends with; null if it is valid. Feed videos only have to be videos.
 * Source: Reels guide, 2026-07-30; Page stories guide, which says both 60 s and 90 s: the sandbox uses 60.
 */
export function validateVideo(media: Measured, surface: Surface): string | null {
  const { width, height, durationSeconds, frameRate } = media;
  if (media.type !== "video" || width === null || height === null || durationSeconds === null || durationSeconds <= 0)
    return "352";
  if (surface === "feed") return durationSeconds > 14_400.5 ? "352" : null;
  if (!["avc", "hevc", "vp9", "av1"].includes(media.videoCodec ?? "")) return "352";
  const ratio = width / height;
  if (ratio < 9 / 16 - TOLERANCE || ratio > 16 / 9 + TOLERANCE) return "1363040";
  if (Math.min(width, height) < 540 || Math.max(width, height) < 960) return "1363127";
  if (durationSeconds < 2.95 || durationSeconds > (surface === "story" ? 60.5 : 90.5)) return "1363128";
  return frameRate !== null && (frameRate < 23.5 || frameRate > 60.5) ? "1363129" : null;
}
