-- The slot of an account and what a platform limits belong to the account at the platform: connected in two platform
-- sets it is two rows here, of which the oldest keeps them.
create index accounts_at_platform on accounts (mode, platform, platform_account_id, id);
alter table accounts add column limited_until timestamptz(3);    -- the platform takes no calls for the account before

-- What is done with posts changes quickly; plans are made from what was last counted.
alter table platform_posts set (autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_scale_factor = 0.05);

-- Claims name their lane, so that an index of the lane is the one that fits best even before the table is first analyzed.
drop index platform_posts_due_of_account;
create index platform_posts_to_prepare on platform_posts (account_id, next_action_at) where lane = 'prepare' and next_action_at is not null;
create index platform_posts_to_commit on platform_posts (account_id, next_action_at) where lane = 'commit' and next_action_at is not null;
create index platform_posts_to_observe on platform_posts (account_id, next_action_at) where lane = 'observe' and next_action_at is not null;
