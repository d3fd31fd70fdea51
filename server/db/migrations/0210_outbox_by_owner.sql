-- compatible with: 0075
-- transaction: none
-- Waiting events are taken owner by owner, so that one with many holds up no other.

create index concurrently if not exists outbox_waiting_of_owner on outbox (user_id, mode, id) where relayed_at is null;

drop index concurrently if exists outbox_waiting;
