-- compatible with: 0075
-- locks: audit_events
-- Entries of the audit log are still never changed. They can be deleted after a year, whatever the settings say.
create function refuse_early_delete() returns trigger language plpgsql as $$
begin
  if old.created_at > now() - interval '365 days' then
    raise exception 'rows of % are never deleted in their first year', tg_table_name;
  end if;
  return old;
end $$;
drop trigger append_only on audit_events;
create trigger append_only before update or truncate on audit_events for each statement execute function refuse_change();
create trigger kept_a_year before delete on audit_events for each row execute function refuse_early_delete();
