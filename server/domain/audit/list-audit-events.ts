import type { z } from "zod";

import type { AuditEvent, auditList } from "../../../contract/operations/audit.ts";
import { firstIdAt } from "../../../model/ids.ts";
import { PLATFORM_NAMES } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import {
  listAuditEvents as selectEvents,
  type AuditEventRow,
  listNames as selectNames,
} from "../../db/queries/audit-events.ts";
import type { Answer } from "../call.ts";
import { readCursor, writeCursor } from "../cursor.ts";
import type { Services } from "../services.ts";

type Filter = z.output<typeof auditList.query>;
type Owner = Pick<Tenant, "userId">;

/** A page of a user's audit log, in both modes, newest first. */
export async function listAuditEvents(
  services: Pick<Services, "pool">,
  owner: Owner,
  { limit, cursor, ...filter }: Filter,
): Promise<Answer<{ events: AuditEvent[]; nextCursor: string | null }>> {
  const events = await read(services, owner, filter, cursor === undefined ? null : readCursor(cursor), limit + 1);
  const shown = events.slice(0, limit);
  return {
    body: { events: shown, nextCursor: events.length > limit ? writeCursor(shown.at(-1)?.id ?? "") : null },
  };
}

const PAGE = 500;

/** All of it, page by page. */
export async function* pagesOfAuditEvents(
  services: Pick<Services, "pool">,
  owner: Owner,
  filter: Omit<Filter, "limit" | "cursor">,
): AsyncGenerator<AuditEvent[]> {
  for (let before: string | null = null; ;) {
    const page: AuditEvent[] = await read(services, owner, filter, before, PAGE);
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    before = page.at(-1)?.id ?? null;
  }
}

const [FIRST_ID, LAST_ID] = ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"];

async function read(
  { pool }: Pick<Services, "pool">,
  { userId }: Owner,
  { action, actor, eventMode, from, to }: Omit<Filter, "limit" | "cursor">,
  before: string | null,
  most: number,
): Promise<AuditEvent[]> {
  const end = to === undefined ? LAST_ID : firstIdAt(new Date(to));
  const rows = await selectEvents.all(pool, [
    userId,
    before !== null && before < end ? before : end,
    from === undefined ? FIRST_ID : firstIdAt(new Date(from)),
    action ?? null,
    actor ?? null,
    eventMode ?? null,
    most,
  ]);
  const ids = [...new Set(rows.flatMap((row) => [row.target, row.actor_id, memberIn(row)]))].filter(
    (id) => id !== null,
  );
  const named = await selectNames.all(pool, [userId, ids.filter((id) => UUID.test(id)), ids]);
  const names = new Map(named.map(({ id, name }) => [id, name]));
  return rows.map((row) => toAuditEvent(row, names));
}

const UUID = /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/;

/** The member who did it in the workspace; null if it was somebody else. */
function memberIn({ data: { memberUserId } }: AuditEventRow): string | null {
  return typeof memberUserId === "string" ? memberUserId : null;
}

function toAuditEvent(row: AuditEventRow, names: ReadonlyMap<string, string>): AuditEvent {
  return {
    id: row.id,
    action: row.action,
    target: row.target,
    targetName: (row.target === null ? undefined : names.get(row.target)) ?? nameIn(row.data),
    mode: row.mode,
    actor: {
      kind: row.actor_kind,
      id: row.actor_id,
      name: names.get((row.actor_kind === "key" ? row.actor_id : memberIn(row)) ?? "") ?? null,
    },
    data: row.data,
    // Where an operator calls from is no concern of its tenants.
    address: row.actor_kind === "instance" ? null : row.address,
    requestId: row.request_id,
    createdAt: row.created_at.toISOString(),
  };
}

/** What is gone, or has no name of its own, is named as it was when it happened. */
function nameIn({ name, email, externalId, platform }: Record<string, unknown>): string | null {
  const label = PLATFORM_NAMES.find((each) => each === platform);
  const known = [name, email, externalId].find((each) => typeof each === "string" && each !== "");
  return typeof known === "string" ? known : label === undefined ? null : catalog[label].capabilities.label;
}
