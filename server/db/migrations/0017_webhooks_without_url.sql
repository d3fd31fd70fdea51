-- A webhook without a URL is sent nothing: whoever made it reads its delivery log. When the log was read last tells
-- whether anybody still does.
alter table webhooks alter column url drop not null, add column read_at timestamptz(3) not null default now();
create index webhooks_without_url on webhooks (read_at) where url is null;
