import type { PlatformName } from "../../../model/platform-names.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import { heldPosts, isPostHeld, postBeside } from "./post-status.ts";

/** The fact that holds publishing. */
export const HELD_FACT = "held";

/** The server on which the past was last compared; see `server`. */
export const SERVER_FACT = "server";

/** When this server started. After a restart or a failover it is another. */
export const server = "extract(epoch from pg_postmaster_start_time())::text";

/**
 * In a statement: whether nothing may be published: a hold is in effect, or this is not the server on which the past
 * was compared. While it is true, no intent is written, and nothing that leads to one is claimed.
 */
export const isHeld = `exists (select from instance
  where name = '${HELD_FACT}' or name = '${SERVER_FACT}' and value <> ${server})`;

/** The past was compared on this server. */
export const noteServer = statement<never, []>(
  "instance.note_server",
  `insert into instance (name, value) values ('${SERVER_FACT}', ${server})
   on conflict (name) do update set value = excluded.value`,
);

/** Until the transaction ends, no other process compares the past or changes the hold. */
export const lockHold = statement<never, []>(
  "instance.lock_hold",
  `select pg_advisory_xact_lock(hashtext('ampost continuity'))`,
);

/** The step of a commit written for a platform post in doubt, until the engine determines its real one. */
export const UNNAMED_STEP = "";

/** Whether nothing of the platform post `pp` is being read back, and there is an account to read it with. */
const canBeDoubted = `pp.published_at is null and pp.account_id is not null and not exists (
         select from publish_steps s where s.platform_post_id = pp.id and s.effect = 'visible' and s.result is null)`;

/**
 * Puts the platform posts `given` into doubt, in one statement: they are posting from now on, so that nobody edits,
 * moves or cancels them, and each gets an open commit, whose ID sorts before those of all real ones. Their handles are
 * discarded, because others may have been created and used.
 */
const doubt = `${heldPosts("")}, pp as (
     update platform_posts pp set status = 'posting', lane = 'observe', next_action_at = now(), fence = pp.fence + 1,
       lease_until = null, lease_owner = null, step = null, polls = 0, step_since = null, updated_at = now(),
       attempt_count = pp.attempt_count + case when pp.status = 'posting' then 0 else 1 end,
       failures = case when pp.status = 'posting' then pp.failures else 0 end,
       error = case when g.evidence ? 'unplanned' then null else pp.error end,
       due_at = case when g.evidence ? 'unplanned' then g.sent_at else pp.due_at end,
       checkpoint = case when pp.live_through is null then '{}' else pp.checkpoint end
     from given g
     where pp.id = g.id and (g.fence is null or pp.fence = g.fence) and ${isPostHeld} and ${canBeDoubted}
       and (pp.status in ('pending', 'queued', 'posting') or pp.status = 'failed' and g.evidence ? 'unplanned')
     returning pp.*, g.sent_at, g.evidence, g.settles, null as event
   ), opened as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id,
       step, effect, attempt, fence, intent_at, deadline_at, evidence, checkpoint)
     select overlay(gen_random_uuid()::text placing '00000000' from 1 for 8)::uuid, pp.id, a.id, pp.user_id, pp.mode,
       a.platform, a.platform_account_id, '${UNNAMED_STEP}', 'visible', pp.attempt_count, pp.fence, pp.sent_at,
       pp.sent_at, pp.evidence, pp.checkpoint
     from pp join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
   ), ${postBeside}
   select post_id from pp`;

/**
 * Posts that were due by then and are not settled may already have been published: their outcome is checked before
 * anything else. With `dueAfter`, those that were due earlier have been checked already; with `createdBefore`, others
 * know nothing of later ones.
 */
export const openUnsettledCommits = statement<
  { post_id: string },
  [dueUntil: Date, dueAfter: Date | null, createdBefore: Date | null]
>(
  "platform_posts.open_unsettled_commits",
  `with given as materialized (
     select pp.id, pp.post_id, pp.user_id, pp.mode, true as settles, null::bigint as fence, due_at as sent_at,
       '{"doubted": true}'::jsonb as evidence
     from platform_posts pp
     where status in ('pending', 'queued', 'posting') and due_at <= $1 and ${canBeDoubted}
       and ($2::timestamptz is null or due_at > $2)
       and ($3::timestamptz is null or exists (
         select from posts p where p.id = pp.post_id and p.user_id = pp.user_id and p.created_at < $3))
   ), ${doubt}`,
);

