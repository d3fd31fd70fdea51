-- People, keys, accounts, posts, media and the publishing journal. Times carry milliseconds, as answers do.
-- Every table of user data carries the user's id and the mode; every query goes through the pair.

create table users (
  id          text primary key,
  email       text not null,
  name        text not null default '',
  time_zone   text not null default 'UTC',
  is_owner    boolean not null default false,
  created_at  timestamptz(3) not null default now(),
  updated_at  timestamptz(3) not null default now()
);
create unique index users_email on users (lower(email));
create unique index users_one_owner on users (is_owner) where is_owner;

create table api_keys (
  id            uuid primary key,
  user_id       text not null references users on delete cascade,
  mode          text not null check (mode in ('live', 'test')),
  name          text not null,
  digest        bytea not null unique,          -- SHA-256 of the raw key, which is stored nowhere
  prefix        text not null,                  -- its first 12 characters, for display
  policies      jsonb not null default '{}',
  created_at    timestamptz(3) not null default now(),
  last_used_at  timestamptz(3),
  expires_at    timestamptz(3),
  revoked_at    timestamptz(3)
);
create index api_keys_user on api_keys (user_id, created_at desc);

create table platform_sets (
  id          uuid primary key,
  user_id     text not null references users on delete cascade,
  mode        text not null check (mode in ('live', 'test')),
  name        text not null,
  is_default  boolean not null default false,
  created_at  timestamptz(3) not null default now(),
  updated_at  timestamptz(3) not null default now()
);
create index platform_sets_user on platform_sets (user_id, mode, created_at);
create unique index platform_sets_one_default on platform_sets (user_id, mode) where is_default;

-- What the public sees of a connected account. The grant behind it is the connection. No foreign key to the set: an
-- account that is no longer active still answers by its id after its set is gone.
create table accounts (
  id                   uuid primary key,
  user_id              text not null references users on delete cascade,
  mode                 text not null check (mode in ('live', 'test')),
  platform_set_id      uuid not null,
  platform             text not null,
  platform_account_id  text not null,
  username             text,
  display_name         text,
  avatar_url           text,
  status               text not null default 'active' check (status in ('active', 'revoked')),
  scopes               text[] not null default '{}',
  token_health         text not null default 'healthy'
                       check (token_health in ('healthy', 'expiring', 'expired', 'revoked', 'reconnect_required')),
  token_health_reason  text,
  platform_metadata    jsonb not null default '{}',
  connected_at         timestamptz(3) not null default now(),
  updated_at           timestamptz(3) not null default now(),
  -- One running step per account: which claim holds the slot, and until when.
  busy_until           timestamptz(3),
  busy_with            uuid
);
create unique index accounts_one_active on accounts (platform_set_id, platform) where status = 'active';
create index accounts_user on accounts (user_id, mode, connected_at);

-- The grant. Tokens are sealed by the vault; the key's id is part of the sealed text.
create table connections (
  account_id                uuid primary key references accounts on delete cascade,
  user_id                   text not null references users on delete cascade,
  mode                      text not null,
  access_token_sealed       text not null,
  refresh_token_sealed      text,
  access_token_expires_at   timestamptz(3),
  refresh_token_expires_at  timestamptz(3),
  issued_at                 timestamptz(3) not null default now()
);
create index connections_user on connections (user_id, mode);

-- OAuth apps: of the instance where user_id is null (test mode makes its own at the sandbox), else of one platform set.
create table oauth_apps (
  id                    uuid primary key,
  user_id               text references users on delete cascade,
  mode                  text not null check (mode in ('live', 'test')),
  platform              text not null,
  platform_set_id       uuid,
  client_id             text not null,
  client_secret_sealed  text not null,
  redirect_uri          text not null,
  created_at            timestamptz(3) not null default now()
);
create unique index oauth_apps_of_instance on oauth_apps (mode, platform) where user_id is null;
create unique index oauth_apps_of_set on oauth_apps (platform_set_id, platform) where user_id is not null;

create table posts (
  id               uuid primary key,
  user_id          text not null references users on delete cascade,
  mode             text not null check (mode in ('live', 'test')),
  platform_set_id  uuid not null,                -- kept when the set is deleted
  status           text not null check (status in ('draft', 'scheduled', 'queued', 'posting', 'published', 'partial', 'failed', 'discarded')),
  content          jsonb not null,               -- as it was sent
  platforms        text[] not null,
  scheduled_for    timestamptz(3),
  revision         integer not null default 1,   -- grows with every change a caller can see: the ETag
  created_at       timestamptz(3) not null default now(),
  updated_at       timestamptz(3) not null default now(),
  published_at     timestamptz(3)
);
create index posts_list on posts (user_id, mode, id desc);
create index posts_list_status on posts (user_id, mode, status, id desc);

-- How many posts there are, by status and platforms, as changes that are summed when read and folded by a chore: a list
-- of twenty stays as fast with a hundred thousand posts, and no two creates wait for one another on a counter.
create table post_counts (
  user_id    text not null references users on delete cascade,
  mode       text not null,
  status     text not null,
  platforms  text[] not null,
  change     bigint not null
);
create index post_counts_user on post_counts (user_id, mode);

create function count_posts() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    insert into post_counts values (old.user_id, old.mode, old.status, old.platforms, -1), (new.user_id, new.mode, new.status, new.platforms, 1);
  else
    insert into post_counts values (new.user_id, new.mode, new.status, new.platforms, 1);
  end if;
  return null;
