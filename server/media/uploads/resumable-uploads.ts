import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import { BOUNDS } from "../../../model/bounds.ts";
import { PublicError, type PublicCode } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { isDatabaseAway } from "../../db/away.ts";
import type { JobSender } from "../../db/job-sender.ts";
import {
  addResumablePart,
  claimResumableUpload,
  completeResumableUpload,
  findResumableUpload,
  insertResumableUpload,
  listResumableParts,
  lockExpiredUploads,
  lockResumableUpload,
  releaseResumableParts,
  releaseWriter,
  removeResumableUploads,
  renewWriter,
  WRITER_SECONDS,
} from "../../db/queries/resumable-uploads.ts";
import type { ResumableUploadRow } from "../../db/queries/resumable-uploads.ts";
import { lockUser } from "../../db/queries/users.ts";
import { transaction } from "../../db/sql.ts";
import type { Db } from "../../db/sql.ts";
import { newStorageKey } from "../../storage/storage.ts";
import type { Storage } from "../../storage/storage.ts";
import { addUploads } from "../media-objects.ts";
import { DROP_BYTES_QUEUE } from "../queues.ts";
import { readIncoming } from "./incoming-bytes.ts";
import type { IncomingBytes } from "./incoming-bytes.ts";
import { dropReceived, receiveFile } from "./receive.ts";
import type { ReceivedFile } from "./receive.ts";

export interface ResumableUploadDeps {
  pool: pg.Pool;
  storage: Storage;
  jobs: JobSender;
}

/** What is declared about a file before it arrives. */
export interface AnnouncedFile {
  filename: string;
  /** Null declares nothing. */
  mimeType: string | null;
  /** `Upload-Metadata` as it was sent. */
  metadata: string | null;
  lengthBytes: number;
}

/** An upload that is not complete by then is deleted, with everything that has arrived. */
const UPLOAD_HOURS = 24;
/** As much is lost at most when a process dies. */
const SEGMENT_BYTES = 4 * 1024 * 1024;
/** What has arrived is stored if nothing follows for this long; another sender may continue soon after. */
const IDLE_SECONDS = 2;
/** A sender whose connection broke returns before the other end has noticed: this long to wait for it. */
const PATIENCE_SECONDS = 2;

/** An upload's offset after bytes were added. */
export interface Appended {
  offsetBytes: number;
  /** Null until all of it is there. */
  mediaId: string | null;
  expiresAt: Date;
}

/** Starts an upload, in the transaction that stores its response. Throws RATE_LIMITED if too many are in progress. */
export async function beginUpload(db: Db, owner: Tenant, file: AnnouncedFile): Promise<ResumableUploadRow> {
  await lockUser.one(db, [owner.userId]);
  const row = await insertResumableUpload.one(db, [
    owner.userId,
    owner.mode,
    newId(),
    file.filename,
    file.mimeType,
    file.metadata,
    file.lengthBytes,
    UPLOAD_HOURS,
    BOUNDS.uploadsUnderWay,
  ]);
  if (row === undefined) throw tooManyUploads();
  return row;
}

/**
 * An upload's offset: `offset_bytes` of it are stored permanently. While someone is writing, this waits a moment for
 * them to finish. Throws NOT_FOUND.
 */
export async function findUpload(
  { pool }: Pick<ResumableUploadDeps, "pool">,
  owner: Tenant,
  id: string,
): Promise<ResumableUploadRow> {
  const until = performance.now() + PATIENCE_SECONDS * 1000;
  for (;;) {
    const row = await findResumableUpload.one(pool, [owner.userId, owner.mode, id]);
    if (row === undefined) throw unknownUpload();
    if (!row.is_busy || performance.now() > until) return row;
    await sleep(50);
  }
}

/**
 * Adds bytes at the offset, which must be the upload's, and returns its new offset. What arrived before the sender
 * disconnected is kept. The last byte creates the media object, or the file is rejected as by `receiveFile`, and the
 * upload with it. Throws NOT_FOUND, INVALID_STATUS_TRANSITION if the upload is at another offset or another request is
 * writing to it, and PAYLOAD_TOO_LARGE for more bytes than the file's length.
 */
