import { newId } from "../../model/ids.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { AccountKey } from "../../model/tenant.ts";
import { catalog } from "../../platforms/catalog.ts";
import type { OAuth } from "../../platforms/platform.ts";
import type { AccountRow } from "../db/queries/accounts.ts";
import { insertAuditEvent } from "../db/queries/audit-events.ts";
import { recordAccountEvent } from "../db/queries/outbox.ts";
import { changeTokenHealth, findGrantLife, type GrantLifeRow } from "../db/queries/token-care.ts";
import { type Db, transaction } from "../db/sql.ts";
import type { OAuthServices } from "./services.ts";
import { accountKeyParams } from "./stored-grant.ts";

export interface TokenHealth {
  health: AccountRow["token_health"];
  /** A sentence: the problem and what to do; null if there is none. */
  reason: string | null;
}

export const HEALTHY: TokenHealth = { health: "healthy", reason: null };

/** How many days before its expiry a grant counts as expiring. */
export const EXPIRING_DAYS = 7;

/**
 * When a grant expires unless the user reconnects; null if it does not: with its token, or with the app's access to the
 * person's data, whichever is earlier.
 */
export function grantEnd(refresh: OAuth["refresh"], life: GrantLifeRow): Date | null {
  const [token, data] = [tokenEnd(refresh, life), life.data_access_expires_at];
  return token === null || (data !== null && data < token) ? data : token;
}

/**
 * When the token ends unless the user reconnects; null if it does not. One that is renewed automatically expires with its refresh token, if at all, and with the access token once the
 * platform no longer renews.
 */
export function tokenEnd(refresh: OAuth["refresh"], life: GrantLifeRow): Date | null {
  const { access_token_expires_at: access, refresh_token_expires_at: renewable } = life;
  if (refresh === undefined || life.renewal_refused) return access;
  if (refresh.needsRefreshToken !== true) return null;
  if (!life.has_refresh_token) return access;
  return renewable === null || access === null || renewable > access ? renewable : access;
}

/** The current health of a grant with this expiry. */
export function healthAt(end: Date | null, now: Date, platform: PlatformName): TokenHealth {
  if (end === null || end.getTime() - now.getTime() > EXPIRING_DAYS * 86_400_000) return HEALTHY;
  const { label } = catalog[platform].capabilities;
  const at = `${end.toISOString().slice(0, 16).replace("T", " ")} UTC`;
  if (end > now)
    return {
      health: "expiring",
      reason: `Access to the ${label} account expires on ${at}. Reconnect the account before then.`,
    };
  return { health: "expired", reason: `Access to the ${label} account expired on ${at}. Reconnect the account.` };
}

/**
 * Stores an account's token health, and when access ends, an event and an audit log entry, once. `issuedAt` identifies
 * the grant: if the user has reconnected in the meantime, nothing changes. With `keepsEnd`, nothing changes either if
 * access is thought to have ended.
 */
export async function changeHealth(
  db: Db,
  account: AccountKey,
  { health, reason }: TokenHealth,
  { issuedAt = null, keepsEnd = false }: { issuedAt?: Date | null; keepsEnd?: boolean } = {},
): Promise<void> {
  const { accountId, userId, mode } = account;
  const changed = await changeTokenHealth.one(db, [accountId, userId, mode, health, reason, issuedAt, keepsEnd]);
  if (changed === undefined || !hasEnded(health) || hasEnded(changed.was)) return;
  const { platform, platform_account_id: platformAccountId, username } = changed;
  await recordAccountEvent(db, account, "account.disconnected", {
    platform,
    platformAccountId,
    username,
    tokenHealth: health,
    reason,
  });
  const action = health === "expired" ? "account.expired" : "account.revoked";
  await insertAuditEvent.run(db, [
    newId(),
    userId,
    mode,
    "instance",
    null,
    action,
    accountId,
    { platform, reason },
    null,
    null,
  ]);
}

/** The account was just used, so it has not lost access, whatever was thought: its health is what its grant says. */
export async function restoreHealth({ pool, oauthOf }: OAuthServices, account: AccountKey): Promise<void> {
  const life = await findGrantLife.one(pool, accountKeyParams(account));
  if (!life) return;
  const end = grantEnd(oauthOf(life.platform)?.refresh, life);
  await transaction(pool, (tx) => changeHealth(tx, account, healthAt(end, life.now, life.platform)));
}

export function hasEnded(health: TokenHealth["health"]): boolean {
  return health !== "healthy" && health !== "expiring";
}
