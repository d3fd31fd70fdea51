import type { Mode } from "../../../model/platform-names.ts";
import type { Json } from "../jsonb.ts";
import { statement } from "../sql.ts";

/** One try. */
export interface DeliveryAttempt {
  at: string;
  status: number | null;
  durationMilliseconds: number;
  error: string | null;
  answer: string | null;
}

export interface DeliveryRow {
  id: string;
  webhook_id: string;
  mode: Mode;
  type: string;
  post_id: string | null;
  payload_sealed: string;
  status: "pending" | "delivered" | "failed";
  attempts: DeliveryAttempt[];
  created_at: Date;
  delivered_at: Date | null;
}

const columns = "id, webhook_id, mode, type, post_id, payload_sealed, status, attempts, created_at, delivered_at";

/** Queued, or delivered by being in the log if the webhook has no URL. No row if the webhook is gone. */
export const insertDelivery = statement<
  DeliveryRow,
  [
    id: string,
    webhookId: string,
    userId: string,
    mode: Mode,
    type: string,
    postId: string | null,
    payloadSealed: string,
  ]
>(
  "webhook_deliveries.insert",
  `insert into webhook_deliveries (id, webhook_id, user_id, mode, type, post_id, payload_sealed, status, delivered_at)
   select $1, w.id, $3, $4, $5, $6, $7, case when w.url is null then 'delivered' else 'pending' end,
     case when w.url is null then now() end
   from webhooks w where w.id = $2 and w.user_id = $3 and w.mode = $4 for key share
   returning ${columns}`,
);

/** Newest first, each with the number of all. */
export const listDeliveries = statement<
  DeliveryRow & { total: number },
  [webhookId: string, userId: string, mode: Mode, status: string | null, limit: number, offset: number]
>(
  "webhook_deliveries.list",
  `select ${columns}, count(*) over ()::int as total from webhook_deliveries
   where webhook_id = $1 and user_id = $2 and mode = $3 and ($4::text is null or status = $4)
   order by id desc limit $5 offset $6`,
);

export const countDeliveries = statement<
  { count: number },
  [webhookId: string, userId: string, mode: Mode, status: string | null]
>(
  "webhook_deliveries.count",
  `select count(*)::int as count from webhook_deliveries
   where webhook_id = $1 and user_id = $2 and mode = $3 and ($4::text is null or status = $4)`,
);

/** Resets the attempts; delivered again if the webhook has no URL. */
export const restartDelivery = statement<DeliveryRow, [id: string, userId: string, mode: Mode]>(
  "webhook_deliveries.restart",
  `with target as (
     select d.id as target_id, w.url is null as is_log from webhook_deliveries d
     join webhooks w on w.id = d.webhook_id and w.user_id = d.user_id and w.mode = d.mode
     where d.id = $1 and d.user_id = $2 and d.mode = $3
   )
   update webhook_deliveries set status = case when is_log then 'delivered' else 'pending' end, tries = 0,
     delivered_at = case when is_log then now() end
   from target where id = target_id returning ${columns}`,
);

/** What sending needs. */
export interface OutgoingRow {
  id: string;
  webhook_id: string;
  payload_sealed: string;
  status: DeliveryRow["status"];
  url: string;
  webhook_status: "active" | "disabled";
  secret_sealed: string;
  /** Only while it signs too. */
  old_secret_sealed: string | null;
}

export const findOutgoing = statement<OutgoingRow, [id: string]>(
  "webhook_deliveries.find_outgoing",
  `select d.id, d.webhook_id, d.payload_sealed, d.status, w.url, w.status as webhook_status, w.secret_sealed,
     case when w.old_secret_until > now() then w.old_secret_sealed end as old_secret_sealed
   from webhook_deliveries d join webhooks w on w.id = d.webhook_id and w.user_id = d.user_id and w.mode = d.mode
   where d.id = $1 and w.url is not null`,
);

/** Returns its new state. */
export const recordAttempt = statement<
  { status: DeliveryRow["status"] },
  [id: string, outcome: string, attempt: Json | null, mostTries: number]
>(
  "webhook_deliveries.record_attempt",
  `update webhook_deliveries set tries = tries + 1,
     status = case when $2 = 'again' then case when tries + 1 >= $4 then 'failed' else 'pending' end else $2 end,
     delivered_at = case when $2 = 'delivered' then now() end,
     attempts = case when $3::jsonb is null then attempts
       else jsonb_path_query_array(attempts || $3::jsonb, '$[last - 19 to last]') end
   where id = $1 returning status`,
);

/** The oldest pending deliveries beyond the limit are no longer sent. */
export const dropSurplusDeliveries = statement<never, [webhookIds: readonly string[], mostEach: number, attempt: Json]>(
  "webhook_deliveries.drop_surplus",
  `update webhook_deliveries d set status = 'failed',
     attempts = jsonb_path_query_array(d.attempts || $3::jsonb, '$[last - 19 to last]')
   from unnest($1::uuid[]) as w(id)
     cross join lateral (select p.id from webhook_deliveries p where p.webhook_id = w.id and p.status = 'pending'
       order by p.id desc offset $2) as surplus
   where d.id = surplus.id and d.status = 'pending'`,
);

/** The oldest in their logs go. All webhooks of an owner share the bytes, except for what is still to be sent. */
export const trimDeliveries = statement<never, [webhookIds: readonly string[], mostEach: number, mostBytes: number]>(
  "webhook_deliveries.trim",
  `delete from webhook_deliveries d
   using (
       select w.id, (select count(*) from webhooks others where others.user_id = w.user_id and others.mode = w.mode) as sharing
       from webhooks w where w.id = any ($1::uuid[])) as w cross join lateral (
     select id, row_number() over newest as place, sum(octet_length(payload_sealed)) over newest as bytes
     from webhook_deliveries where webhook_id = w.id window newest as (order by id desc)) as kept
   where d.id = kept.id and (kept.place > $2
     or kept.bytes > $3 / case when d.status = 'pending' then 1 else w.sharing end)`,
);

export const deleteOldDeliveries = statement<never, [most: number]>(
  "webhook_deliveries.delete_old",
  `delete from webhook_deliveries
   where id in (select id from webhook_deliveries where created_at < now() - interval '30 days' limit $1)`,
);
