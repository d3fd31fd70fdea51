-- compatible with: 0075
-- locks: users
-- Which emails users want. Without a row: those of live mode.
create table notification_settings (
  user_id   text not null references users on delete cascade,
  mode      text not null check (mode in ('live', 'test')),
  kind      text not null,
  by_email  boolean not null,
  primary key (user_id, mode, kind)
);

-- What users have not yet been told by email.
create table notices (
  id                bigint generated always as identity primary key,
  user_id           text not null references users on delete cascade,
  mode              text not null,
  kind              text not null,
  type              text not null,
  post_id           uuid,
  platform_post_id  uuid,
  account_id        uuid,
  data              jsonb not null default '{}',
  created_at        timestamptz(3) not null default now()
);
create index notices_waiting on notices (user_id, mode, kind, created_at);
