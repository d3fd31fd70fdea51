import type { Measured } from "../../../sandbox/media.ts";
import { isSubscriber, type Viewer } from "./viewer.ts";

/** X's media requirements. Source: X docs, media best practices, 2026-09-01. */
const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];
const VIDEO_TYPES = ["video/mp4", "video/quicktime", "video/x-m4v"];
const MIB = 1024 * 1024;

/** The maximum length of a person's videos, in minutes. */
export function videoMinutes({ facts }: Viewer): number {
  return isSubscriber(facts) ? 125 : 20;
}

/** X's message about invalid media; null if it is valid. */
export function problemWith(category: string, media: Measured, viewer: Viewer): string | null {
  if (category === "subtitles") return null;
  if (category.endsWith("_image")) return imageProblem(media);
  return category.endsWith("_gif") ? gifProblem(media) : videoProblem(media, viewer);
}

function imageProblem({ mimeType, width, sizeBytes }: Measured): string | null {
  if (mimeType === null || !IMAGE_TYPES.includes(mimeType) || width === null) return "media type unrecognized.";
  return sizeBytes > 5 * MIB ? "File size exceeds 5242880 bytes." : null;
}

function gifProblem({ mimeType, width, height, frames, sizeBytes }: Measured): string | null {
  if (mimeType !== "image/gif" || width === null || height === null) return "Unsupported GIF format";
  if (sizeBytes > 15 * MIB) return "File size exceeds 15728640 bytes.";
  if (width > 1280 || height > 1080) return "GIF dimensions are too large";
  const count = frames ?? 1;
  return count > 350 || width * height * count > 300_000_000 ? "GIF has too many frames" : null;
}

/** X rejects longer ones for everyone; a person's own limit is checked when posting. */
const LONGEST_SECONDS = 125 * 60;

function videoProblem(media: Measured, viewer: Viewer): string | null {
  const { mimeType, width, height, durationSeconds, frameRate, videoCodec, audioCodec, audioChannels } = media;
  if (mimeType === null || !VIDEO_TYPES.includes(mimeType)) return "Unsupported video format";
  if (width === null || height === null || durationSeconds === null || videoCodec !== "avc")
    return "Unsupported video format";
  if (audioCodec !== null && audioCodec !== "aac") return "Unsupported audio format";
  if ((audioChannels ?? 0) > 2) return "Unsupported audio channel layout";
  if (durationSeconds < 0.5) return "Duration too short, minimum:0.5";
  if (durationSeconds > LONGEST_SECONDS) return "Duration too long";
  if (frameRate !== null && frameRate > 60.5) return "Unsupported frame rate";
  if (width > 3 * height || height > 3 * width) return "Unsupported aspect ratio";
  return media.sizeBytes > (isSubscriber(viewer.facts) ? 16 : 8) * 1024 * MIB ? "File too large" : null;
}
