import type { MediaFacts } from "../../model/post.ts";
import type { PostStatus } from "../../model/status.ts";
import { statement } from "./sql.ts";

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
}

export type NewMedia = Pick<
  MediaRow,
  "id" | "status" | "source_url" | "storage_key" | "filename" | "facts" | "size_bytes"
>;

const COLUMNS = "m.id, m.status, m.source_url, m.storage_key, m.filename, m.facts, m.size_bytes, m.error, m.created_at";

/** Posts in these states will not be published any more, so their media are kept for a while only. */
const NEEDED = "p.status not in ('published', 'discarded')";

/** ($1 user, $2 mode, $3 NewMedia[] as jsonb) */
export const insertMedia = statement<MediaRow>(
  "media.insert",
  `insert into media as m (id, user_id, mode, status, source_url, storage_key, filename, facts, size_bytes)
   select n.id, $1, $2, n.status, n.source_url, n.storage_key, n.filename, n.facts, n.size_bytes
   from jsonb_to_recordset($3) as n(id uuid, status text, source_url text, storage_key text, filename text, facts jsonb, size_bytes bigint)
   returning ${COLUMNS}`,
);

/** ($1 user, $2 mode, $3 original, $4 rendition, $5 id, $6 storage key, $7 filename, $8 facts): nothing where another process was first, or the original is gone. */
export const insertRendition = statement<MediaRow>(
  "media.insert_rendition",
  `insert into media as m (id, user_id, mode, status, storage_key, filename, facts, size_bytes, rendition_of, rendition)
   select $5, o.user_id, o.mode, 'ready', $6, $7, $8, ($8::jsonb ->> 'sizeBytes')::bigint, o.id, $4
   from media o where o.user_id = $1 and o.mode = $2 and o.id = $3 and o.deleted_at is null for key share
   on conflict (rendition_of, rendition) where rendition_of is not null do nothing
   returning ${COLUMNS}`,
);

/** ($1 user, $2 mode, $3 original, $4 rendition) */
export const findRendition = statement<MediaRow>(
  "media.find_rendition",
  `select ${COLUMNS} from media m where m.user_id = $1 and m.mode = $2 and m.rendition_of = $3 and m.rendition = $4`,
);

/** ($1 user, $2 mode, $3 ids) */
export const findMedia = statement<MediaRow>(
  "media.find",
  `select ${COLUMNS} from media m
   where m.user_id = $1 and m.mode = $2 and m.id = any($3::uuid[]) and m.rendition_of is null and m.deleted_at is null`,
);

/** The same, and holds them until the transaction ends, so that no sweep or deletion takes them away before a post names them. */
export const holdMedia = statement<MediaRow>("media.hold", `${findMedia.text} for key share`);

/**
 * ($1 id): whoever has a signed address may have the bytes, so the signature stands in for user and mode. Renditions
 * are among them; a deleted one answers without a storage key.
 */
export const findSignedMedia = statement<
  Pick<MediaRow, "storage_key" | "facts" | "status"> & { deleted_at: Date | null }
>("media.find_signed", `select storage_key, facts, status, deleted_at from media where id = $1`);

/** ($1 user, $2 mode, $3 limit, $4 offset), newest first. */
export const listMedia = statement<MediaRow>(
  "media.list",
  `select ${COLUMNS} from media m where m.user_id = $1 and m.mode = $2 and m.rendition_of is null and m.deleted_at is null
   order by m.id desc limit $3 offset $4`,
);

/** ($1 user, $2 mode) */
export const countMedia = statement<{ count: number }>(
  "media.count",
  `select count(*) from media where user_id = $1 and mode = $2 and rendition_of is null and deleted_at is null`,
);

/** ($1 user, $2 mode, $3 id, $4 storage key, $5 facts): touches nothing where another has brought the bytes before, or nobody wants them any more. */
export const markMediaReady = statement(
  "media.mark_ready",
  `update media set status = 'ready', storage_key = $4, facts = $5, size_bytes = ($5::jsonb ->> 'sizeBytes')::bigint, error = null
   where user_id = $1 and mode = $2 and id = $3 and status <> 'ready' and deleted_at is null`,
);

