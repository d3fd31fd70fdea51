-- compatible with: 0075
-- transaction: none
-- A user's missed posts are listed. They are few.

create index concurrently if not exists platform_posts_missed_of_user on platform_posts (user_id, mode, post_id)
  where status = 'pending' and due_at is not null and next_action_at is null;
