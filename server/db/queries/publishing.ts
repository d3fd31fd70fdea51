import type { PlatformPostError } from "../../../model/errors.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { PlatformPostStatus, PostStatus } from "../../../model/status.ts";
import type { Checkpoint, LivePart } from "../../../platforms/platform.ts";
import { type Json, jsonb } from "../jsonb.ts";
import { type Db, statement } from "../sql.ts";
import { type Claimed, type Lane, slotOf } from "./claims.ts";
import { insertedEvents, type PostEvent } from "./outbox.ts";
import type { Evidence, IntentEvidence, WorkRow } from "./work-rows.ts";

/** What a write changes in a platform post. Omitted fields stay the same. */
export interface Changes {
  status?: PlatformPostStatus;
  lane?: Lane;
  step?: string | null;
  lastLiveStep?: string;
  /** `increment`: the step has to wait once more. `reset`: a step begins. */
  polls?: "increment" | "reset";
  failures?: number;
  checkpoint?: Checkpoint;
  attemptCount?: number;
  platformPostId?: string;
  publishedUrl?: string;
  parts?: readonly LivePart[];
  /** What the platform accepted is not live after all: the commit is discarded, and a retry starts from scratch. */
  reset?: true;
  /** Sets when it was published, unless already set. */
  publishedNow?: boolean;
  /** With `publishedNow`: when it went live, if that was earlier. */
  liveSince?: string | undefined;
  error?: PlatformPostError | null;
  warnings?: WorkRow["warnings"];
  /**
   * When it is next due. Without it, the claim continues; with any value, the lease and the account's slot are
   * released.
   */
  next?: Next;
}

/**
 * `due`: at the due time, or now if that has passed. `seconds`: that long from now, but no later than the due time if
 * that comes first (unless `evenPastDue`). `never`: nothing is left to do.
 */
export type Next = { at: "due" } | { at: "seconds"; seconds: number; evenPastDue?: boolean } | { at: "never" };

/** A quiet step in the journal. */
export interface JournalEntry {
  id: string;
  step: string;
  effect: "read" | "hidden";
  attempt: number;
  result: "ok" | "definite_failure" | "unknown";
  evidence: Evidence;
}

/** The outcome of a commit. Without a result, it stays open. */
export interface IntentChanges {
  id: string;
  result?: "ok" | "definite_failure" | "unknown";
  remoteId?: string | null;
  evidence: IntentEvidence;
}

/** What is written along with a platform post: a journal entry, the result of a commit, and the post itself. */
export interface Along {
  journal?: JournalEntry | undefined;
  intent?: IntentChanges | undefined;
  /** Only if the post's row is locked. */
  post?: PostChanges | undefined;
}

export interface PostChanges {
  status: PostStatus;
  events: readonly PostEvent[];
}

/** The columns that a write can change and the engine reads again. */
export const writtenColumns =
  "status, step, live_through, polls, failures, checkpoint, attempt_count, platform_post_id, published_url, " +
  "error, warnings";

/** The same, as a `WorkRow` names them. */
export const selectWritten = writtenColumns
  .split(", ")
  .map((column) => (column === "live_through" ? "pp.live_through as last_live_step" : `pp.${column}`))
  .join(", ");

/** A platform post after a write. */
export type WrittenRow = Pick<
  WorkRow,
  | "status"
  | "step"
  | "last_live_step"
  | "polls"
  | "failures"
  | "checkpoint"
  | "attempt_count"
  | "platform_post_id"
  | "published_url"
  | "error"
  | "warnings"
> &
  Partial<Pick<WorkRow, "post_status">>;

/**
 * The engine's only write, in one statement: the platform post, if its claim is still valid, along with the journal,
 * the account's slot and the post. Returns the row afterwards, or undefined if the claim was lost; then nothing was
 * written.
 */
export async function writeClaimed(
  db: Db,
  claim: Claimed,
  changes: Changes,
  { journal, intent, post }: Along = {},
): Promise<WrittenRow | undefined> {
  const values: WriteParams = [
    claim.id,
    claim.fence,
    claim.leaseOwner,
    jsonb(changes),
    journal === undefined ? null : jsonb(journal),
    intent === undefined ? null : jsonb(intent),
  ];
  return post === undefined
    ? write.one(db, values)
    : writeWithPost.one(db, [...values, post.status, jsonb(post.events)]);
}

type WriteParams = [
  platformPostId: string,
  fence: number,
  leaseOwner: string,
  changes: Json,
  journal: Json | null,
  intent: Json | null,
];

/** Along with an update `pp` of the platform post: the post's status and events. The caller notifies listeners. */
export const postBeside = (status: string, events: string) => `post as (
     update posts p set status = ${status}, revision = p.revision + 1, updated_at = now(),
       event_count = p.event_count + jsonb_array_length(${events}::jsonb),
       published_at = case when ${status} = 'published' then coalesce(p.published_at, greatest(pp.published_at,
         (select max(o.published_at) from platform_posts o
          where o.post_id = pp.post_id and o.user_id = pp.user_id and o.mode = pp.mode and o.id <> pp.id)), now())
         else p.published_at end
     from pp where p.id = pp.post_id and p.user_id = pp.user_id and p.mode = pp.mode
     returning p.id, p.user_id, p.mode, p.event_count, p.status
   ), recorded as (
     ${insertedEvents("post", events)}
   )`;

