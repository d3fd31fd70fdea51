-- compatible with: 0075
-- transaction: none
-- A list by platform set merges the lists of the kinds of posts in the set. Unknown outcomes are few, and lead to their
-- posts. A range of times is counted from the index alone, which needs both columns in it.

create index concurrently if not exists posts_list_set on posts (user_id, mode, platform_set_id, status, hash_array(platforms), id desc);

create index concurrently if not exists platform_posts_unknown on platform_posts (user_id, mode, post_id) where status = 'unknown';

create index concurrently if not exists posts_list_times on posts (user_id, mode, coalesce(published_at, scheduled_for), id)
  include (published_at, scheduled_for) where coalesce(published_at, scheduled_for) is not null;

drop index concurrently if exists posts_list_time;
