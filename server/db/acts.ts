import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { PlatformPostStatus, PostStatus } from "../../model/status.ts";
import type { Json } from "./jsonb.ts";
import { statement } from "./sql.ts";

/** A platform post as the caller's acts see it. The caller's transaction holds the post's row already. */
export interface HeldPlatformPostRow {
  id: string;
  platform: PlatformName;
  status: PlatformPostStatus;
  /** Whether a step is running, by the lease, or the platform has taken the post and is being asked what came of it. */
  running: boolean;
  /** All its visible steps are live; only what is nice to have is still asked for. */
  live: boolean;
}

/** Whose post: what every act names first. */
type PostParams = [postId: string, userId: string, mode: Mode];

/** Some platform posts of a user. */
type PlatformPostsParams = [platformPostIds: string[], userId: string, mode: Mode];

/** The platform posts in the caller's order, held until the transaction ends. */
export const holdPlatformPosts = statement<HeldPlatformPostRow, PostParams>(
  "platform_posts.hold",
  `select id, platform, status, coalesce(lease_until > now(), false) or (lane = 'observe' and live_through is not null and published_at is null) as running, published_at is not null as live
   from platform_posts where post_id = $1 and user_id = $2 and mode = $3 order by position for update`,
);

/**
 * The platform posts of which nobody knows whether they are live: with a commit that is open,
 * or was given up. To be asked after `holdPlatformPosts`, in a statement of its own, since a commit may have been written
 * while that one waited.
 */
export const findUncertainPlatformPosts = statement<{ id: string }, PostParams>(
  "platform_posts.find_uncertain",
  `select pp.id from platform_posts pp
   where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3 and exists (select from uncertain_commits(pp.id, pp.live_through))`,
);

/** The account that publishes from now on: the set's active one, unless parts are live on the old one or handles stand ready there. */
const accountNow = `case when pp.lease_until > now() or pp.live_through is not null or (pp.step is not null and exists (select from accounts a where a.id = pp.account_id and a.status = 'active'))
    then pp.account_id
    else coalesce((select a.id from accounts a where a.platform_set_id = p.platform_set_id and a.user_id = p.user_id and a.mode = p.mode
                   and a.platform = pp.platform and a.status = 'active'), pp.account_id) end`;

/** All of them are due now. What is prepared stays; what is running goes on. */
export const publishPlatformPosts = statement<never, PostParams>(
  "platform_posts.publish",
  `update platform_posts pp set status = 'queued', due_at = now(), failures = 0, account_id = ${accountNow}, updated_at = now(),
     warnings = (select coalesce(jsonb_agg(w), '[]') from jsonb_array_elements(pp.warnings) w where w ->> 'code' <> 'PUBLISH_MISSED'),
     next_action_at = case when pp.lease_until > now() then pp.next_action_at else now() end
   from posts p where p.id = pp.post_id and p.id = $1 and p.user_id = $2 and p.mode = $3`,
);

/** They start again, after what is live already. */
export const retryPlatformPosts = statement<never, PlatformPostsParams>(
  "platform_posts.retry",
  `update platform_posts pp set status = 'queued', due_at = now(), next_action_at = now(), lane = 'prepare', account_id = ${accountNow},
     fence = fence + 1, lease_until = null, lease_owner = null, step = null, polls = 0, step_since = null, failures = 0,
     checkpoint = case when live_through is null then '{}' else checkpoint end,
     error = null, warnings = '[]', updated_at = now()
   from posts p where p.id = pp.post_id and pp.id = any($1) and pp.user_id = $2 and pp.mode = $3`,
);

/** No step of theirs begins any more, and one that is running loses its work. */
export const discardPlatformPosts = statement<never, [...PlatformPostsParams, error: Json | null]>(
  "platform_posts.discard",
  `update platform_posts set status = 'discarded', error = coalesce($4, error), fence = fence + 1, updated_at = now(),
     next_action_at = null, lease_until = null, lease_owner = null
   where id = any($1) and user_id = $2 and mode = $3`,
);

/** A forced retry of theirs does not begin any more, and what came of the first call stays unknown. */
export const takeBackForcedRetries = statement<never, [...PlatformPostsParams, error: Json]>(
  "platform_posts.take_back_forced_retries",
  `update platform_posts set status = 'unknown', error = $4, fence = fence + 1, updated_at = now(),
     next_action_at = null, lease_until = null, lease_owner = null
   where id = any($1) and user_id = $2 and mode = $3`,
);

/** Live ones that were still asked for what is nice to have. */
export const settleLivePlatformPosts = statement<never, PlatformPostsParams>(
  "platform_posts.settle_live",
  `update platform_posts set status = 'published', updated_at = now() where id = any($1) and user_id = $2 and mode = $3`,
);

/** Handles that were prepared are thrown away, and a running step loses its work. */
export const reschedulePlatformPosts = statement<never, [...PostParams, dueAt: Date | null, nextActionAt: Date | null]>(
  "platform_posts.reschedule",
  `update platform_posts set due_at = $4, next_action_at = $5, lane = 'prepare', fence = fence + 1, lease_until = null, lease_owner = null,
     step = null, polls = 0, step_since = null, failures = 0, checkpoint = '{}', warnings = '[]', updated_at = now()
   where post_id = $1 and user_id = $2 and mode = $3`,
);

/** Those that nobody has begun are not looked at any more. The post's row must be held. */
export const missPlatformPosts = statement<never, [...PostParams, warnings: Json]>(
  "platform_posts.miss",
  `with missed as (
     update platform_posts set next_action_at = null, lane = 'prepare', fence = fence + 1, lease_until = null, lease_owner = null,
       step = null, polls = 0, step_since = null, failures = 0, checkpoint = '{}', warnings = $4, updated_at = now()
     where post_id = $1 and user_id = $2 and mode = $3 and status = 'pending' and next_action_at is not null returning id
   )
   update posts set revision = revision + 1, updated_at = now() where id = $1 and user_id = $2 and mode = $3 and exists (select from missed)`,
);

export const setPostStatus = statement<never, [...PostParams, status: PostStatus]>(
  "posts.set_status",
  `update posts set status = $4, revision = revision + 1, updated_at = now() where id = $1 and user_id = $2 and mode = $3`,
);

/** Every process looks at the queue again. */
export const notifyDue = statement<never, []>("queue.notify_due", "select pg_notify('ampost_due', '')");

/** What the caller's acts need to know of a post whose row they hold. */
export interface HeldPost {
  id: string;
  user_id: string;
  mode: Mode;
  status: PostStatus;
  scheduled_for: Date | null;
}
