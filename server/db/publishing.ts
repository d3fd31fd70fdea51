import type { BrokerCode, PlatformErrorDetail, PlatformPostError } from "../../model/errors.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { MediaFacts, PostContent } from "../../model/post.ts";
import type { PlatformPostStatus, PostStatus } from "../../model/status.ts";
import type { StepDone } from "../../platforms/platform.ts";
import { type Claimed, type Lane, slotOf } from "./claims.ts";
import { isHeld } from "./hold.ts";
import { jsonb } from "./jsonb.ts";
import { insertedEvents, type PostEvent } from "./outbox.ts";
import { type Db, statement } from "./sql.ts";

/** What is kept in the journal about one request to a platform; see `HttpExchange` of the HTTP kit. */
export type Evidence = Record<string, unknown>;

/** The last commit of a platform post: open while its result is null. */
export interface IntentRow {
  id: string;
  step: string;
  intentAt: string;
  ageSeconds: number;
  requestHash: string | null;
  result: "ok" | "definite_failure" | "unknown" | null;
  evidence: IntentEvidence;
  /** What the steps before it had left: the handles by which it is read back. Null for those of earlier versions. */
  checkpoint: WorkRow["checkpoint"] | null;
}

export interface IntentEvidence {
  /** What came instead of a proof. */
  answer?: {
    status: number | null;
    brokerCode: BrokerCode | null;
    platformError: PlatformErrorDetail | null;
    failure: string | null;
  };
  /** What the request was given. */
  timeoutSeconds?: number;
  /** Seconds from the intent to the end of the exchange; missing where nobody could note it. */
  endedAfterSeconds?: number;
  /**
   * By the monotonic clock of a machine or process: what it showed at the last look, in seconds, and for how long the
   * commit had certainly been out by then.
   */
  watched?: Record<string, { at: number; seconds: number }>;
  /** How often it has been read back, and the clean negative reads among them, in seconds watched since the intent. */
  reads?: number;
  negativeReads?: number[];
  /** An answer that came when the platform post was no longer ours; it is adopted as if it had come in time. */
  late?: { outcome: "ok"; done: StepDone; isFound?: true } | { outcome: "not_published"; proof: string };
  /** Of the one byte-identical repeat: the intent that it repeats. */
  repeatOf?: string;
  /** Given up for its one identical repeat, and by the caller's own word. */
  repeated?: true;
  closed?: string;
  [other: string]: unknown;
}

/** A platform post with all that a step needs. Read after the claim, so that no edit can have gone unseen. */
export interface WorkRow {
  id: string;
  post_id: string;
  user_id: string;
  mode: Mode;
  platform: PlatformName;
  account_id: string | null;
  lease_owner: string;
  status: PlatformPostStatus;
  post_status: PostStatus;
  /** By the database's clock. */
  due_in_seconds: number;
  /** Until the time that the post names as its last; null where it names none, or somebody has published or retried it since. */
  last_in_seconds: number | null;
  step: string | null;
  live_through: string | null;
  polls: number;
  waited_seconds: number;
  failures: number;
  checkpoint: Record<string, string | number | boolean | null | string[]>;
  attempt_count: number;
  platform_post_id: string | null;
  published_url: string | null;
  error: PlatformPostError | null;
  warnings: { code: string; message: string }[];
  /** Seconds since the engine wrote to it: handles do not live for ever. */
  idle_seconds: number;
  /** Whether the post has no other platform post, so that its status follows from this one's. */
  alone: boolean;
  content: PostContent;
  platform_account_id: string | null;
  username: string | null;
  platform_metadata: Record<string, unknown> | null;
  scopes: string[] | null;
  media: { path: string; id: string; filename: string; facts: MediaFacts | null }[];
  intent: IntentRow | null;
  /** Commits that were given up without their outcome being known, of steps that are not live by another; oldest first. */
  given_up: IntentRow[];
}

