import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { StoredBytes } from "./body.ts";
import type { Measured, Media } from "./media.ts";

/**
 * Uploads in several parts. Their bytes are on disk, survive a restart, and are deleted once they are measured.
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

/** A name is unique to a platform and an upload: `youtube-abc`. */
export function openUploads(folder: string, media: Media): Uploads {
  const pathOf = (name: string) => {
    if (!/^[\w.-]+$/.test(name)) throw new Error(`${name} cannot name an upload`);
    return join(folder, name);
  };
  return {
    async write(name, bytes, { offset, takeBytes = bytes.sizeBytes }) {
      const path = pathOf(name);
      if (offset === 0 && takeBytes >= bytes.sizeBytes) {
        await rename(bytes.path, path);
        return bytes.sizeBytes;
      }
      const taken = Math.min(takeBytes, bytes.sizeBytes);
      if (taken > 0) {
        const source = createReadStream(bytes.path, { end: taken - 1 });
        await pipeline(source, createWriteStream(path, offset === 0 ? { flags: "w" } : { flags: "r+", start: offset }));
        await truncate(path, offset + taken);
      }
      return offset + taken;
    },
    put: (name, bytes) => writeFile(pathOf(name), bytes),
    async join(name, parts) {
      await rm(pathOf(name), { force: true });
      for (const part of parts)
        await pipeline(createReadStream(pathOf(part)), createWriteStream(pathOf(name), { flags: "a" }));
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
