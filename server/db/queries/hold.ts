import type { PlatformName } from "../../../model/platform-names.ts";
import type { Json } from "../jsonb.ts";
import { CHANNELS } from "../listen.ts";
import { notify } from "../notify.ts";
import { type Db, statement } from "../sql.ts";

/** The fact that holds publishing. While it exists, no commit is written, and nothing that leads to one is claimed. */
export const HELD_FACT = "held";

/** In a statement: whether publishing is on hold. PostgreSQL evaluates it once per statement. */
export const isHeld = `exists (select from instance where name = '${HELD_FACT}')`;

/** What the database knows about the latest commit recorded outside it. */
export const findContinuity = statement<
  {
    has_posts: boolean;
    has_commits: boolean;
    has_waiting: boolean;
    knows: boolean;
    knows_newer: boolean;
  },
  [intentId: string]
>(
  "instance.find_continuity",
  `select exists (select from posts) as has_posts,
     exists (select from publish_steps where effect = 'visible') as has_commits,
     exists (select from platform_posts where next_action_at is not null) as has_waiting,
     exists (select from publish_steps where id = $1) as knows,
     exists (select from publish_steps where id > $1) as knows_newer`,
);

/** Until the transaction ends, no other process checks whether this database was the last to publish. */
export const lockContinuity = statement<never, []>(
  "instance.lock_continuity",
  `select pg_advisory_xact_lock(hashtext('ampost continuity'))`,
);

/** Whether another process was already working on the database when this one started. */
export const findOthersAtWork = statement<{ found: boolean }, [upSeconds: number]>(
  "instance.find_others_at_work",
  `select exists (select from pg_stat_activity where datname = current_database() and application_name = 'ampost worker'
     and backend_start < clock_timestamp() - make_interval(secs => $1)) as found`,
);

/** The step of a commit written for a platform post in doubt, until the engine determines its real one. */
export const UNNAMED_STEP = "";

/** Puts a platform post into doubt: its handles are discarded, because others may have been created and used. */
const doubt = `lane = 'observe', next_action_at = now(), fence = fence + 1, lease_until = null, lease_owner = null,
       step = null, polls = 0, step_since = null,
       checkpoint = case when live_through is null then '{}' else checkpoint end`;

/** Whether nothing of the platform post `pp` is being read back, and there is an account to read it with. */
const canBeDoubted = `pp.published_at is null and pp.account_id is not null and not exists (
         select from publish_steps s where s.platform_post_id = pp.id and s.effect = 'visible' and s.result is null)`;

/** Opens a commit for every row of `doubted`. The IDs of these commits sort before those of all real ones. */
const openCommits = `insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id,
     step, effect, attempt, fence, intent_at, deadline_at, evidence, checkpoint)
   select overlay(gen_random_uuid()::text placing '00000000' from 1 for 8)::uuid, d.id, a.id, d.user_id, d.mode,
     a.platform, a.platform_account_id, '${UNNAMED_STEP}', 'visible', d.attempt_count, d.fence, d.sent_at, d.sent_at,
     d.evidence, d.checkpoint
   from doubted d join accounts a on a.id = d.account_id and a.user_id = d.user_id and a.mode = d.mode`;

/**
 * Posts that were due by then and are not settled may already have been published. Each gets an open commit, as if its
 * response had been lost, so that its outcome is checked before anything else. With `dueAfter`, those that were due
 * earlier have been checked already; with `createdBefore`, others know nothing of later ones.
 */
export const openUnsettledCommits = statement<
  never,
  [dueUntil: Date, dueAfter: Date | null, createdBefore: Date | null]
>(
  "platform_posts.open_unsettled_commits",
  `with doubted as (
     update platform_posts pp set ${doubt}
     where status in ('pending', 'queued', 'posting') and due_at <= $1 and ${canBeDoubted}
       and ($2::timestamptz is null or due_at > $2)
       and ($3::timestamptz is null or exists (
         select from posts p where p.id = pp.post_id and p.user_id = pp.user_id and p.created_at < $3))
     returning id, account_id, user_id, mode, attempt_count, fence, due_at as sent_at, checkpoint,
       '{"doubted": true}'::jsonb as evidence
   )
   ${openCommits}`,
);

/**
 * Posts with a commit that the database does not know, although it knows no reason for it: someone published, retried or
 * rescheduled them in the missing time. All of their platform posts get an open commit, and are not sent again if that
 * proves to have done nothing: a person decides.
 */
export const openLostCommits = statement<never, [intentIds: string[], platformPostIds: string[], sentAt: Date[]]>(
  "platform_posts.open_lost_commits",
  `with lost as (
     select pp.post_id, max(l.sent_at) as sent_at
     from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as l(intent_id, platform_post_id, sent_at)
       join platform_posts pp on pp.id = l.platform_post_id
     where not exists (select from publish_steps s where s.id = l.intent_id)
       and pp.status in ('pending', 'queued', 'posting', 'failed') and ${canBeDoubted}
     group by pp.post_id
   ), opened as (
     update posts p set status = 'queued', revision = revision + 1, updated_at = now()
     from lost where p.id = lost.post_id and p.status in ('draft', 'scheduled', 'partial', 'failed') returning p.id
   ), doubted as (
     update platform_posts pp set ${doubt}, due_at = lost.sent_at, error = null,
       status = case when pp.status = 'posting' then 'posting' else 'queued' end
     from lost where pp.post_id = lost.post_id and pp.status in ('pending', 'queued', 'posting', 'failed')
       and ${canBeDoubted}
     returning pp.id, pp.account_id, pp.user_id, pp.mode, pp.attempt_count, pp.fence, lost.sent_at, pp.checkpoint,
       '{"doubted": true, "unplanned": true}'::jsonb as evidence
   )
   ${openCommits}`,
);

/** Opens a commit for the next step of a platform post that was found to be live further than the database knew. */
export const openNextDoubt = statement<
  never,
  [platformPostId: string, fence: number, leaseOwner: string, sentAt: Date, evidence: Json]
>(
  "platform_posts.open_next_doubt",
  `with doubted as (
     update platform_posts pp set ${doubt}
     where id = $1 and fence = $2 and lease_owner = $3 and ${canBeDoubted}
     returning id, account_id, user_id, mode, attempt_count, fence, $4::timestamptz + interval '1 ms' as sent_at, checkpoint,
       $5::jsonb as evidence
   )
   ${openCommits}`,
);

export const nameCommitStep = statement<never, [intentId: string, step: string]>(
  "publish_steps.name_step",
  `update publish_steps set step = $2 where id = $1 and step = '${UNNAMED_STEP}'`,
);

export const hold = statement<never, [fact: string]>(
  "instance.hold",
  `insert into instance (name, value) values ('${HELD_FACT}', $1) on conflict (name) do nothing`,
);

export const findHold = statement<{ value: string }, []>(
  "instance.find_hold",
  `select value from instance where name = '${HELD_FACT}'`,
);

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

/** Publishing continues as the instance of this epoch, and every process is notified. False if it was not held. */
export async function release(db: Db, epoch: string): Promise<boolean> {
  const isReleased = (await endHold.one(db, [epoch]))?.released ?? false;
  notify(db, CHANNELS.released);
  notify(db, CHANNELS.due);
  return isReleased;
}

const endHold = statement<{ released: boolean }, [epoch: string]>(
  "instance.release",
  `with gone as (delete from instance where name = '${HELD_FACT}' returning name),
     renewed as (update instance set value = $1 where name = 'epoch' and exists (select from gone) returning name)
   select exists (select from gone) as released`,
);
