import type { Me } from "../../../contract/operations/me.ts";
import { PublicError } from "../../../model/errors.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findMe, findTimeZone, updateMe as update } from "../../db/queries/users.ts";
import type { Db } from "../../db/sql.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/** The signed-in user. Throws NOT_FOUND if they were deleted in the meantime. */
export async function getMe(
  { pool }: Pick<Services, "pool">,
  { userId }: Pick<Tenant, "userId">,
): Promise<Answer<{ user: Me }>> {
  return { body: { user: await readMe(pool, userId) } };
}

/** Changes the given fields and keeps the rest. Throws NOT_FOUND. */
export async function updateMe(
  services: Pick<Services, "pool">,
  call: Call,
  changes: { name?: string | undefined; timeZone?: string | undefined },
): Promise<Answer<{ user: Me }>> {
  return await write(services, call, async (tx) => {
    await update.run(tx, [call.userId, changes.name ?? null, changes.timeZone ?? null]);
    const user = await readMe(tx, call.userId);
    await recordAudit(tx, call, { userId: call.userId, action: "user.settings_changed", data: changes });
    return { body: { user } };
  });
}

const DAY_MILLISECONDS = 86_400_000;

/**
 * The user's time zone, and whether it is only the default: they are new and never chose one. Of others, the log would be
 * long to search. A choice made since the user was read counts.
 */
export async function timeZoneOf(
  { pool }: Pick<Services, "pool">,
  { id, timeZone, createdAt }: Me,
): Promise<{ timeZone: string; isDefault: boolean }> {
  const isNew = Date.now() - Date.parse(createdAt) < DAY_MILLISECONDS;
  const now = timeZone === "UTC" && isNew ? await findTimeZone.one(pool, [id]) : undefined;
  if (now === undefined) return { timeZone, isDefault: false };
  return { timeZone: now.time_zone, isDefault: now.time_zone === "UTC" && !now.is_chosen };
}

async function readMe(db: Db, userId: string): Promise<Me> {
  const row = await findMe.one(db, [userId]);
  if (row === undefined || row.email === null) throw new PublicError("NOT_FOUND", "The user was deleted.");
  return {
    id: row.id,
    email: row.email,
    emailVerified: row.email_verified,
    name: row.name,
    timeZone: row.time_zone,
    isOwner: row.is_owner,
    twoFactorEnabled: row.two_factor_enabled,
    hasPassword: row.has_password,
    createdAt: row.created_at.toISOString(),
  };
}
