-- compatible with: 0075
-- locks: two_factors
-- The half minute, counted since 1970, of the last code of an authenticator app that was used: none up to it works.
alter table two_factors add column last_used_step bigint;
