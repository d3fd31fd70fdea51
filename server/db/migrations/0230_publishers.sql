-- compatible with: 0075
-- The processes that publish. Each counts its intents in the statement that writes them. Rows are never deleted, so that
-- what is noted outside the database can be compared with it at any time.
create table publishers (
  id          uuid primary key,
  -- How many times it has written intents.
  seq         bigint not null default 0,
  started_at  timestamptz not null default now(),
  -- When it was last at work; null until its first comparison.
  seen_at     timestamptz,
  -- It stopped by itself: nothing it sent is on its way.
  ended_at    timestamptz,
  -- The server on which all that it has noted was last compared: when that started.
  server      text,
  -- Whether that server confirms a write only when a standby has it.
  synchronous boolean not null default false
);

-- The identity that releasing a copy renews.
update instance set name = 'identity' where name = 'epoch';
