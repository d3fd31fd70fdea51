import type { Mode } from "../../model/platform-names.ts";
import { statement } from "./sql.ts";

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

/** ($1 id, $2 user, $3 mode, $4 actor's kind, $5 actor's id, $6 action, $7 target, $8 data, $9 address, $10 request id) */
export const insertAuditEvent = statement(
  "audit_events.insert",
  `insert into audit_events (id, user_id, mode, actor_kind, actor_id, action, target, data, address, request_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

/** ($1 user, $2 id of a day ago, $3 most): what the person has done since, counted no further. */
export const countDeeds = statement<{ count: number }>(
  "audit_events.count_deeds",
  `select count(*)::int as count from (
     select from audit_events where user_id = $1 and id > $2 and actor_kind in ('key', 'session') limit $3) as done`,
);

/** ($1 user, $2 before this id or null, $3 limit): the newest first. */
export const listAuditEvents = statement<AuditEventRow>(
  "audit_events.list",
  `select id, mode, actor_kind, actor_id, action, target, data, address, request_id, created_at
   from audit_events where user_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3`,
);

/** ($1 action): when the instance did it last, if ever. */
export const findLastDeed = statement<{ created_at: Date }>(
  "audit_events.find_last",
  `select created_at from audit_events where action = $1 and user_id is null order by id desc limit 1`,
);
