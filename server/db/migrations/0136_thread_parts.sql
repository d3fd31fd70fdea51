-- compatible with: 0075
-- locks: platform_posts
-- The parts of a thread that are live, after the first: what the platform calls each, and its link.
alter table platform_posts add column parts jsonb not null default '[]';
