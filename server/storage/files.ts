import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

import type { S3Access } from "./s3.ts";

/** Files by name, in a folder or in a bucket. */
export interface Files {
  /** Writes a file that does not exist yet, whole or not at all. Throws if it exists. */
  write(name: string, bytes: AsyncIterable<Uint8Array>): Promise<void>;
  read(name: string): Promise<Readable>;
  list(): Promise<string[]>;
  delete(name: string): Promise<void>;
  /** Lets go of connections. */
  close(): void;
}

/** `place` is a folder, or `s3://BUCKET` with an optional `/PREFIX`. A folder is created when it is first written to. */
export async function openFiles(place: string, access: S3Access): Promise<Files> {
  const { bucket, rest } = parsePlace(place);
  return bucket === null ? inFolder(place) : await inBucket(bucket, rest === "" ? "" : `${rest}/`, access);
}

/** The folder or bucket of a file, and its name there. */
export function splitPath(path: string): { place: string; name: string } {
  const { bucket, rest } = parsePlace(path);
  if (bucket === null) return { place: dirname(resolve(path)), name: basename(path) };
  const end = rest.lastIndexOf("/");
  return { place: `s3://${bucket}/${rest.slice(0, Math.max(end, 0))}`, name: rest.slice(end + 1) };
}

function parsePlace(place: string): { bucket: string | null; rest: string } {
  if (!place.startsWith("s3://")) return { bucket: null, rest: "" };
  const [bucket = "", ...path] = place.slice("s3://".length).split("/");
  return { bucket, rest: path.filter((part) => part !== "").join("/") };
}

/** What a file that is still being written ends with. */
const UNFINISHED = ".unfinished";

/** Nobody writes for that long. */
const ABANDONED_MILLISECONDS = 7 * 86_400_000;

function inFolder(folder: string): Files {
  return {
    async write(name, bytes) {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeAbandoned(folder);
      const path = join(folder, name);
      if ((await stat(path).catch(() => null)) !== null) throw new Error(`${path} exists already.`);
      const draft = `${path}${UNFINISHED}`;
      try {
        await pipeline(bytes, createWriteStream(draft, { flags: "wx", flush: true, mode: 0o600 }));
        await rename(draft, path);
      } catch (error) {
        if (!isCode(error, "EEXIST")) await rm(draft, { force: true });
        throw error;
      }
      await using handle = await open(folder);
      await handle.sync();
    },

    async read(name) {
      const handle = await open(join(folder, name));
      return handle.createReadStream();
    },

    async list() {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isCode(error, "ENOENT")) return [];
        throw error;
      });
      return names.filter((name) => !name.endsWith(UNFINISHED));
    },

    async delete(name) {
      await rm(join(folder, name), { force: true });
    },

    close() {},
  };
}

/** Of processes that were killed while they wrote. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith(UNFINISHED)) continue;
    const found = await stat(join(folder, name)).catch(() => null);
    if (found !== null && found.mtimeMs < Date.now() - ABANDONED_MILLISECONDS)
      await rm(join(folder, name), { force: true });
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}

/** The AWS SDK is loaded on demand. */
async function inBucket(bucket: string, prefix: string, access: S3Access): Promise<Files> {
  const { createS3Files } = await import("./s3-files.ts");
  return createS3Files(bucket, prefix, access);
}
