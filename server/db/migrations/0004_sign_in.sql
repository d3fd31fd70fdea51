-- People who sign in. Tokens are stored as digests, secrets encrypted: a dump of these tables signs nobody in.

update users set email = lower(email);
create unique index users_email_as_written on users (email);
alter table users
  add column email_verified      boolean not null default false,
  add column image               text,
  add column two_factor_enabled  boolean not null default false;

create table sessions (
  id            uuid primary key,
  user_id       text not null references users on delete cascade,
  token_digest  text not null unique,             -- SHA-256 of what the cookie carries
  address       text,
  user_agent    text,
  created_at    timestamptz(3) not null default now(),
  updated_at    timestamptz(3) not null default now(),
  expires_at    timestamptz(3) not null
);
create index sessions_user on sessions (user_id, created_at desc);
create index sessions_expiry on sessions (expires_at);

-- How a user proves who they are, beside passkeys: today a password only.
create table sign_in_methods (
  id                        uuid primary key,
  user_id                   text not null references users on delete cascade,
  provider                  text not null,        -- 'credential': a password
  subject                   text not null,        -- who they are at the provider; for a password the user's id
  password_hash             text,                 -- scrypt
  access_token              text,
  refresh_token             text,
  id_token                  text,
  access_token_expires_at   timestamptz(3),
  refresh_token_expires_at  timestamptz(3),
  scope                     text,
  created_at                timestamptz(3) not null default now(),
  updated_at                timestamptz(3) not null default now(),
  unique (provider, subject)
);
create index sign_in_methods_user on sign_in_methods (user_id);

-- What is asked once and then gone: password resets, second factors under way, passkey challenges.
create table verifications (
  id          uuid primary key,
  identifier  text not null,                      -- SHA-256 of what the person holds
  value       text not null,
  expires_at  timestamptz(3) not null,
  created_at  timestamptz(3) not null default now(),
  updated_at  timestamptz(3) not null default now()
);
create index verifications_identifier on verifications (identifier, created_at desc);
create index verifications_expiry on verifications (expires_at);

create table two_factors (
  id                         uuid primary key,
  user_id                    text not null unique references users on delete cascade,
  secret_encrypted           text not null,
  backup_codes_encrypted     text not null,
  verified                   boolean not null default true,
  failed_verification_count  integer not null default 0,
  locked_until               timestamptz(3)
);

create table passkeys (
  id             text primary key,
  user_id        text not null references users on delete cascade,
  name           text,
  credential_id  text not null unique,
  public_key     text not null,
  counter        bigint not null,
  device_type    text not null,
  backed_up      boolean not null,
  transports     text,
  aaguid         text,
  created_at     timestamptz(3) default now()
);
create index passkeys_user on passkeys (user_id);

-- How often something was tried, shared by all processes. Keys are digests of what is counted.
create table throttles (
  key        text primary key,
  count      integer not null,
  resets_at  timestamptz(3) not null
);
create index throttles_age on throttles (resets_at);

-- Who may sign up where sign-up is by invitation.
create table invites (
  id            uuid primary key,
  email         text not null,
  token_digest  text not null unique,             -- SHA-256 of what the letter carries
  invited_by    text not null references users on delete cascade,
  created_at    timestamptz(3) not null default now(),
  expires_at    timestamptz(3) not null
);
create unique index invites_email on invites (email);
