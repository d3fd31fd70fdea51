import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { access, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { AllowPrivate } from "../platforms/kit/addresses.ts";
import { guardedFetch, GuardedFetchError } from "../platforms/kit/guarded-fetch.ts";

/** Fetches media as the platforms do, also over http, through the guarded fetch, and measures the bytes. */
export interface Media {
  /**
   * Streams to disk, measures, keeps a thumbnail, and discards the bytes. Redirects are followed, or make it
   * unreachable.
   */
  fetch(url: string, options: FetchOptions): Promise<Fetched>;
  /** Measures a local file. */
  measure(path: string): Promise<Measured>;
}

export interface FetchOptions {
  maxBytes: number;
  redirects?: "follow" | "refuse";
}

export type Fetched = { ok: true; media: Measured } | { ok: false; why: "unreachable" | "too_large" };

export interface Measured {
  type: "image" | "video" | "other";
  /** From the bytes, not from the server's header; null for unknown types. */
  mimeType: string | null;
  sizeBytes: number;
  sha256: string;
  /** Pixels as displayed, after rotation. */
  width: number | null;
  height: number | null;
  durationSeconds: number | null;
  /** Frames of an image: 1 if it is not animated; null for anything else. */
  frames: number | null;
  /** Frames per second. */
  frameRate: number | null;
  /** Bits per second, including audio. */
  bitRate: number | null;
  videoCodec: string | null;
  audioCodec: string | null;
  audioChannels: number | null;
  /** Hertz. */
  audioSampleRate: number | null;
  /** The name of the thumbnail that is served; null if there is none. */
  thumbnail: string | null;
}

/** Where media can be besides public addresses. */
export interface MediaDoor {
  allowPrivate: AllowPrivate;
  /** The origin that serves the product's media. */
  mediaUrl: string | null;
}

const FETCH_SECONDS = 60;
const THUMBNAIL_PX = 600;

export function openMedia(folders: { spoolDir: string; thumbnailDir: string }, door: MediaDoor): Media {
  const measure = (path: string, known: { sizeBytes: number; sha256: string }) => measureFile(path, known, folders);
  return {
    async fetch(url, options) {
      const path = join(folders.spoolDir, randomUUID());
      try {
        return { ok: true, media: await measure(path, await download(url, path, options, door)) };
      } catch (error) {
        return {
          ok: false,
          why: error instanceof GuardedFetchError && error.failure === "too_large" ? "too_large" : "unreachable",
        };
      } finally {
        await rm(path, { force: true });
      }
    },
    async measure(path) {
      const digest = createHash("sha256");
      let sizeBytes = 0;
      for await (const chunk of createReadStream(path)) {
        digest.update(chunk);
        sizeBytes += chunk.length;
      }
      return measure(path, { sizeBytes, sha256: digest.digest("hex") });
    },
  };
}

async function download(
  url: string,
  path: string,
  { maxBytes, redirects = "follow" }: FetchOptions,
  { allowPrivate, mediaUrl }: MediaDoor,
): Promise<{ sizeBytes: number; sha256: string }> {
  const answer = await guardedFetch(url, {
    allowPrivate,
    ...(mediaUrl === null ? {} : { ownUrl: `${mediaUrl}/media/` }),
    maxBytes,
    ...(redirects === "refuse" ? { maxRedirects: 0 } : {}),
    totalSeconds: FETCH_SECONDS,
    headers: { "user-agent": "facebookexternalhit/1.1" },
  });
  if (answer.status < 200 || answer.status > 299) {
    answer.discard();
    throw new Error("no media there");
  }
  const digest = createHash("sha256");
  let sizeBytes = 0;
  const meter = async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      sizeBytes += chunk.byteLength;
      digest.update(chunk);
      yield chunk;
    }
  };
  await pipeline(answer.body, meter, createWriteStream(path));
  return { sizeBytes, sha256: digest.digest("hex") };
}

async function measureFile(
  path: string,
  known: { sizeBytes: number; sha256: string },
  folders: { spoolDir: string; thumbnailDir: string },
): Promise<Measured> {
  // What measures media is half of the sandbox: it is loaded for the first file.
  const { fileTypeFromFile } = await import("file-type");
  const mimeType = (await fileTypeFromFile(path))?.mime ?? null;
  const base: Measured = {
    type: "other",
    mimeType,
    ...known,
    width: null,
    height: null,
    durationSeconds: null,
    frames: null,
    frameRate: null,
    bitRate: null,
    videoCodec: null,
    audioCodec: null,
    audioChannels: null,
    audioSampleRate: null,
    thumbnail: null,
  };
  if (mimeType?.startsWith("image/")) return measureImage(path, base, folders);
  if (mimeType?.startsWith("video/")) return measureVideo(path, base);
  return base;
}

async function measureImage(
  path: string,
  base: Measured,
  folders: { spoolDir: string; thumbnailDir: string },
): Promise<Measured> {
  const { default: sharp } = await import("sharp");
  try {
    const { autoOrient, pages } = await sharp(path).metadata();
    const name = `${base.sha256}.webp`;
    await drawOnce(join(folders.thumbnailDir, name), async (target) => {
      const draft = join(folders.spoolDir, randomUUID());
      await sharp(path)
        .autoOrient()
        .resize(THUMBNAIL_PX, THUMBNAIL_PX, { fit: "inside", withoutEnlargement: true })
        .webp({ quality: 72 })
        .toFile(draft);
      await rename(draft, target);
    });
    return {
      ...base,
      type: "image",
      width: autoOrient.width,
      height: autoOrient.height,
      frames: pages ?? 1,
      thumbnail: name,
    };
  } catch {
    return base;
  }
}

const drawing = new Map<string, Promise<void>>();

/** A picture that repeats, as in a test of the maximum per post, is scaled down only once. */
async function drawOnce(target: string, draw: (target: string) => Promise<void>): Promise<void> {
  const isThere = await access(target).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const begun = drawing.get(target) ?? draw(target).finally(() => drawing.delete(target));
  drawing.set(target, begun);
  await begun;
}

/** An unreadable file with a video's header is `video` without a duration. */
async function measureVideo(path: string, base: Measured): Promise<Measured> {
  const { ALL_FORMATS, FilePathSource, Input } = await import("mediabunny");
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  try {
    const video = await input.getPrimaryVideoTrack();
    const audio = await input.getPrimaryAudioTrack();
    const durationSeconds = await input.computeDuration();
    const stats = await video?.computePacketStats(200);
    return {
      ...base,
      type: "video",
      width: (await video?.getDisplayWidth()) ?? null,
      height: (await video?.getDisplayHeight()) ?? null,
      durationSeconds,
      frameRate: stats?.averagePacketRate ?? null,
      bitRate: durationSeconds > 0 ? (base.sizeBytes * 8) / durationSeconds : null,
      videoCodec: (await video?.getCodec()) ?? null,
      audioCodec: (await audio?.getCodec()) ?? null,
      audioChannels: (await audio?.getNumberOfChannels()) ?? null,
      audioSampleRate: (await audio?.getSampleRate()) ?? null,
    };
  } catch {
    return { ...base, type: "video" };
  } finally {
    input.dispose();
  }
}
