import { statement } from "../sql.ts";
import { isInstancePaused } from "./pauses.ts";

export interface AlertRow {
  name: string;
  title: string;
  message: string;
  since: Date;
}

/** These are the case now: each begins, or continues as it began. */
export const noteAlerts = statement<
  never,
  [names: readonly string[], titles: readonly string[], messages: readonly string[]]
>(
  "operator_alerts.note",
  `insert into operator_alerts (name, title, message)
   select name, title, message from unnest($1::text[], $2::text[], $3::text[]) as seen (name, title, message)
   order by name
   on conflict (name) do update set last_seen_at = now()`,
);

export const listAlerts = statement<{ name: string }, []>("operator_alerts.list", `select name from operator_alerts`);

/** Whether one has begun that was not told, or has not been seen for this long. */
export const findAlertNews = statement<{ found: boolean }, [quietSeconds: number]>(
  "operator_alerts.find_news",
  `select exists (select from operator_alerts
     where told_at is null or last_seen_at < now() - make_interval(secs => $1)) as found`,
);

/** One process at a time tells, and not again for this long. Affects no row if it is another's turn or too early. */
export const takeAlertTurn = statement<never, [apartSeconds: number]>(
  "operator_alerts.take_turn",
  `insert into instance (name, value) values ('alerts told', now()::text)
   on conflict (name) do update set value = excluded.value
   where instance.value::timestamptz < now() - make_interval(secs => $1)`,
);

export const takeBegunAlerts = statement<AlertRow, []>(
  "operator_alerts.take_begun",
  `update operator_alerts set told_at = now() where told_at is null returning name, title, message, since`,
);

export const takeEndedAlerts = statement<AlertRow & { last_seen_at: Date }, [quietSeconds: number]>(
  "operator_alerts.take_ended",
  `delete from operator_alerts where last_seen_at < now() - make_interval(secs => $1)
   returning name, title, message, since, last_seen_at`,
);

/** Whether the operator has paused the whole instance, and whether anything else. */
export const findOperatorPauses = statement<{ instance: boolean; parts: boolean }, []>(
  "publishing_pauses.find_by_operator",
  `select ${isInstancePaused} as instance,
     exists (select from publishing_pauses where by_operator and user_id is not null and until is null) as parts`,
);

/** Live posts that have been due for this long and are not being worked on. */
export const readBacklog = statement<{ posts: number; oldest_seconds: number }, [dueSeconds: number]>(
  "platform_posts.read_backlog",
  `select count(*) as posts, coalesce(extract(epoch from now() - min(next_action_at)), 0)::float8 as oldest_seconds
   from platform_posts
   where lane in ('prepare', 'commit', 'observe') and next_action_at < now() - make_interval(secs => $1)
     and (lease_until is null or lease_until < now()) and mode = 'live'`,
);

/**
 * How many live posts began to be published since an intent with this ID, and how many of them this late. Looks at the
 * latest requests, at most this many.
 */
export const readLateness = statement<
  { posts: number; late: number },
  [since: string, lateSeconds: number, requests: number]
>(
  "publish_steps.read_lateness",
  `select count(*) as posts, count(*) filter (where s.intent_at > pp.due_at + make_interval(secs => $2)) as late
   from (
     select id, platform_post_id, intent_at from publish_steps
     where id > $1 and effect = 'visible' and mode = 'live' order by id desc limit $3
   ) s join platform_posts pp on pp.id = s.platform_post_id
   where not exists (
     select from publish_steps earlier where earlier.platform_post_id = s.platform_post_id
       and earlier.effect = 'visible' and earlier.id < s.id)`,
);
