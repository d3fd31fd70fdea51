import type { MediaEntry, MediaFacts, PlatformContent, PostContent } from "../../model/post.ts";
import { BrokerError, type PublishMedia } from "../../platforms/platform.ts";
import { dotted } from "../../platforms/validate/files.ts";
import { imageSlots, mediaSlots } from "../../platforms/validate/media-slots.ts";
import { validatePost, mapMedia, resolveContent } from "../../platforms/validate/validate.ts";
import type { WorkRow } from "../db/queries/work-rows.ts";
import type { PublishingDeps } from "./deps.ts";

/**
 * Media are still being fetched. Nothing has failed: the platform post is released in the meantime, so that a slow
 * source holds no slot.
 */
export class MediaOnTheWay extends Error {}

/**
 * The content as the broker gets it, with stored media in place of the caller's entries. Media that is still missing is
 * fetched now (MediaOnTheWay), or fails with MEDIA_FAILED. With `validate` the post is validated once more against its
 * measured media and the account's current state, and the first issue is thrown.
 */
export async function buildContent(
  deps: PublishingDeps,
  row: WorkRow,
  validate: boolean,
): Promise<PlatformContent<PublishMedia>> {
  const stored = new Map(row.media.map((media) => [media.path, media]));
  const content = nameByPath(row.content);
  const used = usedPaths(resolveContent(row.platform, content)).flatMap((path) => [path, ...thumbnailPaths(path)]);
  const missing = used.flatMap((path) => stored.get(path) ?? []).filter(({ facts }) => facts === null);
  if (missing.length > 0) {
    const ready = await deps.ensureMedia({ userId: row.user_id, mode: row.mode }, [
      ...new Set(missing.map(({ id }) => id)),
    ]);
    for (const media of missing) {
      const outcome = ready.get(media.id) ?? { status: "failed", message: "The media could not be fetched." };
      // It has been tried since the post was created; this was the last time.
      if (outcome.status === "failed")
        throw new BrokerError("MEDIA_FAILED", `${dotted(media.path)} cannot be used. ${outcome.message}`, {
          maxAttempts: 1,
        });
      if (outcome.status === "ready") stored.set(media.path, { ...media, facts: outcome.facts });
    }
    if ([...ready.values()].some(({ status }) => status === "fetching")) throw new MediaOnTheWay();
  }
  const measured = (entry: MediaEntry): MediaFacts | null => stored.get(entry.id ?? "")?.facts ?? null;
  if (validate) refuseBroken(deps, row, content, measured);
  return mapMedia(resolveContent(row.platform, content, measured), (entry) => {
    const path = entry.id ?? "";
    const thumbnail = thumbnailPaths(path).flatMap((place) => stored.get(place) ?? [])[0];
    const media = toPublishMedia(stored.get(path), entry.altText ?? null, thumbnail);
    if (media === null)
      throw new BrokerError("MEDIA_FAILED", "A media file of the post is gone.", { retryable: false });
    return media;
  });
}

/**
 * Names every entry, and every picture given by ID, by its path, so that its stored media can be found after resolving
 * has moved it.
 */
function nameByPath(content: PostContent): PostContent {
  const named = structuredClone(content);
  for (const { path, entry } of mediaSlots(named)) entry.id = path;
  for (const { path, source, replace } of imageSlots(named)) if ("id" in source) replace(path);
  return named;
}

function usedPaths(content: PlatformContent<MediaEntry>): string[] {
  return [
    ...content.media,
    ...(content.cover === null ? [] : [content.cover]),
    ...content.thread.flatMap((part) => part.media),
  ].map((entry) => entry.id ?? "");
}

function thumbnailPaths(path: string): string[] {
  return [`${path}/thumbnailUrl`, `${path}/thumbnailMediaId`];
}

/** Issues that depend on measured media or on the account may be new since the post was created. */
function refuseBroken(
  deps: PublishingDeps,
  row: WorkRow,
  content: PostContent,
  measured: (entry: MediaEntry) => MediaFacts | null,
): void {
  const { issues } = validatePost(
    { content, platforms: [row.platform], scheduledFor: null },
    {
      now: new Date(),
      scheduling: "all",
      forcePrivateUploads: deps.forcePrivateUploads,
      accounts: {
        [row.platform]: { scopes: row.scopes ?? [], metadata: row.platform_metadata ?? {}, tokenExpiresAt: null },
      },
      measured,
    },
  );
  const first = issues.find((issue) => issue.platform === null || issue.platform === row.platform);
  if (first !== undefined) throw new BrokerError("CONTENT_REJECTED", first.message, { publicCode: first.code });
}

type StoredMedia = WorkRow["media"][number];

function toPublishMedia(
  media: StoredMedia | undefined,
  altText: string | null,
  thumbnail: StoredMedia | undefined,
): PublishMedia | null {
  if (!media?.facts) return null;
  return {
    ...media.facts,
    id: media.id,
    filename: media.filename,
    altText,
    thumbnail: toPublishMedia(thumbnail, null, undefined),
  };
}
