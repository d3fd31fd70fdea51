-- Covers of reels are taken in as media, as thumbnails are. Posts that can still be published get theirs when that begins.
with covered as (
  select p.id, p.user_id, p.mode, p.content #>> '{platformOverrides,instagram,settings,coverUrl}' as url, gen_random_uuid() as media_id
  from posts p
  where p.status not in ('published', 'discarded') and p.content #>> '{platformOverrides,instagram,settings,coverUrl}' is not null
), taken as (
  insert into media (id, user_id, mode, status, source_url, filename)
  select media_id, user_id, mode, 'pending', url, 'cover' from covered
)
insert into post_media (post_id, path, media_id, user_id)
select id, '/content/platformOverrides/instagram/settings/coverUrl', media_id, user_id from covered;
