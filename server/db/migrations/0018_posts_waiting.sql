-- Apart from the column that it looks at: together they would keep others from reading posts for as long as this takes.
create index posts_waiting on posts (user_id, mode, id desc) where approval_wanted_by is not null and status in ('draft', 'partial', 'failed');
