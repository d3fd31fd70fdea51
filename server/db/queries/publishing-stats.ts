import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

export interface PublishedOfDayRow {
  /** The place in the days asked for, from 1. */
  day: number;
  platform: PlatformName;
  published_count: number;
  median_lateness_seconds: number;
  max_lateness_seconds: number;
}

/** The latest that went live since the first of the days, at most `most`, by the day in which they did. */
export const countPublishedByDay = statement<
  PublishedOfDayRow,
  [userId: string, mode: Mode, startsOfDays: Date[], most: number]
>(
  "platform_posts.count_published_by_day",
  `select width_bucket(published_at, $3::timestamptz[]) as day, platform, count(*)::int as published_count,
     percentile_cont(0.5) within group (order by late) as median_lateness_seconds, max(late) as max_lateness_seconds
   from (
     select published_at, platform,
       greatest(0, extract(epoch from published_at - coalesce(due_at, published_at)))::float8 as late
     from platform_posts
     where user_id = $1 and mode = $2 and published_at >= ($3::timestamptz[])[1]
     order by published_at desc limit $4
   ) live
   group by 1, 2 order by 1, 2`,
);
