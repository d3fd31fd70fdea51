import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import type { StoredBytes } from "./body.ts";
import type { Measured, Media } from "./media.ts";

/**
 * Uploads that come in parts. Their bytes lie on disk, outlive a restart, and are thrown away once they are measured.
 */
export interface Uploads {
  /**
   * Puts what a call carried at this offset of the upload, and cuts off what came behind it before. With `takeBytes`
   * only that many of the call's bytes, as when the connection breaks. Answers how many bytes the upload has now.
   */
  write(name: string, bytes: StoredBytes, options: { offset: number; takeBytes?: number }): Promise<number>;
  /** Begins the upload with bytes that did not come as a file, such as those written as text inside JSON. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Puts several uploads one behind the other into another one; they stay. */
  join(name: string, parts: readonly string[]): Promise<void>;
  /** Measures the whole upload and throws its bytes away. */
  finish(name: string): Promise<Measured>;
  discard(name: string): Promise<void>;
}

/** A name is a platform's and an upload's own: `youtube-abc`. */
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
