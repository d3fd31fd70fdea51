import { open } from "node:fs/promises";

import { CustomSource, EncodedPacketSink, Input, MP4, QTFF } from "mediabunny";
import type { InputAudioTrack, InputVideoTrack } from "mediabunny";

import type { MimeType } from "../../model/capabilities.ts";
import type { MediaFacts } from "../../model/post.ts";
import { MAX_PIXELS, openImage, readImageHead } from "./open-image.ts";
import { BROKEN, UnreadableMediaError } from "./unreadable-media-error.ts";
import { findEditObstacle } from "./video/edit-lists.ts";
import { findChunkObstacle } from "./video/sample-tables.ts";
import { readIndex } from "./video/video-index.ts";
import { findCodecObstacle } from "./video/video-tracks.ts";

export interface FileToMeasure {
  mimeType: MimeType;
  sizeBytes: number;
}

/** The bytes of a file from `start` up to but excluding `end`. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>;

/** How many pixels an image file says it has. Throws an UnreadableMediaError for too many. */
export async function countPixels(path: string): Promise<number> {
  const { width, height } = await readImageHead(path).catch(asUnreadable);
  if (width * height > MAX_PIXELS) {
    throw new UnreadableMediaError(
      `has ${width} × ${height} pixels, more than the limit of ${MAX_PIXELS / 1_000_000} megapixels`,
    );
  }
  return width * height;
}

/** Measures an image file, decoding it once so that a cut one is found out. Throws an UnreadableMediaError. */
export async function measureImage(path: string, { mimeType, sizeBytes }: FileToMeasure): Promise<MediaFacts> {
  const { autoOrient, orientation = 1, pages = 1 } = await readImageHead(path).catch(asUnreadable);
  await decode(path);
  if (mimeType === "image/gif" && !(await endsLikeGif(path, sizeBytes))) throw new UnreadableMediaError(BROKEN);
  return {
    ...NOTHING_MEASURED,
    type: "image",
    mimeType,
    sizeBytes,
    width: autoOrient.width,
    height: autoOrient.height,
    animated: pages > 1,
    orientation,
  };
}

async function decode(path: string): Promise<void> {
  await openImage(path).resize(8, 8, { fit: "fill" }).raw().toBuffer().catch(asUnreadable);
}

function asUnreadable(error: unknown): never {
  throw new UnreadableMediaError(BROKEN, { cause: error });
}

/** The decoder mistakes a GIF that is truncated between two frames for a shorter one. Some encoders append zeros. */
async function endsLikeGif(path: string, sizeBytes: number): Promise<boolean> {
  const file = await open(path);
  try {
    const tail = Buffer.alloc(Math.min(1024, sizeBytes));
    await file.read(tail, 0, tail.length, sizeBytes - tail.length);
    return tail
      .toString("latin1")
      .replace(/(?<!\0)\0+$/, "")
      .endsWith(";");
  } finally {
    await file.close();
  }
}

/** Measures a video by its index, reading only what it needs. Throws an UnreadableMediaError. */
export async function measureVideo(read: ReadBytes, { mimeType, sizeBytes }: FileToMeasure): Promise<MediaFacts> {
  const { index, isFirst } = await readIndex(read, sizeBytes);
  const source = new CustomSource({
    getSize: () => sizeBytes,
    read,
    maxCacheSize: 2 * 1024 * 1024,
    prefetchProfile: "fileSystem",
  });
  const input = new Input({ source, formats: [MP4, QTFF] });
  try {
    const video = await input.getPrimaryVideoTrack();
    if (video === null) throw new UnreadableMediaError("has no video track");
    if ((await new EncodedPacketSink(video).getPacket(Infinity)) === null) throw new UnreadableMediaError(BROKEN);
    const rewrapObstacle = findEditObstacle(index) ?? findChunkObstacle(index) ?? (await findCodecObstacle(input));
    const durationSeconds = positive((await input.getDurationFromMetadata()) ?? (await input.computeDuration()));
    return {
      ...NOTHING_MEASURED,
      type: "video",
      mimeType,
      sizeBytes,
      durationSeconds,
      bitRate: durationSeconds === null ? null : Math.round((sizeBytes * 8) / durationSeconds),
      ...(await measureVideoTrack(video)),
      ...(await measureAudioTrack(await input.getPrimaryAudioTrack())),
      indexFirst: isFirst,
      ...(rewrapObstacle === null ? {} : { rewrapObstacle }),
    };
  } catch (error) {
    throw error instanceof UnreadableMediaError ? error : new UnreadableMediaError(BROKEN, { cause: error });
  } finally {
    input.dispose();
  }
}

async function measureVideoTrack(track: InputVideoTrack) {
  // The first packets give the rate as well as all of them, and a long video has many.
  const { averagePacketRate } = await track.computePacketStats(300);
  return {
    width: Math.round(await track.getDisplayWidth()),
    height: Math.round(await track.getDisplayHeight()),
    frameRate: positive(averagePacketRate),
    videoCodec: (await track.getCodec()) ?? UNKNOWN_CODEC,
  };
}

async function measureAudioTrack(track: InputAudioTrack | null) {
  if (track === null) return {};
  return {
    audioCodec: (await track.getCodec()) ?? UNKNOWN_CODEC,
    audioChannels: await track.getNumberOfChannels(),
    audioSampleRate: await track.getSampleRate(),
  };
}

/** A track whose codec has no name is not the same as no track. */
const UNKNOWN_CODEC = "unknown";

function positive(value: number): number | null {
  return Number.isFinite(value) && value > 0 ? Math.round(value * 1000) / 1000 : null;
}

const NOTHING_MEASURED = {
  width: null,
  height: null,
  durationSeconds: null,
  frameRate: null,
  bitRate: null,
  videoCodec: null,
  audioCodec: null,
  audioChannels: null,
  audioSampleRate: null,
  animated: false,
  orientation: 1,
};
