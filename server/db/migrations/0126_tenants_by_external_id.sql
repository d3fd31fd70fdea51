-- compatible with: 0075
-- transaction: none

create unique index concurrently if not exists users_external_id on users (external_id) where external_id is not null;

create index concurrently if not exists users_suspended on users (id) where suspended_at is not null;

-- The apps of a user for all of their platform sets.
create unique index concurrently if not exists oauth_apps_of_user on oauth_apps (user_id, mode, platform)
  where user_id is not null and platform_set_id is null and removed_at is null;
