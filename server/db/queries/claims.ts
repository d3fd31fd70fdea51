import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { statement, type Statement } from "../sql.ts";
import { isHeld } from "./hold.ts";
import { isInstancePaused, isPaused, PAUSED_SECONDS } from "./pauses.ts";

/** Preparing is slow and large, committing small and urgent, observing neither: each has its own slots. */
export const LANES = ["prepare", "commit", "observe"] as const;

export type Lane = (typeof LANES)[number];

/** Part of every write of a claim: writes of an older claim have no effect. */
export interface Claimed {
  id: string;
  fence: number;
  leaseOwner: string;
  accountId: string | null;
}

/** A claimed platform post, or a single row of nulls if there was none to claim. */
export interface ClaimedRow {
  id: string | null;
  user_id: string;
  mode: Mode;
  platform: PlatformName;
  account_id: string | null;
  /** The ID of the app through which the account was connected, or `shared` for the instance's own. */
  app: string;
  /** Grown by this claim; every later write carries it. */
  fence: number;
  lease_owner: string;
  /** How many claims in a row before this one were never released. */
  takeovers: number;
  /** The account at which the pass stopped; null if it reached the end. */
  turn_end: string | null;
}

/**
 * How many due rows are examined in order of their time, and if those were not all, how many of the latest, and how
 * many accounts in turn.
 */
const LOOKED_AT = 128;
const LATEST = 16;
const ACCOUNTS_IN_TURN = 64;

/**
 * Rows taken over this often are claimed alone, so that what crashes a process can be told from what was in progress
 * with it.
 */
export const SUSPECT_TAKEOVERS = 2;

/**
 * Rows taken over this often are held for a minute, in which nobody works on them, and then set aside. A process that
 * lost a row and is alive takes its count back meanwhile: it lasts two statements of 30 s at most until it knows.
 */
export const SET_ASIDE_TAKEOVERS = 3;
const HELD_SECONDS = 60;

/** When more than this are due at the same moment, they take turns with those of other moments. */
const CROWD = 16;

/**
 * How many posts of one account may be prepared, and how many observed, at the same time. Those without media have as
 * many places of their own: nothing of them is uploaded, and they wait for no upload.
 */
const SIDE_BY_SIDE = 3;

/**
 * After a platform's limit ends, waiting posts return within this time: a fraction of their wait, at most this many
 * seconds.
 */
const LIMIT_SPREAD = 0.25;
const LIMIT_SPREAD_SECONDS = 60;

/**
 * The row that keeps the slot and the limits of an account at its platform: one commit at a time is sent for it,
 * however many platform sets it is connected in.
 */
export const slotOf = (
  account: string,
) => `(select s.id from accounts b join accounts s on s.mode = b.mode and s.platform = b.platform
        and s.platform_account_id = b.platform_account_id
     where b.id = ${account} order by s.id limit 1)`;

/** In a statement: whether nothing is published at all. */
const isStopped = `(${isHeld} or ${isInstancePaused})`;

/** The instance's own app, also the one at the sandbox, which all accounts share that were not connected by another. */
export const SHARED_APP = "shared";

const appOf = (grantedThrough: string) => `case when ${grantedThrough} is null
  or exists (select from oauth_apps own where own.id = ${grantedThrough} and own.user_id is null)
  then '${SHARED_APP}' else ${grantedThrough}::text end`;

/** How many of a row's mode may be taken without the reserve. */
const FREE = "case mode when 'live' then $1::integer else $2::integer end";

/**
 * A group is a mode and a platform with a space between them, a user a mode and its ID. Closed and probed groups can
 * also be a part of one: then the app follows, after another space.
 */
type ClaimParams = [
  freeForLive: number,
  freeForTest: number,
  leaseSeconds: number,
  passContinuesAfterAccount: string,
  usersServed: string[],
  runningOfUser: number[],
  lastTurnOfUser: number[],
  groups: string[],
  runningOfGroup: number[],
  reserveForLive: number,
  reserveForTest: number,
  shareOfUser: number,
  shareOfGroup: number,
  closedGroups: string[],
  probedGroups: string[],
  maySuspect: boolean,
  ownersHere: string[],
];

