-- A reference to users is checked by locking the user's row, which parallel creates of one user would do three times each.
-- What belongs to a post goes with the post, which has its own reference.
alter table platform_posts drop constraint platform_posts_user_id_fkey;
alter table platform_posts drop constraint platform_posts_account_id_fkey;
alter table post_counts drop constraint post_counts_user_id_fkey;

-- Creating a post counts it in the same statement.
drop trigger count_created on posts;
drop trigger count_changed on posts;
create or replace function count_posts() returns trigger language plpgsql as $$
begin
  insert into post_counts values (old.user_id, old.mode, old.status, old.platforms, -1), (new.user_id, new.mode, new.status, new.platforms, 1);
  return null;
end $$;

-- PostgreSQL plans a table's checks anew in every statement, and those of a domain once in a connection.
create domain post_status as text check (value in ('draft', 'scheduled', 'queued', 'posting', 'published', 'partial', 'failed', 'discarded'));
create domain platform_post_status as text check (value in ('pending', 'queued', 'posting', 'published', 'failed', 'unknown', 'discarded'));
create domain publishing_lane as text check (value in ('prepare', 'commit', 'observe'));
create domain mode as text check (value in ('live', 'test'));
alter table posts drop constraint posts_status_check, drop constraint posts_mode_check, alter column status type post_status, alter column mode type mode;
alter table platform_posts drop constraint platform_posts_status_check, drop constraint platform_posts_lane_check,
  alter column status type platform_post_status, alter column lane type publishing_lane;
create trigger count_changed after update of status, platforms on posts for each row
  when (old.status is distinct from new.status or old.platforms is distinct from new.platforms) execute function count_posts();
