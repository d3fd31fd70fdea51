import sharp from "sharp";
import type { Metadata, Sharp } from "sharp";

/**
 * The most pixels an image may have: the largest phone pictures are 50 to 108 megapixels, and each costs up to 8 bytes
 * while it is decoded.
 */
export const MAX_PIXELS = 110_000_000;

/** Opens an image file strictly: what is cut or broken fails when it is decoded. */
export function openImage(path: string): Sharp {
  return sharp(path, { failOn: "warning", limitInputPixels: MAX_PIXELS, sequentialRead: true });
}

/** What its head says of an image, of one with too many pixels too. */
export function readImageHead(path: string): Promise<Metadata> {
  return sharp(path, { failOn: "warning", limitInputPixels: false }).metadata();
}

sharp.concurrency(1);
// Its cache goes by file name and would keep decoded images in memory.
sharp.cache(false);
