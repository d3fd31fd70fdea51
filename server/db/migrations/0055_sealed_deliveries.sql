-- The body of a delivery holds signed addresses of media, so it is kept sealed. Those from before, which go after 30 days,
-- stay as they are but for signatures that still work; what is still to be sent keeps even these.
alter table webhook_deliveries rename payload to payload_sealed;
update webhook_deliveries set payload_sealed = regexp_replace(payload_sealed, '([?&]signature=)[A-Za-z0-9_-]+', '\1', 'g')
where created_at > now() - interval '2 days' and status <> 'pending';
