import { basename } from "node:path";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import type { MediaType } from "../../model/post.ts";
import type { Tenant } from "../../model/tenant.ts";
import type { JobSender } from "../db/job-sender.ts";
import { jsonb } from "../db/jsonb.ts";
import {
  findMedia,
  findNeedingPost,
  holdMedia,
  insertMedia,
  listMedia,
  countMedia,
  lockMedia,
  releaseMedia,
  removeReleased,
  updateMedia,
} from "../db/queries/media.ts";
import type { MediaRow, NewMedia } from "../db/queries/media.ts";
import type { Db } from "../db/sql.ts";
import { DROP_BYTES_QUEUE, INGEST_QUEUE } from "./queues.ts";
import type { ReceivedFile } from "./uploads/receive.ts";

/** Creates media objects for received files, in the given order. Runs in the transaction that uses them. */
export async function addUploads(
  db: Db,
  owner: Tenant,
  files: readonly { received: Pick<ReceivedFile, "storageKey" | "facts">; filename: string }[],
): Promise<MediaRow[]> {
  return insert(
    db,
    owner,
    files.map(({ received, filename }) => ({
      id: newId(),
      status: "ready",
      source_url: null,
      storage_key: received.storageKey,
      filename: cleanFilename(filename),
      facts: received.facts,
      size_bytes: received.facts.sizeBytes,
    })),
  );
}

/**
 * Creates media objects for URLs, in the given order, and queues fetching them. Runs in the transaction that uses them.
 * Nothing is fetched here. URLs are accepted as given: they are checked when they are fetched.
 */
export async function addUrls(
  db: Db,
  jobs: JobSender,
  owner: Tenant,
  urls: readonly { url: string; filename?: string | null }[],
): Promise<MediaRow[]> {
  const rows = await insert(
    db,
    owner,
    urls.map(({ url, filename }) => ({
      id: newId(),
      status: "pending",
      source_url: url,
      storage_key: null,
      filename: cleanFilename(filename ?? lastSegment(url)),
      facts: null,
      size_bytes: 0,
    })),
  );
  for (const row of rows)
    await jobs.send(
      db,
      INGEST_QUEUE,
      { ...owner, mediaId: row.id },
      `${owner.userId} ${owner.mode}`,
      owner.mode === "live" ? 1 : 0,
    );
  return rows;
}

/** The media objects with these IDs; those that do not exist, or belong to others, are omitted. */
export async function getMedia(db: Db, owner: Tenant, ids: readonly string[]): Promise<MediaRow[]> {
  return ids.length === 0 ? [] : findMedia.all(db, [owner.userId, owner.mode, ids]);
}

/** Like `getMedia`, in a transaction that then uses them in a post: nothing can delete them until it ends. */
export async function holdForPost(tx: Db, owner: Tenant, ids: readonly string[]): Promise<MediaRow[]> {
  return ids.length === 0 ? [] : holdMedia.all(tx, [owner.userId, owner.mode, ids]);
}

export interface MediaQuery {
  type?: MediaType | undefined;
  use?: "used" | "unused" | undefined;
  /** Part of the file's name. */
  search?: string | undefined;
  limit: number;
  offset: number;
}

export async function listMediaPage(
  db: Db,
  owner: Tenant,
  { type, use, search, limit, offset }: MediaQuery,
): Promise<{ media: MediaRow[]; total: number }> {
  const isUsed = use === undefined ? null : use === "used";
  const filter = [owner.userId, owner.mode, type ?? null, isUsed, search ?? null] as const;
  const media = await listMedia.all(db, [...filter, limit, offset]);
  const counted = await countMedia.one(db, filter);
  return { media, total: counted?.count ?? 0 };
}

export interface MediaChanges {
  altText?: string | null | undefined;
  /** A time, or "forever". */
  keepUntil?: string | null | undefined;
}

/**
 * Changes a media object in the caller's transaction; omitted fields stay as they are. `check` can refuse by what it
 * was before. Throws NOT_FOUND.
 */
export async function changeMedia(
  tx: Db,
  { userId, mode }: Tenant,
  id: string,
  { altText, keepUntil }: MediaChanges,
  check: (before: MediaRow) => void = () => undefined,
): Promise<MediaRow> {
  const before = await lockMedia.one(tx, [userId, mode, id]);
  if (before === undefined) throw new PublicError("NOT_FOUND", "Media object not found.");
  check(before);
  const kept = keepUntil === undefined ? keepUntilOf(before) : keepUntil;
  const changed = await updateMedia.one(tx, [
    userId,
    mode,
    id,
    altText === undefined ? before.alt_text : altText,
    kept === FOREVER ? "infinity" : kept,
  ]);
  return changed ?? before;
}

/** Until when it is not deleted automatically: a time, "forever" or null. */
export function keepUntilOf({ keep_until: until }: Pick<MediaRow, "keep_until">): string | null {
  return typeof until === "number" ? FOREVER : (until?.toISOString() ?? null);
}

const FOREVER = "forever";

/**
 * Deletes a media object in the caller's transaction; its bytes are deleted soon after. Throws NOT_FOUND, and
 * INVALID_STATUS_TRANSITION while a post that can still be published uses it. Published and discarded posts keep the
 * reference; its URL then returns 410.
 */
export async function deleteMedia(tx: Db, jobs: JobSender, owner: Tenant, id: string): Promise<void> {
  if ((await lockMedia.one(tx, [owner.userId, owner.mode, id])) === undefined)
    throw new PublicError("NOT_FOUND", "Media object not found.");
  const post = await findNeedingPost.one(tx, [owner.userId, id]);
  if (post !== undefined) {
    throw new PublicError(
      "INVALID_STATUS_TRANSITION",
      `The media object is part of post ${post.id}, which is ${post.status}. ` +
        "Discard the post or change its media first.",
    );
  }
  const released = await releaseMedia.all(tx, [[id]]);
  await removeReleased.run(tx, [[id]]);
  await jobs.send(tx, DROP_BYTES_QUEUE, { storageKeys: released.map((row) => row.storage_key) });
}

async function insert(db: Db, owner: Tenant, media: NewMedia[]): Promise<MediaRow[]> {
  if (media.length === 0) return [];
  const rows = await insertMedia.all(db, [owner.userId, owner.mode, jsonb(media)]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return media.flatMap(({ id }) => byId.get(id) ?? []);
}

/** A name without folders, control characters and excess length. */
function cleanFilename(name: string): string {
  const clean = basename(name.replaceAll("\\", "/"))
    .replace(/\p{Cc}/gu, "")
    .trim()
    .slice(0, 255)
    .toWellFormed();
  return clean === "" || clean === "." || clean === ".." ? "media" : clean;
}

function lastSegment(url: string): string {
  const segment = URL.parse(url)?.pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
