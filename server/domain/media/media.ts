import { refusal } from "../../../contract/forms/parse.ts";
import type { Media } from "../../../contract/operations/media.ts";
import { PublicError, issueOf } from "../../../model/errors.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { isRefusedUrl } from "../../../platforms/kit/addresses.ts";
import type { MediaRow } from "../../db/queries/media.ts";
import {
  addUploads,
  addUrls,
  deleteMedia as removeMedia,
  getMedia as findMedia,
  listMediaPage,
} from "../../media/media-objects.ts";
import { signMediaUrl } from "../../media/signed-url.ts";
import { enforceStorageQuota } from "../../media/storage-quota.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import { refusedUrl } from "../posts/plan-media.ts";
import type { Services } from "../services.ts";
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
    const media = toMedia(services, call, row);
    return { body: { media }, kept: { media: { ...media, url: null } } };
  });
}

/** The stored media, newest first. */
export async function listMedia(
  services: Services,
  caller: Tenant,
  page: { limit: number; offset: number },
): Promise<Answer<{ media: Media[]; total: number }>> {
  const { media, total } = await listMediaPage(services.pool, caller, page);
  return { body: { media: media.map((row) => toMedia(services, caller, row)), total } };
}

/** One media object. Throws NOT_FOUND. */
export async function getMedia(services: Services, caller: Tenant, id: string): Promise<Answer<{ media: Media }>> {
  const [row] = await findMedia(services.pool, caller, [id]);
  if (row === undefined) throw new PublicError("NOT_FOUND", "Media object not found.");
  return { body: { media: toMedia(services, caller, row) } };
}

/** Deletes an unused media object. Throws NOT_FOUND, and INVALID_STATUS_TRANSITION while a post needs it. */
export async function deleteMedia(services: Services, call: Call, id: string): Promise<Answer<{ success: true }>> {
  return await write(services, call, async (tx) => {
    await removeMedia(tx, services.jobs, call, id);
    return { body: { success: true } };
  });
}

function toMedia({ settings }: Pick<Services, "settings">, { mode }: Tenant, row: MediaRow): Media {
  const { facts } = row;
  const urls = { baseUrl: settings.mediaUrl, secret: settings.mediaSecrets()[0] };
  return {
    id: row.id,
    status: row.status,
    url: facts === null ? null : signMediaUrl(urls, { id: row.id, filename: row.filename, mimeType: facts.mimeType }),
    sourceUrl: row.source_url,
    type: facts?.type ?? null,
    mimeType: facts?.mimeType ?? null,
    filename: row.filename,
    sizeBytes: facts?.sizeBytes ?? null,
    width: facts?.width ?? null,
    height: facts?.height ?? null,
    durationSeconds: facts?.durationSeconds ?? null,
    error: row.error,
    createdAt: row.created_at.toISOString(),
    mode,
  };
}

function refuse(message: string, fix: string): PublicError {
  return refusal([issueOf({ rule: "media.source", message, fix })]);
}
