import type { PlatformPostError, WarningCode } from "../../../model/errors.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { MediaFacts, PostContent } from "../../../model/post.ts";
import type { PlatformPostStatus, PostStatus } from "../../../model/status.ts";
import type { LivePart } from "../../../platforms/platform.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import { isDisconnected, isSetUnchanged } from "./accounts.ts";
import type { BudgetChecks, BudgetUsesOfParts } from "./budgets.ts";
import { isHeld } from "./hold.ts";
import { isPaused } from "./pauses.ts";
import { approvedAt, sentBackReason } from "./post-approvals.ts";
import { countedPost } from "./usage.ts";

export interface PostRow {
  id: string;
  user_id: string;
  mode: Mode;
  platform_set_id: string;
  status: PostStatus;
  content: PostContent;
  platforms: PlatformName[];
  scheduled_for: Date | null;
  publish_by: Date | null;
  /** It is not published late if its time came while publishing was paused. */
  skip_when_paused: boolean;
  revision: number;
  created_at: Date;
  updated_at: Date;
  published_at: Date | null;
}

/** A post with everything a response shows. Times of nested rows are ISO 8601 as in JSON. */
export interface WholePostRow extends PostRow {
  platform_posts: PlatformPostRow[];
  media: PostMediaRow[];
  /** Whether a key needs its approval. */
  needs_approval: boolean;
  /** When it was approved as it is now. Null if it was not, or if no key needs it. */
  approved_at: Date | null;
  /** Why it was sent back; null if it was not, or if no key needs its approval. */
  sent_back_reason: string | null;
}

export interface PlatformPostRow {
  id: string;
  platform: PlatformName;
  status: PlatformPostStatus;
  account_id: string | null;
  platform_post_id: string | null;
  published_url: string | null;
  parts: LivePart[];
  published_at: string | null;
  attempt_count: number;
  next_attempt_at: string | null;
  error: PlatformPostError | null;
  warnings: { code: string; message: string }[];
}

/** The source of a media entry of the post. */
export interface PostMediaRow {
  path: string;
  media_id: string;
  filename: string;
  facts: MediaFacts | null;
  source_url: string | null;
  status: "pending" | "ready" | "failed";
  /** Why its bytes could not be had so far. */
  error: string | null;
}

const columns = `p.id, p.user_id, p.mode, p.platform_set_id, p.status, p.content, p.platforms, p.scheduled_for,
    p.publish_by, p.skip_when_paused, p.revision, p.created_at, p.updated_at, p.published_at`;

/** Whether it is due while publishing is on hold. Checking outcomes continues. */
const waitsForRelease = `(pp.status in ('pending', 'queued', 'posting') and pp.lane <> 'observe'
    and pp.due_at <= now() and ${isHeld})`;

/** Whether it is going to be published and its publishing is paused. Checking outcomes continues. */
const waitsForResume = `(pp.status in ('pending', 'queued', 'posting') and pp.lane <> 'observe'
    and pp.due_at is not null and pp.next_action_at is not null and ${isPaused("pp")})`;

/**
 * When the engine processes a platform post next: not while a step runs (its lease is valid), and not once there is
 * nothing left to do. An unknown outcome is still checked.
 */
const nextAttempt = `case when pp.status in ('queued', 'posting', 'unknown') and (pp.lease_until is null or pp.lease_until < now())
      and not ${waitsForRelease} and not ${waitsForResume} then pp.next_action_at end`;

const HELD_WARNING = JSON.stringify([
  {
    code: "PUBLISHING_HELD" satisfies WarningCode,
    message:
      "The operator has held publishing, so this post was not published on time. " +
      "It will be published once publishing is released.",
  },
]);

const PAUSED_WARNING = JSON.stringify([
  {
    code: "PUBLISHING_PAUSED" satisfies WarningCode,
    message: "Publishing is paused. The post will be published once it is resumed, unless it is too late by then.",
  },
]);

const SKIPPED_WARNING = JSON.stringify([
  {
    code: "PUBLISHING_PAUSED" satisfies WarningCode,
    message:
      "Publishing is paused. If the post's time comes before it is resumed, the post will not be published, " +
      "because its onPause is skip.",
  },
]);

const DISCONNECTED_WARNING = JSON.stringify([
  {
    code: "ACCOUNT_DISCONNECTED" satisfies WarningCode,
    message:
      "The account of this post is no longer connected, so the post will not be published there. " +
      "Connect the same account again, choose another one with accountIds, or cancel the post.",
  },
]);

