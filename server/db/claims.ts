import { statement } from "./sql.ts";

/** Preparing is slow and large, committing small and urgent, observing neither: each has slots of its own. */
export const LANES = ["prepare", "commit", "observe"] as const;

export type Lane = (typeof LANES)[number];

/** What every write of a claim carries. */
export interface Claimed {
  id: string;
  fence: number;
  leaseOwner: string;
  accountId: string | null;
}

/** A claimed platform post, or a single row of nulls where none was to be had. */
export interface ClaimedRow {
  id: string | null;
  user_id: string;
  account_id: string | null;
  /** Grown by this claim; every later write carries it. */
  fence: number;
  lease_owner: string;
  /** How many claims in a row before this one were never given back. */
  takeovers: number;
  /** The account at which the turn stopped; null where it came to its end. */
  turn_end: string | null;
}

/** How many due rows are looked at in the order of their time, and how many accounts in turn where those were not all. */
const LOOKED_AT = 128;
const ACCOUNTS_IN_TURN = 64;

/** What was taken over so often is claimed alone, so that what ends a process is told from what was in its hands as well. */
export const SUSPECT_TAKEOVERS = 2;

/** What was taken over so often is set aside. */
export const SET_ASIDE_TAKEOVERS = 3;

/**
 * ($1 lane, $2 how many, $3 lease in seconds, $4 the account after which the turn goes on; of the users served lately: $5
 * who, $6 how many of theirs are running, $7 the number of their last turn; $8 whether a suspect may be among them): takes what is due by the database's clock, at
 * most one of an account, and none of an account in which a step is running.
 *
 * The oldest due rows are enough while there are few of them. Where there are more, the accounts are gone through in
 * turn as well, so that a user with thousands of due posts hides nobody else. Users share what is taken: who has the
 * fewest running comes first, then who has waited longest for a turn. Locks are never waited for: a row that somebody
 * holds is looked at again at the next wake-up. A lease that ran out names its owner still, and is counted as a takeover.
 */
export const claimDue = statement<ClaimedRow>(
  "platform_posts.claim",
  `with recursive oldest as materialized (
     select id, account_id, user_id, next_action_at from platform_posts
     where lane = $1 and next_action_at <= now() order by next_action_at limit ${LOOKED_AT}
   ), turn as (
     (select account_id, 1 as n from platform_posts
      where lane = $1 and next_action_at is not null and account_id > $4 and (select count(*) from oldest) = ${LOOKED_AT}
      order by account_id limit 1)
     union all
     select next.account_id, n + 1 from turn, lateral (
       select account_id from platform_posts where lane = $1 and next_action_at is not null and account_id > turn.account_id
       order by account_id limit 1) next
     where n < ${ACCOUNTS_IN_TURN}
   ), due as (
     select * from oldest
     union
     select first.* from turn, lateral (
       select id, account_id, user_id, next_action_at from platform_posts
       where lane = $1 and account_id = turn.account_id and next_action_at <= now() order by next_action_at limit 1) first
   ), of_account as (
     select due.*, row_number() over (partition by coalesce(due.account_id, due.id) order by due.next_action_at, due.id) as place
     from due left join accounts a on a.id = due.account_id
     where a.busy_until is null or a.busy_until <= now()
   ), ranked as (
     select c.*, coalesce(s.running, 0) + row_number() over (partition by c.user_id order by c.next_action_at, c.id) as round, coalesce(s.turn, 0) as last_turn
     from of_account c left join unnest($5::text[], $6::integer[], $7::integer[]) as s(user_id, running, turn) on s.user_id = c.user_id
     where c.place = 1
   ), suspect as (
     select id from platform_posts
     where $8 and lane = $1 and next_action_at <= now() and lease_until <= now() and takeovers >= ${SUSPECT_TAKEOVERS - 1} order by next_action_at limit 1
   ), picked as (
     select pp.id, pp.account_id from ranked r join platform_posts pp on pp.id = r.id
     where pp.lane = $1 and pp.next_action_at <= now() and (pp.lease_until is null or pp.lease_until <= now())
       and (pp.lease_owner is null or pp.takeovers < ${SUSPECT_TAKEOVERS - 1} or pp.id = (select id from suspect))
     order by r.round, r.last_turn, r.next_action_at limit $2
     for no key update of pp skip locked
   ), slots as (
     select a.id from accounts a where a.id in (select account_id from picked) and (a.busy_until is null or a.busy_until <= now())
     for no key update skip locked
   ), owners as (
     select picked.id, picked.account_id, gen_random_uuid() as owner from picked
     where picked.account_id is null or picked.account_id in (select id from slots)
   ), busy as (
     update accounts a set busy_until = now() + make_interval(secs => $3), busy_with = o.owner from owners o where a.id = o.account_id
   ), claimed as (
     update platform_posts pp set fence = pp.fence + 1, lease_owner = o.owner, lease_until = now() + make_interval(secs => $3),
       next_action_at = now() + make_interval(secs => $3), takeovers = case when pp.lease_owner is null then 0 else least(pp.takeovers + 1, 100) end
     from owners o where pp.id = o.id
     returning pp.id, pp.user_id, pp.account_id, pp.fence, pp.lease_owner, pp.takeovers
   )
   select c.*, t.turn_end from (select case when count(*) = ${ACCOUNTS_IN_TURN} then max(account_id::text) end as turn_end from turn) t left join claimed c on true`,
);

/**
 * ($1 platform posts, $2 owners, $3 lease in seconds): prolongs what is still held. A row that somebody is just writing is
 * left for the next time, so that two of these never wait for one another.
 */
export const prolongLeases = statement<{ lease_owner: string }>(
  "platform_posts.prolong_leases",
  `with held as (
     select id from platform_posts where id = any($1::uuid[]) and lease_owner = any($2::uuid[]) for no key update skip locked
   ), rows as (
     update platform_posts pp set lease_until = now() + make_interval(secs => $3),
       next_action_at = greatest(pp.next_action_at, now() + make_interval(secs => $3))
     from held where pp.id = held.id returning pp.lease_owner, pp.account_id
   ), busy as (
     update accounts a set busy_until = now() + make_interval(secs => $3)
     from (select a.id from rows join accounts a on a.id = rows.account_id and a.busy_with = rows.lease_owner for no key update of a skip locked) s where a.id = s.id
   )
   select lease_owner from rows`,
);

/** ($1 platform posts, $2 owners): which of them still hold their platform post. */
export const findHeld = statement<{ lease_owner: string }>(
  "platform_posts.find_held",
  `select lease_owner from platform_posts where id = any($1::uuid[]) and lease_owner = any($2::uuid[])`,
);

/** ($1 account, $2 owner): another step may run in the account. */
export const freeSlot = statement(
  "accounts.free_slot",
  `update accounts set busy_until = null, busy_with = null where id = $1 and busy_with = $2`,
);

/** Seconds until something is due in each lane, below zero where it is due already; null where nothing waits. */
export const findNextDue = statement<{ lane: Lane; due_in_seconds: number | null }>(
  "platform_posts.find_next_due",
  `select lane, (select extract(epoch from min(next_action_at) - clock_timestamp()) from platform_posts pp where pp.lane = l.lane and next_action_at is not null)::float8 as due_in_seconds
   from unnest(array['prepare', 'commit', 'observe']) as l(lane)`,
);
