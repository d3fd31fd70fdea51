-- compatible with: 0075
-- locks: posts, users
-- What consecutive posts of a user contain, so that a search reads only posts that may match. The newest posts, and those
-- of users with few, are in no block.
create table post_blocks (
  user_id  text not null references users on delete cascade,
  mode     mode not null,
  -- The ID of the last post, and of the one before the first.
  through  uuid not null,
  after    uuid not null,
  posts    integer not null,
  -- See `search_keys`.
  keys     integer[] not null,
  primary key (user_id, mode, through)
);
create index post_blocks_keys on post_blocks using gin (keys) with (fastupdate = off);

-- Each one, two and three consecutive characters of a text, as numbers that differ between owners. Case is ignored.
create function search_keys(owner text, content text) returns integer[] language sql immutable parallel safe as $$
  with characters as (
    select c, lead(c) over w as second, lead(c, 2) over w as third
    from string_to_table(lower(content), null) with ordinality as t(c, place) window w as (order by place)
  )
  select coalesce(array_agg(('x' || left(md5(owner || ' ' || part), 8))::bit(32)::integer), '{}')
  from (
    select c as part from characters
    union select c || second from characters
    union select c || second || third from characters
  ) parts where part is not null
$$;

-- An edit adds what the new content contains. Blocks are made under the same lock, so that none misses an edit that is
-- not committed yet.
create function note_edited_content() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(145, hashtext(new.user_id));
  update post_blocks b
  set keys = array(select unnest(b.keys) union select unnest(search_keys(new.user_id || ' ' || new.mode, new.content::text)))
  where b.user_id = new.user_id and b.mode = new.mode and b.after < new.id and b.through >= new.id;
  return null;
end $$;
create trigger note_edited_content after update of content on posts for each row
  when (old.content is distinct from new.content) execute function note_edited_content();