const intentRow = `json_build_object('id', s.id, 'step', s.step, 'intentAt', s.intent_at, 'ageSeconds', extract(epoch from now() - s.intent_at),
        'requestHash', s.request_hash, 'result', s.result, 'evidence', s.evidence, 'checkpoint', s.checkpoint)`;

/** ($1 platform posts, $2 owners): what was claimed, in one statement. */
export const loadWork = statement<WorkRow>(
  "platform_posts.load_work",
  `select pp.id, pp.post_id, pp.user_id, pp.mode, pp.platform, pp.account_id, pp.lease_owner, pp.status, p.status as post_status,
     extract(epoch from pp.due_at - clock_timestamp())::float8 as due_in_seconds,
     case when p.publish_by > pp.due_at then extract(epoch from p.publish_by - clock_timestamp())::float8 end as last_in_seconds,
     pp.step, pp.live_through, pp.polls, coalesce(extract(epoch from now() - pp.step_since), 0)::float8 as waited_seconds, pp.failures, pp.checkpoint,
     pp.attempt_count, pp.platform_post_id, pp.published_url, pp.error, pp.warnings, extract(epoch from now() - pp.updated_at)::float8 as idle_seconds,
     cardinality(p.platforms) = 1 as alone, p.content, a.platform_account_id, a.username, a.platform_metadata, a.scopes,
     (select coalesce(json_agg(json_build_object('path', pm.path, 'id', m.id, 'filename', m.filename, 'facts', m.facts)), '[]')
      from post_media pm join media m on m.id = pm.media_id and m.user_id = pp.user_id and m.mode = pp.mode where pm.post_id = pp.post_id) as media,
     (select ${intentRow} from publish_steps s where s.platform_post_id = pp.id and s.effect = 'visible' order by (s.result is null) desc, s.intent_at desc limit 1) as intent,
     (select coalesce(json_agg(${intentRow} order by s.intent_at), '[]') from uncertain_commits(pp.id, pp.live_through) s where s.result = 'unknown') as given_up
   from platform_posts pp join posts p on p.id = pp.post_id and p.user_id = pp.user_id and p.mode = pp.mode
     left join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
   where pp.id = any($1::uuid[]) and pp.lease_owner = any($2::uuid[])`,
);

/** What a write changes of a platform post; what is left out stays. */
export interface Changes {
  status?: PlatformPostStatus;
  lane?: Lane;
  step?: string | null;
  liveThrough?: string;
  /** "more": once more asked to wait, "none": the step begins anew. */
  polls?: "more" | "none";
  failures?: number;
  checkpoint?: Record<string, string | number | boolean | null | string[]>;
  attemptCount?: number;
  platformPostId?: string;
  publishedUrl?: string;
  /** What was accepted is not live after all: what was kept of the commit is forgotten, and a retry begins from the start. */
  afresh?: true;
  /** Everything is live from now on, unless it was already. */
  publishedNow?: boolean;
  error?: PlatformPostError | null;
  warnings?: { code: string; message: string }[];
  /** When it is looked at next. Leaving it out keeps the lease; any other value gives lease and account slot back. */
  next?: Next;
}

/**
 * `due`: at the due time, or at once where that is past. `seconds`: so long from now, but at the due time where that
 * comes first (unless `evenPastDue`). `never`: there is nothing more to do.
 */
export type Next = { at: "due" } | { at: "seconds"; seconds: number; evenPastDue?: boolean } | { at: "never" };

/** What a finished step leaves in the journal. */
export interface JournalEntry {
  id: string;
  step: string;
  effect: "read" | "hidden";
  attempt: number;
  result: "ok" | "definite_failure" | "unknown";
  evidence: Evidence;
}

/** What has become of a commit. A result of null leaves it open. */
export interface IntentChanges {
  id: string;
  result?: "ok" | "definite_failure" | "unknown";
  remoteId?: string | null;
  evidence: IntentEvidence;
}

