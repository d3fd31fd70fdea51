import type { Quota } from "../../../model/plans.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { type Db, statement } from "../sql.ts";

/** The current month's first day. */
export const MONTH = "date_trunc('month', now() at time zone 'UTC')::date";

/** What a user has used in a month, in live mode, and the highest thresholds that the user was notified of. */
export interface MonthRow {
  /** Null: not counted yet. */
  posts: number | null;
  media_uploads: number;
  api_requests: number;
  posts_notified: number;
  media_uploads_notified: number;
  api_requests_notified: number;
}

const COLUMNS = "posts, media_uploads, api_requests, posts_notified, media_uploads_notified, api_requests_notified";

/**
 * Counts a post in the user's month $1, unless that needs more than counting: at the limit $2 and at thresholds, and
 * before the month was counted.
 */
export const countedPost = (userId: string, limit: string) =>
  `update usage_months set posts = posts + 1
   where user_id = ${userId} and month = ${MONTH} and posts < ${limit}::bigint
     and (posts_notified >= 100
       or (posts + 1)::bigint * 100 < ${limit}::bigint * case when posts_notified >= 80 then 100 else 80 end)`;

export const countPostOfMonth = statement<never, [userId: string, limit: number]>(
  "usage_months.count_post",
  countedPost("$1", "$2"),
);

/** Posts created this month that were not discarded. All IDs of the month are higher than $2. */
const postsOfMonth = `(select count(*)::integer from posts
  where user_id = $1 and mode = 'live' and status <> 'discarded' and created_at >= ${MONTH} at time zone 'UTC'
    and id > $2)`;

/**
 * The month's row, locked until the transaction ends; created and counted if it was not, without the transaction's own
 * post `ownId`.
 */
export const holdMonth = statement<
  MonthRow & { posts: number },
  [userId: string, idBefore: string, ownId: string | null]
>(
  "usage_months.hold",
  `insert into usage_months as u (user_id, month, posts) values ($1, ${MONTH}, coalesce(
     (select posts from usage_months where user_id = $1 and month = ${MONTH}),
     ${postsOfMonth} - (select count(*)::integer from posts where id = $3::uuid and user_id = $1)))
   on conflict (user_id, month) do update set posts = coalesce(u.posts, excluded.posts)
   returning ${COLUMNS}`,
);

/** The row must be held. */
export const addPostToMonth = statement<never, [userId: string]>(
  "usage_months.add_post",
  `update usage_months set posts = posts + 1 where user_id = $1 and month = ${MONTH}`,
);

/** The post is no longer counted, in the month in which it was. */
export const releasePost = statement<never, [postId: string, userId: string, mode: Mode]>(
  "usage_months.release_post",
  `update usage_months u set posts = u.posts - 1 from posts p
   where p.id = $1 and p.user_id = $2 and p.mode = $3 and p.mode = 'live'
     and u.user_id = p.user_id and u.month = date_trunc('month', p.created_at at time zone 'UTC')::date and u.posts > 0`,
);

export const countMediaUploads = statement<MonthRow, [userId: string, uploads: number]>(
  "usage_months.count_media_uploads",
  `insert into usage_months as u (user_id, month, media_uploads) values ($1, ${MONTH}, $2)
   on conflict (user_id, month) do update set media_uploads = u.media_uploads + excluded.media_uploads
   returning ${COLUMNS}`,
);

export const findMonth = statement<MonthRow, [userId: string]>(
  "usage_months.find",
  `select ${COLUMNS} from usage_months where user_id = $1 and month = ${MONTH}`,
);

export const countPostsOfMonth = statement<{ posts: number }, [userId: string, idBefore: string]>(
  "usage_months.count_posts",
  `select ${postsOfMonth} as posts`,
);

/** The user has been notified of this threshold of a monthly quota. The row must be held. */
export const setNotifiedOfMonth = statement<never, [userId: string, quota: Quota, percent: number]>(
  "usage_months.set_notified",
  `update usage_months set
     posts_notified = case when $2 = 'postsPerMonth' then $3::smallint else posts_notified end,
     media_uploads_notified = case when $2 = 'mediaUploadsPerMonth' then $3::smallint else media_uploads_notified end,
     api_requests_notified = case when $2 = 'apiRequestsPerMonth' then $3::smallint else api_requests_notified end
   where user_id = $1 and month = ${MONTH}`,
);

/** The user has been notified of this threshold of a quota that does not reset, or is below all again. */
export const setNotified = statement<never, [userId: string, quota: Quota, percent: number]>(
  "users.set_notified",
  `update users set
     scheduled_notified = case when $2 = 'maxScheduledPosts' then $3::smallint else scheduled_notified end,
     storage_notified = case when $2 = 'maxStorageBytes' then $3::smallint else storage_notified end
   where id = $1`,
);

const forgetNotifiedOfMonth = statement<never, [userId: string]>(
  "usage_months.forget_notified",
  `update usage_months set posts_notified = 0, media_uploads_notified = 0, api_requests_notified = 0
   where user_id = $1 and month = ${MONTH}`,
);

const forgetNotifiedOfStanding = statement<never, [userId: string]>(
  "users.forget_notified",
  `update users set scheduled_notified = 0, storage_notified = 0 where id = $1`,
);

/** Another plan has other thresholds. Locks in the order of all who use both: the user, then the month. */
export async function forgetNotified(db: Db, userId: string): Promise<void> {
  await forgetNotifiedOfStanding.run(db, [userId]);
  await forgetNotifiedOfMonth.run(db, [userId]);
}

export const deleteUsage = statement<never, [userId: string]>(
  "usage_months.delete_of_user",
  `delete from usage_months where user_id = $1`,
);

export const insertThresholdEvent = statement<never, [userId: string, data: object]>(
  "outbox.insert_threshold_event",
  `insert into outbox (user_id, mode, type, data) values ($1, 'live', 'usage.threshold_reached', $2)`,
);
