-- How many posts a person has made on which day (UTC), where the operator lets people make so many a day only.
alter table users add column posts_day date, add column posts_today integer not null default 0;

-- What a person has stored is summed from these alone.
create index media_stored on media (user_id) include (size_bytes) where size_bytes > 0;
create index resumable_uploads_of on resumable_uploads (user_id) include (length_bytes) where media_id is null;
-- Those that wait for their time, and when the first of them goes.
create index posts_scheduled on posts (user_id, scheduled_for) where status = 'scheduled';
