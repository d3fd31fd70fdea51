import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";
import { heldPosts, isPostHeld, postBeside } from "./post-status.ts";
import type { Source } from "./work-rows.ts";

/**
 * Takes a remote ID from the commit that has it by one of these weaker sources, for a stronger one of the commit
 * `intentId` on the same platform account: what was found for that one is another post's. published → unknown, and it is
 * read back again. Not if more was published after it, which goes on from it. No row if nothing was taken. The account
 * can be connected by several users.
 */
export const takeRemoteId = statement<
  { post_id: string },
  [intentId: string, remoteId: string, weaker: Source[], error: Json]
>(
  "publish_steps.take_remote_id",
  `with given as materialized (
     select s.id as commit_id, s.step, pp.id, pp.post_id, pp.user_id, pp.mode, true as settles
     from publish_steps own join publish_steps s on s.mode = own.mode and s.platform = own.platform
         and s.platform_account_id = own.platform_account_id and s.remote_id = $2 and s.effect = 'visible'
       join platform_posts pp on pp.id = s.platform_post_id
     where own.id = $1 and s.id <> own.id and s.evidence ->> 'by' = any ($3)
   ), ${heldPosts("")}, held as (
     select g.id from given g join platform_posts pp on pp.id = g.id
     where ${isPostHeld} and pp.status = 'published' and pp.live_through = g.step
     for no key update of pp
   ), disowned as (
     update publish_steps s set remote_id = null, result = null, result_at = null,
       evidence = s.evidence - 'by' || jsonb_build_object('taken', $2::text, 'answered', null)
     from given g where s.id = g.commit_id and s.remote_id = $2 and g.id in (select id from held)
     returning s.platform_post_id as id
   ), pp as (
     update platform_posts t set status = 'unknown', lane = 'observe', step = null, polls = 0, step_since = null,
       failures = 0, next_action_at = now(), fence = t.fence + 1, lease_until = null, lease_owner = null, error = $4,
       published_at = null, updated_at = now(),
       live_through = (select before.step from publish_steps before where before.platform_post_id = t.id
         and before.effect = 'visible' and before.result = 'ok' and before.id <> g.commit_id
         order by before.intent_at desc limit 1),
       platform_post_id = nullif(t.platform_post_id, $2),
       published_url = case when t.platform_post_id is distinct from $2 then t.published_url end,
       parts = (select coalesce(jsonb_agg(part), '[]') from jsonb_array_elements(t.parts) part
         where part ->> 'platformPostId' is distinct from $2)
     from given g where t.id = g.id and t.id in (select id from disowned)
     returning t.id, t.post_id, t.user_id, t.mode, t.published_at, true as settles, 'platform_post.unknown' as event
   ), ${postBeside}
   select pp.post_id from pp`,
);
