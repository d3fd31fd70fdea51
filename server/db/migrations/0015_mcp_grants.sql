-- A grant: what a person lets an MCP client do, without a key. It is a key in all but this: there is no raw one, and
-- what works in its place are tokens. It expires by itself where its client lets it rest.
alter table api_keys
  alter column digest drop not null,
  alter column prefix drop not null,
  add column client_id text,
  add constraint api_keys_key_or_grant check ((client_id is null) = (digest is not null) and (client_id is null) = (prefix is not null));

-- What a client of a grant holds: once a code, then refresh and access tokens.
create table mcp_tokens (
  digest          bytea primary key,            -- SHA-256 of the token, which is stored nowhere
  grant_id        uuid not null references api_keys on delete cascade,
  user_id         text not null,
  mode            text not null check (mode in ('live', 'test')),
  kind            text not null check (kind in ('code', 'refresh', 'access')),
  redirect_uri    text,                         -- of a code: where it was sent
  code_challenge  text,                         -- of a code: the verifier's SHA-256 in base64url
  created_at      timestamptz(3) not null default now(),
  used_at         timestamptz(3),               -- codes and refresh tokens work once
  expires_at      timestamptz(3) not null       -- when it works no more; of a used one: when its use is forgotten
);
create index mcp_tokens_grant on mcp_tokens (grant_id);
create index mcp_tokens_expires on mcp_tokens (expires_at);
