import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { MediaFacts } from "../../model/post.ts";
import { BrokerError } from "../../platforms/platform.ts";
import type { Rendition } from "../../platforms/platform.ts";
import { newStorageKey } from "../storage/storage.ts";
import type { Storage } from "../storage/storage.ts";
import type { Area, Conversion } from "./measuring-messages.ts";
import { convertStored } from "./measuring.ts";
import { TOO_COSTLY, UnreadableMediaError } from "./unreadable-media-error.ts";

/**
 * Converts a stored image to a platform's requirements and stores it. Must run in the image slot. Throws MEDIA_REJECTED
 * if nothing usable would be left, and MEDIA_FAILED if it takes too much memory or time now.
 */
export async function makeRendition(storage: Storage, original: StoredImage, wanted: Rendition): Promise<StoredImage> {
  try {
    return await makeImage(storage, original, wanted.mimeType, { to: "rendition", wanted });
  } catch (error) {
    if (!(error instanceof UnreadableMediaError)) throw error;
    const code = error.message === TOO_COSTLY ? "MEDIA_FAILED" : "MEDIA_REJECTED";
    throw new BrokerError(code, `The image ${error.message}.`, { cause: error });
  }
}

/** Makes a small WebP of a stored image. Must run in the image slot. Throws an UnreadableMediaError. */
export function makeThumbnail(storage: Storage, original: StoredImage): Promise<StoredImage> {
  return makeImage(storage, original, "image/webp", { to: "thumbnail" });
}

/**
 * Stores part of a stored image as an image of its own, in its type. Must run in the image slot. Throws an
 * UnreadableMediaError.
 */
export function cropImage(storage: Storage, original: StoredImage, area: Area): Promise<StoredImage> {
  const mimeType = original.facts.mimeType === "image/gif" ? "image/png" : original.facts.mimeType;
  return makeImage(storage, original, mimeType, { to: "part", area, mimeType });
}

interface StoredImage {
  storageKey: string;
  facts: MediaFacts;
}

async function makeImage(
  storage: Storage,
  original: StoredImage,
  mimeType: string,
  conversion: Conversion,
): Promise<StoredImage> {
  const folder = await mkdtemp(join(tmpdir(), "ampost-rendition-"));
  try {
    const target = join(folder, "image");
    const { width, height } = await convertStored(storage, original.storageKey, target, conversion);
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
