import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** What is known about a platform account around a commit with an unknown outcome. */
export interface Surroundings {
  /** The first request of the step whose outcome is unknown, and this one. */
  intent_at: Date;
  last_intent_at: Date;
  age_seconds: number;
  accounted_ids: string[];
  has_twin: boolean;
  has_others: boolean;
}

/** What must differ for two commits to be told apart when they are read back. */
const lookOf = (step: string) => `coalesce(${step}.evidence ->> 'look', ${step}.request_hash)`;

/**
 * The platform's own account, in all of the user's sets. Posts known to be live there are needed from a day before the
 * first open request: no list is searched further back.
 */
export const findSurroundings = statement<Surroundings, [intentId: string, userId: string, mode: Mode]>(
  "publish_steps.find_surroundings",
  `with intent as (
     select s.platform_post_id, ${lookOf("s")} as look, a.platform, a.platform_account_id, s.intent_at as last_intent_at,
       least(s.intent_at, first.intent_at) as intent_at
     from publish_steps s join accounts a on a.id = s.account_id and a.user_id = s.user_id and a.mode = s.mode,
       lateral (select min(e.intent_at) as intent_at from publish_steps e
         where e.platform_post_id = s.platform_post_id and e.step = s.step and e.effect = 'visible'
           and (e.result is null or e.result = 'unknown')) as first
     where s.id = $1 and s.user_id = $2 and s.mode = $3
   ), around as (
     select s.platform_post_id, s.remote_id, s.result, ${lookOf("s")} as look
     from intent i join accounts a on a.user_id = $2 and a.mode = $3 and a.platform = i.platform
       and a.platform_account_id = i.platform_account_id
       join publish_steps s on s.account_id = a.id and s.user_id = $2 and s.mode = $3 and s.effect = 'visible'
         and s.intent_at > i.intent_at - interval '1 day'
     order by s.intent_at limit 2000
   )
   select i.intent_at, i.last_intent_at, extract(epoch from now() - i.intent_at)::float8 as age_seconds,
     (select coalesce(json_agg(remote_id), '[]') from around where remote_id is not null) as accounted_ids,
     coalesce(bool_or(o.look = i.look), false) as has_twin, count(o) > 0 as has_others
   from intent i left join around o on o.platform_post_id <> i.platform_post_id and o.remote_id is null
     and (o.result is null or o.result in ('unknown', 'ok'))
   group by i.intent_at, i.last_intent_at`,
);
