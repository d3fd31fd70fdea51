import sharp from "sharp";
import type { Metadata, Sharp } from "sharp";

/**
 * Maximum pixels of an image: the largest phone pictures have 50 to 108 megapixels, and each pixel takes up to 8 bytes
 * to decode.
 */
export const MAX_PIXELS = 110_000_000;

/** Opens an image file strictly: a truncated or broken one fails when it is decoded. */
export function openImage(path: string): Sharp {
  return sharp(path, { failOn: "warning", limitInputPixels: MAX_PIXELS, sequentialRead: true });
}

/** What an image's header says, even for one with too many pixels. */
export function readImageHead(path: string): Promise<Metadata> {
  return sharp(path, { failOn: "warning", limitInputPixels: false }).metadata();
}

sharp.concurrency(1);
// Its cache goes by file name and would keep decoded images in memory.
sharp.cache(false);
