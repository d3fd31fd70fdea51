-- How many claims in a row were never given back before the one that holds it: what keeps ending the process that publishes it is set aside.
alter table platform_posts add column takeovers smallint not null default 0;
create index platform_posts_taken_over on platform_posts (next_action_at) where takeovers > 0;
