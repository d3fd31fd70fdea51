import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PlatformPostStatus, PostStatus } from "../../../model/status.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import { wasPausedWhenDue } from "./pauses.ts";

/** A platform post as acts see it. The caller's transaction has already locked the post's row. */
export interface HeldPlatformPostRow {
  id: string;
  platform: PlatformName;
  status: PlatformPostStatus;
  /** A step is running, according to its lease, or the platform accepted the post and is being polled. */
  running: boolean;
  /** All its visible steps are live, and only cosmetic ones are left. */
  live: boolean;
}

/** Identifies the post; the first parameters of every action. */
type PostParams = [postId: string, userId: string, mode: Mode];

/** Which platform posts of a user. */
type PlatformPostsParams = [platformPostIds: string[], userId: string, mode: Mode];

/** Locks the platform posts, in the caller's order. */
export const holdPlatformPosts = statement<HeldPlatformPostRow, PostParams>(
  "platform_posts.hold",
  `select id, platform, status, published_at is not null as live,
     coalesce(lease_until > now(), false)
       or (lane = 'observe' and live_through is not null and published_at is null) as running
   from platform_posts where post_id = $1 and user_id = $2 and mode = $3 order by position for update`,
);

/**
 * The platform posts that may be live: with a commit that is open or was abandoned. Query after `holdPlatformPosts`, in
 * a separate statement, because a commit may have been written while that one waited for its locks.
 */
export const findUncertainPlatformPosts = statement<{ id: string }, PostParams>(
  "platform_posts.find_uncertain",
  `select pp.id from platform_posts pp
   where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3
     and exists (select from uncertain_commits(pp.id, pp.live_through))`,
);

/**
 * The account to publish with: the one that was chosen, also if it is no longer connected; else the set's active one. It
 * is stored before anything is compared with it, so that nobody connects another one in between.
 */
const accountNow = `coalesce(pp.account_id, (
      select a.id from accounts a where a.platform_set_id = p.platform_set_id and a.user_id = p.user_id
        and a.mode = p.mode and a.platform = pp.platform and a.status = 'active'))`;

/** All of them are due now. Prepared work is kept, and running steps continue. */
export const publishPlatformPosts = statement<never, PostParams>(
  "platform_posts.publish",
  `update platform_posts pp set status = 'queued', due_at = now(), failures = 0, account_id = ${accountNow},
     updated_at = now(),
     warnings = (select coalesce(jsonb_agg(w), '[]') from jsonb_array_elements(pp.warnings) w
       where w ->> 'code' <> 'PUBLISH_MISSED'),
     next_action_at = case when pp.lease_until > now() then pp.next_action_at else now() end
   from posts p where p.id = pp.post_id and p.id = $1 and p.user_id = $2 and p.mode = $3`,
);

/** They start over, after the parts that are already live. */
export const retryPlatformPosts = statement<never, PlatformPostsParams>(
  "platform_posts.retry",
  `update platform_posts pp set status = 'queued', due_at = now(), next_action_at = now(),
     lane = 'prepare', account_id = ${accountNow},
     fence = fence + 1, lease_until = null, lease_owner = null, step = null, polls = 0, step_since = null, failures = 0,
     checkpoint = case when live_through is null then '{}' else checkpoint end,
     error = null, warnings = '[]', updated_at = now()
   from posts p where p.id = pp.post_id and pp.id = any($1) and pp.user_id = $2 and pp.mode = $3`,
);

/** None of their steps will start anymore, and a running one loses its claim. Those with live parts get the warning. */
export const discardPlatformPosts = statement<never, [...PlatformPostsParams, error: Json | null, partsLive: Json]>(
  "platform_posts.discard",
  `update platform_posts set status = 'discarded', error = coalesce($4, error), fence = fence + 1, updated_at = now(),
     warnings = case when live_through is null then warnings else warnings || $5 end, next_action_at = null, lease_until = null, lease_owner = null
   where id = any($1) and user_id = $2 and mode = $3`,
);

/** Their forced retry will not start anymore, and the outcome of the first request stays unknown. */
export const withdrawForcedRetries = statement<never, [...PlatformPostsParams, error: Json]>(
  "platform_posts.withdraw_forced_retries",
  `update platform_posts set status = 'unknown', error = $4, fence = fence + 1, updated_at = now(),
     next_action_at = null, lease_until = null, lease_owner = null
   where id = any($1) and user_id = $2 and mode = $3`,
);

/** They are live, and only cosmetic steps were left. */
export const settleLivePlatformPosts = statement<never, PlatformPostsParams>(
  "platform_posts.settle_live",
  `update platform_posts set status = 'published', updated_at = now()
   where id = any($1) and user_id = $2 and mode = $3`,
);

/** Discards prepared work; a running step loses its claim. */
export const reschedulePlatformPosts = statement<never, [...PostParams, dueAt: Date | null, nextActionAt: Date | null]>(
  "platform_posts.reschedule",
  `update platform_posts set due_at = $4, next_action_at = $5, lane = 'prepare', fence = fence + 1, lease_until = null,
     lease_owner = null,
     step = null, polls = 0, step_since = null, failures = 0, checkpoint = '{}', warnings = '[]', updated_at = now()
   where post_id = $1 and user_id = $2 and mode = $3`,
);

/**
 * Those that have not started are no longer due, unless the claim is lost, or only those are missed that were paused
 * when they were due, and others were not. The post's row must be locked.
 */
export const markPlatformPostsMissed = statement<
  never,
  [...PostParams, warnings: Json, claimed: string, fence: number, owner: string, onlyPaused: boolean]
>(
  "platform_posts.mark_missed",
  `with missed as (
     update platform_posts set next_action_at = null, lane = 'prepare', fence = fence + 1, lease_until = null,
       lease_owner = null,
       step = null, polls = 0, step_since = null, failures = 0, checkpoint = '{}', warnings = $4, updated_at = now()
     where post_id = $1 and user_id = $2 and mode = $3 and status = 'pending' and next_action_at is not null
       and exists (select from platform_posts own where own.id = $5 and own.fence = $6 and own.lease_owner = $7)
       and not ($8 and exists (select from platform_posts other where other.post_id = $1 and other.user_id = $2
         and other.mode = $3 and other.status = 'pending' and not ${wasPausedWhenDue("other")}))
     returning id
   ), released as (
     update budget_uses u set released = true from missed where u.platform_post_id = missed.id
   )
   update posts set revision = revision + 1, updated_at = now()
   where id = $1 and user_id = $2 and mode = $3 and exists (select from missed)`,
);

export const setPostStatus = statement<never, [...PostParams, status: PostStatus]>(
  "posts.set_status",
  `update posts set status = $4, revision = revision + 1, updated_at = now()
   where id = $1 and user_id = $2 and mode = $3`,
);

/** What actions need to know about a post whose row is locked. */
export interface HeldPost {
  id: string;
  user_id: string;
  mode: Mode;
  status: PostStatus;
  scheduled_for: Date | null;
}
