-- After this a post is not published by itself any more; null: the instance's own bound.
alter table posts add column publish_by timestamptz(3);

-- Scheduled posts whose time passed while nothing could be published: nothing is done with them until somebody says so.
create index platform_posts_missed on platform_posts (due_at) where status = 'pending' and due_at is not null and next_action_at is null;
