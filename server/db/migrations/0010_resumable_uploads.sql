-- Files that arrive in several requests. What has arrived lies in the storage as parts, each an object of its own;
-- `offset_bytes` counts them and nothing else.
create table resumable_uploads (
  id                 uuid primary key,
  user_id            text not null references users on delete cascade,
  mode               text not null check (mode in ('live', 'test')),
  filename           text not null,
  claimed_mime_type  text,
  metadata           text,                        -- as the client sent it, to be told again
  length_bytes       bigint not null,
  offset_bytes       bigint not null default 0,
  media_id           uuid,                        -- what became of it; set together with the last byte
  writer             uuid,                        -- the request that adds bytes now
  writer_until       timestamptz(3),              -- that of a process that died is free again then
  created_at         timestamptz(3) not null default now(),
  expires_at         timestamptz(3) not null
);
create index resumable_uploads_expiry on resumable_uploads (expires_at);

create table resumable_upload_parts (
  upload_id    uuid not null references resumable_uploads on delete cascade,
  start_bytes  bigint not null,                   -- where in the file it begins
  user_id      text not null references users on delete cascade,
  storage_key  text not null unique,
  primary key (upload_id, start_bytes)
);
