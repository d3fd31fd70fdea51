-- compatible with: 0075
-- locks: users
-- What a user has used in live mode, by calendar month (UTC). Every request updates its row in place: nothing that
-- changes with one is indexed, and pages have room for the next version.
create table usage_months (
  user_id        text not null references users on delete cascade,
  month          date not null,                       -- its first day
  posts          int not null default 0,
  media_uploads  int not null default 0,
  api_requests   bigint not null default 0,
  primary key (user_id, month)
) with (fillfactor = 50);
create index usage_months_month on usage_months (month);
