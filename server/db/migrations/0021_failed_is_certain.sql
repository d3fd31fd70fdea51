-- A platform post is said to have failed only where nobody has to wonder about one of its commits: none is open, and none
-- was given up without its outcome being known, of a step that is not live by another.
create function uncertain_commits(of_platform_post uuid, live_through text) returns setof publish_steps language sql stable as $$
  select s.* from publish_steps s
  where s.platform_post_id = of_platform_post and s.effect = 'visible' and (s.result is null or s.result = 'unknown')
    and (live_through is null or not exists (
      select from publish_steps live
      where live.platform_post_id = of_platform_post and live.effect = 'visible' and live.step = s.step and live.result = 'ok'))
$$;

create function refuse_uncertain_failure() returns trigger language plpgsql as $$
begin
  if exists (select from uncertain_commits(new.id, new.live_through)) then
    raise exception 'platform post % may be live: a commit of it is open or its outcome unknown', new.id
      using errcode = 'check_violation', constraint = 'platform_posts_failed_is_certain';
  end if;
  return null;
end $$;
-- After the statement, so that it sees the commits as the same statement has left them.
create trigger failed_is_certain after update of status on platform_posts for each row
  when (new.status = 'failed' and old.status <> 'failed') execute function refuse_uncertain_failure();
