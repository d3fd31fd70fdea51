import type { Mode } from "../../../model/platform-names.ts";
import { statement } from "../sql.ts";

export interface AuditEventRow {
  id: string;
  mode: Mode | null;
  actor_kind: "key" | "session" | "connect_link" | "instance" | "visitor";
  actor_id: string | null;
  action: string;
  target: string | null;
  data: Record<string, unknown>;
  address: string | null;
  request_id: string | null;
  created_at: Date;
}

export const insertAuditEvent = statement<
  never,
  [
    id: string,
    userId: string | null,
    mode: Mode | null,
    actorKind: string,
    actorId: string | null,
    action: string,
    target: string | null,
    data: object,
    address: string | null,
    requestId: string | null,
  ]
>(
  "audit_events.insert",
  `insert into audit_events (id, user_id, mode, actor_kind, actor_id, action, target, data, address, request_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

/** The number of the user's events since then, counted up to the limit. */
export const countAuditEvents = statement<
  { count: number },
  [userId: string | null, idOfADayAgo: string, most: number]
>(
  "audit_events.count",
  `select count(*)::int as count from (
     select from audit_events where user_id = $1 and id > $2 and actor_kind in ('key', 'session') limit $3) as done`,
);

/** The newest first. */
export const listAuditEvents = statement<AuditEventRow, [userId: string, beforeId: string | null, limit: number]>(
  "audit_events.list",
  `select id, mode, actor_kind, actor_id, action, target, data, address, request_id, created_at
   from audit_events where user_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
);

/** When the instance did it last, if ever. */
export const findLastAuditEvent = statement<{ created_at: Date }, [action: string]>(
  "audit_events.find_last",
  `select created_at from audit_events where action = $1 and user_id is null order by id desc limit 1`,
);

/** What the instance did itself, such as replacing keys, is little and stays. */
export const deleteOldAuditEvents = statement<never, [firstKeptId: string, days: number, most: number]>(
  "audit_events.delete_old",
  `delete from audit_events where id in (
     select id from audit_events
     where id < $1 and created_at < now() - make_interval(days => $2)
       and not (user_id is null and actor_kind = 'instance')
     order by id limit $3)`,
);
