-- compatible with: 0075
-- locks: users
-- Who works in a workspace besides its owner. What is in a workspace stays keyed by its owner's ID.

create table members (
  id          uuid primary key,
  user_id     text not null references users on delete cascade,  -- the workspace's owner
  member_id   text not null references users on delete cascade,
  role        text not null check (role in ('viewer', 'writer', 'publisher')),
  created_at  timestamptz(3) not null default now(),
  unique (user_id, member_id),
  check (user_id <> member_id)
);
create index members_of_member on members (member_id);

create table member_invites (
  id            uuid primary key,
  user_id       text not null references users on delete cascade,  -- the workspace's owner
  email         text not null,
  role          text not null check (role in ('viewer', 'writer', 'publisher')),
  token_digest  text not null unique,
  created_at    timestamptz(3) not null default now(),
  expires_at    timestamptz(3) not null,
  unique (user_id, email)
);
create index member_invites_expiry on member_invites (expires_at);
