import type { PlatformName } from "../../../model/platform-names.ts";
import type { PlatformPostStatus } from "../../../model/status.ts";
import { statement } from "../sql.ts";
import { SET_ASIDE_TAKEOVERS } from "./claims.ts";

/**
 * Platform posts of all users that were set aside because processes crashed on them, and that nobody has retried: for
 * the operator. All of them, or those that were set aside since then.
 */
export const listSetAside = statement<
  { postId: string; platform: PlatformName; status: PlatformPostStatus },
  [since: Date | null]
>(
  "platform_posts.list_set_aside",
  `select post_id as "postId", platform, status from platform_posts
   where takeovers >= ${SET_ASIDE_TAKEOVERS} and next_action_at is null and status <> 'discarded'
     and ($1::timestamptz is null or updated_at > $1)
   order by updated_at desc limit 100`,
);