/**
 * For each lane the statement that claims what is due by the database's clock: at most one commit of an account that
 * has none in flight, and a few of each account to prepare or observe.
 *
 * While few rows are due, the oldest ones are enough. Otherwise the latest are examined as well, and all accounts get a
 * turn, so that a user with thousands of due posts does not hide anyone else's. Live mode comes before test mode. Among
 * users, whoever has the fewest running comes first, then whoever has waited longest; what is due at a moment of its own
 * takes turns with what is due together with many others, so that neither waits for all of the other. The reserve goes
 * to those who hold little: a row's place in its group and among all must agree, so the order has no ties. Locks are
 * never waited for: a locked row is looked at again at the next wake-up. What a platform's limit holds back is postponed
 * until after it, and what is paused for a while. A lease that ran out still names its owner, and counts as a takeover;
 * if the owner lives in this process, it only stood still, and the lease is its own to renew.
 *
 * Rows are compared as a whole and ordered by all columns of the index, limited to what PostgreSQL takes for a fraction
 * of them, and the results are fetched by id, so that the plan walks the index from its start whether or not the table
 * has ever been analyzed. For the same reason, accounts get their turn by a condition that only one index has.
 */
export const claimDue: Readonly<Record<Lane, Statement<ClaimedRow, ClaimParams>>> = {
  prepare: claimIn("prepare"),
  commit: claimIn("commit"),
  observe: claimIn("observe"),
};

