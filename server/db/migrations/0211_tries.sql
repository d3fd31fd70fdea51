-- compatible with: 0075
-- Recurring work for one user that was begun and has not ended well: what fails or kills its process again and again is
-- set aside.
create table tries (
  work         text not null,
  subject      text not null,
  tries        integer not null,
  not_before   timestamptz(3) not null,
  error        text,
  set_aside_at timestamptz(3),
  primary key (work, subject)
);
create index tries_time on tries (not_before);
