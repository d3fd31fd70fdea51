import type { AuditAction } from "../../../model/audit-action.ts";
import { BOUNDS } from "../../../model/bounds.ts";
import { firstIdAt, newId } from "../../../model/ids.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { usedUp } from "../../../model/user-limits.ts";
import { countAuditEvents, insertAuditEvent } from "../../db/queries/audit-events.ts";
import type { Db } from "../../db/sql.ts";
import type { Origin } from "../call.ts";

/** An audited event and whose objects it is about. `data` never contains a secret. */
export interface AuditEntry {
  userId: string | null;
  mode?: Mode;
  action: AuditAction;
  /** ID of the changed object. */
  target?: string | null;
  data?: Record<string, unknown>;
}

/**
 * Events that could make the log grow without limit. Deleting and revoking are not among them: they are never rejected.
 */
const ENDLESS: ReadonlySet<AuditAction> = new Set([
  "user.settings_changed",
  "user.exported",
  "user.invited",
  "member.invited",
  "member.role_changed",
  "platform_set.created",
  "platform_set.renamed",
  "platform_set.posting_times_changed",
  "api_key.created",
  "post.approved",
  "post.sent_back",
  "oauth_app.saved",
  "account.connected",
  "account.reconnected",
  "account.refreshed",
  "account.posting_times_changed",
  "connect_link.created",
  "webhook.created",
  "webhook.changed",
  "webhook.secret_rotated",
  "publishing.resumed",
]);

const DAY_MILLISECONDS = 86_400_000;

/**
 * Records an event in the transaction of `db`: the action and its record are stored together or not at all. Throws
 * RATE_LIMITED if the user has reached the daily limit of recorded events.
 */
export async function recordAudit(db: Db, origin: Origin, entry: AuditEntry): Promise<void> {
  const { actor, address, requestId } = origin;
  if (ENDLESS.has(entry.action) && (actor.kind === "key" || actor.kind === "session"))
    await enforceQuota(db, entry.userId);
  await insertAuditEvent.run(db, [
    newId(),
    entry.userId,
    entry.mode ?? null,
    actor.kind,
    actor.id,
    entry.action,
    entry.target ?? null,
    actor.member === undefined ? (entry.data ?? {}) : { ...entry.data, memberUserId: actor.member.userId },
    address,
    requestId,
  ]);
}

async function enforceQuota(db: Db, userId: string | null): Promise<void> {
  const { notedChanges: most } = BOUNDS;
  const { count = 0 } =
    (await countAuditEvents.one(db, [userId, firstIdAt(new Date(Date.now() - DAY_MILLISECONDS)), most])) ?? {};
  if (count < most) return;
  throw usedUp({
    kind: "quota",
    name: "notedChanges",
    limit: most,
    resetsAt: null,
    message: `You have reached the limit of ${most} audited changes in 24 hours`,
    fix: "Wait an hour. You can still delete, disconnect and revoke.",
  });
}