const warnings = `pp.warnings
    || case when ${isDisconnected("pp")} then '${DISCONNECTED_WARNING}'::jsonb else '[]' end
    || case when ${waitsForRelease} then '${HELD_WARNING}'::jsonb else '[]' end
    || case when not ${waitsForResume} then '[]' when p.skip_when_paused then '${SKIPPED_WARNING.replaceAll("'", "''")}'::jsonb
      else '${PAUSED_WARNING}'::jsonb end`;

const needsApproval = `(p.approval_wanted_by is not null and p.status in ('draft', 'scheduled', 'partial', 'failed'))`;

const whole = `select ${columns},
    (select coalesce(json_agg(json_build_object('id', pp.id, 'platform', pp.platform, 'status', pp.status,
       'account_id', pp.account_id, 'platform_post_id', pp.platform_post_id, 'published_url', pp.published_url, 'parts', pp.parts,
       'published_at', pp.published_at, 'attempt_count', pp.attempt_count, 'next_attempt_at', ${nextAttempt},
       'error', pp.error, 'warnings', ${warnings}) order by pp.position), '[]')
     from platform_posts pp where pp.post_id = p.id and pp.user_id = p.user_id and pp.mode = p.mode) as platform_posts,
    (select coalesce(json_agg(json_build_object('path', pm.path, 'media_id', m.id, 'filename', m.filename,
       'facts', m.facts, 'source_url', m.source_url, 'status', m.status, 'error', m.error)), '[]')
     from post_media pm join media m on m.id = pm.media_id where pm.post_id = p.id and pm.user_id = p.user_id) as media,
    ${needsApproval} as needs_approval, case when ${needsApproval} then ${approvedAt} end as approved_at,
    case when ${needsApproval} then ${sentBackReason} end as sent_back_reason
  from posts p`;

export const findPost = statement<WholePostRow, [id: string, userId: string, mode: Mode]>(
  "posts.find",
  `${whole} where p.id = $1 and p.user_id = $2 and p.mode = $3`,
);

/** Those of them that are there, in no order. */
export const findPosts = statement<WholePostRow, [ids: readonly string[], userId: string, mode: Mode]>(
  "posts.find_many",
  `${whole} where p.id = any($1::uuid[]) and p.user_id = $2 and p.mode = $3`,
);

/** The row, locked until the transaction ends. Always locked before its platform posts. */
export const lockPost = statement<PostRow, [id: string, userId: string, mode: Mode]>(
  "posts.lock",
  `select ${columns} from posts p where p.id = $1 and p.user_id = $2 and p.mode = $3 for update`,
);

/** One platform post of a post that is created or edited. */
export interface NewPlatformPost {
  id: string;
  platform: PlatformName;
  account_id: string | null;
}

/** A media entry of a post and its source. */
export interface NewPostMedia {
  path: string;
  media_id: string;
}

/** `condition` is on everything that is inserted. */
const inserted = (condition = "") => `post as (
     insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for, publish_by,
       skip_when_paused, event_count)
     select $1, $2, $3::text, $4, $5::text, $6, $7, $8, $13, $14, ($8::timestamptz is not null)::integer ${condition}
     returning created_at, updated_at, revision
   ), parts as (
     insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at, next_action_at)
     select n.id, $1, $2, $3::text, n.platform, n.position - 1, n.account_id, $8, $12
     from unnest($9::uuid[], $10::text[], $11::uuid[]) with ordinality as n(id, platform, account_id, position)
     ${condition}
   ), counted as (
     insert into post_counts (user_id, mode, status, platforms, change) select $2, $3::text, $5::text, $7, 1 ${condition}
   )`;

/** A new post, and the ids, platforms and accounts of its platform posts. */
export type NewPostParams = [
  id: string,
  userId: string,
  mode: Mode,
  setId: string,
  status: PostStatus,
  content: PostContent,
  platforms: readonly PlatformName[],
  scheduledFor: Date | null,
  platformPostIds: readonly string[],
  platformOfEach: readonly PlatformName[],
  accountOfEach: readonly (string | null)[],
  nextActionAt: Date | null,
  publishBy: Date | null,
  skipWhenPaused: boolean,
];

/** A draft and its platform posts, in one statement. */
export const insertPost = statement<InsertedRow, NewPostParams>(
  "posts.insert",
  `with ${inserted()} select created_at, updated_at, revision from post`,
);

const unchanged = `unchanged as materialized (select where ${isSetUnchanged("$4", "$2", "$3", "$15::text[]")})`;
const scheduled = (condition: string) => `event as (
     insert into outbox (user_id, mode, type, post_id, post_sequence) select $2, $3::text, 'post.scheduled', $1, 1
     where $8::timestamptz is not null and ${condition}
   )`;
const times = "select created_at, updated_at, revision from post";

