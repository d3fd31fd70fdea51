import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { PlatformPostStatus } from "../../../model/status.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

/** A platform post whose outcome a person knows. */
export interface ResolvedRow {
  id: string;
  status: PlatformPostStatus;
  account_id: string | null;
}

/** Locks the platform post, after its post, and its account, so that a link is given to one post at a time. */
export const holdResolved = statement<
  ResolvedRow,
  [postId: string, userId: string, mode: Mode, platform: PlatformName]
>(
  "platform_posts.hold_resolved",
  `with account as (
     select a.id from accounts a where a.user_id = $2 and a.mode = $3 and a.id = (
       select pp.account_id from platform_posts pp
       where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3 and pp.platform = $4)
     for no key update
   )
   select pp.id, pp.status, (select id from account) as account_id from platform_posts pp
   where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3 and pp.platform = $4 for update`,
);

/**
 * Whether a link or ID is known as another post's on the same platform account, in any of the user's sets. `tail` is
 * the link without its host; what follows it in a stored link does not matter. A person's word is stronger than a list,
 * which may have shown this post as another.
 */
export const findTaken = statement<
  { post_id: string },
  [platformPostId: string, userId: string, mode: Mode, id: string | null, tail: string]
>(
  "platform_posts.find_taken",
  `select o.post_id from platform_posts pp
     join accounts a on a.id = pp.account_id and a.user_id = pp.user_id and a.mode = pp.mode
     join accounts b on b.user_id = a.user_id and b.mode = a.mode and b.platform = a.platform
       and b.platform_account_id = a.platform_account_id
     join platform_posts o on o.account_id = b.id and o.user_id = pp.user_id and o.mode = pp.mode and o.id <> pp.id
     cross join lateral (
       select o.platform_post_id as id, o.published_url as url
       union all select part ->> 'platformPostId', part ->> 'publishedUrl' from jsonb_array_elements(o.parts) part
     ) known
     cross join lateral (select regexp_replace(known.url, '^https?://[^/]+', '') as tail) stored
   where pp.id = $1 and pp.user_id = $2 and pp.mode = $3
     and not (known.id is not distinct from $4 and exists (select from publish_steps s where s.platform_post_id = o.id
       and s.remote_id = $4 and s.effect = 'visible' and s.evidence ->> 'by' = 'list'))
     and (known.id = $4 or starts_with(stored.tail, $5) and substr(stored.tail, length($5) + 1, 1) in ('', '/', '?', '&'))
   limit 1`,
);

/**
 * Stores what a person has found as the outcome of the newest commit in doubt, and hands the platform post to the
 * engine, which settles it as any known outcome. If nothing is live, no other commit is in doubt either. No row if none
 * is. The platform post's row must be locked.
 */
export const resolveCommit = statement<
  { id: string },
  [platformPostId: string, userId: string, mode: Mode, evidence: Json, isLive: boolean]
>(
  "publish_steps.resolve",
  `with doubtful as (
     select s.id, row_number() over (order by (s.result is null) desc, s.intent_at desc) as place
     from platform_posts pp, uncertain_commits(pp.id, pp.live_through) s
     where pp.id = $1 and pp.user_id = $2 and pp.mode = $3
   ), resolved as (
     update publish_steps s set evidence = s.evidence || $4::jsonb,
       result = case when d.place = 1 then null when $5::boolean then s.result else 'definite_failure' end,
       result_at = case when d.place = 1 then null else coalesce(s.result_at, now()) end
     from doubtful d where s.id = d.id and (d.place = 1 or not $5::boolean)
     returning s.id, d.place
   ), woken as (
     update platform_posts pp set lane = 'observe', next_action_at = now(), fence = pp.fence + 1, lease_until = null,
       lease_owner = null, updated_at = now()
     where pp.id = $1 and exists (select from resolved)
   )
   select id from resolved where place = 1`,
);
