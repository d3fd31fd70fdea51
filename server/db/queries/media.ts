import type { Mode } from "../../../model/platform-names.ts";
import type { MediaFacts, MediaType } from "../../../model/post.ts";
import type { PostStatus } from "../../../model/status.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

/** A media object. Its bytes are stored while `storage_key` is set; `error` is why they could not be had so far. */
export interface MediaRow {
  id: string;
  status: "pending" | "ready" | "failed";
  source_url: string | null;
  storage_key: string | null;
  filename: string;
  facts: MediaFacts | null;
  size_bytes: number;
  error: string | null;
  created_at: Date;
  alt_text: string | null;
  /** Infinity: for ever. */
  keep_until: Date | number | null;
}

export type NewMedia = Pick<
  MediaRow,
  "id" | "status" | "source_url" | "storage_key" | "filename" | "facts" | "size_bytes"
>;

const COLUMNS =
  "m.id, m.status, m.source_url, m.storage_key, m.filename, m.facts, m.size_bytes, m.error, m.created_at, m.alt_text, " +
  "m.keep_until";

/** Posts in these states will not be published anymore, so their media is kept only for a while. */
const NEEDED = "p.status not in ('published', 'discarded')";

export const insertMedia = statement<MediaRow, [userId: string, mode: Mode, media: Json]>(
  "media.insert",
  `insert into media as m (id, user_id, mode, status, source_url, storage_key, filename, facts, size_bytes)
   select n.id, $1, $2, n.status, n.source_url, n.storage_key, n.filename, n.facts, n.size_bytes
   from jsonb_to_recordset($3) as n(id uuid, status text, source_url text, storage_key text, filename text, facts jsonb,
     size_bytes bigint)
   returning ${COLUMNS}`,
);

/** No row if another process was first, or the original is gone. */
export const insertRendition = statement<
  MediaRow,
  [
    userId: string,
    mode: Mode,
    originalId: string,
    rendition: string,
    id: string,
    storageKey: string,
    filename: string,
    facts: Json,
  ]
>(
  "media.insert_rendition",
  `insert into media as m (id, user_id, mode, status, storage_key, filename, facts, size_bytes, rendition_of, rendition)
   select $5, o.user_id, o.mode, 'ready', $6, $7, $8, ($8::jsonb ->> 'sizeBytes')::bigint, o.id, $4
   from media o where o.user_id = $1 and o.mode = $2 and o.id = $3 and o.deleted_at is null for key share
   on conflict (rendition_of, rendition) where rendition_of is not null do nothing
   returning ${COLUMNS}`,
);

export const findRendition = statement<MediaRow, [userId: string, mode: Mode, originalId: string, rendition: string]>(
  "media.find_rendition",
  `select ${COLUMNS} from media m where m.user_id = $1 and m.mode = $2 and m.rendition_of = $3 and m.rendition = $4`,
);

export const findMedia = statement<MediaRow, [userId: string, mode: Mode, ids: readonly string[]]>(
  "media.find",
  `select ${COLUMNS} from media m
   where m.user_id = $1 and m.mode = $2 and m.id = any($3::uuid[]) and m.rendition_of is null and m.deleted_at is null`,
);

/**
 * The same, and locks them until the transaction ends, so that no sweep or deletion removes them before a post uses
 * them.
 */
export const holdMedia = statement<MediaRow, [userId: string, mode: Mode, ids: readonly string[]]>(
  "media.hold",
  `${findMedia.text} for key share`,
);

/** The smallest stored file of the instance, for the operator. */
export const findSmallestMedia = statement<MediaRow, []>(
  "media.find_smallest",
  `select ${COLUMNS} from media m where m.storage_key is not null and m.facts is not null and m.deleted_at is null
   order by m.size_bytes limit 1`,
);

/**
 * A signed URL grants access to the bytes, so the signature replaces user and mode. Includes renditions; a deleted one
 * has no storage key.
 */
export const findSignedMedia = statement<
  Pick<MediaRow, "filename" | "storage_key" | "facts" | "status"> & {
    user_id: string;
    mode: Mode;
    deleted_at: Date | null;
  },
  [id: string]
>(
  "media.find_signed",
  `select user_id, mode, filename, storage_key, facts, status, deleted_at from media where id = $1`,
);

/** Null: of any kind. */
type MediaFilter = [type: MediaType | null, isUsed: boolean | null, search: string | null];

const MATCHING = `m.user_id = $1 and m.mode = $2 and m.rendition_of is null and m.deleted_at is null
     and ($3::text is null or m.facts ->> 'type' = $3)
     and ($4::boolean is null or $4 = exists (select from post_media pm where pm.media_id = m.id))
     and ($5::text is null or position(lower($5) in lower(m.filename)) > 0)`;

/** Newest first. */
export const listMedia = statement<
  MediaRow,
  [userId: string, mode: Mode, ...filter: MediaFilter, limit: number, offset: number]
>("media.list", `select ${COLUMNS} from media m where ${MATCHING} order by m.id desc limit $6 offset $7`);

export const countMedia = statement<{ count: number }, [userId: string, mode: Mode, ...filter: MediaFilter]>(
  "media.count",
  `select count(*) from media m where ${MATCHING}`,
);

/** No effect if another process has already stored the bytes, or nobody needs them anymore. */
export const markMediaReady = statement<
  never,
  [userId: string, mode: Mode, id: string, storageKey: string, facts: Json]
>(
  "media.mark_ready",
  `update media set status = 'ready', storage_key = $4, facts = $5, size_bytes = ($5::jsonb ->> 'sizeBytes')::bigint,
     error = null
   where user_id = $1 and mode = $2 and id = $3 and status <> 'ready' and deleted_at is null`,
);

