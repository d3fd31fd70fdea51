import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, opendir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import { checkStorageKey, isStorageKey, MARK_NAME, MissingObjectError } from "./storage.ts";
import type { Storage, StoredObject } from "./storage.ts";

/**
 * Objects as files below `folder`. Incomplete ones are in a separate folder, so that a rename completes them
 * atomically.
 */
export async function createDiskStorage(folder: string): Promise<Storage> {
  const objects = join(folder, "objects");
  const incoming = join(folder, "incoming");
  for (const made of [objects, incoming]) await mkdir(made, { recursive: true, mode: 0o700 });
  const pathOf = (key: string) => join(objects, checkStorageKey(key));

  return {
    async put(key, bytes) {
      const path = pathOf(key);
      const draft = join(incoming, randomUUID());
      try {
        const file = createWriteStream(draft, { flags: "wx", flush: true, mode: 0o600 });
        await pipeline(bytes, file);
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await rename(draft, path);
        await flushFolder(dirname(path));
        return { sizeBytes: file.bytesWritten };
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },

    async open(key, { start = 0, end } = {}) {
      const file = await open(pathOf(key)).catch(asMissing(key));
      if (end !== undefined && end <= start) {
        await file.close();
        return Readable.from([]);
      }
      return file.createReadStream(end === undefined ? { start } : { start, end: end - 1 });
    },

    async sizeBytes(key) {
      return stat(pathOf(key)).then(
        (found) => found.size,
        (error: unknown) => {
          if (isNotFound(error)) return null;
          throw error;
        },
      );
    },

    async delete(key) {
      await rm(pathOf(key), { force: true });
    },

    async withFile(key, work) {
      const path = pathOf(key);
      await stat(path).catch(asMissing(key));
      return work(path);
    },

    async *list() {
      for await (const object of listFiles(objects)) if (isStorageKey(object.key)) yield object;
    },

    async deleteUnfinished(olderThan) {
      let deleted = 0;
      for await (const draft of listFiles(incoming)) {
        if (draft.writtenAt >= olderThan) continue;
        await rm(join(incoming, draft.key), { force: true });
        deleted += 1;
      }
      return deleted;
    },

    async readMark() {
      return readFile(join(folder, MARK_NAME), "utf8").catch((error: unknown) => {
        if (isNotFound(error)) return null;
        throw error;
      });
    },

    async writeMark(text) {
      const draft = join(incoming, randomUUID());
      await writeFile(draft, text, { mode: 0o600, flush: true });
      await rename(draft, join(folder, MARK_NAME));
    },

    close() {},
  };
}

async function* listFiles(folder: string): AsyncIterable<StoredObject> {
  for await (const entry of await opendir(folder, { recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch((error: unknown) => {
      if (isNotFound(error)) return null;
      throw error;
    });
    if (found !== null)
      yield { key: relative(folder, path).split(sep).join("/"), sizeBytes: found.size, writtenAt: found.mtime };
  }
}

/** Without this a power cut could forget the rename although the database remembers the object. */
async function flushFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}

function asMissing(key: string): (error: unknown) => never {
  return (error) => {
    throw isNotFound(error) ? new MissingObjectError(key) : error;
  };
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
