-- compatible with: 0075
-- transaction: none
-- A list by status or platform merges the lists of the kinds of posts that match: a status and platforms, as they are
-- counted. A list by scheduled times has an index of its own.

create index concurrently if not exists posts_list_kind on posts (user_id, mode, status, hash_array(platforms), id desc);

create index concurrently if not exists posts_list_due on posts (user_id, mode, scheduled_for, id) where scheduled_for is not null;

drop index concurrently if exists posts_list_status;
