-- Those that wait: what is beyond the bound is found without reading the log.
create index webhook_deliveries_pending on webhook_deliveries (webhook_id, id) where status = 'pending';
create index mcp_ended_sessions_age on mcp_ended_sessions (ended_at);
create index users_unconfirmed on users (created_at) where not email_verified;