type InsertedRow = Pick<PostRow, "created_at" | "updated_at" | "revision">;
type InSetParams = [...NewPostParams, setVersions: readonly string[]];

/** A draft without media. No row, and nothing inserted, if something of its set has changed: see `isSetUnchanged`. */
export const insertDraftInSet = statement<InsertedRow, InSetParams>(
  "posts.insert_draft_in_set",
  `with ${unchanged}, ${inserted("where exists (select from unchanged)")} ${times}`,
);

/** As `insertDraftInSet`, of a scheduled post. */
export const insertScheduledInSet = statement<InsertedRow, InSetParams>(
  "posts.insert_scheduled_in_set",
  `with ${unchanged}, ${inserted("where exists (select from unchanged)")},
   ${scheduled("exists (select from unchanged)")} ${times}`,
);

/** As both, along with the response for the Idempotency-Key. No row either if that is no longer claimed. */
export const insertKeyedInSet = statement<
  InsertedRow,
  [...InSetParams, key: string, claimId: string, status: number, body: Json, headers: object]
>(
  "posts.insert_keyed_in_set",
  `with ${unchanged}, kept as (
     update idempotency_keys set status = $18, body = $19::json, headers = $20, post_id = $1
     where user_id = $2 and mode = $3::text and key = $16 and claim = $17 and exists (select from unchanged)
     returning key
   ), ${inserted("where exists (select from kept)")}, ${scheduled("exists (select from kept)")} ${times}`,
);

/** As `insertDraftInSet`, counted in its month. No row either if counting needs more: see `countedPost`. */
export const insertCountedInSet = statement<InsertedRow, [...InSetParams, postsPerMonth: number]>(
  "posts.insert_counted_in_set",
  `with ${unchanged},
   usage as (${countedPost("$2", "$16")} and exists (select from unchanged) returning user_id),
   ${inserted("where exists (select from usage)")} ${times}`,
);

/**
 * As `insertPost`, with the post's media, and the event if it is scheduled. PostgreSQL prepares every part of a
 * statement, used or not, so the plain draft has its own.
 */
export const insertWholePost = statement<
  Pick<PostRow, "created_at" | "updated_at" | "revision">,
  [...NewPostParams, media: Json]
>(
  "posts.insert_whole",
  `with ${inserted()}, linked as (
     insert into post_media (post_id, path, media_id, user_id)
     select $1, l.path, l.media_id, $2 from jsonb_to_recordset($15) as l(path text, media_id uuid)
   ), event as (
     insert into outbox (user_id, mode, type, post_id, post_sequence) select $2, $3::text, 'post.scheduled', $1, 1
     where $8::timestamptz is not null
   )
   select created_at, updated_at, revision from post`,
);

/** What the platform posts use of their budgets. */
const used = (condition: string) => `used as (
     insert into budget_uses (platform_post_id, budget, at, units)
     select n.id, u.budget, $8, u.units from unnest($21::text[], $22::text[], $23::bigint[]) as u(platform, budget, units)
       join unnest($9::uuid[], $10::text[]) as n(id, platform) using (platform) where ${condition}
   )`;

/** As `insertScheduledInSet`, of a post that uses budgets. No row either if there may be no room: see below. */
export const insertReservedInSet = statement<InsertedRow, [...InSetParams, ...BudgetChecks, ...BudgetUsesOfParts]>(
  "posts.insert_reserved_in_set",
  `with ${unchanged}, room as materialized (
     select from unchanged
     where budgets_have_room($16::text[], $17::bigint[], $18::bigint[], $19::timestamptz[], $20::timestamptz[], '{}')
   ), ${inserted("where exists (select from room)")}, ${scheduled("exists (select from room)")},
   ${used("exists (select from room)")} ${times}`,
);

/**
 * As `insertWholePost`, of a scheduled post that uses budgets: its uses are stored too. Nothing is inserted, and no row
 * returned, if there may be no room for them (`budgets_have_room`); the budgets are locked in either case.
 */
export const insertReservedPost = statement<
  InsertedRow,
  [...NewPostParams, media: Json, ...BudgetChecks, ...BudgetUsesOfParts]
