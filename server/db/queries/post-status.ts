import { insertedEvents } from "./outbox.ts";

/** What becomes of rows that others have locked: a statement for many waits for none. */
export type Locked = "" | "skip locked";

/** The posts whose status the rows `given` may change, with their rows locked: always before their platform posts. */
export const heldPosts = (locked: Locked) => `held_posts as (
     select p.id, p.user_id, p.mode, p.status from posts p
     where (p.id, p.user_id, p.mode) in (select g.post_id, g.user_id, g.mode from given g where g.settles)
       and p.id = any (array(select post_id from given)) for update of p ${locked}
   )`;

/** Whether the post of the row `g` is locked, if it has to be. */
export const isPostHeld = "(g.settles is not true or g.post_id in (select id from held_posts))";

/** `foldStatus` of `model/status.ts` in SQL: `current` is the post's status, `parts` an array of its platform posts'. */
export const foldedStatus = (current: string, parts: string) => `(select case
       when ${current} = 'discarded' then 'discarded'
       when ${parts} = '{}' then ${current}
       when counted = '{}' then 'discarded'
       when 'posting' = any (counted) then 'posting'
       when counted <@ array['pending'] then ${current}
       when counted <@ array['pending', 'queued'] then 'queued'
       when counted && array['pending', 'queued'] then 'posting'
       when counted <@ array['published'] then 'published'
       when 'published' = any (counted) then 'partial'
       else 'failed' end
     from (select array_remove(${parts}, 'discarded') as counted) f)`;

/**
 * Along with an update `pp` of platform posts: the status of those posts that are held, which follows from all their
 * platform posts, and the events of both. The caller notifies listeners.
 *
 * A statement reads by the snapshot with which it began, and may have waited for the post's lock while another changed
 * a platform post beside its own. So the platform posts are read by a volatile function, once the lock is held and the
 * update is done: it sees what others have committed, and what this statement has written.
 */
export const postBeside = `changed as (
     select post_id, user_id, mode, coalesce(jsonb_agg(jsonb_build_object('type', event, 'platform_post_id', id)
       order by id) filter (where event is not null), '[]') as events
     from pp where settles group by post_id, user_id, mode
   ), folded as (
     select h.*, ${foldedStatus("h.status", "parts.statuses")} as becomes, c.events, parts.published_at
     from changed c join held_posts h on h.id = c.post_id, lateral (
       select array_agg(part.status) as statuses, max(part.published_at) as published_at
       from parts_of_post(c.post_id, c.user_id, c.mode) part) parts
   ), told as (
     select f.*, f.events || case when f.becomes <> f.status and f.becomes in ('posting', 'published', 'partial', 'failed')
       then jsonb_build_array(jsonb_build_object('platform_post_id', null, 'type',
         'post.' || case f.becomes when 'posting' then 'publishing' else f.becomes end))
       else '[]' end as all_events
     from folded f
   ), post as (
     update posts p set status = t.becomes, revision = p.revision + 1, updated_at = now(),
       event_count = p.event_count + jsonb_array_length(t.all_events),
       published_at = case when t.becomes = 'published' then coalesce(p.published_at, t.published_at, now()) end
     from told t where p.id = t.id and p.user_id = t.user_id and p.mode = t.mode
       and p.id = any (array(select id from told))
     returning p.id, p.user_id, p.mode, p.event_count, p.status, t.all_events
   ), recorded as (
     ${insertedEvents("post", "p.all_events")}
   )`;

/** After that: the post's status, if it was written. */
export const postStatusOf = "(select post.status from post where post.id = pp.post_id) as post_status";
