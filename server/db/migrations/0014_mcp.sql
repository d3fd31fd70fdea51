-- Sessions of MCP are sealed into their ids, so that any process can verify them; what has to be kept is which are over.
create table mcp_ended_sessions (
  id        uuid primary key,
  user_id   text not null references users on delete cascade,
  mode      text not null check (mode in ('live', 'test')),
  ended_at  timestamptz(3) not null default now()
);
create index mcp_ended_sessions_user on mcp_ended_sessions (user_id, mode, ended_at);
