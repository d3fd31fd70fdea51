import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** Counts a post created today, in both modes together; no row at the limit. */
export const countPostOfUser = statement<{ posts_today: number }, [userId: string, most: number]>(
  "users.count_post",
  `update users set posts_day = (now() at time zone 'UTC')::date,
     posts_today = case when posts_day = (now() at time zone 'UTC')::date then posts_today + 1 else 1 end
   where id = $1 and (posts_day is distinct from (now() at time zone 'UTC')::date or posts_today < $2)
   returning posts_today`,
);

export const countPostsToday = statement<{ posts_today: number }, [userId: string]>(
  "users.count_posts_today",
  `select posts_today from users where id = $1 and posts_day = (now() at time zone 'UTC')::date`,
);

/** Counts bytes of content today, in both modes together; no row beyond the limit. */
export const countContentOfUser = statement<{ content_today: number }, [userId: string, most: number, bytes: number]>(
  "users.count_content",
  `update users set content_day = (now() at time zone 'UTC')::date,
     content_today = $3::bigint + case when content_day = (now() at time zone 'UTC')::date then content_today else 0 end
   where id = $1 and $3::bigint + case when content_day = (now() at time zone 'UTC')::date
     then content_today else 0 end <= $2
   returning content_today`,
);

export const readContentToday = statement<{ content_today: number }, [userId: string]>(
  "users.read_content_today",
  `select content_today from users where id = $1 and content_day = (now() at time zone 'UTC')::date`,
);

/** How many posts are scheduled in these modes together, and the earliest time. Counts only up to `most`. */
export const countScheduledOfUser = statement<
  { count: number; first: Date | null },
  [userId: string, most: number, modes: readonly Mode[]]
>(
  "posts.count_scheduled_of_user",
  `select count(*)::int as count, min(scheduled_for) as first
   from (select scheduled_for from posts where user_id = $1 and status = 'scheduled' and mode = any($3::text[])
     order by scheduled_for limit $2) as waiting`,
);

/** Bytes stored in these modes together, including renditions and the full size of uploads in progress. */
export const sumStoredOfUser = statement<{ size_bytes: number }, [userId: string, modes: readonly Mode[]]>(
  "media.sum_of_user",
  `select (select coalesce(sum(size_bytes), 0) from media where user_id = $1 and size_bytes > 0
       and mode = any($2::text[]))::bigint
     + (select coalesce(sum(length_bytes), 0) from resumable_uploads
       where user_id = $1 and media_id is null and mode = any($2::text[]))::bigint as size_bytes`,
);
