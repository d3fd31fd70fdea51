import type { EventType } from "../../../model/events.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

export interface WebhookRow {
  id: string;
  mode: Mode;
  /** Null: nothing is sent, and its delivery log is read instead. */
  url: string | null;
  description: string;
  events: EventType[];
  status: "active" | "disabled";
  disabled_reason: string | null;
  created_at: Date;
  updated_at: Date;
}

const columns = "id, mode, url, description, events, status, disabled_reason, created_at, updated_at";

/** No row at the limit. The user's row is locked. */
export const insertWebhook = statement<
  WebhookRow,
  [
    id: string,
    userId: string,
    mode: Mode,
    url: string | null,
    description: string,
    events: readonly string[],
    sealedSecret: string,
    most: number,
  ]
>(
  "webhooks.insert",
  `insert into webhooks (id, user_id, mode, url, description, events, secret_sealed)
   select $1, $2, $3, $4, $5, $6, $7 where (select count(*) from webhooks where user_id = $2 and mode = $3) < $8
   returning ${columns}`,
);

export const listWebhooks = statement<WebhookRow, [userId: string, mode: Mode]>(
  "webhooks.list",
  `select ${columns} from webhooks where user_id = $1 and mode = $2 order by created_at, id`,
);

export const findWebhook = statement<WebhookRow, [id: string, userId: string, mode: Mode]>(
  "webhooks.find",
  `select ${columns} from webhooks where id = $1 and user_id = $2 and mode = $3`,
);

/** Null keeps a field. */
export const updateWebhook = statement<
  WebhookRow,
  [
    id: string,
    userId: string,
    mode: Mode,
    url: string | null,
    description: string | null,
    events: readonly string[] | null,
    status: string | null,
  ]
>(
  "webhooks.update",
  `update webhooks set url = coalesce($4, url), description = coalesce($5, description), events = coalesce($6, events),
     status = coalesce($7, status),
     disabled_reason = case when $7 = 'active' then null when $7 = 'disabled' then 'It was disabled by a call.'
       else disabled_reason end, updated_at = now()
   where id = $1 and user_id = $2 and mode = $3 returning ${columns}`,
);

export const deleteWebhook = statement<WebhookRow, [id: string, userId: string, mode: Mode]>(
  "webhooks.delete",
  `delete from webhooks where id = $1 and user_id = $2 and mode = $3 returning ${columns}`,
);

export const rotateWebhookSecret = statement<
  WebhookRow,
  [id: string, userId: string, mode: Mode, secret: string, previousSecret: string, previousSignsSeconds: number]
>(
  "webhooks.rotate_secret",
  `update webhooks set secret_sealed = $4, old_secret_sealed = $5, old_secret_until = now() + make_interval(secs => $6),
     updated_at = now()
   where id = $1 and user_id = $2 and mode = $3 returning ${columns}`,
);

/** Locked until the transaction ends. */
export const lockWebhookSecret = statement<{ secret_sealed: string }, [id: string, userId: string, mode: Mode]>(
  "webhooks.lock_secret",
  `select secret_sealed from webhooks where id = $1 and user_id = $2 and mode = $3 for update`,
);

/** The log of one without a URL is being read. Written down once a minute. */
export const touchWebhook = statement<never, [id: string, userId: string, mode: Mode]>(
  "webhooks.touch",
  `update webhooks set read_at = now() where id = $1 and user_id = $2 and mode = $3 and url is null
     and read_at < now() - interval '1 minute'`,
);

/** Webhooks without a URL whose log has not been read for a week. */
export const deleteUnreadWebhooks = statement<never, [most: number]>(
  "webhooks.delete_unread",
  `delete from webhooks where id in (select id from webhooks where url is null and read_at < now() - interval '7 days'
     limit $1)`,
);

/** It asked to stop. */
export const disableWebhook = statement<never, [id: string, reason: string]>(
  "webhooks.disable",
  `update webhooks set status = 'disabled', disabled_reason = $2, updated_at = now()
   where id = $1 and status = 'active'`,
);

/** The active ones of these pairs. */
export const listActiveWebhooks = statement<
  { id: string; user_id: string; mode: Mode; events: EventType[] },
  [userIds: readonly string[], modes: readonly Mode[]]
>(
  "webhooks.list_active",
  `select w.id, w.user_id, w.mode, w.events from webhooks w
   join unnest($1::text[], $2::text[]) as owner(user_id, mode) on owner.user_id = w.user_id and owner.mode = w.mode
   where w.status = 'active'`,
);
