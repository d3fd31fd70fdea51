-- compatible with: 0075
-- locks: accounts, platform_sets, posts, users
-- What is paused, and was: a post whose time came during a pause may ask not to be published after it.
create table publishing_pauses (
  id               uuid primary key,
  -- Null: the whole instance.
  user_id          text references users on delete cascade,
  mode             text check (mode in ('live', 'test')),
  -- Without either: everything of the user in that mode.
  platform_set_id  uuid references platform_sets on delete cascade,
  account_id       uuid references accounts on delete cascade,
  -- What the operator has paused, its user cannot resume.
  by_operator      boolean not null,
  since            timestamptz(3) not null default now(),
  until            timestamptz(3),
  check ((user_id is null) = (mode is null)),
  check (user_id is not null or (by_operator and platform_set_id is null and account_id is null)),
  check (platform_set_id is null or account_id is null)
);
create unique index publishing_pauses_active on publishing_pauses
  (coalesce(user_id, ''), coalesce(mode, ''), coalesce(account_id, platform_set_id, '00000000-0000-0000-0000-000000000000'),
   by_operator) where until is null;
create index publishing_pauses_of_user on publishing_pauses (user_id, mode, until);
create index publishing_pauses_set on publishing_pauses (platform_set_id) where platform_set_id is not null;
create index publishing_pauses_account on publishing_pauses (account_id) where account_id is not null;

-- A post that is not published late if its time came while publishing was paused.
alter table posts add column skip_when_paused boolean not null default false;
