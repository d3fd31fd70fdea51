-- Connecting accounts: sign-ins at platforms that are under way, apps of a set's own, and how each grant came about.

-- An app that was taken away or replaced stays for the connections that were made with it.
alter table oauth_apps add column removed_at timestamptz(3);
drop index oauth_apps_of_set;
create unique index oauth_apps_of_set on oauth_apps (platform_set_id, platform) where user_id is not null and removed_at is null;

alter table connections
  add column login text not null default '',   -- the way it was signed in, where the platform has several
  add column oauth_app_id uuid,                -- null: the instance's own app
  add column grantor_id text;                  -- whose whole grant to the app it is part of, where revoking takes all of it
create index connections_grantor on connections (grantor_id) where grantor_id is not null;
create index accounts_of_platform on accounts (platform_account_id, platform) where status = 'active';

create table oauth_attempts (
  id                    uuid primary key,
  state_digest          bytea not null unique, -- SHA-256 of the state, which is stored nowhere
  user_id               text not null references users on delete cascade,
  mode                  text not null check (mode in ('live', 'test')),
  platform_set_id       uuid not null,
  platform              text not null,
  login                 text not null default '',
  oauth_app_id          uuid,                  -- null: the instance's own app
  redirect_uri          text not null,
  binding               bytea not null,        -- digest of the session, or of the cookie of a browser without one
  code_verifier_sealed  text,
  return_to             text not null,         -- a path of the app's own
  connect_link_id       uuid,
  created_at            timestamptz(3) not null default now(),
  expires_at            timestamptz(3) not null,
  used_at               timestamptz(3),        -- when the platform sent the person back
  granted_sealed        text,                  -- what was granted, until an account of it is chosen
  account_id            uuid                   -- what came of it
);
create index oauth_attempts_age on oauth_attempts (created_at);
create index oauth_attempts_user on oauth_attempts (user_id);
