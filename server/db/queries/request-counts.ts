import { statement } from "../sql.ts";

export interface CountedRow {
  user_id: string;
  rate_class: string;
  seconds: number;
  /** Requests in this window so far, these included. */
  requests: number;
  resets_at: Date;
  counted_at: Date;
  /** Requests of the user in this month so far, and how many of them are of this statement; null: not counted. */
  month_requests: number | null;
  month_passed: number | null;
  /** The highest threshold of the month's requests, in percent, that the user was notified of. */
  month_notified: number | null;
  month_ends_at: Date;
}

/**
 * Counts requests of many users, each user's class and window once. A window is of the database's clock, so that all
 * processes count in the same. A statement that waited for another may be of the window before: then it counts in the
 * current one.
 *
 * Of the requests that count for the month, those within `most` are added to it. Users who were deleted meanwhile have
 * no row in the result.
 *
 * If one of the rows stays locked for longer than `lockTimeout`, nothing is counted. The commit is not waited for: if PostgreSQL crashes, counts of its last second may be lost.
 */
export const countRequests = statement<
  CountedRow,
  [
    userIds: readonly string[],
    rateClasses: readonly string[],
    seconds: readonly number[],
    requests: readonly number[],
    most: readonly number[],
    ofMonth: readonly number[],
    lockTimeout: string,
  ]
>(
  "request_counts.count",
  `with asked as materialized (
     select a.*, floor(extract(epoch from now()) / a.seconds)::int as time_window
     from unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[])
       as a(user_id, rate_class, seconds, requests, most, of_month)
     join users on users.id = a.user_id
   ), counted as (
     insert into request_counts as c (user_id, rate_class, seconds, time_window, requests)
     select user_id, rate_class, seconds, time_window, requests
     from asked, (select set_config('synchronous_commit', 'off', true)) as not_waited_for,
       (select set_config('lock_timeout', $7, true)) as patience
     order by user_id, rate_class, seconds
     on conflict (user_id, rate_class, seconds) do update set
       time_window = case when c.time_window - excluded.time_window in (0, 1)
         then c.time_window else excluded.time_window end,
       requests = excluded.requests + case when c.time_window - excluded.time_window in (0, 1)
         then least(c.requests, 1000000000) else 0 end
     returning user_id, rate_class, seconds, time_window, requests
   ), passed as (
     select user_id, sum(requests)::int as requests
     from (
       select user_id, least(max(a.of_month), min(least(c.requests, a.most) - (c.requests - a.requests))) as requests
       from asked a join counted c using (user_id, rate_class, seconds) group by user_id, rate_class
     ) as of_class
     where requests > 0 group by user_id
   ), months as (
     insert into usage_months as m (user_id, month, api_requests)
     select user_id, date_trunc('month', now() at time zone 'UTC')::date, requests from passed order by user_id
     on conflict (user_id, month) do update set api_requests = m.api_requests + excluded.api_requests
     returning user_id, api_requests, api_requests_notified
   )
   select c.user_id, c.rate_class, c.seconds, c.requests,
     to_timestamp((c.time_window + 1)::float8 * c.seconds) as resets_at, now() as counted_at,
     m.api_requests as month_requests, p.requests as month_passed,
     m.api_requests_notified as month_notified,
     (date_trunc('month', now() at time zone 'UTC') + interval '1 month') at time zone 'UTC' as month_ends_at
   from counted c left join passed p using (user_id) left join months m using (user_id)`,
);

/**
 * Requests that were counted but not made no longer count, in the windows and the month that reset at these times: those
 * that are over stay as they are. Locks in the order of `countRequests`, and gives up if that takes long.
 */
export const giveBackRequests = statement<
  never,
  [
    userId: string,
    rateClass: string,
    seconds: readonly number[],
    resetsAt: readonly Date[],
    monthEndsAt: Date | null,
    requests: number,
  ]
>(
  "request_counts.give_back",
  `with given as (
     update request_counts c set requests = greatest(0, c.requests - $6::int)
     from unnest($3::int[], $4::timestamptz[]) as w(seconds, resets_at),
       (select set_config('synchronous_commit', 'off', true)) as not_waited_for,
       (select set_config('lock_timeout', '1s', true)) as patience
     where c.user_id = $1 and c.rate_class = $2 and c.seconds = w.seconds
       and c.time_window = round(extract(epoch from w.resets_at) / w.seconds)::int - 1
     returning c.seconds
   )
   update usage_months set api_requests = greatest(0, api_requests - $6::int)
   where user_id = $1 and month = (($5::timestamptz at time zone 'UTC') - interval '1 month')::date
     and (select count(*) from given) >= 0`,
);

/** A user's requests in the current windows. */
export const readRequestCounts = statement<
  { rate_class: string; seconds: number; requests: number; resets_at: Date },
  [userId: string]
>(
  "request_counts.read",
  `select rate_class, seconds, requests, to_timestamp((time_window + 1)::float8 * seconds) as resets_at
   from request_counts where user_id = $1 and time_window >= floor(extract(epoch from now()) / seconds)::int`,
);
