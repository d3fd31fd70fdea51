-- compatible with: 0075
-- locks: members, notices
-- Which emails the members of a workspace want about it. Without a row: those that their role gets at first.
create table member_notification_settings (
  user_id    text not null,  -- the workspace's owner
  member_id  uuid not null references members on delete cascade,
  mode       text not null check (mode in ('live', 'test')),
  kind       text not null,
  by_email   boolean not null,
  primary key (member_id, mode, kind)
);

-- Whose act it was, who is not told of it; and the only member who is told. Null: nobody's, everyone.
alter table notices add column actor_id text, add column member_id uuid;