end $$;
create trigger count_created after insert on posts for each row execute function count_posts();
create trigger count_changed after update of status, platforms on posts for each row
  when (old.status is distinct from new.status or old.platforms is distinct from new.platforms) execute function count_posts();

-- One row for each platform of a post. The row is the queue.
create table platform_posts (
  id                uuid primary key,
  post_id           uuid not null references posts on delete cascade,
  user_id           text not null references users on delete cascade,
  mode              text not null,
  platform          text not null,
  position          smallint not null,           -- the order of `platforms`
  account_id        uuid references accounts,
  status            text not null default 'pending'
                    check (status in ('pending', 'queued', 'posting', 'published', 'failed', 'unknown', 'discarded')),
  -- The queue
  lane              text not null default 'prepare' check (lane in ('prepare', 'commit', 'observe')),
  due_at            timestamptz(3),               -- when it is to go out; null: not yet wanted
  next_action_at    timestamptz(3),               -- when the engine looks at it next; null: nothing to do
  lease_until       timestamptz(3),
  lease_owner       uuid,                         -- the claim that holds it
  fence             bigint not null default 0,
  -- Where the work stands
  step              text,                         -- the step to run next; null: the first after `live_through`
  live_through      text,                         -- the last visible step known to be live; null: nothing is
  polls             integer not null default 0,   -- how often that step has answered "wait"
  step_since        timestamptz(3),               -- since when it has
  failures          integer not null default 0,   -- since the last visible step that went well
  checkpoint        jsonb not null default '{}',
  attempt_count     integer not null default 0,
  -- What came of it
  platform_post_id  text,
  published_url     text,
  published_at      timestamptz(3),
  error             jsonb,
  warnings          jsonb not null default '[]',
  created_at        timestamptz(3) not null default now(),
  updated_at        timestamptz(3) not null default now(),
  unique (post_id, platform)
);
create index platform_posts_due on platform_posts (lane, next_action_at) where next_action_at is not null;
create index platform_posts_due_of_account on platform_posts (lane, account_id, next_action_at) where next_action_at is not null;

-- The journal: every visible step with its intent, and what every other step came to.
create table publish_steps (
  id                uuid primary key,
  platform_post_id  uuid not null references platform_posts on delete cascade,
  account_id        uuid not null,
  user_id           text not null references users on delete cascade,
  mode              text not null,
  step              text not null,
  effect            text not null check (effect in ('read', 'hidden', 'visible')),
  attempt           integer not null,
  fence             bigint not null,
  request_hash      text,
  intent_at         timestamptz(3) not null default now(),
  deadline_at       timestamptz(3),               -- after this no byte of the request leaves any more
  result            text check (result in ('ok', 'definite_failure', 'unknown')),
  remote_id         text,
  evidence          jsonb not null default '{}',  -- redacted
  result_at         timestamptz(3)
);
create index publish_steps_of on publish_steps (platform_post_id, intent_at);
create unique index publish_steps_one_open on publish_steps (platform_post_id) where effect = 'visible' and result is null;
create unique index publish_steps_one_remote on publish_steps (account_id, remote_id) where effect = 'visible' and remote_id is not null;

create table media (
  id            uuid primary key,
  user_id       text not null references users on delete cascade,
  mode          text not null check (mode in ('live', 'test')),
  status        text not null check (status in ('pending', 'ready', 'failed')),
  source_url    text,                             -- where it is fetched from; null: it was sent along
  storage_key   text,
  filename      text not null,
  facts         jsonb,                            -- what the bytes say, once they are here
  size_bytes    bigint not null default 0,        -- what is stored
  error         text,
  rendition_of  uuid references media on delete cascade,
  rendition     text,                             -- which conversion of the original this is
  created_at    timestamptz(3) not null default now(),
  deleted_at    timestamptz(3)                    -- its bytes are gone; the row stays while a post names it
);
create index media_list on media (user_id, mode, id desc) where rendition_of is null and deleted_at is null;
create unique index media_storage on media (storage_key) where storage_key is not null;
create unique index media_renditions on media (rendition_of, rendition) where rendition_of is not null;

-- Which stored media stands at which place of a post's content: a JSON Pointer into the request.
create table post_media (
  post_id   uuid not null references posts on delete cascade,
  path      text not null,
  media_id  uuid not null references media,
  user_id   text not null references users on delete cascade,
  primary key (post_id, path)
);
create index post_media_of on post_media (media_id);

-- Claimed before the work, answered in the same transaction as the work.
create table idempotency_keys (
  user_id        text not null references users on delete cascade,
  mode           text not null,
  key            text not null,
  operation      text not null,
  request_hash   text not null,
  claim          uuid not null,                   -- who works on it
  claimed_until  timestamptz(3) not null,         -- the claim of a process that died is free again then
  status         smallint,                        -- of the stored answer; null: under way
  body           json,                            -- as it was sent, its order included
  headers        jsonb,
  post_id        uuid references posts on delete cascade,
  created_at     timestamptz(3) not null default now(),
  primary key (user_id, mode, key)
);
create index idempotency_keys_age on idempotency_keys (created_at) where post_id is null;

-- What happened, written in the transaction in which it happened; side work reads it and can never run a publish again.
create table outbox (
  id                bigint generated always as identity primary key,
  user_id           text not null references users on delete cascade,
  mode              text not null,
  type              text not null,
  post_id           uuid,
  platform_post_id  uuid,
  account_id        uuid,
  data              jsonb not null default '{}',
  created_at        timestamptz(3) not null default now()
);
create index outbox_age on outbox (created_at);