export async function appendToUpload(
  deps: ResumableUploadDeps,
  owner: Tenant,
  id: string,
  bytes: { offsetBytes: number; announcedBytes: number | null; source: Readable },
): Promise<Appended> {
  const found = await findUpload(deps, owner, id);
  if (found.offset_bytes !== bytes.offsetBytes) throw elsewhere(found.offset_bytes, bytes.offsetBytes);
  if ((bytes.announcedBytes ?? 0) > found.length_bytes - found.offset_bytes) throw tooMany(found);
  if (found.media_id !== null)
    return { offsetBytes: found.length_bytes, mediaId: found.media_id, expiresAt: found.expires_at };
  const writer: Writer = { ...owner, id, writer: newId() };
  const upload = await claimResumableUpload.one(deps.pool, [
    writer.userId,
    writer.mode,
    id,
    bytes.offsetBytes,
    writer.writer,
  ]);
  if (upload === undefined) throw busy();
  const arriving = readIncoming(bytes.source, IDLE_SECONDS);
  const heartbeat = setInterval(
    () => {
      if (!arriving.isIdle()) void renewWriter.run(deps.pool, valuesOf(writer)).catch(() => undefined);
    },
    (WRITER_SECONDS * 1000) / 3,
  );
  try {
    return { ...(await storeArriving(deps, writer, upload, arriving)), expiresAt: upload.expires_at };
  } finally {
    clearInterval(heartbeat);
    arriving.end();
    // If the database is down, the claim expires.
    await releaseWriter.run(deps.pool, valuesOf(writer)).catch(() => undefined);
  }
}

/** Ends an upload and deletes what has arrived; a media object it has become stays. Throws NOT_FOUND. */
export async function endUpload(deps: ResumableUploadDeps, owner: Tenant, id: string): Promise<void> {
  if (!(await removeUpload(deps, owner, id, null))) throw unknownUpload();
}

/** Deletes expired uploads, in small transactions; returns their number. */
export async function dropExpiredUploads({
  pool,
  storage,
}: Pick<ResumableUploadDeps, "pool" | "storage">): Promise<number> {
  let dropped = 0;
  for (;;) {
    const { ids, parts } = await transaction(pool, async (tx) => {
      const ids = (await lockExpiredUploads.all(tx, [BATCH])).map((row) => row.id);
      const parts = await releaseResumableParts.all(tx, [ids]);
      await removeResumableUploads.run(tx, [ids]);
      return { ids, parts };
    });
    for (const part of parts) await storage.delete(part.storage_key);
    dropped += ids.length;
    if (ids.length < BATCH) return dropped;
  }
}

const BATCH = 50;

/** False if there is no such upload, or another writer than the given one is writing to it. */
async function removeUpload(
  { pool, jobs }: ResumableUploadDeps,
  owner: Tenant,
  id: string,
  writer: string | null,
): Promise<boolean> {
  return await transaction(pool, async (tx) => {
    if ((await lockResumableUpload.one(tx, [owner.userId, owner.mode, id, writer])) === undefined) return false;
    const parts = await releaseResumableParts.all(tx, [[id]]);
    await removeResumableUploads.run(tx, [[id]]);
    await jobs.send(tx, DROP_BYTES_QUEUE, { storageKeys: parts.map((part) => part.storage_key) });
    return true;
  });
}

/** A request that adds bytes to an upload, while it is the only one. */
interface Writer extends Tenant {
  id: string;
  writer: string;
}

function valuesOf({ userId, mode, id, writer }: Writer): [userId: string, mode: Mode, id: string, writerId: string] {
  return [userId, mode, id, writer];
}

/**
 * Stores segment after segment, counting each once it is stored. The last is counted together with the media object, so
 * that no crash can leave an upload that is complete without having become media.
 */
async function storeArriving(
  deps: ResumableUploadDeps,
  writer: Writer,
  upload: ResumableUploadRow,
  arriving: IncomingBytes,
): Promise<Omit<Appended, "expiresAt">> {
  let offsetBytes = upload.offset_bytes;
  for (;;) {
    const leftBytes = upload.length_bytes - offsetBytes;
    const segment = await arriving.next(Math.min(SEGMENT_BYTES, leftBytes));
    if (segment === null) return { offsetBytes, mediaId: null };
    const key = newStorageKey();
    const { sizeBytes } = await deps.storage.put(key, segment);
    if (sizeBytes > leftBytes) {
      await deps.storage.delete(key);
      throw tooMany(upload);
    }
    if (sizeBytes === leftBytes)
      return { offsetBytes: upload.length_bytes, mediaId: await complete(deps, writer, upload, key) };
    if ((await addResumablePart.run(deps.pool, [...valuesOf(writer), sizeBytes, key])) === 0) {
      await deps.storage.delete(key);
      throw busy();
    }
    offsetBytes += sizeBytes;
  }
}

