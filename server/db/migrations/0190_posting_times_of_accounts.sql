-- compatible with: 0075
-- locks: accounts
-- When the account's posts are published, each week, if it has times of its own: as platform_sets.posting_times.
alter table accounts add column posting_times jsonb;
