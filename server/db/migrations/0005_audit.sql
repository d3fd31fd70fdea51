-- What was done, by whom and from where. Rows are only ever added; those of a deleted user stay.
create table audit_events (
  id          uuid primary key,
  user_id     text,                             -- whose things were changed; null: the instance's
  mode        text check (mode in ('live', 'test')),
  actor_kind  text not null check (actor_kind in ('key', 'session', 'connect_link', 'instance', 'visitor')),
  actor_id    text,
  action      text not null,                    -- 'api_key.created'
  target      text,                             -- the id of what was changed
  data        jsonb not null default '{}',      -- without secrets
  address     text,
  request_id  uuid,
  created_at  timestamptz(3) not null default now()
);
create index audit_events_of_user on audit_events (user_id, id desc);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never changed', tg_table_name;
end $$;
create trigger append_only before update or delete or truncate on audit_events for each statement execute function refuse_change();
