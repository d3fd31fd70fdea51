-- Where users are told of what happens, and every delivery of it.
create table webhooks (
  id                 uuid primary key,
  user_id            text not null references users on delete cascade,
  mode               text not null check (mode in ('live', 'test')),
  url                text not null,
  description        text not null default '',
  events             text[] not null default '{}',          -- which they want; empty: all
  secret_sealed      text not null,
  old_secret_sealed  text,                                  -- signs too, until then
  old_secret_until   timestamptz(3),
  status             text not null default 'active' check (status in ('active', 'disabled')),
  disabled_reason    text,
  created_at         timestamptz(3) not null default now(),
  updated_at         timestamptz(3) not null default now()
);
create index webhooks_user on webhooks (user_id, mode, created_at);

create table webhook_deliveries (
  id              uuid primary key,                         -- also the message's id: the same in every try
  webhook_id      uuid not null references webhooks on delete cascade,
  user_id         text not null,
  mode            text not null,
  type            text not null,
  post_id         uuid,
  payload         text not null,                            -- the very bytes, so that every try sends the same
  status          text not null default 'pending' check (status in ('pending', 'delivered', 'failed')),
  tries           integer not null default 0,               -- since it was last asked for
  attempts        jsonb not null default '[]',              -- the latest twenty
  created_at      timestamptz(3) not null default now(),
  delivered_at    timestamptz(3)
);
create index webhook_deliveries_of on webhook_deliveries (webhook_id, id desc);
create index webhook_deliveries_age on webhook_deliveries (created_at);

-- An event is handed on once. Which were not yet is known without reading the others.
alter table outbox add column relayed_at timestamptz(3);
create index outbox_waiting on outbox (id) where relayed_at is null;
