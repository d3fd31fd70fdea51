import type pg from "pg";

import type { PlatformPostError } from "../../../model/errors.ts";
import type { EventType } from "../../../model/events.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { PlatformPostStatus, PostStatus } from "../../../model/status.ts";
import type { Checkpoint, LivePart } from "../../../platforms/platform.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import { type Claimed, type Lane, slotOf } from "./claims.ts";
import { heldPosts, isPostHeld, type Locked, postBeside, postStatusOf } from "./post-status.ts";
import type { Evidence, IntentEvidence, WorkRow } from "./work-rows.ts";
import { writesOf } from "./writes.ts";

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

/** What is written along with a platform post. */
export interface Along {
  journal?: JournalEntry | undefined;
  intent?: IntentChanges | undefined;
  /** A commit that was given up and is read back again. */
  reopens?: string | undefined;
  /** Callers see it: the post's status follows from its platform posts, and the event is recorded before the post's. */
  settles?: boolean | undefined;
  event?: EventType | undefined;
}

/** The columns that a write can change and the engine reads again. */
const WRITTEN = [
  "status",
  "step",
  "live_through",
  "polls",
  "failures",
  "checkpoint",
  "attempt_count",
  "platform_post_id",
  "published_url",
  "error",
  "warnings",
];

export const writtenOf = (table: string) => WRITTEN.map((column) => `${table}.${column}`).join(", ");

/** The same, as a `WorkRow` names them. */
export const selectWritten = writtenOf("pp").replace("pp.live_through", "pp.live_through as last_live_step");

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

/** A write of a claim. */
export interface ClaimedWrite {
  claim: Claimed;
  changes: Changes;
  along?: Along;
}

/**
 * The engine's only write, in one statement: the platform post, if its claim is still valid, along with the journal,
 * the account's slot and the post. Returns the row afterwards, or undefined if the claim was lost; then nothing was
 * written. It can be repeated when its response is lost.
 */
export async function record(pool: pg.Pool, write: ClaimedWrite): Promise<WrittenRow | undefined> {
  const row = await writes.together(pool, rowOf(write));
  return row && withoutOwner(row);
}

/** The same in a transaction. */
export async function recordAlone(tx: pg.PoolClient, write: ClaimedWrite): Promise<WrittenRow | undefined> {
  const row = await writes.alone(tx, rowOf(write));
  return row && withoutOwner(row);
}

function rowOf({ claim, changes, along }: ClaimedWrite) {
  // JSON has neither NaN nor Infinity: without a time, nothing would ever be done again.
  if (changes.next?.at === "seconds" && !Number.isFinite(changes.next.seconds))
    throw new RangeError("The pause before the next action is not a number of seconds");
  return { ...claimOf(claim), changes, ...along };
}

/** How the statements' rows name a claim. */
export const claimOf = ({ id, fence, leaseOwner }: Claimed) => ({ id, fence, owner: leaseOwner });

/** A platform post after a write, and whose it was. */
export type OwnedRow = Omit<WrittenRow, "post_status"> & { owner: string; post_status: PostStatus | null };

export function withoutOwner({ owner: _, post_status: status, ...row }: OwnedRow): WrittenRow {
  return status === null ? row : { ...row, post_status: status };
}

/** A member of the changes: as text, as JSON, and whether it is there at all. */
const given = (name: keyof Changes) => `g.changes ->> '${name}'`;
const givenJson = (name: keyof Changes) => `g.changes -> '${name}'`;
const isGiven = (name: keyof Changes) => `g.changes ? '${name}'`;
const next = (name: "at" | "seconds" | "evenPastDue") => `g.changes #>> '{next,${name}}'`;

/**
 * Writes the rows that are asked for as JSON. A result waits for nobody who holds its account: a slot that cannot be
 * freed now ends with its lease. Rows are fetched by arrays of ids, for which PostgreSQL uses the index whatever it
 * knows of the table.
 */
