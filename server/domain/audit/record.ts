import { newId } from "../../../model/ids.ts";
import type { Mode } from "../../../model/platform-names.ts";
import { insertAuditEvent } from "../../db/audit-events.ts";
import type { Db } from "../../db/sql.ts";
import type { Origin } from "../caller.ts";

/** What was done, to whose things. `data` never holds a secret. */
export interface Deed {
  userId: string | null;
  mode?: Mode;
  action: AuditAction;
  /** The id of what was changed. */
  target?: string | null;
  data?: Record<string, unknown>;
}

export type AuditAction =
  | `user.${"created" | "signed_in" | "sign_in_failed" | "signed_out" | "email_verified" | "password_changed" | "password_reset" | "settings_changed" | "exported" | "deleted" | "invited" | "invite_withdrawn"}`
  | `two_factor.${"enabled" | "disabled"}`
  | `passkey.${"added" | "removed"}`
  | `session.${"revoked"}`
  | `api_key.${"created" | "revoked"}`
  | `platform_set.${"created" | "renamed" | "deleted"}`
  | `post.${"approved"}`
  | `oauth_app.${"saved" | "deleted"}`
  | `account.${"connected" | "reconnected" | "refreshed" | "disconnected" | "expired" | "revoked"}`
  | `connect_link.${"created" | "used" | "revoked"}`
  | `webhook.${"created" | "changed" | "deleted" | "secret_rotated"}`
  | `encryption.${"rotated"}`;

/** Writes it down in the transaction of `db`: what was done and its record are there together, or neither. */
export async function recordAudit(db: Db, origin: Origin, deed: Deed): Promise<void> {
  const { actor, address, requestId } = origin;
  await insertAuditEvent.run(db, [
    newId(),
    deed.userId,
    deed.mode ?? null,
    actor.kind,
    actor.id,
    deed.action,
    deed.target ?? null,
    deed.data ?? {},
    address,
    requestId,
  ]);
}
