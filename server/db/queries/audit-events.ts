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

/**
 * The newest first. IDs begin with their time, so they limit what is read. `action` is one, or all that begin with it
 * and a dot.
 */
export const listAuditEvents = statement<
  AuditEventRow,
  [
    userId: string,
    beforeId: string,
    fromId: string,
    action: string | null,
    actorKind: AuditEventRow["actor_kind"] | null,
    mode: Mode | null,
    limit: number,
  ]
>(
  "audit_events.list",
  `select id, mode, actor_kind, actor_id, action, target, data, address, request_id, created_at
   from audit_events where user_id = $1 and id < $2 and id >= $3
     and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
     and ($5::text is null or actor_kind = $5)
     and ($6::text is null or mode = $6)
   order by id desc limit $7`,
);

/** The names of the user's things, and of the members of their workspace, with these IDs. */
export const listNames = statement<
  { id: string; name: string },
  [userId: string, ids: readonly string[], idsAsText: readonly string[]]
>(
  "audit_events.list_names",
  `select id::text, name from api_keys where user_id = $1 and id = any ($2::uuid[])
   union all select id::text, name from platform_sets where user_id = $1 and id = any ($2::uuid[])
   union all select id::text, coalesce(username, display_name, platform_account_id)
     from accounts where user_id = $1 and id = any ($2::uuid[])
   union all select id::text, coalesce(nullif(description, ''), url)
     from webhooks where user_id = $1 and id = any ($2::uuid[]) and coalesce(nullif(description, ''), url) is not null
   union all select u.id::text, coalesce(nullif(u.name, ''), u.email)
     from members m join users u on u.id = m.member_id
     where m.user_id = $1 and m.member_id = any ($3::text[]) and coalesce(nullif(u.name, ''), u.email) is not null
   union all select id::text, left(content ->> 'text', 80)
     from posts where user_id = $1 and id = any ($2::uuid[]) and content ->> 'text' <> ''`,
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