/** What a write brings along: the step's place in the journal, what has become of a commit, and what the post is then. */
export interface Along {
  journal?: JournalEntry | undefined;
  intent?: IntentChanges | undefined;
  /** Only where the post's row is held. */
  post?: PostChanges | undefined;
}

export interface PostChanges {
  status: PostStatus;
  events: readonly PostEvent[];
}

/**
 * The one write of the engine, in one statement: the platform post where it is still the claim's, and with it the
 * journal, the account's slot and the post. False where the claim has lost it; then nothing was written.
 */
export async function writeClaimed(
  db: Db,
  claim: Claimed,
  changes: Changes,
  { journal, intent, post }: Along = {},
): Promise<boolean> {
  const values = [
    claim.id,
    claim.fence,
    claim.leaseOwner,
    jsonb(changes),
    journal === undefined ? null : jsonb(journal),
    intent === undefined ? null : jsonb(intent),
  ];
  const row =
    post === undefined
      ? await write.one(db, values)
      : await writeWithPost.one(db, [...values, post.status, jsonb(post.events)]);
  return row !== undefined;
}

/** The post's status, what happened, and word to whoever listens, beside an update `pp` of the platform post. */
const postBeside = (status: string, events: string) => `post as (
     update posts p set status = ${status}, revision = p.revision + 1, updated_at = now(), event_count = p.event_count + jsonb_array_length(${events}::jsonb),
       published_at = case when ${status} = 'published' then coalesce(p.published_at, now()) else p.published_at end
     from pp where p.id = pp.post_id and p.user_id = pp.user_id and p.mode = pp.mode
     returning p.id, p.user_id, p.mode, p.event_count
   ), told as (
     ${insertedEvents("post", events)}
   )`;

const given = (name: string) => `$4::jsonb ->> '${name}'`;

const written = `pp as (
     update platform_posts set
       status = coalesce(${given("status")}, status),
       lane = coalesce(${given("lane")}, lane),
       step = case when $4::jsonb ? 'step' then ${given("step")} else step end,
       live_through = case when $4::jsonb ? 'afresh' then null else coalesce(${given("liveThrough")}, live_through) end,
       polls = case ${given("polls")} when 'more' then polls + 1 when 'none' then 0 else polls end,
       step_since = case ${given("polls")} when 'more' then coalesce(step_since, now()) when 'none' then null else step_since end,
       failures = coalesce((${given("failures")})::integer, failures),
       checkpoint = coalesce($4::jsonb -> 'checkpoint', checkpoint),
       attempt_count = coalesce((${given("attemptCount")})::integer, attempt_count),
       platform_post_id = case when $4::jsonb ? 'afresh' then null else coalesce(${given("platformPostId")}, platform_post_id) end,
       published_url = case when $4::jsonb ? 'afresh' then null else coalesce(${given("publishedUrl")}, published_url) end,
       published_at = case when ${given("publishedNow")} = 'true' then coalesce(published_at, now()) else published_at end,
       error = case when $4::jsonb ? 'error' then nullif($4::jsonb -> 'error', 'null') else error end,
       warnings = coalesce($4::jsonb -> 'warnings', warnings),
       next_action_at = case $4::jsonb #>> '{next,at}'
         when 'due' then greatest(due_at, now())
         when 'never' then null
         when 'seconds' then case
           when due_at > now() and $4::jsonb #>> '{next,evenPastDue}' is distinct from 'true' then least(due_at, now() + make_interval(secs => ($4::jsonb #>> '{next,seconds}')::float8))
           else now() + make_interval(secs => ($4::jsonb #>> '{next,seconds}')::float8) end
         else next_action_at end,
       lease_until = case when $4::jsonb ? 'next' then null else lease_until end,
       lease_owner = case when $4::jsonb ? 'next' then null else lease_owner end,
       updated_at = now()
     where id = $1 and fence = $2 and lease_owner = $3
     returning id, post_id, account_id, user_id, mode
   ), journaled as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt, fence, result, evidence, result_at)
     select ($5::jsonb ->> 'id')::uuid, pp.id, pp.account_id, pp.user_id, pp.mode, $5::jsonb ->> 'step', $5::jsonb ->> 'effect', ($5::jsonb ->> 'attempt')::integer, $2,
       $5::jsonb ->> 'result', $5::jsonb -> 'evidence', now()
     from pp where $5::jsonb is not null
   ), intended as (
     update publish_steps s set result = coalesce($6::jsonb ->> 'result', s.result), remote_id = coalesce($6::jsonb ->> 'remoteId', s.remote_id),
       evidence = s.evidence || ($6::jsonb -> 'evidence'), result_at = case when $6::jsonb ? 'result' then now() else s.result_at end
     from pp where s.id = ($6::jsonb ->> 'id')::uuid and s.platform_post_id = pp.id
   ), freed as (
     update accounts a set busy_until = null, busy_with = null from pp
     where a.id = ${slotOf("pp.account_id")} and a.busy_with = $3 and ($4::jsonb ? 'next' or $6::jsonb ? 'result')
   )`;