function claimIn(lane: Lane): Statement<ClaimedRow, ClaimParams> {
  const leaseSeconds = `case when pp.lease_owner is not null and pp.takeovers = ${SET_ASIDE_TAKEOVERS - 1}
         then ${HELD_SECONDS} else $3 end`;
  const hasMedia = (post: string) =>
    lane === "prepare" ? `exists (select from post_media m where m.post_id = ${post})` : "false";
  return statement<ClaimedRow, ClaimParams>(
    `platform_posts.claim_to_${lane}`,
    `with recursive oldest as materialized (
     select id, post_id, account_id, user_id, mode, platform, next_action_at from platform_posts
     where (lane, next_action_at) >= ('${lane}', '-infinity'::timestamptz)
       and (lane, next_action_at) <= ('${lane}', now()) and next_action_at is not null
       ${lane === "observe" ? "" : `and not ${isStopped}`}
     order by lane, next_action_at limit (select ${LOOKED_AT})
   ), turn as (
     (select account_id, 1 as n from platform_posts
      where lower(lane) = '${lane}' and account_id > $4 and next_action_at is not null
        and (select count(*) from oldest) = ${LOOKED_AT}
      order by account_id limit 1)
     union all
     select next.account_id, n + 1 from turn, lateral (
       select account_id from platform_posts where lower(lane) = '${lane}' and account_id > turn.account_id
         and next_action_at is not null
       order by account_id limit 1) next
     where n < ${ACCOUNTS_IN_TURN}
   ), due as (
     select * from oldest
     union
     (select id, post_id, account_id, user_id, mode, platform, next_action_at from platform_posts
      where (lane, next_action_at) <= ('${lane}', now()) and (lane, next_action_at) >= ('${lane}', '-infinity'::timestamptz)
        and next_action_at is not null and (select count(*) from oldest) = ${LOOKED_AT}
      order by lane desc, next_action_at desc limit (select ${LATEST}))
     union
     select first.* from turn, lateral (
       select id, post_id, account_id, user_id, mode, platform, next_action_at from platform_posts
       where lower(lane) = '${lane}' and account_id = turn.account_id and next_action_at <= now() order by next_action_at
       limit 1) first
   ), of_account as materialized (
     select due.*, due.mode || ' ' || due.platform as in_group,
       ${hasMedia("due.post_id")} as has_media, ${appOf("a.granted_through")} as app,
       s.id as slot, s.busy_until, s.limited_until > now() as is_limited, s.limited_until, ${lane === "observe" ? "false" : isPaused("due")} as is_paused
     from due left join accounts a on a.id = due.account_id left join lateral (
       select id, busy_until, limited_until from accounts
       where mode = a.mode and platform = a.platform and platform_account_id = a.platform_account_id
       order by mode, platform, platform_account_id, id limit 1) s on true
     where due.mode || ' ' || due.platform <> all ($14::text[])
       and due.mode || ' ' || due.platform || ' ' || ${appOf("a.granted_through")} <> all ($14::text[])
   ), first as (
     select o.*, row_number() over (partition by coalesce(o.${lane === "commit" ? "slot" : "account_id"}, o.id), o.has_media
       order by o.next_action_at, o.id) as place
     from of_account o where ${lane === "observe" ? "true" : "o.is_limited is not true and not o.is_paused"}
       and ${lane === "commit" ? "(o.busy_until is null or o.busy_until <= now())" : "true"}
   ), ranked as (
     select f.*, coalesce(s.running, 0) +
       row_number() over (partition by f.mode, f.user_id order by f.next_action_at, f.id) as round,
       count(*) over (partition by f.next_action_at) > ${CROWD} as is_of_crowd,
       coalesce(s.turn, 0) as last_turn
     from first f
       left join unnest($5::text[], $6::integer[], $7::integer[]) as s(name, running, turn)
         on s.name = f.mode || ' ' || f.user_id
     where f.place <= case when ${lane === "commit"} then 1 else ${SIDE_BY_SIDE} - (
       select count(*) from platform_posts held
       where lower(held.lane) = '${lane}' and held.account_id = f.account_id and held.next_action_at > now()
         and ${hasMedia("held.post_id")} = f.has_media
         and held.next_action_at <= now() + make_interval(secs => $3) and held.lease_until > now()) end
   ), in_turn as (
     select *, row_number() over (partition by mode, round, is_of_crowd order by last_turn, next_action_at, id) as its_turn
     from ranked
   ), grouped as (
     select r.*, coalesce(g.running, 0) as group_running,
       row_number() over (partition by r.in_group order by r.round, r.its_turn, r.is_of_crowd) as of_group,
       row_number() over (partition by r.in_group, r.app order by r.round, r.its_turn, r.is_of_crowd) as of_app
     from in_turn r left join unnest($8::text[], $9::integer[]) as g(name, running) on g.name = r.in_group
   ), placed as materialized (
     select *, row_number() over (order by mode <> 'live', round, its_turn, is_of_crowd) as n from grouped
     where (of_group = 1 or in_group <> all ($15::text[]))
       and (of_app = 1 or in_group || ' ' || app <> all ($15::text[]))
   ), spared as (
     select id, mode, n from placed where n > ${FREE} and round <= $12 and group_running + of_group <= $13
   ), suspect as (
     select id from platform_posts
     where $16 and lane = '${lane}' and next_action_at <= now() and lease_until <= now()
       and takeovers >= ${SUSPECT_TAKEOVERS - 1} order by next_action_at limit 1
   ), picked as (
     select pp.id from platform_posts pp
     where pp.id = any (array(
         select id from placed where n <= ${FREE}
         union all (select id from spared where mode = 'live' order by n limit $10)
         union all (select id from spared where mode <> 'live' order by n limit $11)))
       and pp.lane || '' = '${lane}' and pp.next_action_at + interval '0' <= now()
       and (pp.lease_until is null or pp.lease_until <= now())
       and (pp.lease_owner is null or pp.lease_owner <> all ($17::uuid[]))
       and (pp.lease_owner is null or pp.takeovers < ${SUSPECT_TAKEOVERS - 1} or pp.id = (select id from suspect))
     for no key update of pp skip locked
   ), slots as (
     select a.id from accounts a
     where ${lane === "commit"} and a.id = any (array(select slot from placed where id in (select id from picked)))
       and (a.busy_until is null or a.busy_until <= now())
     for no key update skip locked
   ), owners as (
     select p.id, p.slot, p.app, gen_random_uuid() as owner from placed p
     where p.id in (select id from picked)
       and (${lane !== "commit"} or p.slot is null or p.slot in (select id from slots))
   ), busy as (
     update accounts a set busy_until = now() + make_interval(secs => $3), busy_with = o.owner from owners o
     where ${lane === "commit"} and a.id = o.slot
   ), limited as (
     select pp.id from platform_posts pp
     where pp.id = any (array(select id from of_account where is_limited or is_paused)) and pp.lane || '' = '${lane}'
       and ${lane !== "observe"} and (pp.lease_until is null or pp.lease_until <= now())
     for no key update of pp skip locked
   ), put_off as (
     update platform_posts pp set next_action_at = greatest(
       o.limited_until + random() * least(
         (o.limited_until - now()) * ${LIMIT_SPREAD}, make_interval(secs => ${LIMIT_SPREAD_SECONDS})),
       case when o.is_paused then now() + (1 + random() * ${LIMIT_SPREAD}) * make_interval(secs => ${PAUSED_SECONDS}) end)
     from of_account o where pp.id = o.id and pp.id in (select id from limited)
   ), claimed as (
     update platform_posts pp set fence = pp.fence + 1, lease_owner = o.owner,
       lease_until = now() + make_interval(secs => ${leaseSeconds}),
       next_action_at = now() + make_interval(secs => ${leaseSeconds}),
       takeovers = case when pp.lease_owner is null then 0 else least(pp.takeovers + 1, 100) end
     from owners o where pp.id = o.id
     returning pp.id, pp.user_id, pp.mode, pp.platform, pp.account_id, o.app, pp.fence, pp.lease_owner,
       pp.takeovers
   )
   select c.*, t.turn_end
   from (select case when count(*) = ${ACCOUNTS_IN_TURN} then max(account_id::text) end as turn_end from turn) t
     left join claimed c on true`,
  );
}

