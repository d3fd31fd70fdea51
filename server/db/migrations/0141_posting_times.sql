-- compatible with: 0075
-- locks: platform_sets
-- When the set's posts are published, each week: {"timeZone": "Europe/Berlin", "times": {"monday": ["09:30"]}}.
alter table platform_sets add column posting_times jsonb;
