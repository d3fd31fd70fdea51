-- How many posts a key has created on which day (UTC), for keys that may create so many a day only.
alter table api_keys add column posts_day date, add column posts_today integer not null default 0;

-- Who has approved a post, as exactly what. An edit of the post takes the row away.
create table post_approvals (
  post_id       uuid primary key references posts on delete cascade,
  user_id       text not null,
  mode          mode not null,
  content_hash  text not null,
  approved_by   text not null,
  approved_at   timestamptz(3) not null default now()
);
