-- compatible with: 0075
-- locks: users
-- Users can be made by an operator's program: they need no email address. Any user but the owner can be suspended.
alter table users
  alter column email drop not null,
  add column external_id text,
  add column made_by_operator boolean not null default false,
  add column suspended_at timestamptz(3);

-- What an operator's programs call the admin API with.
create table operator_keys (
  id            uuid primary key,
  name          text not null,
  digest        bytea not null unique,          -- SHA-256 of the raw key, which is stored nowhere
  prefix        text not null,                  -- its first characters, for display
  created_at    timestamptz(3) not null default now(),
  last_used_at  timestamptz(3),
  expires_at    timestamptz(3),
  revoked_at    timestamptz(3)
);

-- The same as idempotency_keys, for requests of an operator, who has no mode: it is always 'live'.
create table operator_idempotency_keys (
  operator_key_id  uuid not null references operator_keys on delete cascade,
  mode             text not null,
  key              text not null,
  operation        text not null,
  request_hash     text not null,
  claim            uuid not null,
  claimed_until    timestamptz(3) not null,
  status           smallint,
  body             json,
  headers          jsonb,
  post_id          uuid,
  created_at       timestamptz(3) not null default now(),
  primary key (operator_key_id, mode, key)
);
create index operator_idempotency_keys_age on operator_idempotency_keys (created_at);