/**
 * Posts with a commit that the database has lost, although it knows no reason for it: someone published, retried or
 * rescheduled them in the missing time. All of their platform posts are put into doubt, and are not sent again if that
 * proves to have done nothing: a person decides.
 */
export const openLostCommits = statement<{ post_id: string }, [platformPostIds: string[], sentAt: Date[]]>(
  "platform_posts.open_lost_commits",
  `with lost as (
     select pp.post_id, max(l.sent_at) as sent_at
     from unnest($1::uuid[], $2::timestamptz[]) as l(platform_post_id, sent_at)
       join platform_posts pp on pp.id = l.platform_post_id
     where pp.status in ('pending', 'queued', 'posting', 'failed') and ${canBeDoubted}
     group by pp.post_id
   ), given as materialized (
     select pp.id, pp.post_id, pp.user_id, pp.mode, true as settles, null::bigint as fence, lost.sent_at,
       '{"doubted": true, "unplanned": true}'::jsonb as evidence
     from lost join platform_posts pp on pp.post_id = lost.post_id
     where pp.status in ('pending', 'queued', 'posting', 'failed') and ${canBeDoubted}
   ), ${doubt}`,
);

/** Opens a commit for the next step of a platform post that was found to be live further than the database knew. */
export const openNextDoubt = statement<
  { post_id: string },
  [platformPostId: string, fence: number, leaseOwner: string, sentAt: Date, evidence: Json]
>(
  "platform_posts.open_next_doubt",
  `with given as materialized (
     select pp.id, pp.post_id, pp.user_id, pp.mode, true as settles, pp.fence,
       $4::timestamptz + interval '1 ms' as sent_at, $5::jsonb as evidence
     from platform_posts pp where id = $1 and fence = $2 and lease_owner = $3 and ${canBeDoubted}
   ), ${doubt}`,
);

export const nameCommitStep = statement<never, [intentId: string, step: string]>(
  "publish_steps.name_step",
  `update publish_steps set step = $2 where id = $1 and step = '${UNNAMED_STEP}'`,
);

/** Holds publishing, or says until when a hold that is in effect doubts, if that is later. */
export const hold = statement<never, [fact: string]>(
  "instance.hold",
  `insert into instance (name, value) values ('${HELD_FACT}', $1) on conflict (name) do update set value = excluded.value`,
);

export const findHold = statement<{ value: string }, []>(
  "instance.find_hold",
  `select value from instance where name = '${HELD_FACT}'`,
);

export const endHold = statement<never, []>("instance.end_hold", `delete from instance where name = '${HELD_FACT}'`);

/**
 * How many platform posts are still being checked, how many need a person, and how many are due and wait for the
 * release.
 */
export const countHeld = statement<{ doubted: number; unknown: number; waiting: number }, []>(
  "platform_posts.count_held",
  `select count(*) filter (where status <> 'unknown' and exists (
       select from publish_steps s where s.platform_post_id = pp.id and s.effect = 'visible'
         and s.result is null))::integer as doubted,
     count(*) filter (where status = 'unknown')::integer as unknown,
     count(*) filter (where lane <> 'observe' and status in ('pending', 'queued', 'posting')
       and due_at <= now())::integer as waiting
   from platform_posts pp where next_action_at is not null or status = 'unknown'`,
);

/** The platform posts whose outcome a person has to find out, the longest due first; `total` counts the others too. */
export const listUnknown = statement<
  { post_id: string; platform: PlatformName; due_at: Date; account: string | null; total: number },
  [most: number]
>(
  "platform_posts.list_unknown",
  `select pp.post_id, pp.platform, pp.due_at, coalesce(a.username, a.platform_account_id) as account,
     (count(*) over ())::int as total
   from platform_posts pp left join accounts a on a.id = pp.account_id
   where pp.status = 'unknown' order by pp.due_at limit $1`,
);
