import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { StoredBytes } from "./body.ts";
import type { Measured, Media } from "./media.ts";
import { removeFiles } from "./sweep.ts";

/**
 * Uploads in several parts. Their bytes are on disk, survive a restart, and are deleted once they are measured, or when
 * newer ones need their place.
 */
export interface Uploads {
  /**
   * Writes a call's bytes at this offset of the upload, and truncates what was stored after it. With `takeBytes`, only
   * that many of the call's bytes, as when the connection breaks. Returns how many bytes the upload now has.
   */
  write(name: string, bytes: StoredBytes, options: { offset: number; takeBytes?: number }): Promise<number>;
  /** Starts the upload with bytes that did not arrive as a file, such as those encoded in JSON. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Concatenates several uploads into another one; the originals remain. */
  join(name: string, parts: readonly string[]): Promise<void>;
  /** Measures the whole upload and deletes its bytes. */
  finish(name: string): Promise<Measured>;
  discard(name: string): Promise<void>;
}

/** Of all uploads that are not finished. */
const MOST_BYTES = 10e9;
/** What they are reduced to, so that not every upload has to look at all. */
const KEPT_SHARE = 0.9;

/** A name is unique to a platform and an upload: `youtube-abc`. */
export function openUploads(folder: string, media: Media, mostBytes = MOST_BYTES): Uploads {
  const pathOf = (name: string) => {
    if (!/^[\w.-]+$/.test(name)) throw new Error(`${name} cannot name an upload`);
    return join(folder, name);
  };
  // At most so many: what is finished or discarded still counts until they are looked at again.
  let countedBytes = Infinity;
  const add = async (sizeBytes: number) => {
    countedBytes += sizeBytes;
    if (countedBytes <= mostBytes) return;
    // Others are written meanwhile.
    countedBytes = 0;
    const left = await removeFiles(folder, ({ place, bytes }) => place > 0 && bytes > mostBytes * KEPT_SHARE);
    countedBytes += left;
  };

  return {
    async write(name, bytes, { offset, takeBytes = bytes.sizeBytes }) {
      const path = pathOf(name);
      if (offset === 0 && takeBytes >= bytes.sizeBytes) {
        await rename(bytes.path, path);
        await add(bytes.sizeBytes);
        return bytes.sizeBytes;
      }
      const taken = Math.min(takeBytes, bytes.sizeBytes);
      if (taken > 0) {
        const source = createReadStream(bytes.path, { end: taken - 1 });
        await pipeline(source, createWriteStream(path, offset === 0 ? { flags: "w" } : { flags: "r+", start: offset }));
        await truncate(path, offset + taken);
        await add(taken);
      }
      return offset + taken;
    },
    async put(name, bytes) {
      await writeFile(pathOf(name), bytes);
      await add(bytes.length);
    },
    async join(name, parts) {
      await rm(pathOf(name), { force: true });
      for (const part of parts)
        await pipeline(createReadStream(pathOf(part)), createWriteStream(pathOf(name), { flags: "a" }));
      await add((await stat(pathOf(name))).size);
    },
    async finish(name) {
      const path = pathOf(name);
      try {
        return await media.measure(path);
      } finally {
        await rm(path, { force: true });
      }
    },
    discard: (name) => rm(pathOf(name), { force: true }),
  };
}
