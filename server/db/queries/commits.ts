import type pg from "pg";

import type { Mode } from "../../../model/platform-names.ts";
import type { PlatformPostStatus } from "../../../model/status.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import { type Claimed, slotOf } from "./claims.ts";
import { isHeld, server } from "./hold.ts";
import { isPaused } from "./pauses.ts";
import { heldPosts, isPostHeld, type Locked, postBeside, postStatusOf } from "./post-status.ts";
import { claimOf, type OwnedRow, selectWritten, withoutOwner, type WrittenRow, writtenOf } from "./publishing.ts";
import type { IntentEvidence, IntentRow, WorkRow } from "./work-rows.ts";
import { writesOf } from "./writes.ts";

/** A commit that is about to be sent; once more if it is open already. */
export interface NewIntent {
  id: string;
  step: string;
  requestHash: string;
  evidence: IntentEvidence;
  /** It is sent within this time, or not at all. */
  deadlineSeconds: number;
  /** If the process dies, it is first read back this long after the deadline. */
  quarantineSeconds: number;
  leaseSeconds: number;
  /** The platform post from then on. */
  attempt: number;
  failures: number;
  warnings: WorkRow["warnings"];
}

/** `isBusy`: nothing was written: the account has another commit in progress, is limited or paused, or publishing is on hold. */
export type IntentWritten =
  | { isBusy: true }
  | { isBusy: false; lateSeconds: number; row: WrittenRow; written: WrittenIntent };

/** Which of its publisher's it was, and the server that has it. */
export interface WrittenIntent {
  seq: number;
  /** In milliseconds since 1970, by the database's clock. */
  at: number;
  server: string;
}

/** An intent of a claim. `settles`: publishing begins with it, and the post's status follows. */
export interface ClaimedIntent {
  claim: Claimed;
  intent: NewIntent;
  settles: boolean;
  /** Counts the intents. A database that does not know of the latest one it has noted is missing others, too. */
  publisher?: { id: string; noted: number } | undefined;
}

/**
 * Writes the intent to commit. Undefined, with nothing written, if the claim no longer holds by lease and fence, or the
 * platform post is not due or was discarded. From here on another process may only read back, and only after the
 * deadline and the quarantine.
 */
export async function intend(
  pool: pg.Pool,
  { claim, publisher, ...asked }: ClaimedIntent,
): Promise<IntentWritten | undefined> {
  const by = { publisher: publisher?.id ?? null, noted: publisher?.noted ?? null };
  const found = await intents.together(pool, { ...claimOf(claim), ...asked, ...by });
  if (found === undefined) return undefined;
  const { is_busy: isBusy, late_seconds: lateSeconds, seq, at, server, ...row } = found;
  return isBusy ? { isBusy } : { isBusy, lateSeconds, row: withoutOwner(row), written: { seq: seq ?? 0, at, server } };
}

type IntendedRow = OwnedRow & {
  is_busy: boolean;
  late_seconds: number;
  seq: number | null;
  at: number;
  server: string;
};

/** A member of the intent as text. */
const given = (name: keyof NewIntent) => `(g.intent ->> '${name}')`;

/**
 * Writes the intents that are asked for as JSON. An account's slot goes to one of them; with the row of its claim, it is
 * locked before it is taken. A row for each that was written, and for each that has to wait; none for a claim that
 * was lost.
 */
const intended = (locked: Locked) => `with asked as materialized (
     select * from jsonb_to_recordset($1::jsonb) as a(id uuid, fence bigint, owner uuid, intent jsonb, settles boolean, publisher uuid, noted bigint)
   ), given as materialized (
     select g.*, pp.post_id, pp.user_id, pp.mode, ${slotOf("pp.account_id")} as slot, ${isPaused("pp")} as is_paused
     from asked g join platform_posts pp on pp.id = g.id and pp.id = any (array(select id from asked))
   ), ${heldPosts(locked)}, free as (
     select a.id, g.owner from given g join accounts a on a.id = g.slot
     where not g.is_paused and not ${isHeld} and (a.busy_until is null or a.busy_until <= now() or a.busy_with = g.owner)
       and (a.limited_until is null or a.limited_until <= now()) and a.id = any (array(select slot from given))
       and (g.publisher is null or exists (select from publishers p where p.id = g.publisher and p.seq >= g.noted))
     for no key update of a ${locked}
   ), slots as (
     select distinct on (id) id, owner from free order by id, owner
   ), held as (
     select g.owner from given g join platform_posts pp on pp.id = g.id
     where pp.fence = g.fence and pp.lease_owner = g.owner and pp.lease_until > now() and pp.due_at <= now()
       and pp.status in ('pending', 'queued', 'posting') and ${isPostHeld}
       and g.owner in (select owner from slots) and pp.id = any (array(select id from given))
     for no key update of pp ${locked}
   ), counted as (
     update publishers p set seq = p.seq + 1 where p.id = (select publisher from given limit 1)
       and exists (select from held) returning p.seq
   ), busy as (
     update accounts a set busy_until = now() + make_interval(secs => ${given("leaseSeconds")}::float8),
       busy_with = g.owner
     from slots s join given g on g.owner = s.owner where a.id = s.id and s.owner in (select owner from held)
       and a.id = any (array(select id from slots))
   ), pp as (
     update platform_posts t set status = 'posting', lane = 'observe', step = ${given("step")},
       attempt_count = ${given("attempt")}::integer, failures = ${given("failures")}::integer,
       warnings = g.intent -> 'warnings', updated_at = now(),
       lease_until = greatest(t.lease_until, now() + make_interval(secs => ${given("leaseSeconds")}::float8)),
       next_action_at = now() + make_interval(
         secs => ${given("deadlineSeconds")}::float8 + ${given("quarantineSeconds")}::float8)
     from given g
     where t.id = g.id and g.owner in (select owner from held) and t.id = any (array(select id from given))
     returning t.id, t.post_id, t.account_id, t.user_id, t.mode, t.platform, t.due_at, t.published_at,
       ${writtenOf("t")}, g.owner, g.fence, g.intent, g.settles, null as event
   ), intent as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id, step,
       effect, attempt, fence, request_hash, deadline_at, checkpoint, evidence)
     select (g.intent ->> 'id')::uuid, g.id, g.account_id, g.user_id, g.mode, g.platform, a.platform_account_id,
       ${given("step")}, 'visible', ${given("attempt")}::integer, g.fence, ${given("requestHash")},
       now() + make_interval(secs => ${given("deadlineSeconds")}::float8), g.checkpoint, g.intent -> 'evidence'
     from pp g left join accounts a on a.id = g.account_id and a.user_id = g.user_id and a.mode = g.mode
     on conflict (id) do update set evidence = publish_steps.evidence || excluded.evidence,
       deadline_at = excluded.deadline_at
   ), ${postBeside}
   select g.owner, pp.id is null as is_busy, extract(epoch from now() - pp.due_at)::float8 as late_seconds,
     (select seq from counted) as seq, ceil(extract(epoch from now()) * 1000)::bigint as at, ${server} as server,
     ${postStatusOf}, ${selectWritten}
   from given g left join pp on pp.owner = g.owner
   where pp.id is not null or g.owner not in (select owner from slots)`;

