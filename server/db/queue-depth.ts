import { statement } from "./sql.ts";

/** How much the engine has before it, over all users: numbers only, for the metrics. */
export const queueDepth = statement<{ due: number; waiting: number; oldest_seconds: number }>(
  "platform_posts.depth",
  `select count(*) filter (where next_action_at <= now() and (lease_until is null or lease_until < now())) as due,
          count(*) as waiting,
          coalesce(extract(epoch from now() - min(next_action_at) filter (where next_action_at <= now() and (lease_until is null or lease_until < now()))), 0)::float8 as oldest_seconds
     from platform_posts where next_action_at is not null`,
);
