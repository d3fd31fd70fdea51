import type { BrokerCode, PlatformErrorDetail, PlatformPostError } from "../../../model/errors.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { MediaFacts, PostContent } from "../../../model/post.ts";
import type { PlatformPostStatus, PostStatus } from "../../../model/status.ts";
import type { Checkpoint, StepDone } from "../../../platforms/platform.ts";
import { statement } from "../sql.ts";
import type { AccountRow } from "./accounts.ts";
import { wasPausedWhenDue } from "./pauses.ts";

/** What the journal stores about one request to a platform; see `HttpExchange` of the HTTP kit. */
export type Evidence = Record<string, unknown>;

/** A platform post's commit, as the journal has it: open while its result is null. */
export interface IntentRow {
  id: string;
  step: string;
  intentAt: string;
  ageSeconds: number;
  requestHash: string | null;
  result: "ok" | "definite_failure" | "unknown" | null;
  evidence: IntentEvidence;
  /** The checkpoint it was sent with, whose handles it is read back by. Null for commits of earlier versions. */
  checkpoint: Checkpoint | null;
}

/** How it became known that a commit is live, other than by its own response; the strongest first. */
export const SOURCES = ["late", "person", "list"] as const;

export type Source = (typeof SOURCES)[number];

/** What the journal knows about a commit. */
export interface IntentEvidence {
  /** The response that proved nothing. */
  answer?: {
    status: number | null;
    brokerCode: BrokerCode | null;
    platformError: PlatformErrorDetail | null;
    failure: string | null;
  };
  /** The request's timeout. */
  timeoutSeconds?: number;
  /** Seconds from the intent to the end of the latest exchange, if the process lived to record it. */
  endedAfterSeconds?: number | null;
  /**
   * For each monotonic clock of a machine or process: its reading at the last check, in seconds, and how long the
   * commit had certainly been sent by then.
   */
  watched?: Record<string, { at: number; seconds: number }>;
  /** How often it was read back, and the clean negative reads among them, in seconds watched since the intent. */
  reads?: number;
  negativeReads?: number[];
  /** A response that arrived after the claim was lost. It counts as if it had arrived in time. */
  late?: { outcome: "ok"; done: StepDone; isFound?: true } | { outcome: "not_published"; proof: string };
  /**
   * What a person has found on the account. It counts as the outcome; null once the post turned out to be another
   * one's.
   */
  answered?: { isLive: true; publishedUrl: string; id: string | null } | { isLive: false } | null;
  /** Of one that is live: how that is known, if not by its own response. */
  by?: Source;
  /** The hash of the step's `look`. */
  look?: string;
  /**
   * The one byte-identical repeat of the request: how long the commit had certainly been out by then, and the proof that
   * the repeat had no effect, if there is one.
   */
  repeat?: { afterSeconds: number; proof?: string };
  /** A commit of an earlier version that repeats another. */
  repeatOf?: string;
  /** Abandoned at the caller's request. */
  closed?: string;
  /** It was not sent, for a reason of the server's own. */
  withheld?: string;
  /** Opened after a restore: the database may not know of the commit. */
  doubted?: true;
  /** And the database knows no reason for it, so it is not sent again by itself. */
  unplanned?: true;
  [other: string]: unknown;
}

/** A platform post with everything its steps need. Read after the claim, so that no edit is missed. */
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
  /** The latest time set on the post; null if there is none, or it has been published or retried since. */
  last_in_seconds: number | null;
  /** Its time came during a pause, after which it is not to be published. */
  is_skipped: boolean;
  step: string | null;
  /** The last visible step that is live; null if none. */
  last_live_step: string | null;
  /** Everything visible is live. */
  is_live: boolean;
  polls: number;
  waited_seconds: number;
  failures: number;
  checkpoint: Checkpoint;
  attempt_count: number;
  platform_post_id: string | null;
  published_url: string | null;
  error: PlatformPostError | null;
  warnings: { code: string; message: string }[];
  /** Seconds since the engine wrote to it: handles do not live for ever. */
  idle_seconds: number;
  content: PostContent;
  platform_account_id: string | null;
  username: string | null;
  platform_metadata: Record<string, unknown> | null;
  scopes: string[] | null;
  token_health: AccountRow["token_health"] | null;
  media: { path: string; id: string; filename: string; facts: MediaFacts | null }[];
  intent: IntentRow | null;
  /**
   * Commits that were given up without proof of their outcome, of steps that are not live by another, and whether a
   * caller has decided about them. A person's word that nothing is there is no proof.
   */
  doubts: { step: string; isClosed: boolean }[];
}

const intentRow = `json_build_object('id', s.id, 'step', s.step, 'intentAt', s.intent_at,
    'ageSeconds', extract(epoch from now() - s.intent_at), 'requestHash', s.request_hash,
    'result', s.result, 'evidence', s.evidence, 'checkpoint', s.checkpoint)`;

/** Loads what was claimed, in one statement. */
export const loadWork = statement<WorkRow, [platformPostIds: string[], leaseOwners: string[]]>(
  "platform_posts.load_work",
  `select pp.id, pp.post_id, pp.user_id, pp.mode, pp.platform, pp.account_id, pp.lease_owner, pp.status,
     p.status as post_status, extract(epoch from pp.due_at - clock_timestamp())::float8 as due_in_seconds,
     case when p.publish_by > pp.due_at
       then extract(epoch from p.publish_by - clock_timestamp())::float8 end as last_in_seconds,
     p.skip_when_paused and ${wasPausedWhenDue("pp")} as is_skipped,
     pp.step, pp.live_through as last_live_step, pp.published_at is not null as is_live, pp.polls,
     coalesce(extract(epoch from now() - pp.step_since), 0)::float8 as waited_seconds, pp.failures, pp.checkpoint,
     pp.attempt_count, pp.platform_post_id, pp.published_url, pp.error, pp.warnings,
     extract(epoch from now() - pp.updated_at)::float8 as idle_seconds,
     p.content, a.platform_account_id, a.username,
     a.platform_metadata, a.scopes, a.token_health,
     (select coalesce(json_agg(json_build_object('path', pm.path, 'id', m.id, 'filename', m.filename,
       'facts', m.facts)), '[]')
      from post_media pm join media m on m.id = pm.media_id and m.user_id = pp.user_id and m.mode = pp.mode
      where pm.post_id = pp.post_id) as media,
     (select ${intentRow} from publish_steps s where s.platform_post_id = pp.id and s.effect = 'visible'
       order by (s.result is null) desc, s.intent_at desc limit 1) as intent,
     (select coalesce(json_agg(json_build_object('step', s.step,
         'isClosed', s.evidence ? 'closed' or s.result = 'definite_failure')), '[]')
       from publish_steps s where s.platform_post_id = pp.id and s.effect = 'visible'
         and (s.result = 'unknown' or s.result = 'definite_failure' and s.evidence ? 'answered')
         and (pp.live_through is null or not exists (select from publish_steps live
           where live.platform_post_id = pp.id and live.effect = 'visible' and live.step = s.step
             and live.result = 'ok'))) as doubts
   from platform_posts pp join posts p on p.id = pp.post_id and p.user_id = pp.user_id and p.mode = pp.mode
     left join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
   where pp.id = any($1::uuid[]) and pp.lease_owner = any($2::uuid[])`,
);