const write = statement<{ id: string }>("platform_posts.write", `with ${written} select id from pp`);

/** ($7 the post's status, $8 PostEvent[] as jsonb) */
const writeWithPost = statement<{ id: string }>(
  "platform_posts.write_with_post",
  `with ${written}, ${postBeside("$7::text", "$8")} select id, pg_notify('ampost_post', post_id::text) from pp`,
);

/**
 * ($1 id, $2 fence, $3 owner, $4 intent id, $5 step, $6 attempt, $7 request hash, $8 seconds to the deadline, $9 seconds to the
 * first look after it, $10 lease in seconds, $11 evidence): the intent to commit, if the platform post is still the claim's by
 * lease and fence, due, and not discarded, and nothing else is being committed in the account. From here on whoever takes
 * it over may only read back, and only after the deadline and the quarantine have passed.
 */
export async function writeIntent(
  db: Db,
  values: readonly unknown[],
  post?: PostChanges,
): Promise<IntentWritten | undefined> {
  return post === undefined
    ? intend.one(db, values)
    : intendAndBegin.one(db, [...values, post.status, jsonb(post.events)]);
}

/** `busy`: nothing was written, since another commit is under way in the account. */
interface IntentWritten {
  busy: boolean;
  late_seconds: number;
}

const intended = `slot as (
     update accounts a set busy_until = now() + make_interval(secs => $10), busy_with = $3
     where a.id = (select ${slotOf("own.account_id")} from platform_posts own where own.id = $1) and (a.busy_until is null or a.busy_until <= now() or a.busy_with = $3)
     returning a.id
   ), pp as (
     update platform_posts set status = 'posting', lane = 'observe', step = $5, attempt_count = $6, updated_at = now(),
       lease_until = greatest(lease_until, now() + make_interval(secs => $10)),
       next_action_at = now() + make_interval(secs => $8::float8 + $9::float8)
     where id = $1 and fence = $2 and lease_owner = $3 and lease_until > now() and due_at <= now() and status in ('pending', 'queued', 'posting') and not ${isHeld}
       and exists (select from slot)
     returning id, post_id, account_id, user_id, mode, platform, checkpoint, due_at
   ), intent as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, platform, platform_account_id, step, effect, attempt, fence, request_hash, deadline_at, checkpoint, evidence)
     select $4, pp.id, pp.account_id, pp.user_id, pp.mode, pp.platform, a.platform_account_id, $5, 'visible', $6, $2, $7, now() + make_interval(secs => $8), pp.checkpoint, $11
     from pp left join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
   )`;

const writtenLate = "extract(epoch from now() - due_at)::float8 as late_seconds, false as busy";
const isBusy = "where not exists (select from slot)";

