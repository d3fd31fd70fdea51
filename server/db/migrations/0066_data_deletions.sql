-- Receipts of deletions that a person asked a platform for, by the code under which they can look them up. The person is
-- known only by a digest of their ID for the app, by which a repeated request is recognized.
create table data_deletions (
  code           text primary key,
  person_digest  bytea not null,
  mode           text not null check (mode in ('live', 'test')),
  platform       text not null,
  login          text not null,
  oauth_app_id   uuid,
  accounts       integer not null,
  deleted_at     timestamptz(3) not null default now()
);
create index accounts_granted_through on accounts (granted_through) where granted_through is not null;
create index data_deletions_person on data_deletions (person_digest);
