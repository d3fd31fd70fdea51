import { statement } from "../sql.ts";

/**
 * Counts one more attempt each; an expired count starts over. In the order of the keys, so that two never wait for each
 * other.
 */
export const countTries = statement<
  { key: string; count: number; seconds_left: number },
  [keys: readonly string[], secondsOfEach: readonly number[]]
>(
  "throttles.count",
  `insert into throttles as t (key, count, resets_at)
   select key, 1, now() + make_interval(secs => seconds) from unnest($1::text[], $2::int[]) as tried(key, seconds)
   order by key
   on conflict (key) do update set
     count = case when t.resets_at <= now() then 1 else t.count + 1 end,
     resets_at = case when t.resets_at <= now() then excluded.resets_at else t.resets_at end
   returning key, count, greatest(1, ceil(extract(epoch from resets_at - now())))::int as seconds_left`,
);

export const resetTries = statement<never, [keys: readonly string[]]>(
  "throttles.reset",
  `delete from throttles where key = any($1::text[])`,
);

export const deleteOldThrottles = statement<never, [limit: number]>(
  "throttles.delete_old",
  `delete from throttles where key in (select key from throttles where resets_at < now() order by resets_at limit $1)`,
);
