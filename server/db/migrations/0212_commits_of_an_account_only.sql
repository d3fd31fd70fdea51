-- compatible with: 0075
-- transaction: none
-- While an instance has few commits, PostgreSQL took this index for the shortest way to the commits of one post, and
-- read it whole: the new one is only for those of an account.

create index concurrently if not exists publish_steps_of_account on publish_steps (account_id, intent_at) where effect = 'visible' and account_id is not null;

drop index concurrently if exists publish_steps_commits;
