-- Links by which somebody without an Ampost login connects an account into a user's platform set.
create table connect_links (
  id               uuid primary key,
  user_id          text not null references users on delete cascade,
  mode             text not null check (mode in ('live', 'test')),
  token_digest     bytea not null unique,       -- SHA-256 of the token in the link, which is stored nowhere
  platform_set_id  uuid not null,               -- kept when the set is deleted
  platform         text,                        -- null: whoever opens the link chooses
  external_id      text,
  return_url       text not null,
  created_at       timestamptz(3) not null default now(),
  expires_at       timestamptz(3) not null,
  revoked_at       timestamptz(3),
  connected_at     timestamptz(3),              -- a link connects once
  account_id       uuid                         -- what it connected
);
create index connect_links_of_user on connect_links (user_id, mode, id desc);

-- The user's own name for whom the account belongs to, as the connect link had it.
alter table accounts add column external_id text;
