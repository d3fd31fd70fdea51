-- Events of a post are numbered 1, 2, 3, …, so that whoever is told of them sees a gap. Those of earlier versions have no number.
alter table posts add column event_count integer not null default 0;
alter table outbox add column post_sequence integer;