const written = (locked: Locked) => `with asked as materialized (
     select * from jsonb_to_recordset($1::jsonb) as a(id uuid, fence bigint, owner uuid, changes jsonb, journal jsonb,
       intent jsonb, reopens uuid, settles boolean, event text)
   ), given as materialized (
     select g.*, pp.post_id, pp.user_id, pp.mode, (select a.id from accounts a
       where (${isGiven("next")} or g.intent ? 'result') and a.id = ${slotOf("pp.account_id")}
         and a.busy_with = g.owner) as slot
     from asked g join platform_posts pp on pp.id = g.id and pp.id = any (array(select id from asked))
   ), ${heldPosts(locked)}, slots as (
     select a.id from accounts a where a.id = any (array(select slot from given)) for no key update of a skip locked
   ), held as (
     select g.owner from given g join platform_posts pp on pp.id = g.id
     where pp.fence = g.fence and pp.lease_owner = g.owner and ${isPostHeld} and pp.id = any (array(select id from given))
     for no key update of pp ${locked}
   ), pp as (
     update platform_posts t set
       status = coalesce(${given("status")}, t.status),
       lane = coalesce(${given("lane")}, t.lane),
       step = case when ${isGiven("step")} then ${given("step")} else t.step end,
       live_through = case when ${isGiven("reset")} then null
         else coalesce(${given("lastLiveStep")}, t.live_through) end,
       polls = case ${given("polls")} when 'increment' then t.polls + 1 when 'reset' then 0 else t.polls end,
       step_since = case ${given("polls")}
         when 'increment' then coalesce(t.step_since, now()) when 'reset' then null else t.step_since end,
       failures = coalesce((${given("failures")})::integer, t.failures),
       checkpoint = coalesce(${givenJson("checkpoint")}, t.checkpoint),
       attempt_count = coalesce((${given("attemptCount")})::integer, t.attempt_count),
       platform_post_id = case when ${isGiven("reset")} then null
         else coalesce(${given("platformPostId")}, t.platform_post_id) end,
       published_url = case when ${isGiven("reset")} then null
         else coalesce(${given("publishedUrl")}, t.published_url) end,
       parts = case when ${isGiven("reset")} then '[]' else coalesce(${givenJson("parts")}, t.parts) end,
       published_at = case when ${given("publishedNow")} = 'true'
         then coalesce(t.published_at, (${given("liveSince")})::timestamptz, now()) else t.published_at end,
       error = case when ${isGiven("error")} then nullif(${givenJson("error")}, 'null') else t.error end,
       warnings = coalesce(${givenJson("warnings")}, t.warnings),
       next_action_at = case ${next("at")}
         when 'due' then greatest(t.due_at, now())
         when 'never' then null
         when 'seconds' then case
           when t.due_at > now() and ${next("evenPastDue")} is distinct from 'true'
             then least(t.due_at, now() + make_interval(secs => (${next("seconds")})::float8))
           else now() + make_interval(secs => (${next("seconds")})::float8) end
         else t.next_action_at end,
       lease_until = case when ${isGiven("next")} then null else t.lease_until end,
       lease_owner = case when ${isGiven("next")} then null else t.lease_owner end,
       updated_at = now()
     from given g
     where t.id = g.id and g.owner in (select owner from held) and t.id = any (array(select id from given))
     returning t.id, t.post_id, t.account_id, t.user_id, t.mode, t.published_at, ${writtenOf("t")},
       g.owner, g.fence, g.journal, g.intent, g.slot, g.reopens, g.settles, g.event
   ), journaled as (
     insert into publish_steps (id, platform_post_id, account_id, user_id, mode, step, effect, attempt, fence, result,
       evidence, result_at)
     select (pp.journal ->> 'id')::uuid, pp.id, pp.account_id, pp.user_id, pp.mode,
       pp.journal ->> 'step', pp.journal ->> 'effect', (pp.journal ->> 'attempt')::integer, pp.fence,
       pp.journal ->> 'result', pp.journal -> 'evidence', now()
     from pp where pp.journal is not null
     on conflict (id) do nothing
   ), intended as (
     update publish_steps s set result = coalesce(pp.intent ->> 'result', s.result),
       remote_id = coalesce(pp.intent ->> 'remoteId', s.remote_id),
       evidence = s.evidence || (pp.intent -> 'evidence'),
       result_at = case when pp.intent ? 'result' then now() else s.result_at end
     from pp where s.id = (pp.intent ->> 'id')::uuid and s.platform_post_id = pp.id
       and s.id = any (array(select (intent ->> 'id')::uuid from pp))
     returning s.id
   ), reopened as (
     -- After the commit that was open until now has its result: only one is open at a time.
     update publish_steps s set result = null, result_at = null from pp
     where s.id = pp.reopens and s.platform_post_id = pp.id and s.result = 'unknown'
       and s.id = any (array(select reopens from pp)) and (select count(*) from intended) >= 0
   ), freed as (
     update accounts a set busy_until = null, busy_with = null from pp
     where a.id = pp.slot and a.busy_with = pp.owner and a.id = any (array(select id from slots))
   ), ${postBeside}
   select pp.owner, ${postStatusOf}, ${selectWritten} from pp`;

const writes = writesOf(
  statement<OwnedRow, [rows: Json]>("platform_posts.write", written("")),
  statement<OwnedRow, [rows: Json]>("platform_posts.write_many", written("skip locked")),
);

/** Locks a post's row; always before its platform posts. */
export const holdPost = statement<{ status: PostStatus }, [postId: string, userId: string, mode: Mode]>(
  "posts.hold",
  `select status from posts where id = $1 and user_id = $2 and mode = $3 for update`,
);
