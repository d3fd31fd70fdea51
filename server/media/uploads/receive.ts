import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { Readable } from "node:stream";

import { isMimeType, MAX_FILE_BYTES, MIME_TYPES, typesLike } from "../../../model/capabilities.ts";
import type { MimeType } from "../../../model/capabilities.ts";
import { PublicError } from "../../../model/errors.ts";
import type { PublicCode } from "../../../model/errors.ts";
import type { MediaFacts } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { newStorageKey } from "../../storage/storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { collectGarbage } from "../garbage.ts";
import { measureStored } from "../measuring.ts";
import { requireTurn } from "../slots.ts";
import type { Reservation } from "../storage-quota.ts";
import { UnreadableMediaError } from "../unreadable-media-error.ts";

export interface IncomingFile {
  /** Whose it is: measuring goes by turns. */
  owner: Tenant;
  bytes: AsyncIterable<Uint8Array>;
  /** How errors refer to the file: "photo.jpg". */
  name: string;
  /** Its declared content type. `application/octet-stream` or null declares nothing. */
  claimedMimeType: string | null;
  /** The location for issues, a JSON Pointer. */
  path?: string;
  /** It waits its turn regardless of the user's other files, since nobody waits for it. */
  isPatient?: true;
  /** Where its bytes are counted before they are stored. */
  reservation?: Pick<Reservation, "add">;
}

/** A file that is stored and measured, and has no row yet: see `addUpload` and `dropReceived`. */
export interface ReceivedFile {
  storageKey: string;
  /** SHA-256 of the bytes in hex. */
  sha256: string;
  facts: MediaFacts;
}

/**
 * Stores a file while it arrives, without holding it in memory, and measures it. A rejected file leaves nothing behind
 * and is a PublicError: PAYLOAD_TOO_LARGE above 200 MB, UNSUPPORTED_MEDIA_TYPE if its type is not supported or not as
 * declared, VALIDATION_FAILED if it cannot be read, RATE_LIMITED if too many of the user's files are waiting. A
 * rejected Readable is left for the caller to drain.
 */
export async function receiveFile(storage: Storage, file: IncomingFile): Promise<ReceivedFile> {
  const chunks = withHead(file.bytes);
  try {
    const first = await chunks.next();
    if (first.done)
      throw refusal(file, "VALIDATION_FAILED", "media.readable", "is empty", {
        fix: "Send an image or a video.",
      });
    const mimeType = await detectType(first.value, file);
    const key = newStorageKey();
    const hash = createHash("sha256");
    const { sizeBytes } = await storage.put(key, watch(first.value, chunks, hash, file));
    const facts = await measure(storage, file, { key, mimeType, sizeBytes });
    return { storageKey: key, sha256: hash.digest("hex"), facts };
  } finally {
    await chunks.return(undefined);
  }
}

/** Hashes the bytes, and ends the stream above the limit. */
async function* watch(
  first: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
  hash: Hash,
  file: IncomingFile,
): AsyncGenerator<Uint8Array> {
  let sizeBytes = first.byteLength;
  file.reservation?.add(first.byteLength);
  hash.update(first);
  yield first;
  for await (const chunk of rest) {
    sizeBytes += chunk.byteLength;
    if (sizeBytes > MAX_FILE_BYTES) {
      throw refusal(file, "PAYLOAD_TOO_LARGE", "media.size", "is larger than 200 MB", {
        limit: MAX_FILE_BYTES,
        fix: `Send a file of at most ${MAX_FILE_BYTES} bytes.`,
      });
    }
    file.reservation?.add(chunk.byteLength);
    hash.update(chunk);
    yield chunk;
    countGarbage(chunk.byteLength);
  }
}

const GARBAGE_BYTES = 4 * 2 ** 20;
let garbageBytes = 0;

/** V8 hardly notices chunks that have been used, because their bytes lie outside of its heap. */
function countGarbage(bytes: number): void {
  garbageBytes += bytes;
  if (garbageBytes < GARBAGE_BYTES) return;
  garbageBytes = 0;
  collectGarbage("young");
}

/** Deletes a received file that got no row: its request failed. */
export async function dropReceived(storage: Storage, files: readonly ReceivedFile[]): Promise<void> {
  for (const { storageKey } of files) await storage.delete(storageKey);
}

/** The number of bytes needed to detect a file's type. */
const HEAD_BYTES = 4100;

/** The same bytes, with a first chunk long enough to detect the type. Nothing for an empty file. */
async function* withHead(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array[] | null = [];
  let headBytes = 0;
  for await (const chunk of bytes instanceof Readable ? bytes.iterator({ destroyOnReturn: false }) : bytes) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    headBytes += chunk.byteLength;
    if (headBytes < HEAD_BYTES) continue;
    yield Buffer.concat(head);
    head = null;
  }
  if (head !== null && headBytes > 0) yield Buffer.concat(head);
}

async function detectType(head: Uint8Array, file: IncomingFile): Promise<MimeType> {
  // Loaded for the first file.
  const { fileTypeFromBuffer } = await import("file-type");
  const found = (await fileTypeFromBuffer(head))?.mime;
  const actual = found === undefined ? undefined : (SAME_TYPE.get(found) ?? found);
  const fix = `Send one of ${typesLike(actual).join(", ")}.`;
  if (!isMimeType(actual)) {
    const message =
      actual === undefined ? "is not an image or video of a supported type" : `is ${actual}, which is not supported`;
    throw refusal(file, "UNSUPPORTED_MEDIA_TYPE", "media.type", message, {
      actual: actual ?? null,
      limit: MIME_TYPES,
      fix,
    });
  }
  const claimed = file.claimedMimeType?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (!CLAIMS_NOTHING.has(claimed) && (SAME_TYPE.get(claimed) ?? claimed) !== actual) {
    throw refusal(
      file,
      "UNSUPPORTED_MEDIA_TYPE",
      "media.type",
      `is declared as ${claimed}, but the file is ${actual}`,
      { actual, limit: claimed, fix: `Declare it as ${actual}, or send a file of type ${claimed}.` },
    );
  }
  return actual;
}

const CLAIMS_NOTHING: ReadonlySet<string> = new Set(["", "application/octet-stream", "binary/octet-stream"]);

/** Other names of types that are taken. */
const SAME_TYPE: ReadonlyMap<string, string> = new Map([
  ["image/jpg", "image/jpeg"],
  ["image/pjpeg", "image/jpeg"],
  ["image/apng", "image/png"],
  ["video/x-m4v", "video/mp4"],
]);

async function measure(
  storage: Storage,
  file: IncomingFile,
  bytes: { key: string; mimeType: MimeType; sizeBytes: number },
): Promise<MediaFacts> {
  const { owner } = file;
  try {
    if (file.isPatient !== true) requireTurn(owner, file.path);
    return await measureStored(storage, { owner, ...bytes });
  } catch (error) {
    await storage.delete(bytes.key);
    if (!(error instanceof UnreadableMediaError)) throw error;
    throw refusal(file, "VALIDATION_FAILED", "media.readable", error.message, { fix: "Send a complete, intact file." });
  }
}

function refusal(
  file: IncomingFile,
  code: PublicCode,
  rule: string,
  words: string,
  { actual = null, limit = null, fix }: { actual?: unknown; limit?: unknown; fix: string },
): PublicError {
  const message = `${file.name} ${words}.`;
  return new PublicError(code, message, {
    issues: [{ rule, code, platform: null, path: file.path ?? "", message, actual, limit, fix }],
  });
}
