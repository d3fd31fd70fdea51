-- compatible with: 0075
-- transaction: none
-- locks: post_media, publish_steps, users
-- Every reference has an index, so that deleting a user reads only what is theirs. Steps and media of a post go with the
-- post, which has its own reference to the user; an index of theirs would cost every publish.

alter table publish_steps drop constraint if exists publish_steps_user_id_fkey;
alter table post_media drop constraint if exists post_media_user_id_fkey;

create index concurrently if not exists outbox_of_user on outbox (user_id);

create index concurrently if not exists media_of_user on media (user_id);

create index concurrently if not exists oauth_apps_user on oauth_apps (user_id);

create index concurrently if not exists resumable_uploads_of_user on resumable_uploads (user_id);

create index concurrently if not exists resumable_upload_parts_of_user on resumable_upload_parts (user_id);

create index concurrently if not exists invites_of_inviter on invites (invited_by);