// One whose account seems busy may only have found it locked.
const intents = writesOf(
  statement<IntendedRow, [rows: Json]>("publish_steps.intend", intended("")),
  statement<IntendedRow, [rows: Json]>("publish_steps.intend_many", intended("skip locked")),
  ({ is_busy: isBusy }) => !isBusy,
);

/**
 * The commits whose outcome is unknown, an open one first and then the newest, and whether the account can still read
 * them back.
 */
export const findUncertainCommits = statement<
  { id: string; step: string; ageSeconds: number; evidence: IntentEvidence; readable: boolean },
  [platformPostId: string, userId: string, mode: Mode, lastLiveStep: string | null]
>(
  "publish_steps.find_uncertain",
  `select s.id, s.step, extract(epoch from now() - s.intent_at)::float8 as "ageSeconds", s.evidence,
     s.result is null or (s.checkpoint is not null and exists (
       select from platform_posts pp join accounts a on a.id = pp.account_id and a.user_id = pp.user_id
         and a.mode = pp.mode
       where pp.id = $1 and a.platform_account_id = s.platform_account_id)) as readable
   from uncertain_commits($1, $4) s where s.user_id = $2 and s.mode = $3
   order by (s.result is null) desc, s.intent_at desc`,
);

/**
 * Keeps a response that arrived after the claim was lost, whatever happened to the commit in the meantime. If the
 * commit is live after all, it is reopened and the platform post taken from its current claim, to be settled by the
 * response immediately; while another commit is open, this one counts as unknown until that is settled. Of a request
 * and its repeat, the response that says live stays, and first the one that names no earlier post. The platform post's
 * row must be locked.
 */
export const recordLateAnswer = statement<
  { result: IntentRow["result"] },
  [intentId: string, userId: string, mode: Mode, evidence: Json, saysLiveWhatIsNot: boolean]
>(
  "publish_steps.record_late_answer",
  `with known as (
     select s.id, s.platform_post_id, s.result, exists (select from publish_steps o
       where o.platform_post_id = s.platform_post_id and o.id <> s.id and o.effect = 'visible' and o.result is null) as other_is_open,
       s.result = 'ok' or pp.live_through is not null and exists (select from publish_steps o
         where o.platform_post_id = s.platform_post_id and o.step = s.step and o.effect = 'visible'
           and o.result = 'ok') as is_live
     from publish_steps s join platform_posts pp on pp.id = s.platform_post_id and pp.user_id = s.user_id
       and pp.mode = s.mode
     where s.id = $1 and s.user_id = $2 and s.mode = $3
   ), noted as (
     update publish_steps s set evidence = s.evidence || $4::jsonb || case
         when s.evidence #>> '{late,outcome}' = 'ok' and (
           $4::jsonb #>> '{late,outcome}' is distinct from 'ok' or s.evidence #> '{late,isFound}' is null)
         then jsonb_build_object('late', s.evidence -> 'late') else '{}' end,
       result = case when not $5::boolean or k.is_live then s.result when k.other_is_open then 'unknown' end
     from known k where s.id = k.id returning s.platform_post_id, s.result
   ), woken as (
     update platform_posts pp set lane = 'observe', next_action_at = now(), fence = pp.fence + 1, lease_until = null,
       lease_owner = null, updated_at = now()
     from noted where pp.id = noted.platform_post_id and $5::boolean and noted.result is null
   )
   select result from known`,
);

/** The caller has decided about commits that are open or were given up. */
export const closeCommits = statement<never, [platformPostIds: string[], userId: string, mode: Mode, evidence: Json]>(
  "publish_steps.close",
  `update publish_steps set result = 'unknown', result_at = coalesce(result_at, now()), evidence = evidence || $4
   where platform_post_id = any($1) and user_id = $2 and mode = $3 and effect = 'visible'
     and (result is null or result = 'unknown')`,
);

/** Locks the row, so that its commits cannot change while they are read next. */
export const holdPlatformPost = statement<
  { status: PlatformPostStatus },
  [platformPostId: string, userId: string, mode: Mode]
>(
  "platform_posts.hold_one",
  `select status from platform_posts where id = $1 and user_id = $2 and mode = $3 for update`,
);
