-- compatible with: 0075
-- The request log. The ID is that of the request, and begins with its time. No reference to the user's row, which
-- everything else would wait for: deleting a user deletes these rows, too, and the sweep what came in meanwhile.
create table api_requests (
  id                     uuid primary key,
  user_id                text not null,
  mode                   text not null,
  via                    text not null,
  actor_kind             text not null,
  actor_id               text not null,   -- of a key, or of a person's user
  operation              text not null,
  method                 text not null,
  route                  text not null,
  target                 uuid,
  status                 smallint not null,
  duration_milliseconds  integer not null,
  has_idempotency_key    boolean not null,
  network                text,
  query                  json,
  body                   json,
  error                  json
);
create index api_requests_of_user on api_requests (user_id, mode, id);
create index api_requests_failed on api_requests (user_id, mode, id) where status >= 400;
