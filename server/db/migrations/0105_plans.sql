-- compatible with: 0075
-- locks: users
-- A user's plan (null: the instance's default) and the limits that the operator changed for this user, by name.
alter table users add column plan text, add column plan_limits jsonb not null default '{}';
