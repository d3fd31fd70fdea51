import type { AuditEvent } from "../../../contract/operations/audit.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { listAuditEvents as selectEvents, type AuditEventRow } from "../../db/queries/audit-events.ts";
import type { Answer } from "../call.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Services } from "../services.ts";

/** A page of a user's audit log, in both modes, newest first. */
export async function listAuditEvents(
  services: Pick<Services, "pool">,
  { userId }: Pick<Tenant, "userId">,
  { limit, cursor }: { limit: number; cursor?: string | undefined },
): Promise<Answer<{ events: AuditEvent[]; nextCursor: string | null }>> {
  const rows = await selectEvents.all(services.pool, [
    userId,
    cursor === undefined ? null : readCursor(cursor),
    limit + 1,
  ]);
  const events = rows.slice(0, limit).map(toAuditEvent);
  return { body: { events, nextCursor: rows.length > limit ? writeCursor(events.at(-1)?.id ?? "") : null } };
}

function toAuditEvent(row: AuditEventRow): AuditEvent {
  return {
    id: row.id,
    action: row.action,
    target: row.target,
    mode: row.mode,
    actor: { kind: row.actor_kind, id: row.actor_id },
    data: row.data,
    // Where an operator calls from is no concern of its tenants.
    address: row.actor_kind === "instance" ? null : row.address,
    requestId: row.request_id,
    createdAt: row.created_at.toISOString(),
  };
}
