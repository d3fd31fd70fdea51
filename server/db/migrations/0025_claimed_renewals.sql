-- Renewing is claimed in the row, so that no transaction is open while the platform is asked.
alter table connections
  add column renewing_by uuid,                  -- the renewal that is under way; left behind where its process ended
  add column renewing_until timestamptz(3),     -- whoever has not ended it by then is not waited for any more
  add column renewal_lost_at timestamptz(3);    -- a renewal of this grant, where later than issued_at, came to an end that nobody stored
