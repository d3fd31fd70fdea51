-- compatible with: 0075
-- What the operator is told about: each row from when it begins until its end has been told.
create table operator_alerts (
  name          text primary key,
  title         text not null,
  message       text not null,
  since         timestamptz(3) not null default now(),
  last_seen_at  timestamptz(3) not null default now(),
  told_at       timestamptz(3)                       -- null: not yet
);
