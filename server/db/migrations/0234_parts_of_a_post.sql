-- compatible with: 0075
-- The platform posts of a post as they are now. A function that is volatile reads what was committed by then, also within
-- a statement that began earlier and has waited for the post's lock since.
create function parts_of_post(of_post uuid, of_user text, in_mode text)
returns table (status text, published_at timestamptz) language sql volatile as $$
  select pp.status, pp.published_at from platform_posts pp
  where pp.post_id = of_post and pp.user_id = of_user and pp.mode = in_mode
$$;
