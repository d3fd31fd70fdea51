-- A platform post is said to be discarded, as to have failed, only where nobody has to wonder about one of its commits.
drop trigger failed_is_certain on platform_posts;
drop function refuse_uncertain_failure();
create function refuse_uncertain_end() returns trigger language plpgsql as $$
begin
  if exists (select from uncertain_commits(new.id, new.live_through)) then
    raise exception 'platform post % may be live: a commit of it is open or its outcome unknown', new.id
      using errcode = 'check_violation', constraint = 'platform_posts_' || new.status || '_is_certain';
  end if;
  return null;
end $$;
create trigger end_is_certain after update of status on platform_posts for each row
  when (new.status in ('failed', 'discarded') and old.status <> new.status) execute function refuse_uncertain_end();
