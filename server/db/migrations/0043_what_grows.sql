-- How many bytes of content a person's posts had that were made or changed on which day (UTC), where the operator bounds that.
alter table users add column content_day date, add column content_today bigint not null default 0;

-- What is beyond the bound of a post is found without reading the others.
create index idempotency_keys_of_post on idempotency_keys (post_id, created_at) where post_id is not null;
