-- compatible with: 0075
-- transaction: none
-- locks: post_counts
-- A sum of changes is marked, so that folding reads only what has changed since.

alter table post_counts add column if not exists folded boolean not null default false;

create index concurrently if not exists post_counts_changes on post_counts (user_id, mode) where not folded;
