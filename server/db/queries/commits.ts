import type { Mode } from "../../../model/platform-names.ts";
import type { PlatformPostStatus, PostStatus } from "../../../model/status.ts";
import { type Json, jsonb } from "../jsonb.ts";
import { type Db, statement } from "../sql.ts";
import { type Claimed, slotOf } from "./claims.ts";
import { isHeld } from "./hold.ts";
import { isPaused } from "./pauses.ts";
import { postBeside, type PostChanges, selectWritten, writtenColumns, type WrittenRow } from "./publishing.ts";
import type { IntentEvidence, IntentRow, WorkRow } from "./work-rows.ts";

/** A commit that is about to be sent. */
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

/** `isBusy`: nothing was written, because the account has another commit in progress, is limited, or is paused. */
export type IntentWritten = { isBusy: true } | { isBusy: false; lateSeconds: number; row: WrittenRow };

/**
 * Writes the intent to commit. Undefined, with nothing written, if the claim no longer holds by lease and fence, or the
 * platform post is not due or was discarded. From here on another process may only read back, and only after the
 * deadline and the quarantine. With `post`, publishing begins with this commit; the post's row must be locked.
 */
export async function writeIntent(
  db: Db,
  claim: Claimed,
  intent: NewIntent,
  post?: PostChanges,
): Promise<IntentWritten | undefined> {
  const values: IntentParams = [
    claim.id,
    claim.fence,
    claim.leaseOwner,
    intent.id,
    intent.step,
    intent.attempt,
    intent.failures,
    jsonb(intent.warnings),
    intent.requestHash,
    intent.deadlineSeconds,
    intent.quarantineSeconds,
    intent.leaseSeconds,
    jsonb(intent.evidence),
  ];
  const written =
    post === undefined
      ? await intend.one(db, values)
      : await intendAndBegin.one(db, [...values, post.status, jsonb(post.events)]);
  if (written === undefined || written.is_busy) return written && { isBusy: true };
  const { is_busy: _, late_seconds: lateSeconds, ...row } = written;
  return { isBusy: false, lateSeconds, row };
}

type IntentParams = [
  platformPostId: string,
  fence: number,
  leaseOwner: string,
  intentId: string,
  step: string,
  attempt: number,
  failures: number,
  warnings: Json,
  requestHash: string,
  deadlineSeconds: number,
  quarantineSeconds: number,
  leaseSeconds: number,
  evidence: Json,
];

type IntendedRow = WrittenRow & { is_busy: boolean; late_seconds: number };

const intended = `slot as (
     update accounts a set busy_until = now() + make_interval(secs => $12), busy_with = $3
     where a.id = (select ${slotOf("own.account_id")} from platform_posts own
         where own.id = $1 and not ${isPaused("own")})
       and (a.busy_until is null or a.busy_until <= now() or a.busy_with = $3)
       and (a.limited_until is null or a.limited_until <= now())
     returning a.id
   ), pp as (
     update platform_posts set status = 'posting', lane = 'observe', step = $5, attempt_count = $6, failures = $7,
       warnings = $8, updated_at = now(),
       lease_until = greatest(lease_until, now() + make_interval(secs => $12)),
       next_action_at = now() + make_interval(secs => $10::float8 + $11::float8)
     where id = $1 and fence = $2 and lease_owner = $3 and lease_until > now() and due_at <= now()
       and status in ('pending', 'queued', 'posting') and not ${isHeld}
       and exists (select from slot)
     returning id, post_id, account_id, user_id, mode, platform, due_at, published_at, ${writtenColumns}
   ), intent as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id, step,
       effect, attempt, fence, request_hash, deadline_at, checkpoint, evidence)
     select $4, pp.id, pp.account_id, pp.user_id, pp.mode, pp.platform, a.platform_account_id, $5, 'visible', $6, $2,
       $9, now() + make_interval(secs => $10), pp.checkpoint, $13
     from pp left join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
   )`;

/** One row if the intent was written, one if the account is busy, limited or paused, none if the claim was lost. */
const selectIntended = `select not exists (select from slot) as is_busy,
      extract(epoch from now() - due_at)::float8 as late_seconds, ${selectWritten}
   from (select where exists (select from pp) or not exists (select from slot)) answer left join pp on true`;

const intend = statement<IntendedRow, IntentParams>("publish_steps.intend", `with ${intended} ${selectIntended}`);

const intendAndBegin = statement<IntendedRow, [...IntentParams, postStatus: PostStatus, postEvents: Json]>(
  "publish_steps.intend_and_begin",
  `with ${intended}, ${postBeside("$14::text", "$15")} ${selectIntended}`,
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
 * response immediately. While another commit of it is open, this one counts as unknown until that is settled. The
 * platform post's row must be locked.
 */
export const recordLateAnswer = statement<
  { result: IntentRow["result"] },
  [intentId: string, userId: string, mode: Mode, evidence: Json, saysLiveWhatIsNot: boolean]
>(
  "publish_steps.record_late_answer",
  `with known as (
     select s.id, s.result, exists (select from publish_steps o
       where o.platform_post_id = s.platform_post_id and o.id <> s.id and o.effect = 'visible'
         and o.result is null) as other_is_open,
       s.result = 'ok' or pp.live_through is not null and exists (select from publish_steps o
         where o.platform_post_id = s.platform_post_id and o.step = s.step and o.effect = 'visible'
           and o.result = 'ok') as is_live
     from publish_steps s join platform_posts pp on pp.id = s.platform_post_id and pp.user_id = s.user_id
       and pp.mode = s.mode
     where s.id = $1 and s.user_id = $2 and s.mode = $3
   ), noted as (
     update publish_steps s set evidence = s.evidence || $4::jsonb,
       result = case when not $5::boolean or k.is_live then s.result when k.other_is_open then 'unknown' end
     from known k where s.id = k.id returning s.platform_post_id, s.result
   ), woken as (
     update platform_posts pp set lane = 'observe', next_action_at = now(), fence = pp.fence + 1, lease_until = null,
       lease_owner = null, updated_at = now()
     from noted where pp.id = noted.platform_post_id and $5::boolean and noted.result is null
   )
   select result from known`,
);

/** Reopens a commit, so that its outcome is checked again. No other one may be open. */
export const reopenCommit = statement<never, [intentId: string, userId: string, mode: Mode]>(
  "publish_steps.reopen",
  `update publish_steps set result = null, result_at = null
   where id = $1 and user_id = $2 and mode = $3 and result = 'unknown'`,
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