/** Makes the media object of all parts and the last, which is in no row. */
async function complete(
  deps: ResumableUploadDeps,
  writer: Writer,
  upload: ResumableUploadRow,
  lastKey: string,
): Promise<string> {
  const received = await receiveParts(deps, writer, upload, lastKey);
  try {
    return await transaction(deps.pool, async (tx) => {
      const [media] = await addUploads(tx, writer, [{ received, filename: upload.filename }]);
      if (media === undefined) throw new Error("The media object was not stored");
      if ((await completeResumableUpload.run(tx, [...valuesOf(writer), media.id])) === 0) throw busy();
      const parts = await releaseResumableParts.all(tx, [[upload.id]]);
      await deps.jobs.send(tx, DROP_BYTES_QUEUE, { storageKeys: parts.map((part) => part.storage_key) });
      return media.id;
    });
  } catch (error) {
    // If the database went away, it is unknown whether the commit succeeded: the sweep then handles the bytes.
    if (!isDatabaseAway(error)) await dropReceived(deps.storage, [received]);
    throw error;
  }
}

async function receiveParts(
  deps: ResumableUploadDeps,
  writer: Writer,
  upload: ResumableUploadRow,
  lastKey: string,
): Promise<ReceivedFile> {
  try {
    if ((await renewWriter.run(deps.pool, valuesOf(writer))) === 0) throw busy();
    const parts = await listResumableParts.all(deps.pool, [writer.userId, upload.id]);
    const bytes = readAll(deps.storage, [...parts.map((part) => part.storage_key), lastKey]);
    return await receiveFile(deps.storage, {
      owner: writer,
      bytes,
      name: upload.filename,
      claimedMimeType: upload.claimed_mime_type,
    }).catch(async (error: unknown) => {
      // If the file is rejected, no byte that still arrives would change that.
      if (error instanceof PublicError && error.code !== "RATE_LIMITED")
        await removeUpload(deps, writer, upload.id, writer.writer);
      throw error;
    });
  } finally {
    await deps.storage.delete(lastKey);
  }
}

async function* readAll(storage: Storage, keys: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const key of keys) yield* await storage.open(key);
}

function tooManyUploads(): PublicError {
  const most = BOUNDS.uploadsUnderWay;
  return refuse(
    "RATE_LIMITED",
    "upload.max",
    `You have reached the limit of ${most} uploads in progress`,
    "Finish or delete some of them first.",
    { actual: most, limit: most, retryAfterSeconds: 60 },
  );
}

function unknownUpload(): PublicError {
  return refuse(
    "NOT_FOUND",
    "upload.id",
    "Upload not found. It may have expired or been deleted",
    "Start a new upload.",
  );
}

function elsewhere(actual: number, asked: number): PublicError {
  return refuse(
    "INVALID_STATUS_TRANSITION",
    "upload.offset",
    `The upload is at byte ${actual}, not ${asked}`,
    "Get the offset with HEAD and continue from there.",
    { actual: asked, limit: actual },
  );
}

function busy(): PublicError {
  return refuse(
    "INVALID_STATUS_TRANSITION",
    "upload.busy",
    "Another request is writing to this upload",
    "Wait a moment, get the offset with HEAD and continue from there.",
    { retryAfterSeconds: 1 },
  );
}

function tooMany({ length_bytes }: ResumableUploadRow): PublicError {
  return refuse(
    "PAYLOAD_TOO_LARGE",
    "upload.length",
    `The request has more bytes than the ${length_bytes} declared in Upload-Length`,
    "Send only the bytes from the offset to the end of the file.",
    { limit: length_bytes },
  );
}

function refuse(
  code: PublicCode,
  rule: string,
  message: string,
  fix: string,
  {
    actual = null,
    limit = null,
    retryAfterSeconds,
  }: { actual?: unknown; limit?: unknown; retryAfterSeconds?: number } = {},
): PublicError {
  const headers = retryAfterSeconds === undefined ? {} : { headers: { "retry-after": String(retryAfterSeconds) } };
  return PublicError.of({ rule, code, message, actual, limit, fix }, { ...headers });
}
