import { statement } from "../sql.ts";

/**
 * What the sweeps delete and fold. They process all users' rows and return none of their data; each handles a limited
 * batch, so that no lock is held for long.
 */
export const deleteOldIdempotencyKeys = statement<never, [limit: number]>(
  "idempotency_keys.delete_old",
  // Keys of posts live as long as their post; all others, including claims of dead processes, 30 days.
  `delete from idempotency_keys where ctid = any (array(
     select ctid from idempotency_keys where post_id is null and created_at < now() - interval '30 days' limit $1
     for update skip locked))`,
);

export const deleteOldOperatorIdempotencyKeys = statement<never, [limit: number]>(
  "operator_idempotency_keys.delete_old",
  `delete from operator_idempotency_keys where ctid = any (array(
     select ctid from operator_idempotency_keys where created_at < now() - interval '30 days' limit $1
     for update skip locked))`,
);

/** Those older than a month, except the post's first and newest ones. */
export const deleteSurplusKeysOfPosts = statement<never, [mostPost: number, limit: number]>(
  "idempotency_keys.delete_surplus",
  `delete from idempotency_keys where ctid = any (array(
     select k.ctid
     from (select post_id, min(created_at) as first from idempotency_keys where post_id is not null group by post_id
       having count(*) > $1) as crowded
       cross join lateral (
         select ctid, created_at from idempotency_keys where post_id = crowded.post_id
         order by created_at desc offset $1
       ) as k
     where k.created_at > crowded.first and k.created_at < now() - interval '30 days' limit $2))`,
);

/** Invitations that were not used in time. */
export const deleteOldInvites = statement<never, [limit: number]>(
  "invites.delete_old",
  `delete from invites where id in (select id from invites where expires_at < now() - interval '30 days' limit $1)`,
);

/** Invitations to workspaces that were not used in time. */
export const deleteOldMemberInvites = statement<never, [limit: number]>(
  "member_invites.delete_old",
  `delete from member_invites
   where id in (select id from member_invites where expires_at < now() - interval '30 days' limit $1)`,
);

/** Resets, two-factor codes and challenges that were not answered in time. */
export const deleteOldVerifications = statement<never, [limit: number]>(
  "verifications.delete_old",
  `delete from verifications
   where id in (select id from verifications where expires_at < now() order by expires_at limit $1)`,
);

/** Months of usage that nothing reads any more. */
export const deleteOldUsage = statement<never, [limit: number]>(
  "usage_months.delete_old",
  `delete from usage_months where ctid = any (array(
     select ctid from usage_months where month < (now() at time zone 'UTC')::date - interval '25 months'
     order by month limit $1 for update skip locked))`,
);

export const deleteOldOutbox = statement<never, [limit: number]>(
  "outbox.delete_old",
  // What still waits, does so because of a fault of ours, about which the operator is alerted.
  `delete from outbox where id in (
     select id from outbox where created_at < now() - interval '30 days' and relayed_at is not null
     order by created_at limit $1 for update skip locked)`,
);

/**
 * Adds changes of counts to the sums they belong to, and says how many. One statement, so that concurrent readers see
 * either all of them or their sum; changes that arrive meanwhile are other rows and stay. Its cost depends on what has
 * changed, not on how many users there are.
 */
export const foldPostCounts = statement<{ changes: number }, [limit: number]>(
  "post_counts.fold",
  `with changed as (
     select ctid, user_id, mode, status, platforms from post_counts where not folded limit $1 for update skip locked
   ), crowded as (
     select distinct user_id, mode, status, platforms from changed
   ), held as (
     select p.ctid from post_counts p join crowded using (user_id, mode, status, platforms) where p.folded
     for update of p skip locked
   ), folded as (
     delete from post_counts where ctid = any (array(select ctid from changed union all select ctid from held))
     returning user_id, mode, status, platforms, change
   ), summed as (
     insert into post_counts (user_id, mode, status, platforms, change, folded)
     select user_id, mode, status, platforms, sum(change)::bigint, true from folded group by 1, 2, 3, 4
     having sum(change) <> 0
   )
   select count(*)::int as changes from changed`,
);
