-- compatible with: 0075
-- locks: tries
-- How many of the last tries in a row did not end: only these may have killed their process.
alter table tries add column unended integer not null default 0;