/**
 * Renews the leases that are still held. A row that is being written is left for the next time, so that two renewals
 * never wait for each other.
 */
export const renewLeases = statement<
  { lease_owner: string },
  [platformPostIds: string[], leaseOwners: string[], leaseSeconds: number]
>(
  "platform_posts.renew_leases",
  `with held as (
     select id from platform_posts
     where id = any($1::uuid[]) and lease_owner = any($2::uuid[]) for no key update skip locked
   ), rows as (
     update platform_posts pp set lease_until = now() + make_interval(secs => $3),
       next_action_at = greatest(pp.next_action_at, now() + make_interval(secs => $3))
     from held where pp.id = held.id returning pp.lease_owner, pp.account_id
   ), busy as (
     update accounts a set busy_until = now() + make_interval(secs => $3)
     from (
       select a.id from rows join accounts a on a.id = ${slotOf("rows.account_id")} and a.busy_with = rows.lease_owner
       for no key update of a skip locked) s
     where a.id = s.id
   )
   select lease_owner from rows`,
);

/** Which of the claims still hold their platform post. */
export const findHeld = statement<{ lease_owner: string }, [platformPostIds: string[], leaseOwners: string[]]>(
  "platform_posts.find_held",
  `select lease_owner from platform_posts where id = any($1::uuid[]) and lease_owner = any($2::uuid[])`,
);

/** Some other process took the row over from this claim, whose process has not died. */
export const takeBackTakeover = statement<never, [platformPostId: string, fence: number]>(
  "platform_posts.take_back_takeover",
  `update platform_posts set takeovers = takeovers - 1
   where id = $1 and fence > $2 and lease_owner is not null and takeovers > 0`,
);

/** Lets the account send its next commit. */
export const freeSlot = statement<never, [accountId: string | null, leaseOwner: string]>(
  "accounts.free_slot",
  `update accounts set busy_until = null, busy_with = null where id = ${slotOf("$1")} and busy_with = $2`,
);

/**
 * For each lane that is not on hold: whether anything is due, and the seconds until the next is, null if nothing more
 * waits. What is due may have to wait for its account's turn; what comes after it must be seen all the same.
 */
export const findNextDue = statement<{ lane: Lane; is_due: boolean; next_in_seconds: number | null }, []>(
  "platform_posts.find_next_due",
  `select l.lane,
     coalesce((select min(pp.next_action_at) from platform_posts pp where pp.lane = l.lane) <= now(), false) as is_due,
     (select extract(epoch from min(pp.next_action_at) - clock_timestamp()) from platform_posts pp
      where pp.lane = l.lane and pp.next_action_at > now())::float8 as next_in_seconds
   from unnest(array['prepare', 'commit', 'observe']) as l(lane) where l.lane = 'observe' or not ${isStopped}`,
);

/** Postpones the platform's due, unclaimed posts, of one app or of all (null), by that long up to twice as long. */
export const postponeGroup = statement<
  never,
  [mode: Mode, platform: PlatformName, app: string | null, seconds: number]
>(
  "platform_posts.postpone_group",
  `with due as (
     select id from platform_posts waits where lane in ('prepare', 'commit') and next_action_at <= now() and mode = $1
       and platform = $2 and (lease_until is null or lease_until <= now())
       and ($3::text is null or coalesce((select ${appOf("a.granted_through")} from accounts a
         where a.id = waits.account_id), '${SHARED_APP}') = $3)
     for no key update skip locked
   )
   update platform_posts pp set next_action_at = now() + make_interval(secs => $4::float8 * (1 + random())) from due
   where pp.id = due.id`,
);

/** The platform accepts nothing for the account before then. */
export const limitAccount = statement<never, [accountId: string | null, seconds: number]>(
  "accounts.limit",
  `update accounts set limited_until = greatest(limited_until, now() + make_interval(secs => $2))
   where id = ${slotOf("$1")}`,
);

/**
 * The platform accepts nothing before then for any account that was connected by the same app, whoever owns it. An
 * account that is being written at that moment will run into the limit on its own.
 */
export const limitApp = statement<never, [accountId: string | null, seconds: number]>(
  "accounts.limit_app",
  `with held as (
     select a.id from accounts own left join connections mine on mine.account_id = own.id
       join accounts a on a.mode = own.mode and a.platform = own.platform left join connections c on c.account_id = a.id
     where own.id = $1 and c.oauth_app_id is not distinct from mine.oauth_app_id
       and (a.limited_until is null or a.limited_until < now() + make_interval(secs => $2))
     for no key update of a skip locked
   )
   update accounts a set limited_until = now() + make_interval(secs => $2) from held where a.id = held.id`,
);
