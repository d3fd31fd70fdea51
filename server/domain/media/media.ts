import { createHash } from "node:crypto";

import { refusal } from "../../../contract/forms/parse.ts";
import type { Media } from "../../../contract/operations/media.ts";
import type { PostSummary } from "../../../contract/operations/posts.ts";
import { PublicError, issueOf } from "../../../model/errors.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { isRefusedUrl } from "../../../platforms/kit/addresses.ts";
import { listSummaries } from "../../db/queries/list-posts.ts";
import { findPostsOfMedia, type MediaRow } from "../../db/queries/media.ts";
import type { Area } from "../../media/measuring-messages.ts";
import {
  addUploads,
  addUrls,
  changeMedia,
  deleteMedia as removeMedia,
  getMedia as findMedia,
  keepUntilOf,
  listMediaPage,
  type MediaChanges,
  type MediaQuery,
} from "../../media/media-objects.ts";
import { signMediaUrl, signThumbnailUrl } from "../../media/signed-url.ts";
import { enforceStorageQuota } from "../../media/storage-quota.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import { refusedUrl } from "../posts/plan-media.ts";
import { toSummary } from "../posts/to-post.ts";
import type { Services } from "../services.ts";
import { crop } from "./crop.ts";
import { countUploadsAgainstQuota, sizeOf } from "./upload.ts";

/** Stores the uploaded file, or has the URL fetched. */
export async function createMedia(
  services: Services,
  call: Call,
  body: { url?: string; filename?: string | null },
): Promise<Answer<{ media: Media }>> {
  const [upload] = call.uploads;
  if (upload !== undefined && body.url !== undefined)
    throw refuse("The request has both a file and a url", "Send either a file or a url.");
  if (upload !== undefined && upload.received === null) throw refusal(upload.issues);
  const { url } = body;
  if (upload === undefined && url === undefined)
    throw refuse("The request has neither a file nor a url", "Send a url, or a form with one file in the field file.");
  if (url !== undefined && isRefusedUrl(url, services.settings.allowPrivateUrls))
    throw refusal([refusedUrl("/url", url)]);
  return await write(services, call, async (tx) => {
    const [row] = upload?.received
      ? await addUploads(tx, call, [{ received: upload.received, filename: body.filename ?? upload.filename }])
      : await addUrls(tx, services.jobs, call, [{ url: url ?? "", filename: body.filename ?? null }]);
    if (row === undefined) throw new Error("The media object was not stored");
    if (upload !== undefined) await enforceStorageQuota(tx, services, call, sizeOf([upload]));
    await countUploadsAgainstQuota(services, tx, call, 1);
    return keptWithoutUrls(toAnswer(services, call, row));
  });
}

/** The stored media, newest first. */
export async function listMedia(
  services: Services,
  caller: Tenant,
  query: MediaQuery,
): Promise<Answer<{ media: Media[]; total: number }>> {
  const { media, total } = await listMediaPage(services.pool, caller, query);
  return { body: { media: media.map((row) => toMedia(services, caller, row)), total } };
}

/** One media object. Throws NOT_FOUND. */
export async function getMedia(services: Services, caller: Tenant, id: string): Promise<Answer<{ media: Media }>> {
  return toAnswer(services, caller, await requireMedia(services, caller, id));
}

/** Changes a media object. Throws NOT_FOUND, and PRECONDITION_FAILED if it has changed since the caller read it. */
export async function updateMedia(
  services: Services,
  call: Call,
  id: string,
  changes: MediaChanges,
): Promise<Answer<{ media: Media }>> {
  const { ifMatch } = call;
  return await write(services, call, async (tx) => {
    const row = await changeMedia(tx, call, id, changes, (before) => {
      const now = revisionOf(before);
      if (ifMatch !== undefined && !ifMatch.some((tag) => tag.startsWith(`"${now}-`)))
        throw new PublicError(
          "PRECONDITION_FAILED",
          "The media object has changed since you read the ETag in If-Match. Get it again and reapply your change.",
        );
    });
    return toAnswer(services, call, row);
  });
}

