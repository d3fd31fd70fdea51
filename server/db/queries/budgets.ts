import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { together } from "../batches.ts";
import { type Json, jsonb } from "../jsonb.ts";
import { statement } from "../sql.ts";

/** What `budgets_have_room` checks: for each budget its limit, what is needed, and between which times uses count. */
export type BudgetChecks = [
  budgets: readonly string[],
  most: readonly (number | null)[],
  units: readonly number[],
  since: readonly Date[],
  until: readonly Date[],
];

/** What the platform post on each of these platforms uses of which budget. */
export type BudgetUsesOfParts = [
  usingPlatforms: readonly PlatformName[],
  usedBudgets: readonly string[],
  usedUnits: readonly number[],
];

/**
 * What a post's platform posts on these platforms use from now on, in place of what they used before. False, with
 * nothing changed, if there may be no room; the budgets are locked in either case. Without checks, there is.
 */
export const replaceBudgetUses = statement<
  { is_room: boolean },
  [
    postId: string,
    userId: string,
    mode: Mode,
    platforms: readonly PlatformName[],
    at: Date,
    ...BudgetChecks,
    ...BudgetUsesOfParts,
  ]
>(
  "budget_uses.replace",
  `with own as materialized (
     select id, platform from platform_posts
     where post_id = $1 and user_id = $2 and mode = $3 and platform = any ($4::text[])
   ), room as materialized (
     select budgets_have_room($6::text[], $7::bigint[], $8::bigint[], $9::timestamptz[], $10::timestamptz[],
       (select coalesce(array_agg(id), '{}') from own)) as is_there
   ), wanted as materialized (
     select own.id, u.budget, u.units
     from room, unnest($11::text[], $12::text[], $13::bigint[]) as u(platform, budget, units) join own using (platform)
     where room.is_there
   ), gone as (
     delete from budget_uses u using own, room where room.is_there and u.platform_post_id = own.id
       and not exists (select from wanted w where w.id = u.platform_post_id and w.budget = u.budget)
   ), used as (
     insert into budget_uses (platform_post_id, budget, at, units) select id, budget, $5, units from wanted
     on conflict (platform_post_id, budget) do update set at = excluded.at, units = excluded.units, released = false
   )
   select is_there as is_room from room`,
);

/** What is known of a budget; times are in milliseconds since 1970. */
export interface BudgetRow {
  budget: string;
  /** Instead of the declared limit. */
  most: number | null;
  /** What the platform counted before `read_at_ms` that was not ours. */
  others: number;
  read_at_ms: number | null;
  uses: [atMs: number, units: number][];
}

/** The uses of these budgets between two times, except those of the post's platform posts. */
export const readBudgets = statement<
  BudgetRow,
  [budgets: readonly string[], since: readonly Date[], until: readonly Date[], exceptPostId: string | null]
>(
  "budget_uses.read",
  `select w.budget, l.most::float8 as most, coalesce(l.others, 0)::float8 as others,
     (extract(epoch from l.read_at) * 1000)::float8 as read_at_ms,
     (select coalesce(json_agg(json_build_array(at_ms, units)), '[]') from (
        select (extract(epoch from u.at) * 1000)::float8 as at_ms, sum(u.units)::float8 as units
        from budget_uses u left join platform_posts pp on pp.id = u.platform_post_id and pp.post_id = $4
        where u.budget = w.budget and u.at > w.since and u.at < w.until and not u.released and pp.id is null
        group by u.at) as at_times) as uses
   from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) as w(budget, since, until)
     left join budget_limits l on l.budget = w.budget`,
);

/** What a platform post uses; nothing if it was released. */
export const findBudgetUses = statement<
  { budget: string; units: number },
  [platformPostId: string, userId: string, mode: Mode]
>(
  "budget_uses.find",
  `select u.budget, u.units::float8 as units from budget_uses u
     join platform_posts pp on pp.id = u.platform_post_id and pp.user_id = $2 and pp.mode = $3
   where u.platform_post_id = $1 and not u.released`,
);

