-- compatible with: 0075
-- locks: connect_links
-- A link with an array connects one account on each platform, and the array has them; without, it works once.

alter table connect_links add column account_ids uuid[];
