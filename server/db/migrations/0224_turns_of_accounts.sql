-- compatible with: 0075
-- transaction: none
-- Claims give each account a turn. A condition that only these indexes have keeps PostgreSQL from reading the whole lane
-- for each account, which it does for a lane that was empty when the table was last analyzed.

create index concurrently if not exists platform_posts_turn_to_prepare on platform_posts (account_id, next_action_at)
  where lower(lane) = 'prepare' and next_action_at is not null;

create index concurrently if not exists platform_posts_turn_to_commit on platform_posts (account_id, next_action_at)
  where lower(lane) = 'commit' and next_action_at is not null;

create index concurrently if not exists platform_posts_turn_to_observe on platform_posts (account_id, next_action_at)
  where lower(lane) = 'observe' and next_action_at is not null;

drop index concurrently if exists platform_posts_to_prepare;

drop index concurrently if exists platform_posts_to_commit;

drop index concurrently if exists platform_posts_to_observe;