/** The platform post uses these budgets at that time instead. No row if there may be no room; they are locked. */
export const moveBudgetUses = statement<
  never,
  [platformPostId: string, userId: string, mode: Mode, budgets: readonly string[], at: Date, ...BudgetChecks]
>(
  "budget_uses.move",
  `with room as materialized (
     select budgets_have_room($6::text[], $7::bigint[], $8::bigint[], $9::timestamptz[], $10::timestamptz[],
       array[$1::uuid]) as is_there
   )
   update budget_uses u set at = $5 from room, platform_posts pp
   where room.is_there and u.platform_post_id = pp.id and pp.id = $1 and pp.user_id = $2 and pp.mode = $3
     and u.budget = any ($4::text[]) and not u.released`,
);

/** The limit of a budget that the operator has set; null to go back to the declared one. */
export const setBudgetLimit = statement<never, [budget: string, most: number | null]>(
  "budget_limits.set",
  `insert into budget_limits (budget, most, set_by)
   values ($1, $2::bigint, case when $2::bigint is null then 'platform' else 'operator' end)
   on conflict (budget) do update set most = excluded.most, set_by = excluded.set_by`,
);

/** The limits that are set instead of the declared ones. */
export const findBudgetLimits = statement<{ budget: string; most: number }, [budgets: readonly string[]]>(
  "budget_limits.find",
  `select budget, most::float8 as most from budget_limits where budget = any ($1::text[]) and most is not null`,
);

/** What a platform has said about a budget. */
export interface BudgetReading {
  budget: string;
  /** Its limit; null: it did not say. */
  most: number | null;
  /** How much is used of it in the window that ends now. */
  used: number;
  windowSeconds: number;
}

/**
 * What was not ours counts for others; a commit whose response is not stored yet is ours. A limit that the operator has
 * set stays.
 */
export const noteBudgetReadings = statement<never, [readings: Json]>(
  "budget_limits.note",
  `insert into budget_limits as l (budget, most, set_by, others, read_at)
   select r.budget, r.most, 'platform', greatest(0, r.used - (
     select coalesce(sum(u.units), 0) from budget_uses u join platform_posts pp on pp.id = u.platform_post_id
     where u.budget = r.budget and not u.released
       and u.at > now() - make_interval(secs => r."windowSeconds") and u.at <= now()
       and (pp.status in ('published', 'unknown') or pp.live_through is not null
         or pp.status = 'posting' and pp.lane = 'observe'))), now()
   from jsonb_to_recordset($1::jsonb) as r(budget text, most bigint, used bigint, "windowSeconds" float8)
   order by r.budget
   on conflict (budget) do update set others = excluded.others, read_at = excluded.read_at,
     most = case when l.set_by = 'operator' then l.most else coalesce(excluded.most, l.most) end`,
);

/** The same for readings that come at the same time; the last one of a budget counts. */
export const noteBudgetReadingTogether = together<BudgetReading, true>(async (pool, readings) => {
  const last = new Map(readings.map((reading) => [reading.budget, reading]));
  await noteBudgetReadings.run(pool, [jsonb([...last.values()])]);
  return new Map(readings.map((reading) => [reading, true]));
});

/** Those that no window has anymore: months are the longest. */
export const deleteOldBudgetUses = statement<never, [limit: number]>(
  "budget_uses.delete_old",
  `delete from budget_uses where ctid = any (array(
     select ctid from budget_uses where at < now() - interval '62 days' limit $1 for update skip locked))`,
);

/**
 * The limits of users and apps that are gone, and what platforms have said so long ago that no window has it: what they
 * say of an account that is still used is newer.
 */
export const deleteOldBudgetLimits = statement<never, [limit: number]>(
  "budget_limits.delete_old",
  `delete from budget_limits where budget = any (array(
     select budget from budget_limits cross join lateral string_to_array(budget, ' ') as words
     where (set_by = 'platform' and read_at < now() - interval '62 days')
       or (words[2] = 'fees' and words[3] = 'user' and not exists (select from users u where u.id = words[4]))
       or case when words[4] = 'app' and words[5] <> 'instance'
         then not exists (select from oauth_apps a where a.id = words[5]::uuid) end
     limit $1 for update of budget_limits skip locked))`,
);
