-- compatible with: 0075
-- Where tenants moved to another cell, or came from one.

create table moves (
  user_id      text primary key,  -- no reference: it is kept when the user is gone
  move_id      uuid not null,     -- the same for everyone who moves together
  cell         text not null,     -- the other one, as the operator calls it
  -- leaving: still here, and nothing is done for it. packed: in departures. left: in the other cell. arrived: here.
  state        text not null check (state in ('leaving', 'packed', 'left', 'arrived')),
  last_intent  uuid,              -- of what has left
  since        timestamptz(3) not null default now()
);
create index moves_of_move on moves (move_id);
create index moves_unfinished on moves (since) where state in ('leaving', 'packed');
create index moves_by_intent on moves (last_intent) where last_intent is not null;

-- Everything of tenants that have left their tables and have not arrived in the other cell: one row for each of theirs.
create table departures (
  line        bigint generated always as identity primary key,
  move_id     uuid not null,
  place       smallint not null,  -- of the table in the order in which rows are added
  table_name  text not null,
  content     text not null       -- the whole row as PostgreSQL writes it
);
create index departures_of_move on departures (move_id, place, line);