/** ($1 user, $2 mode, $3 id, $4 sentence): it could not be had this time. */
export const noteMediaError = statement(
  "media.note_error",
  `update media set error = $4 where user_id = $1 and mode = $2 and id = $3 and status = 'pending'`,
);

/** ($1 user, $2 mode, $3 id, $4 sentence): it cannot be had; said once. */
export const markMediaFailed = statement(
  "media.mark_failed",
  `with failed as (
     update media set status = 'failed', error = $4 where user_id = $1 and mode = $2 and id = $3 and status = 'pending' and deleted_at is null
     returning id, source_url
   )
   insert into outbox (user_id, mode, type, data)
   select $1, $2, 'media.failed', jsonb_build_object('mediaId', id, 'url', source_url, 'message', $4::text) from failed`,
);

/** ($1 user, $2 mode, $3 id): holds a media object that is about to be deleted. */
export const lockMedia = statement<{ id: string }>(
  "media.lock",
  `select id from media where user_id = $1 and mode = $2 and id = $3 and rendition_of is null and deleted_at is null for update`,
);

/** ($1 user, $2 media): a post that still needs it. */
export const findNeedingPost = statement<{ id: string; status: PostStatus }>(
  "media.find_needing_post",
  `select p.id, p.status from post_media pm join posts p on p.id = pm.post_id
   where pm.user_id = $1 and pm.media_id = $2 and ${NEEDED} limit 1`,
);

/**
 * ($1 days that media of finished posts are kept, $2 days that media no post names are kept, $3 limit): holds what may
 * go, skipping what others hold. Whether it still may go has to be asked again once it is held.
 */
export const lockUnneeded = statement<{ id: string }>(
  "media.lock_unneeded",
  `select m.id from media m
   where m.rendition_of is null and m.deleted_at is null and m.created_at < now() - make_interval(days => least($1::int, $2::int)) and ${unneeded("m")}
   order by m.id limit $3 for update skip locked`,
);

/** ($1, $2 as above, $3 ids that are held): those of them that may still go, now that no post can begin to name them. */
export const findStillUnneeded = statement<{ id: string }>(
  "media.find_still_unneeded",
  `select m.id from media m where m.id = any($3::uuid[]) and ${unneeded("m")}`,
);

function unneeded(media: string): string {
  return `case when exists (select from post_media pm where pm.media_id = ${media}.id)
    then not exists (
      select from post_media pm join posts p on p.id = pm.post_id
      where pm.media_id = ${media}.id and (${NEEDED} or p.updated_at > now() - make_interval(days => $1::int)))
    else ${media}.created_at < now() - make_interval(days => $2::int) end`;
}

/** ($1 ids that are held): forgets where their bytes are and answers with the keys, renditions' included. */
export const releaseMedia = statement<{ storage_key: string }>(
  "media.release",
  `with released as (
     select id, storage_key from media where id = any($1::uuid[]) or rendition_of = any($1::uuid[]) for update
   ), emptied as (
     update media m set storage_key = null, size_bytes = 0, deleted_at = now() from released r where m.id = r.id
   )
   select storage_key from released where storage_key is not null`,
);

/** ($1 ids): rows of which nothing is left but that a post named them, and none does. */
export const removeReleased = statement(
  "media.remove_released",
  `delete from media m where m.id = any($1::uuid[]) and m.deleted_at is not null and not exists (select from post_media pm where pm.media_id = m.id)`,
);

/** ($1 keys): those of them that a row knows, as a media object's bytes or as a part of an upload that goes on. */
export const findStorageKeys = statement<{ storage_key: string }>(
  "media.find_storage_keys",
  `select storage_key from media where storage_key = any($1::text[])
   union all select storage_key from resumable_upload_parts where storage_key = any($1::text[])`,
);
