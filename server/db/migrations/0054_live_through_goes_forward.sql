-- The parts of a chain become live one after another. Going back to one that is live already would publish the later ones
-- again, whoever asks for it and why.
create function refuse_going_back() returns trigger language plpgsql as $$
begin
  -- Each step is live by one commit, which this statement may have written; one that is live by two was there before.
  if (select count(*) > 1 from publish_steps s
      where s.platform_post_id = new.id and s.effect = 'visible' and s.step = new.live_through and s.result = 'ok') then
    raise exception 'what is live of platform post % only goes forward: % was live before %', new.id, new.live_through, old.live_through
      using errcode = 'check_violation', constraint = 'platform_posts_live_through_goes_forward';
  end if;
  return null;
end $$;
create trigger live_through_goes_forward after update of live_through on platform_posts for each row
  when (new.live_through <> old.live_through) execute function refuse_going_back();