/** The newest posts that use a media object. Throws NOT_FOUND. */
export async function listPostsOfMedia(
  services: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
  limit: number,
): Promise<Answer<{ posts: PostSummary[]; total: number }>> {
  await requireMedia(services, caller, id);
  const { userId, mode } = caller;
  const found = await findPostsOfMedia.all(services.pool, [userId, mode, id, limit]);
  const rows = await listSummaries.all(services.pool, [userId, mode, found.map((post) => post.id)]);
  return { body: { posts: rows.map(toSummary), total: found[0]?.total ?? 0 } };
}

/** Stores part of an image as a media object. Throws NOT_FOUND, and INVALID_STATUS_TRANSITION before it is stored. */
export async function cropMedia(
  services: Services,
  call: Call,
  id: string,
  area: Area,
): Promise<Answer<{ media: Media }>> {
  const original = await requireMedia(services, call, id);
  const { storage_key: storageKey, facts, alt_text: altText } = original;
  if (storageKey === null || facts === null)
    throw new PublicError("INVALID_STATUS_TRANSITION", "The media object is not stored yet. Wait until it is `ready`.");
  const received = await crop(services.storage, call, { storageKey, facts }, area);
  try {
    return await write(services, call, async (tx) => {
      const [row] = await addUploads(tx, call, [{ received, filename: original.filename }]);
      if (row === undefined) throw new Error("The media object was not stored");
      await enforceStorageQuota(tx, services, call, received.facts.sizeBytes);
      await countUploadsAgainstQuota(services, tx, call, 1);
      const changed = await changeMedia(tx, call, row.id, { altText, keepUntil: keepUntilOf(original) });
      return keptWithoutUrls(toAnswer(services, call, changed));
    });
  } catch (error) {
    await services.storage.delete(received.storageKey);
    throw error;
  }
}

async function requireMedia(services: Pick<Services, "pool">, caller: Tenant, id: string): Promise<MediaRow> {
  const [row] = await findMedia(services.pool, caller, [id]);
  if (row === undefined) throw new PublicError("NOT_FOUND", "Media object not found.");
  return row;
}

/** Deletes an unused media object. Throws NOT_FOUND, and INVALID_STATUS_TRANSITION while a post needs it. */
export async function deleteMedia(services: Services, call: Call, id: string): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    await removeMedia(tx, services.jobs, call, id);
    return { body: { success: true } };
  });
}

function toAnswer(services: Pick<Services, "settings">, caller: Tenant, row: MediaRow): Answer<{ media: Media }> {
  // Signed URLs change every hour, but an ETag stands for every byte of a response.
  const hour = Math.floor(Date.now() / 3_600_000);
  return { body: { media: toMedia(services, caller, row) }, etag: `"${revisionOf(row)}-${hour}"` };
}

/** URLs that end are not stored for repeated requests. */
function keptWithoutUrls(answer: Answer<{ media: Media }>): Answer<{ media: Media }> {
  return { ...answer, kept: { media: { ...answer.body.media, url: null, thumbnailUrl: null } } };
}

/** What distinguishes a media object from what it was before a change. */
function revisionOf(row: MediaRow): string {
  const shown = JSON.stringify([row.status, row.error, row.alt_text, keepUntilOf(row)]);
  return createHash("sha256").update(shown).digest("base64url").replaceAll("-", "_").slice(0, 22);
}

function toMedia({ settings }: Pick<Services, "settings">, { mode }: Tenant, row: MediaRow): Media {
  const { facts } = row;
  const urls = { baseUrl: settings.mediaUrl, secret: settings.mediaSecrets()[0] };
  return {
    id: row.id,
    status: row.status,
    url: facts === null ? null : signMediaUrl(urls, { id: row.id, filename: row.filename, mimeType: facts.mimeType }),
    thumbnailUrl: facts?.type === "image" ? signThumbnailUrl(urls, row) : null,
    sourceUrl: row.source_url,
    type: facts?.type ?? null,
    mimeType: facts?.mimeType ?? null,
    filename: row.filename,
    sizeBytes: facts?.sizeBytes ?? null,
    width: facts?.width ?? null,
    height: facts?.height ?? null,
    durationSeconds: facts?.durationSeconds ?? null,
    altText: row.alt_text,
    keepUntil: keepUntilOf(row),
    error: row.error,
    createdAt: row.created_at.toISOString(),
    mode,
  };
}

function refuse(message: string, fix: string): PublicError {
  return refusal([issueOf({ rule: "media.source", message, fix })]);
}
