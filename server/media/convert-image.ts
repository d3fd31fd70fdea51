import { stat } from "node:fs/promises";

import type { OutputInfo } from "sharp";

import type { Rendition } from "../../platforms/platform.ts";
import type { Conversion } from "./measuring-messages.ts";
import { openImage } from "./open-image.ts";
import { UnreadableMediaError } from "./unreadable-media-error.ts";

/** Converts the image at the path, to a file at `target`. Throws an UnreadableMediaError if nothing usable is left. */
export async function convertImage(path: string, target: string, conversion: Conversion): Promise<OutputInfo> {
  switch (conversion.to) {
    case "rendition":
      return await convert(path, target, conversion.wanted);
    case "thumbnail":
      return await openImage(path)
        .autoOrient()
        .resize(THUMBNAIL_PIXELS, THUMBNAIL_PIXELS, { fit: "inside", withoutEnlargement: true })
        .toColourspace("srgb")
        .webp({ quality: 75 })
        .toFile(target);
    case "part":
      return await crop(path, target, conversion);
  }
}

/** Two for each pixel of a tile on a sharp screen. */
const THUMBNAIL_PIXELS = 400;

/** In the type and colors of the original, without its metadata. */
async function crop(
  path: string,
  target: string,
  { area, mimeType }: Extract<Conversion, { to: "part" }>,
): Promise<OutputInfo> {
  const { x, y, width, height } = area;
  const part = openImage(path).autoOrient().extract({ left: x, top: y, width, height }).keepIccProfile();
  if (mimeType === "image/png") return await part.png().toFile(target);
  if (mimeType === "image/webp") return await part.webp({ quality: 95 }).toFile(target);
  return await part.jpeg({ quality: 95, chromaSubsampling: "4:4:4" }).toFile(target);
}

const QUALITIES = [90, 80, 68, 55];
/** Smaller images are useless. */
const LEAST_PIXELS = 100;

/**
 * Upright, sRGB, without metadata, only the first frame of an animation, and in JPEG with a white background.
 * Compresses harder first, then scales down, until it fits.
 */
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
      throw new UnreadableMediaError(`cannot be compressed enough: the platform allows at most ${limit} bytes`);
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