/** A member of the changes: as text, as JSON, and whether it is there at all. */
const given = (name: keyof Changes) => `$4::jsonb ->> '${name}'`;
const givenJson = (name: keyof Changes) => `$4::jsonb -> '${name}'`;
const isGiven = (name: keyof Changes) => `$4::jsonb ? '${name}'`;
const next = (name: "at" | "seconds" | "evenPastDue") => `$4::jsonb #>> '{next,${name}}'`;

const written = `pp as (
     update platform_posts set
       status = coalesce(${given("status")}, status),
       lane = coalesce(${given("lane")}, lane),
       step = case when ${isGiven("step")} then ${given("step")} else step end,
       live_through = case when ${isGiven("reset")} then null else coalesce(${given("lastLiveStep")}, live_through) end,
       polls = case ${given("polls")} when 'increment' then polls + 1 when 'reset' then 0 else polls end,
       step_since = case ${given("polls")}
         when 'increment' then coalesce(step_since, now()) when 'reset' then null else step_since end,
       failures = coalesce((${given("failures")})::integer, failures),
       checkpoint = coalesce(${givenJson("checkpoint")}, checkpoint),
       attempt_count = coalesce((${given("attemptCount")})::integer, attempt_count),
       platform_post_id = case when ${isGiven("reset")} then null
         else coalesce(${given("platformPostId")}, platform_post_id) end,
       published_url = case when ${isGiven("reset")} then null
         else coalesce(${given("publishedUrl")}, published_url) end,
       parts = case when ${isGiven("reset")} then '[]' else coalesce(${givenJson("parts")}, parts) end,
       published_at = case when ${given("publishedNow")} = 'true'
         then coalesce(published_at, (${given("liveSince")})::timestamptz, now()) else published_at end,
       error = case when ${isGiven("error")} then nullif(${givenJson("error")}, 'null') else error end,
       warnings = coalesce(${givenJson("warnings")}, warnings),
       next_action_at = case ${next("at")}
         when 'due' then greatest(due_at, now())
         when 'never' then null
         when 'seconds' then case
           when due_at > now() and ${next("evenPastDue")} is distinct from 'true'
             then least(due_at, now() + make_interval(secs => (${next("seconds")})::float8))
           else now() + make_interval(secs => (${next("seconds")})::float8) end
         else next_action_at end,
       lease_until = case when ${isGiven("next")} then null else lease_until end,
       lease_owner = case when ${isGiven("next")} then null else lease_owner end,
       updated_at = now()
     where id = $1 and fence = $2 and lease_owner = $3
     returning id, post_id, account_id, user_id, mode, published_at, ${writtenColumns}
   ), journaled as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt, fence, result,
       evidence, result_at)
     select ($5::jsonb ->> 'id')::uuid, pp.id, pp.account_id, pp.user_id, pp.mode,
       $5::jsonb ->> 'step', $5::jsonb ->> 'effect', ($5::jsonb ->> 'attempt')::integer, $2,
       $5::jsonb ->> 'result', $5::jsonb -> 'evidence', now()
     from pp where $5::jsonb is not null
   ), intended as (
     update publish_steps s set result = coalesce($6::jsonb ->> 'result', s.result),
       remote_id = coalesce($6::jsonb ->> 'remoteId', s.remote_id),
       evidence = s.evidence || ($6::jsonb -> 'evidence'),
       result_at = case when $6::jsonb ? 'result' then now() else s.result_at end
     from pp where s.id = ($6::jsonb ->> 'id')::uuid and s.platform_post_id = pp.id
   ), freed as (
     update accounts a set busy_until = null, busy_with = null from pp
     where a.id = ${slotOf("pp.account_id")} and a.busy_with = $3 and (${isGiven("next")} or $6::jsonb ? 'result')
   )`;

const write = statement<WrittenRow, WriteParams>(
  "platform_posts.write",
  `with ${written} select ${selectWritten} from pp`,
);

const writeWithPost = statement<WrittenRow, [...WriteParams, postStatus: PostStatus, postEvents: Json]>(
  "platform_posts.write_with_post",
  `with ${written}, ${postBeside("$7::text", "$8")}
   select ${selectWritten}, (select status from post) as post_status from pp`,
);

/** Locks a post's row; always before its platform posts. */
export const holdPost = statement<{ status: PostStatus }, [postId: string, userId: string, mode: Mode]>(
  "posts.hold",
  `select status from posts where id = $1 and user_id = $2 and mode = $3 for update`,
);

export const findSiblings = statement<
  { id: string; status: PlatformPostStatus },
  [postId: string, userId: string, mode: Mode]
>(
  "platform_posts.find_siblings",
  `select id, status from platform_posts where post_id = $1 and user_id = $2 and mode = $3`,
);