/** It could not be had this time. */
export const recordMediaError = statement<never, [userId: string, mode: Mode, id: string, sentence: string]>(
  "media.record_error",
  `update media set error = $4 where user_id = $1 and mode = $2 and id = $3 and status = 'pending'`,
);

/** It is not available; written once. */
export const markMediaFailed = statement<never, [userId: string, mode: Mode, id: string, sentence: string]>(
  "media.mark_failed",
  `with failed as (
     update media set status = 'failed', error = $4
     where user_id = $1 and mode = $2 and id = $3 and status = 'pending' and deleted_at is null
     returning id, source_url
   )
   insert into outbox (user_id, mode, type, data)
   select $1, $2, 'media.failed', jsonb_build_object('mediaId', id, 'url', source_url, 'message', $4::text)
   from failed`,
);

/** It is not fetched again, whoever asks. */
export const setMediaAside = statement<never, [userId: string, mode: Mode, id: string, sentence: string]>(
  "media.set_aside",
  `with held as (
     select id, status from media
     where user_id = $1 and mode = $2 and id = $3 and status <> 'ready' and deleted_at is null for update
   ), failed as (
     update media m set status = 'failed', error = $4 from held where m.id = held.id
     returning m.id, m.source_url, held.status as was
   )
   insert into outbox (user_id, mode, type, data)
   select $1, $2, 'media.failed', jsonb_build_object('mediaId', id, 'url', source_url, 'message', $4::text)
   from failed where was = 'pending'`,
);

/** Holds a media object that is about to be changed or deleted. */
export const lockMedia = statement<MediaRow, [userId: string, mode: Mode, id: string]>(
  "media.lock",
  `select ${COLUMNS} from media m
   where m.user_id = $1 and m.mode = $2 and m.id = $3 and m.rendition_of is null and m.deleted_at is null for update`,
);

export const updateMedia = statement<
  MediaRow,
  [userId: string, mode: Mode, id: string, altText: string | null, keepUntil: string | null]
>(
  "media.update",
  `update media m set alt_text = $4, keep_until = $5::text::timestamptz where m.user_id = $1 and m.mode = $2 and m.id = $3
   returning ${COLUMNS}`,
);

/** The newest posts that use it, and how many do. */
export const findPostsOfMedia = statement<
  { id: string; total: number },
  [userId: string, mode: Mode, mediaId: string, limit: number]
>(
  "media.find_posts",
  `select p.id, count(*) over ()::int as total from posts p
   where p.user_id = $1 and p.mode = $2 and p.id in (select pm.post_id from post_media pm where pm.media_id = $3)
   order by p.id desc limit $4`,
);

/** A post that still needs it. */
export const findNeedingPost = statement<{ id: string; status: PostStatus }, [userId: string, mediaId: string]>(
  "media.find_needing_post",
  `select p.id, p.status from post_media pm join posts p on p.id = pm.post_id
   where pm.user_id = $1 and pm.media_id = $2 and ${NEEDED} limit 1`,
);

/**
 * Locks deletable objects, skipping locked ones. Whether they can still be deleted must be checked again once they are
 * locked.
 */
export const lockUnneeded = statement<{ id: string }, [daysOfFinished: number, daysOfUnnamed: number, limit: number]>(
  "media.lock_unneeded",
  `select m.id from media m
   where m.rendition_of is null and m.deleted_at is null and ${notKept("m")}
     and m.created_at < now() - make_interval(days => least($1::int, $2::int)) and ${unneeded("m")}
   order by m.id limit $3 for update skip locked`,
);

/** The locked objects that can still be deleted, now that no post can start using them. */
export const findStillUnneeded = statement<
  { id: string },
  [daysOfFinished: number, daysOfUnnamed: number, lockedIds: readonly string[]]
>(
  "media.find_still_unneeded",
  `select m.id from media m where m.id = any($3::uuid[]) and ${notKept("m")} and ${unneeded("m")}`,
);

function notKept(media: string): string {
  return `(${media}.keep_until is null or ${media}.keep_until < now())`;
}

function unneeded(media: string): string {
  return `case when exists (select from post_media pm where pm.media_id = ${media}.id)
    then not exists (
      select from post_media pm join posts p on p.id = pm.post_id
      where pm.media_id = ${media}.id and (${NEEDED} or p.updated_at > now() - make_interval(days => $1::int)))
    else ${media}.created_at < now() - make_interval(days => $2::int) end`;
}

/** Removes the references to their bytes and returns the storage keys, including those of renditions. */
export const releaseMedia = statement<{ storage_key: string }, [lockedIds: readonly string[]]>(
  "media.release",
  `with released as (
     select id, storage_key from media where id = any($1::uuid[]) or rendition_of = any($1::uuid[]) for update
   ), emptied as (
     update media m set storage_key = null, size_bytes = 0, deleted_at = now() from released r where m.id = r.id
   )
   select storage_key from released where storage_key is not null`,
);

/** Rows kept only because a post used them, and none does anymore. */
export const removeReleased = statement<never, [ids: readonly string[]]>(
  "media.remove_released",
  `delete from media m where m.id = any($1::uuid[]) and m.deleted_at is not null
     and not exists (select from post_media pm where pm.media_id = m.id)`,
);

/** Those that belong to a row, as a media object's bytes or as part of an upload in progress. */
export const findStorageKeys = statement<{ storage_key: string }, [keys: readonly string[]]>(
  "media.find_storage_keys",
  `select storage_key from media where storage_key = any($1::text[])
   union all select storage_key from resumable_upload_parts where storage_key = any($1::text[])`,
);
