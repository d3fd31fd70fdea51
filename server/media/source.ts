import { ReadableStream } from "node:stream/web";

import type pg from "pg";

import type { Tenant } from "../../model/tenant.ts";
import { BrokerError } from "../../platforms/platform.ts";
import type { MediaSource, PublishMedia, Rendition } from "../../platforms/platform.ts";
import { findMedia } from "../db/queries/media.ts";
import type { Storage } from "../storage/storage.ts";
import { makeRendition } from "./rendition.ts";
import { signMediaUrl } from "./signed-url.ts";
import type { MediaUrls } from "./signed-url.ts";
import { imageSlots, rewrappingSlots } from "./slots.ts";
import { findOrMake, readStored, type StoredMedia } from "./stored-rendition.ts";

export interface MediaSourceDeps {
  pool: pg.Pool;
  storage: Storage;
  mediaUrls: MediaUrls;
  now?: () => Date;
}

/** A broker's access to its owner's media. Conversions are created on demand and stored next to the original. */
export function createMediaSource(deps: MediaSourceDeps, owner: Tenant): MediaSource {
  const stored = (media: PublishMedia, rendition?: Rendition) =>
    needsRendition(media, rendition)
      ? findOrMakeRendition(deps, owner, media, rendition)
      : findOriginal(deps, owner, media.id);

  return {
    async publicUrl(media, rendition) {
      const { id, facts } = needsRendition(media, rendition)
        ? await findOrMakeRendition(deps, owner, media, rendition)
        : { id: media.id, facts: media };
      return signMediaUrl(deps.mediaUrls, { id, filename: media.filename, mimeType: facts.mimeType }, deps.now?.());
    },

    async open(media, { rendition, start, end } = {}) {
      const { storageKey } = await stored(media, rendition);
      return ReadableStream.from<Uint8Array>(await deps.storage.open(storageKey, { start, end }));
    },

    async describe(media, rendition) {
      return needsRendition(media, rendition)
        ? (await findOrMakeRendition(deps, owner, media, rendition)).facts
        : media;
    },
  };
}

/** Anything that already fits is used unchanged. */
function needsRendition(media: PublishMedia, wanted: Rendition | undefined): wanted is Rendition {
  if (wanted === undefined || isVideo(wanted) !== (media.type === "video")) return false;
  if (isVideo(wanted)) return media.mimeType !== wanted.mimeType || media.indexFirst === false;
  return (
    media.mimeType !== wanted.mimeType ||
    media.orientation !== 1 ||
    media.sizeBytes > (wanted.maxSizeBytes ?? Infinity) ||
    (media.width ?? 0) > (wanted.maxWidth ?? Infinity) ||
    (media.height ?? 0) > (wanted.maxHeight ?? Infinity)
  );
}

async function findOriginal(deps: MediaSourceDeps, { userId, mode }: Tenant, id: string): Promise<StoredMedia> {
  const [row] = await findMedia.all(deps.pool, [userId, mode, [id]]);
  return readStored(row) ?? gone();
}

async function findOrMakeRendition(
  deps: MediaSourceDeps,
  owner: Tenant,
  media: PublishMedia,
  wanted: Rendition,
): Promise<StoredMedia> {
  const found = await findOrMake(deps, owner, media, {
    name: nameRendition(wanted),
    slots: isVideo(wanted) ? rewrappingSlots : imageSlots,
    make: async () => make(deps.storage, owner, await findOriginal(deps, owner, media.id), wanted),
  });
  return found ?? gone();
}

async function make(
  storage: Storage,
  owner: Tenant,
  original: StoredMedia,
  wanted: Rendition,
): Promise<Omit<StoredMedia, "id">> {
  // Its library is large, and many a process never rewraps anything.
  if (isVideo(wanted)) return (await import("./video/rewrap.ts")).rewrapVideo(storage, owner, original);
  return await makeRendition(storage, original, wanted);
}

function isVideo({ mimeType }: Rendition): boolean {
  return mimeType === "video/mp4";
}

/** What distinguishes one conversion of a file from the others. */
function nameRendition({ mimeType, maxWidth, maxHeight, maxSizeBytes }: Rendition): string {
  return [mimeType, maxWidth ?? "", maxHeight ?? "", maxSizeBytes ?? ""].join(";");
}

function gone(): never {
  throw new BrokerError("MEDIA_FAILED", "The stored file is gone.", { retryable: false });
}
