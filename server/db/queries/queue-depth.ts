import { statement } from "../sql.ts";
import { isHeld } from "./hold.ts";

/** How much the engine has before it, over all users: numbers only, for the metrics. */
export const queueDepth = statement<{ due: number; waiting: number; oldest_seconds: number; held: boolean }, []>(
  "platform_posts.depth",
  `select count(*) filter (where next_action_at <= now() and (lease_until is null or lease_until < now())) as due,
          count(*) as waiting,
          coalesce(extract(epoch from now() - min(next_action_at) filter (
            where next_action_at <= now() and (lease_until is null or lease_until < now()))), 0)::float8
            as oldest_seconds,
          ${isHeld} as held
     from platform_posts where next_action_at is not null`,
);

/** Platform posts of scheduled posts that missed their time, for all users: they wait for a person. */
export const countMissed = statement<{ missed: number }, []>(
  "platform_posts.count_missed",
  `select count(*) as missed from platform_posts
   where status = 'pending' and due_at is not null and next_action_at is null`,
);
