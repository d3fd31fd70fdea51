-- compatible with: 0075
-- locks: usage_months, users
-- Null: the month's posts have not been counted yet. And the highest threshold of each quota, in percent, that the user
-- was notified of.
alter table usage_months
  alter column posts drop not null,
  alter column posts drop default,
  add column posts_notified smallint not null default 0,
  add column media_uploads_notified smallint not null default 0,
  add column api_requests_notified smallint not null default 0;
alter table users
  add column scheduled_notified smallint not null default 0,
  add column storage_notified smallint not null default 0;

-- Other limits have other thresholds, and where nothing limited posts, they were not counted.
create function forget_usage() returns trigger language plpgsql as $$
begin
  new.scheduled_notified := 0;
  new.storage_notified := 0;
  update usage_months set posts = null, posts_notified = 0, media_uploads_notified = 0, api_requests_notified = 0
  where user_id = new.id and month = date_trunc('month', now() at time zone 'UTC')::date;
  return new;
end $$;
create trigger forget_usage before update of plan, plan_limits on users for each row
  when (old.plan is distinct from new.plan or old.plan_limits is distinct from new.plan_limits)
  execute function forget_usage();
