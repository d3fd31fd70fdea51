import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** One step of the journal, as the engine wrote it. */
export interface PublishStepRow {
  id: string;
  platform_post_id: string;
  platform: PlatformName;
  attempt: number;
  step: string;
  effect: "read" | "hidden" | "visible";
  result: "ok" | "definite_failure" | "unknown" | null;
  remote_id: string | null;
  evidence: Record<string, unknown>;
  intent_at: Date;
  result_at: Date | null;
  /** Whether the platform post's outcome is unknown and nothing more is done to determine it. */
  is_left_unknown: boolean;
}

/** Oldest first. At most 1,000, which no post comes near. */
export const listPublishSteps = statement<PublishStepRow, [postId: string, userId: string, mode: Mode]>(
  "publish_steps.list",
  `select s.id, s.platform_post_id, pp.platform, s.attempt, s.step, s.effect, s.result, s.remote_id, s.evidence,
     s.intent_at, s.result_at, pp.status = 'unknown' and pp.next_action_at is null as is_left_unknown
   from platform_posts pp join publish_steps s on s.platform_post_id = pp.id and s.user_id = pp.user_id
     and s.mode = pp.mode
   where pp.post_id = $1 and pp.user_id = $2 and pp.mode = $3 order by s.intent_at, s.id limit 1000`,
);

/** What is swept of a commit: its requests, if its outcome is unknown; otherwise all but what a person has said. */
const swept = (
  step: string,
) => `case when ${step}.result = 'unknown' then ${step}.evidence - array['exchanges', 'readBack']
  else coalesce((select jsonb_object_agg(key, value) from jsonb_each(${step}.evidence) where key = 'answered'), '{}') end`;

/**
 * Sweeps the journal of old, settled posts: non-visible steps are deleted, and commits lose their requests and
 * responses. What a person has said of one still guards a retry. The commits themselves stay: their IDs distinguish posts for as long as there are posts. Nothing that is
 * open, or may still be looked for, is touched. Returns the step to continue after; null once everything old has been
 * processed. Up to `done`, nothing is left to sweep; null if the first step of all is.
 */
export const sweepPublishSteps = statement<
  { last: string | null; done: string | null },
  [after: string, most: number, days: number]
>(
  "publish_steps.sweep",
  `with looked as materialized (
     select id, platform_post_id, effect, intent_at < now() - make_interval(days => $3) as is_old
     from publish_steps where id > $1 order by id limit $2
   ), old as (
     select l.id, l.effect from looked l join platform_posts pp on pp.id = l.platform_post_id
     where l.is_old and pp.status in ('published', 'failed', 'unknown', 'discarded') and pp.next_action_at is null
       and pp.lease_owner is null
       and not exists (select from publish_steps c where c.platform_post_id = pp.id and c.effect = 'visible'
         and (c.result is null or (c.result = 'unknown' and c.intent_at > now() - interval '1 day')))
   ), deleted as (
     delete from publish_steps s using old where s.id = old.id and s.effect <> 'visible'
   ), emptied as (
     update publish_steps s set evidence = ${swept("s")}, checkpoint = case when s.result = 'unknown' then s.checkpoint end
     from old where s.id = old.id and s.effect = 'visible' and s.result is not null
       and (s.evidence <> ${swept("s")} or s.result <> 'unknown' and s.checkpoint is not null)
   )
   select case when count(*) = $2 and bool_or(is_old) then max(id::text) end as last,
     max(id::text) filter (where id::text < coalesce(
       (select min(id::text) from looked l where not exists (select from old where old.id = l.id)), 'g')) as done
   from looked`,
);
