import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

/** Something whose publishing is paused: an account, a platform set, a user in a mode, or the instance. */
export interface PauseRow {
  /** Null: the whole instance. */
  user_id: string | null;
  mode: Mode | null;
  platform_set_id: string | null;
  account_id: string | null;
  by_operator: boolean;
  since: Date;
}

/** In a statement: whether the operator has paused the whole instance. PostgreSQL evaluates it once per statement. */
export const isInstancePaused = "exists (select from publishing_pauses where user_id is null and until is null)";

/** In a statement: whether the pause `pause` applies to the platform post or account's columns that are named. */
function appliesTo(pause: string, { user, mode, account }: { user: string; mode: string; account: string }): string {
  return `(${pause}.user_id = ${user} and ${pause}.mode = ${mode}
     and (${pause}.account_id is null or ${pause}.account_id = ${account})
     and (${pause}.platform_set_id is null
       or ${pause}.platform_set_id = (select of_set.platform_set_id from accounts of_set where of_set.id = ${account})))`;
}

/** In a statement: whether publishing of the platform post `part` is paused, by the instance or closer to it. */
export function isPaused(part: string, account = `${part}.account_id`): string {
  const columns = { user: `${part}.user_id`, mode: `${part}.mode`, account };
  return `(${isInstancePaused}
     or exists (select from publishing_pauses pause where pause.until is null and ${appliesTo("pause", columns)}))`;
}

/** In a statement: whether publishing of the platform post `part` was paused at its time or after it. */
export function wasPausedWhenDue(part: string): string {
  const columns = { user: `${part}.user_id`, mode: `${part}.mode`, account: `${part}.account_id` };
  return `exists (select from publishing_pauses pause
     where (pause.user_id is null or ${appliesTo("pause", columns)})
       and (pause.until is null or pause.until > ${part}.due_at))`;
}

type PauseParams = [
  userId: string | null,
  mode: Mode | null,
  platformSetId: string | null,
  accountId: string | null,
  byOperator: boolean,
];

/** An existing pause is kept. */
export const insertPause = statement<never, [id: string, ...PauseParams]>(
  "publishing_pauses.insert",
  `insert into publishing_pauses (id, user_id, mode, platform_set_id, account_id, by_operator)
   values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
);

export const endPause = statement<never, PauseParams>(
  "publishing_pauses.end",
  `update publishing_pauses set until = clock_timestamp()
   where until is null and user_id is not distinct from $1 and mode is not distinct from $2
     and platform_set_id is not distinct from $3 and account_id is not distinct from $4 and by_operator = $5`,
);

/** Pauses that ended so long ago that nothing that was due during them is left. */
export const deleteOldPauses = statement<never, [limit: number]>(
  "publishing_pauses.delete_old",
  `delete from publishing_pauses where id in (
     select id from publishing_pauses where until < now() - interval '30 days' limit $1)`,
);

const columns = "p.user_id, p.mode, p.platform_set_id, p.account_id, p.by_operator, p.since";

/** The pauses in effect that concern the user in that mode; the widest first. */
export const listPauses = statement<PauseRow, [userId: string, mode: Mode]>(
  "publishing_pauses.list",
  `select ${columns} from publishing_pauses p
   where p.until is null and (p.user_id is null or (p.user_id = $1 and p.mode = $2))
   order by p.user_id nulls first, p.account_id nulls first, p.platform_set_id nulls first, p.since`,
);

/** All pauses in effect, for the operator, with the users' email addresses; `total` counts the others too. */
export const listAllPauses = statement<PauseRow & { email: string | null; total: number }, [most: number]>(
  "publishing_pauses.list_all",
  `select ${columns}, u.email, (count(*) over ())::int as total
   from publishing_pauses p left join users u on u.id = p.user_id
   where p.until is null order by p.user_id nulls first, p.since limit $1`,
);

/** The pause of the whole instance. */
export const findInstancePause = statement<{ since: Date }, []>(
  "publishing_pauses.find_of_instance",
  `select since from publishing_pauses where user_id is null and until is null`,
);

/** Whose set or account it is, for the operator. */
export const findOwnerOfTarget = statement<
  { user_id: string; mode: Mode },
  [platformSetId: string | null, accountId: string | null]
>(
  "publishing_pauses.find_owner",
  `select user_id, mode from platform_sets where id = $1
   union all select user_id, mode from accounts where id = $2`,
);

/** A paused post that is due is looked at again after this long, up to a quarter more. */
export const PAUSED_SECONDS = 60;

/** Brings forward what was put off while the user's publishing was paused. Running work is left alone. */
export const bringForward = statement<never, [userId: string, mode: Mode]>(
  "platform_posts.bring_forward",
  `with waiting as (
     select id from platform_posts where user_id = $1 and mode = $2 and lane in ('prepare', 'commit')
       and next_action_at > now() and next_action_at <= now() + make_interval(secs => ${PAUSED_SECONDS * 1.25})
       and (lease_until is null or lease_until <= now())
     for no key update skip locked
   )
   update platform_posts pp set next_action_at = now() from waiting where pp.id = waiting.id`,
);

/** Events of a user in a mode; of the instance, for everyone with a webhook. */
export const insertPauseEvent = statement<
  never,
  [userId: string | null, mode: Mode | null, type: "publishing.paused" | "publishing.resumed", data: object]
>(
  "outbox.insert_pause_event",
  `insert into outbox (user_id, mode, type, data)
   select $1::text, $2::text, $3, $4 where $1::text is not null
   union all
   select distinct w.user_id, w.mode, $3, $4::jsonb from webhooks w where $1::text is null and w.status = 'active'`,
);