const intend = statement<IntentWritten>(
  "publish_steps.intend",
  `with ${intended} select ${writtenLate} from pp union all select 0, true ${isBusy}`,
);

/** ($12 the post's status, $13 PostEvent[] as jsonb) */
const intendAndBegin = statement<IntentWritten>(
  "publish_steps.intend_and_begin",
  `with ${intended}, ${postBeside("$12::text", "$13")} select ${writtenLate}, pg_notify('ampost_post', post_id::text) from pp union all select 0, true, null ${isBusy}`,
);

/**
 * ($1 platform post, $2 user, $3 mode, $4 the last step that is live, or null): the commits nobody knows the outcome of, an
 * open one first and then the newest, and whether the account can still read them back.
 */
export const findUncertainCommits = statement<{
  id: string;
  step: string;
  ageSeconds: number;
  evidence: IntentEvidence;
  readable: boolean;
}>(
  "publish_steps.find_uncertain",
  `select s.id, s.step, extract(epoch from now() - s.intent_at)::float8 as "ageSeconds", s.evidence,
     s.result is null or (s.checkpoint is not null and exists (
       select from platform_posts pp join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
       where pp.id = $1 and a.platform_account_id = s.platform_account_id)) as readable
   from uncertain_commits($1, $4) s where s.user_id = $2 and s.mode = $3 order by (s.result is null) desc, s.intent_at desc`,
);

/** ($1 platform post, $2 user, $3 mode): held, so that what is read of its commits next stays so. */
export const holdPlatformPost = statement<{ status: PlatformPostStatus }>(
  "platform_posts.hold_one",
  `select status from platform_posts where id = $1 and user_id = $2 and mode = $3 for update`,
);

/**
 * ($1 intent, $2 user, $3 mode, $4 evidence, $5 whether it says that the commit is live, and the platform post does not):
 * an answer that came too late for the claim. It is kept whatever has been made of the commit meanwhile. Where it is live
 * after all, the commit is open again and the platform post is taken from whoever has it, to be settled by the answer at
 * once; while another commit of it is open, this one counts as unknown until that is settled. Its row must be held.
 */
export const noteLateAnswer = statement<{ result: IntentRow["result"] }>(
  "publish_steps.note_late_answer",
  `with known as (
     select s.id, s.result, exists (select from publish_steps o where o.platform_post_id = s.platform_post_id and o.id <> s.id and o.effect = 'visible' and o.result is null) as other_is_open
     from publish_steps s where s.id = $1 and s.user_id = $2 and s.mode = $3
   ), noted as (
     update publish_steps s set evidence = s.evidence || $4::jsonb,
       result = case when not $5::boolean or k.result = 'ok' then s.result when k.other_is_open then 'unknown' end
     from known k where s.id = k.id returning s.platform_post_id, s.result
   ), woken as (
     update platform_posts pp set lane = 'observe', next_action_at = now(), fence = pp.fence + 1, lease_until = null, lease_owner = null, updated_at = now()
     from noted where pp.id = noted.platform_post_id and $5::boolean and noted.result is null
   )
   select result from known`,
);

/** ($1 intent, $2 user, $3 mode): it is read back again. There must be no other open one. */
export const reopenCommit = statement(
  "publish_steps.reopen",
  `update publish_steps set result = null, result_at = null where id = $1 and user_id = $2 and mode = $3 and result = 'unknown'`,
);

/** ($1 post, $2 user, $3 mode): the row, held; always before its platform posts. */
export const holdPost = statement<{ status: PostStatus }>(
  "posts.hold",
  `select status from posts where id = $1 and user_id = $2 and mode = $3 for update`,
);

/** ($1 post, $2 user, $3 mode) */
export const findSiblings = statement<{ id: string; status: PlatformPostStatus }>(
  "platform_posts.find_siblings",
  `select id, status from platform_posts where post_id = $1 and user_id = $2 and mode = $3`,
);
