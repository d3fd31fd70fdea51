-- compatible with: 0075
-- locks: media
-- What the dashboard suggests as a file's alternative text, and until when it is not deleted automatically.
alter table media add column alt_text text;
alter table media add column keep_until timestamptz(3);
