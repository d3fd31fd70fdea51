import type { PostDraft } from "../../../contract/operations/posts.ts";
import type { PostContent } from "../../../model/post.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { isRefusedUrl } from "../../../platforms/kit/addresses.ts";
import { mediaSlots } from "../../../platforms/validate/media-slots.ts";
import type { MediaRow } from "../../db/queries/media.ts";
import type { Db } from "../../db/sql.ts";
import { addUploads, addUrls, getMedia, holdForPost } from "../../media/media-objects.ts";
import type { Call } from "../call.ts";
import type { Upload } from "../media/upload.ts";
import type { Services } from "../services.ts";
import { referencedMediaIds, type KnownMedia, type MediaPlan, type MediaSourceRef } from "./plan-media.ts";

/** A media entry's path and its media object. */
export interface StoredLink {
  path: string;
  row: MediaRow;
}

/** The stored media objects that a content may use; `former` are those of the post before the change. */
export async function loadKnownMedia(
  services: Pick<Services, "settings">,
  db: Db,
  caller: Tenant,
  sent: PostDraft["content"],
  former: readonly MediaRow[] = [],
): Promise<KnownMedia> {
  const idOfUrl = (url: string) => mediaIdOfUrl(services.settings.mediaUrl, url);
  const named = await getMedia(db, caller, referencedMediaIds(sent, idOfUrl));
  return {
    byId: new Map([...former, ...named].map((row) => [row.id, row])),
    byUrl: new Map(
      former.flatMap((row) => (row.source_url === null || row.status === "failed" ? [] : [[row.source_url, row]])),
    ),
    idOfUrl,
    isRefused: (url) => isRefusedUrl(url, services.settings.allowPrivateUrls),
  };
}

/**
 * Creates media objects for the plan's files and URLs, locks the existing ones it uses, and writes their IDs into the
 * content. Runs in the transaction that stores the post.
 */
export async function storeMedia(
  services: Pick<Services, "jobs">,
  call: Call | Tenant,
  db: Db,
  plan: MediaPlan,
  uploads: readonly Upload[],
): Promise<{ content: PostContent; links: StoredLink[] }> {
  if (plan.links.length === 0) return { content: plan.content, links: [] };
  const rows = new Map<MediaSourceRef, MediaRow>();
  const sources = plan.links.map(({ source }) => source);
  const sent = sources.flatMap((source) => {
    const upload = "upload" in source ? uploads[source.upload] : undefined;
    return upload?.received ? [{ source, received: upload.received, filename: upload.filename }] : [];
  });
  (await addUploads(db, call, sent)).forEach((row, index) => put(rows, sent[index]?.source, row));
  const fetched = sources.filter((source) => "url" in source);
  (await addUrls(db, services.jobs, call, fetched)).forEach((row, index) => put(rows, fetched[index], row));
  const held = await holdForPost(
    db,
    call,
    sources.flatMap((source) => ("mediaId" in source ? [source.mediaId] : [])),
  );
  for (const source of sources)
    if ("mediaId" in source)
      put(
        rows,
        source,
        held.find(({ id }) => id === source.mediaId),
      );
  const links = plan.links.map(({ path, source }) => {
    const row = rows.get(source);
    if (row === undefined) throw new Error(`The media object for ${path} was not stored`);
    return { path, row };
  });
  return { content: withIds(plan.content, links), links };
}

/** Entries without a URL have the ID of their media object. */
function withIds(content: PostContent, links: readonly StoredLink[]): PostContent {
  const stored = structuredClone(content);
  const byPath = new Map(links.map(({ path, row }) => [path, row]));
  for (const { path, entry } of mediaSlots(stored)) {
    const row = byPath.get(path);
    if (row !== undefined && typeof entry.url !== "string") entry.id = row.id;
  }
  return stored;
}

function put(rows: Map<MediaSourceRef, MediaRow>, source: MediaSourceRef | undefined, row: MediaRow | undefined): void {
  if (source !== undefined && row !== undefined) rows.set(source, row);
}

/** A URL from a response for a stored file refers to that file when it is sent back. */
function mediaIdOfUrl(mediaUrl: string, url: string): string | null {
  if (!url.startsWith(`${mediaUrl}/media/`)) return null;
  return /^[0-9a-f-]{36}(?=\/)/.exec(url.slice(`${mediaUrl}/media/`.length))?.[0] ?? null;
}
