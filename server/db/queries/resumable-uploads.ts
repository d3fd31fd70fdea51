import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** A file that arrives in several requests, and the parts of it that have. */
export interface ResumableUploadRow {
  id: string;
  filename: string;
  claimed_mime_type: string | null;
  /** `Upload-Metadata` as it was sent. */
  metadata: string | null;
  length_bytes: number;
  /** How much of it is stored; all of it only together with `media_id`. */
  offset_bytes: number;
  media_id: string | null;
  /** Whether a request adds bytes to it now. */
  is_busy: boolean;
  expires_at: Date;
}

/** How long a writer holds an upload without a sign of life. */
export const WRITER_SECONDS = 6;

const COLUMNS = `id, filename, claimed_mime_type, metadata, length_bytes, offset_bytes, media_id,
    coalesce(writer_until > now(), false) as is_busy, expires_at`;
const WRITER_UNTIL = `now() + interval '${WRITER_SECONDS} seconds'`;
const FREE = "(writer_until is null or writer_until <= now())";

/** No row at the limit. The user's row is locked. */
export const insertResumableUpload = statement<
  ResumableUploadRow,
  [
    userId: string,
    mode: Mode,
    id: string,
    filename: string,
    claimedMimeType: string | null,
    metadata: string | null,
    length: number,
    lifetimeHours: number,
    most: number,
  ]
>(
  "resumable_uploads.insert",
  `insert into resumable_uploads (user_id, mode, id, filename, claimed_mime_type, metadata, length_bytes, expires_at)
   select $1, $2, $3, $4, $5, $6, $7, now() + make_interval(hours => $8)
   where (select count(*) from resumable_uploads where user_id = $1 and media_id is null) < $9 returning ${COLUMNS}`,
);

/** Nothing once it has expired, whether or not it has been swept. */
export const findResumableUpload = statement<ResumableUploadRow, [userId: string, mode: Mode, id: string]>(
  "resumable_uploads.find",
  `select ${COLUMNS} from resumable_uploads where user_id = $1 and mode = $2 and id = $3 and expires_at > now()`,
);

/** A row if the upload is at the offset and nobody else is writing; the caller then becomes its writer. */
export const claimResumableUpload = statement<
  ResumableUploadRow,
  [userId: string, mode: Mode, id: string, offset: number, writerId: string]
>(
  "resumable_uploads.claim",
  `update resumable_uploads set writer = $5, writer_until = ${WRITER_UNTIL}
   where user_id = $1 and mode = $2 and id = $3 and offset_bytes = $4 and media_id is null and expires_at > now()
     and ${FREE}
   returning ${COLUMNS}`,
);

/** The writer is alive. No row if another one is writing, or the upload is gone. */
export const renewWriter = statement<never, [userId: string, mode: Mode, id: string, writerId: string]>(
  "resumable_uploads.renew_writer",
  `update resumable_uploads set writer_until = ${WRITER_UNTIL}
   where user_id = $1 and mode = $2 and id = $3 and writer = $4`,
);

/** Lets others write. */
export const releaseWriter = statement<never, [userId: string, mode: Mode, id: string, writerId: string]>(
  "resumable_uploads.release_writer",
  `update resumable_uploads set writer = null, writer_until = null
   where user_id = $1 and mode = $2 and id = $3 and writer = $4`,
);

/** Counts a stored part. No row if another one is writing, or the upload is gone. */
export const addResumablePart = statement<
  never,
  [userId: string, mode: Mode, id: string, writerId: string, size: number, storageKey: string]
>(
  "resumable_uploads.add_part",
  `with counted as (
     update resumable_uploads set offset_bytes = offset_bytes + $5::bigint, writer_until = ${WRITER_UNTIL}
     where user_id = $1 and mode = $2 and id = $3 and writer = $4
     returning id, user_id, offset_bytes
   )
   insert into resumable_upload_parts (upload_id, start_bytes, user_id, storage_key)
   select id, offset_bytes - $5::bigint, user_id, $6 from counted`,
);

/** The storage keys of the parts, in order. */
export const listResumableParts = statement<{ storage_key: string }, [userId: string, uploadId: string]>(
  "resumable_uploads.list_parts",
  `select storage_key from resumable_upload_parts where user_id = $1 and upload_id = $2 order by start_bytes`,
);

/** The upload is complete. No row if another one is writing, or the upload is gone. */
export const completeResumableUpload = statement<
  never,
  [userId: string, mode: Mode, id: string, writerId: string, mediaId: string]
>(
  "resumable_uploads.complete",
  `update resumable_uploads set offset_bytes = length_bytes, media_id = $5, writer = null, writer_until = null
   where user_id = $1 and mode = $2 and id = $3 and writer = $4`,
);

/** Holds an upload that is about to go. */
export const lockResumableUpload = statement<
  { id: string },
  [userId: string, mode: Mode, id: string, writerId: string | null]
>(
  "resumable_uploads.lock",
  `select id from resumable_uploads where user_id = $1 and mode = $2 and id = $3 and ($4::uuid is null or writer = $4)
   for update`,
);

/** Locks expired uploads, except those being written or locked. */
export const lockExpiredUploads = statement<{ id: string }, [limit: number]>(
  "resumable_uploads.lock_expired",
  `select id from resumable_uploads where expires_at <= now() and ${FREE} order by expires_at limit $1
   for update skip locked`,
);

/** Removes the parts and returns their storage keys. */
export const releaseResumableParts = statement<{ storage_key: string }, [lockedIds: readonly string[]]>(
  "resumable_uploads.release_parts",
  `delete from resumable_upload_parts where upload_id = any($1::uuid[]) returning storage_key`,
);

export const removeResumableUploads = statement<never, [lockedIds: readonly string[]]>(
  "resumable_uploads.remove",
  `delete from resumable_uploads where id = any($1::uuid[])`,
);
