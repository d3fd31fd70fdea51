-- compatible with: 0075
-- locks: users
-- A user's requests in the current window, of each rate class and length of windows. Every request updates its row in
-- place: nothing that changes with one is indexed, and pages have room for the next version.
create table request_counts (
  user_id      text not null references users on delete cascade,
  rate_class   text not null,
  seconds      int not null,                          -- how long its windows are
  time_window  int not null,                          -- the number of the window: Unix time divided by the seconds
  requests     int not null,
  primary key (user_id, rate_class, seconds)
) with (fillfactor = 50);
