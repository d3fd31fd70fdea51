import type { EventType } from "../../../model/events.ts";
import type { Mode } from "../../../model/platform-names.ts";
import type { AccountKey, PostKey } from "../../../model/tenant.ts";
import { type Json, jsonb } from "../jsonb.ts";
import { CHANNELS } from "../listen.ts";
import { notify } from "../notify.ts";
import { type Db, statement } from "../sql.ts";
import { notedEvents } from "./notices.ts";

export type AccountEventType = Extract<EventType, `account.${string}`>;

export interface PostEvent {
  type: EventType;
  /** Null for the post as a whole. */
  platform_post_id: string | null;
}

/** Records the events in their order, and notifies listeners that the post has changed. */
export async function recordPostEvents(
  db: Db,
  { userId, mode, postId }: PostKey,
  events: readonly PostEvent[],
): Promise<void> {
  await insertEvents.run(db, [userId, mode, postId, jsonb(events)]);
  notify(db, CHANNELS.post, postId);
}

/** The events in their order, numbered on, of the post `post`, in whose `event_count` they are counted already. */
export function insertedEvents(post: string, events: string): string {
  return `insert into outbox (user_id, mode, type, post_id, platform_post_id, post_sequence)
     select p.user_id, p.mode, e.event ->> 'type', p.id, (e.event ->> 'platform_post_id')::uuid,
       p.event_count - jsonb_array_length(${events}::jsonb) + e.place
     from ${post} p, jsonb_array_elements(${events}::jsonb) with ordinality as e(event, place) order by e.place`;
}

const insertEvents = statement<never, [userId: string, mode: Mode, postId: string, events: Json]>(
  "outbox.insert_post_events",
  `with post as (
     update posts set event_count = event_count + jsonb_array_length($4::jsonb)
     where id = $3 and user_id = $1 and mode = $2
     returning id, user_id, mode, event_count
   )
   ${insertedEvents("post", "$4")}`,
);

/** Records an event of an account. `data` never contains a secret. */
export async function recordAccountEvent(
  db: Db,
  account: AccountKey,
  type: AccountEventType,
  data: Record<string, unknown>,
): Promise<void> {
  await insertAccountEvent.run(db, [account.userId, account.mode, type, account.accountId, data]);
}

const insertAccountEvent = statement<
  never,
  [userId: string, mode: Mode, type: AccountEventType, accountId: string, data: object]
>(
  "outbox.insert_account_event",
  `insert into outbox (user_id, mode, type, account_id, data) values ($1, $2, $3, $4, $5)`,
);

/** An event that has not been relayed. */
export interface OutboxRow {
  id: number;
  user_id: string;
  mode: Mode;
  type: EventType;
  post_id: string | null;
  platform_post_id: string | null;
  /** Its number among the post's events; null if it is not about a post, or older than the numbers. */
  post_sequence: number | null;
  account_id: string | null;
  data: Record<string, unknown>;
  created_at: Date;
}

const columns = `o.id, o.user_id, o.mode, o.type, o.post_id, o.platform_post_id, o.post_sequence, o.account_id, o.data,
     o.created_at`;

/** Marks a mode's events of users without a webhook as relayed, and notes what these users want to be told by email. */
export const skipUnwantedEvents = statement<never, [mode: string, most: number]>(
  "outbox.skip_unwanted",
  `with skipped as (
     update outbox o set relayed_at = now() where o.id = any (array(
       select o.id from outbox o where o.relayed_at is null and o.mode = $1
         and not exists (select from webhooks w where w.user_id = o.user_id and w.mode = o.mode and w.status = 'active')
         limit $2 for update skip locked))
     returning ${columns}
   ), noted as (${notedEvents("skipped")})
   select from skipped`,
);

/**
 * Waiting events of a mode, held until the transaction ends: the oldest `share` of each user, in the order of users after
 * `after`. Not of users whose events did not go through before.
 */
export const holdEvents = statement<
  OutboxRow,
  [mode: string, most: number, share: number, after: string, work: string]
>(
  "outbox.hold",
  // Evaluated owner by owner, until there are enough.
  `with recursive owners as (
     (select o.user_id, o.mode from outbox o where o.relayed_at is null and (o.user_id, o.mode) > ($4, $1)
      order by o.user_id, o.mode limit 1)
     union all
     select n.user_id, n.mode from owners w cross join lateral (
       select o.user_id, o.mode from outbox o where o.relayed_at is null and (o.user_id, o.mode) > (w.user_id, w.mode)
       order by o.user_id, o.mode limit 1) n
   )
   select e.* from owners w cross join lateral (
     select ${columns} from outbox o where o.relayed_at is null and o.user_id = w.user_id and o.mode = w.mode
       and w.mode = $1
       and not exists (select from tries t where t.work = $5 and t.subject = o.user_id || ' ' || o.mode)
     order by o.id limit $3 for update skip locked) e
   limit $2`,
);

/** The oldest waiting events of one owner, held until the transaction ends. */
export const holdEventsOf = statement<OutboxRow, [userId: string, mode: string, most: number]>(
  "outbox.hold_of",
  `select ${columns} from outbox o where o.relayed_at is null and o.user_id = $1 and o.mode = $2
   order by o.id limit $3 for update`,
);

/** All who have waiting events of a mode, except those whose events did not go through before. */
export const listWaitingUsers = statement<{ user_id: string }, [mode: string, most: number, work: string]>(
  "outbox.list_waiting_users",
  `with recursive owners as (
     (select o.user_id, o.mode from outbox o where o.relayed_at is null order by o.user_id, o.mode limit 1)
     union all
     select n.user_id, n.mode from owners w cross join lateral (
       select o.user_id, o.mode from outbox o where o.relayed_at is null and (o.user_id, o.mode) > (w.user_id, w.mode)
       order by o.user_id, o.mode limit 1) n
   )
   select w.user_id from owners w
   where w.mode = $1 and not exists (select from tries t where t.work = $3 and t.subject = w.user_id || ' ' || w.mode)
   limit $2`,
);

/** They have been relayed. Notes what users want to be told by email. */
export const markRelayed = statement<never, [ids: readonly number[]]>(
  "outbox.mark_relayed",
  `with relayed as (
     update outbox o set relayed_at = now() where o.id = any ($1::bigint[]) and o.relayed_at is null
     returning ${columns}
   ), noted as (${notedEvents("relayed")})
   select from relayed`,
);