>(
  "posts.insert_reserved",
  `with room as materialized (
     select budgets_have_room($16::text[], $17::bigint[], $18::bigint[], $19::timestamptz[], $20::timestamptz[], '{}')
       as is_there
   ), post as (
     insert into posts (id, user_id, mode, platform_set_id, status, content, platforms, scheduled_for, publish_by,
       skip_when_paused, event_count)
     select $1, $2, $3::text, $4, $5::text, $6, $7, $8::timestamptz, $13, $14, 1 from room where is_there
     returning id, created_at, updated_at, revision
   ), parts as (
     insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id, due_at, next_action_at)
     select n.id, $1, $2, $3::text, n.platform, n.position - 1, n.account_id, $8, $12
     from post, unnest($9::uuid[], $10::text[], $11::uuid[]) with ordinality as n(id, platform, account_id, position)
   ), counted as (
     insert into post_counts (user_id, mode, status, platforms, change) select $2, $3::text, $5::text, $7, 1 from post
   ), linked as (
     insert into post_media (post_id, path, media_id, user_id)
     select $1, l.path, l.media_id, $2 from post, jsonb_to_recordset($15) as l(path text, media_id uuid)
   ), event as (
     insert into outbox (user_id, mode, type, post_id, post_sequence)
     select $2, $3::text, 'post.scheduled', $1, 1 from post
   ), ${used("exists (select from post)")}
   select created_at, updated_at, revision from post`,
);

/** A caller's change. The platform posts on other platforms are deleted. */
export const updatePost = statement<
  PostRow,
  [
    id: string,
    userId: string,
    mode: Mode,
    setId: string,
    status: string,
    content: object,
    platforms: readonly PlatformName[],
    scheduledFor: Date | null,
    publishBy: Date | null,
    skipWhenPaused: boolean,
  ]
>(
  "posts.update",
  `with gone as (
     delete from platform_posts pp where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3
       and pp.platform <> all ($7::text[])
   )
   update posts p set platform_set_id = $4, status = $5, content = $6, platforms = $7, scheduled_for = $8,
     publish_by = $9, skip_when_paused = $10, revision = revision + 1, updated_at = now()
   where p.id = $1 and p.user_id = $2 and p.mode = $3 returning ${columns}`,
);

/**
 * The post goes to these platforms too, in this order. One that it goes to already keeps its row and ID, and its account
 * unless the post has another set now.
 */
export const retargetPost = statement<
  never,
  [id: string, userId: string, mode: Mode, platformPosts: Json, isSameSet: boolean]
>(
  "platform_posts.retarget",
  `with wanted as (
     select w.id, w.platform, w.account_id, row_number() over () - 1 as position
     from jsonb_to_recordset($4) as w(id uuid, platform text, account_id uuid)
   )
   insert into platform_posts (id, post_id, user_id, mode, platform, position, account_id)
   select w.id, $1, $2, $3, w.platform, w.position, w.account_id from wanted w
   on conflict (post_id, platform) do update set position = excluded.position,
     account_id = case when $5 then coalesce(platform_posts.account_id, excluded.account_id) else excluded.account_id end`,
);

/**
 * A person's choice: the platform posts that are not live in part go out through these accounts of the set. Returns
 * those that there are.
 */
export const chooseAccounts = statement<
  { id: string },
  [id: string, userId: string, mode: Mode, setId: string, accountIds: readonly string[]]
>(
  "platform_posts.choose_accounts",
  `with chosen as materialized (
     select id, platform from accounts
     where id = any($5::uuid[]) and platform_set_id = $4 and user_id = $2 and mode = $3 and status = 'active'
   ), bound as (
     update platform_posts pp set account_id = chosen.id, updated_at = now() from chosen
     where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3 and pp.platform = chosen.platform
       and pp.live_through is null and pp.status in ('pending', 'failed')
   )
   select id from chosen`,
);

/** The platforms on which the post's account, one of this set, is no longer connected, but another one is. */
export const findReplacedAccounts = statement<
  { platform: PlatformName },
  [id: string, userId: string, mode: Mode, setId: string]
>(
  "platform_posts.find_replaced_accounts",
  `select pp.platform from platform_posts pp
     join accounts own on own.id = pp.account_id and own.platform_set_id = $4 and own.status <> 'active'
     join accounts other on other.platform_set_id = $4 and other.user_id = $2 and other.mode = $3
       and other.platform = pp.platform and other.status = 'active'
   where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3`,
);

/** The sources of the post's media entries from now on. */
export const relinkMedia = statement<never, [id: string, userId: string, media: Json]>(
  "posts.relink_media",
  `with wanted as (
     select l.path, l.media_id from jsonb_to_recordset($3) as l(path text, media_id uuid)
   ), gone as (
     delete from post_media pm where pm.post_id = $1 and pm.user_id = $2
       and not exists (select from wanted w where w.path = pm.path)
   )
   insert into post_media (post_id, path, media_id, user_id) select $1, w.path, w.media_id, $2 from wanted w
   on conflict (post_id, path) do update set media_id = excluded.media_id`,
);

/** The sources of the post's media entries. */
export const listPostMedia = statement<{ media_id: string }, [id: string, userId: string]>(
  "posts.list_media",
  `select media_id from post_media where post_id = $1 and user_id = $2`,
);
