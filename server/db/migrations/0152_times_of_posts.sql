-- compatible with: 0075
-- transaction: none
-- A calendar reads posts by their times, and the statistics of publishing what went live in a range of days.

create index concurrently if not exists posts_list_time on posts (user_id, mode, coalesce(published_at, scheduled_for), id)
  where coalesce(published_at, scheduled_for) is not null;

create index concurrently if not exists platform_posts_published on platform_posts (user_id, mode, published_at)
  where published_at is not null;
