-- Looking after grants before they end.
alter table connections
  add column renewal_tried_at timestamptz(3),    -- the last try of the background; of this grant where it is later than issued_at
  add column renewal_tries smallint not null default 0,
  add column renewal_refused_at timestamptz(3);  -- the platform has said that it does not renew the grant any more
alter table accounts
  add column profile_read_at timestamptz(3),     -- null: when it was connected
  add column warned_end timestamptz(3),          -- the end that the user was last warned of,
  add column warned_days smallint;               -- and how many days ahead
