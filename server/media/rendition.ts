import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { OutputInfo } from "sharp";

import type { MediaFacts } from "../../model/post.ts";
import { BrokerError } from "../../platforms/platform.ts";
import type { Rendition } from "../../platforms/platform.ts";
import { newStorageKey } from "../storage/storage.ts";
import type { Storage } from "../storage/storage.ts";
import { openImage } from "./open-image.ts";

/**
 * Converts a stored image to a platform's requirements and stores it: upright, sRGB, without metadata, only the first
 * frame of an animation, and in JPEG with a white background. Compresses harder first, then scales down, until it fits.
 * Must run in the image slot. Throws MEDIA_REJECTED if nothing usable would be left.
 */
export function makeRendition(storage: Storage, original: StoredImage, wanted: Rendition): Promise<StoredImage> {
  return makeImage(storage, original, wanted.mimeType, (path, target) => convert(path, target, wanted));
}

/** Makes a small WebP of a stored image, upright and of the first frame. Must run in the image slot. */
export function makeThumbnail(storage: Storage, original: StoredImage): Promise<StoredImage> {
  return makeImage(storage, original, "image/webp", (path, target) =>
    openImage(path)
      .autoOrient()
      .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .webp({ quality: 75 })
      .toFile(target),
  );
}

/** Two for each pixel of a tile on a sharp screen. */
const THUMBNAIL_PIXELS = 400;

/** Part of an image, in pixels of the upright one. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * Stores part of a stored image as an image of its own, in its type and colors, without its metadata. Must run in the
 * image slot.
 */
export function cropImage(
  storage: Storage,
  original: StoredImage,
  { x, y, width, height }: Area,
): Promise<StoredImage> {
  const mimeType = original.facts.mimeType === "image/gif" ? "image/png" : original.facts.mimeType;
  return makeImage(storage, original, mimeType, (path, target) => {
    const part = openImage(path).autoOrient().extract({ left: x, top: y, width, height }).keepIccProfile();
    if (mimeType === "image/png") return part.png({ compressionLevel: 9 }).toFile(target);
    if (mimeType === "image/webp") return part.webp({ quality: 95 }).toFile(target);
    return part.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toFile(target);
  });
}

interface StoredImage {
  storageKey: string;
  facts: MediaFacts;
}

async function makeImage(
  storage: Storage,
  original: StoredImage,
  mimeType: string,
  make: (path: string, target: string) => Promise<OutputInfo>,
): Promise<StoredImage> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-rendition-"));
  try {
    const target = join(folder, "image");
    const { width, height } = await storage.withFile(original.storageKey, (path) => make(path, target));
    const storageKey = newStorageKey();
    const { sizeBytes } = await storage.put(storageKey, createReadStream(target));
    return {
      storageKey,
      facts: {
        ...original.facts,
        mimeType,
        sizeBytes,
        width,
        height,
        animated: false,
        orientation: 1,
      },
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const QUALITIES = [90, 80, 68, 55];
/** Smaller images are useless. */
const LEAST_PIXELS = 100;

async function convert(path: string, target: string, wanted: Rendition): Promise<OutputInfo> {
  const limit = wanted.maxSizeBytes ?? Infinity;
  const { autoOrient } = await openImage(path).metadata();
  let scale = Math.min(
    1,
    (wanted.maxWidth ?? Infinity) / autoOrient.width,
    (wanted.maxHeight ?? Infinity) / autoOrient.height,
  );
  for (;;) {
    const width = Math.max(1, Math.round(autoOrient.width * scale));
    const height = Math.max(1, Math.round(autoOrient.height * scale));
    let sizeBytes = Infinity;
    for (const quality of wanted.mimeType === "image/jpeg" ? QUALITIES : [100]) {
      const info = await write(path, target, { width, height, quality, mimeType: wanted.mimeType });
      sizeBytes = (await stat(target)).size;
      if (sizeBytes <= limit) return info;
    }
    // The size goes with the area; a little less than that, since smaller pictures compress worse.
    scale *= Math.min(0.9, Math.sqrt(limit / sizeBytes) * 0.95);
    if (Math.max(autoOrient.width, autoOrient.height) * scale < LEAST_PIXELS) {
      throw new BrokerError(
        "MEDIA_REJECTED",
        `The image cannot be compressed enough: the platform allows at most ${limit} bytes.`,
      );
    }
  }
}

function write(
  path: string,
  target: string,
  made: { width: number; height: number; quality: number; mimeType: Rendition["mimeType"] },
): Promise<OutputInfo> {
  const image = openImage(path).autoOrient().resize(made.width, made.height, { fit: "fill" }).toColourspace("srgb");
  if (made.mimeType === "image/png") return image.png({ compressionLevel: 9 }).toFile(target);
  return image
    .flatten({ background: "#ffffff" })
    .jpeg({ quality: made.quality, chromaSubsampling: made.quality > 80 ? "4:4:4" : "4:2:0" })
    .toFile(target);
}
