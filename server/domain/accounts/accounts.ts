import type { Account } from "../../../contract/operations/accounts.ts";
import { PublicError } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findAccount, listAccounts as selectAccounts, type AccountRow } from "../../db/queries/accounts.ts";
import type { Db } from "../../db/sql.ts";
import type { Answer } from "../call.ts";
import type { Services } from "../services.ts";

/** The active accounts, the oldest first. */
export async function listAccounts(
  services: Pick<Services, "pool">,
  caller: Tenant,
  filter: { platform?: PlatformName; platformSetId?: string },
): Promise<Answer<{ accounts: Account[] }>> {
  const rows = await selectAccounts.all(services.pool, [
    caller.userId,
    caller.mode,
    filter.platform ?? null,
    filter.platformSetId ?? null,
  ]);
  return { body: { accounts: rows.map(toAccount) } };
}

/** One account, active or not. Throws NOT_FOUND. */
export async function getAccount(
  services: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
): Promise<Answer<{ account: Account }>> {
  return { body: { account: await readAccount(services.pool, caller, id) } };
}

/** The same for other verbs, in a transaction of theirs. */
export async function readAccount(db: Db, caller: Tenant, id: string): Promise<Account> {
  const row = await findAccount.one(db, [id, caller.userId, caller.mode]);
  if (row === undefined) throw new PublicError("NOT_FOUND", "Account not found.");
  return toAccount(row);
}

/** An account as the public sees it. Never contains a token. */
function toAccount(row: AccountRow): Account {
  return {
    id: row.id,
    platform: row.platform,
    platformSetId: row.platform_set_id,
    platformAccountId: row.platform_account_id,
    username: row.username,
    displayName: row.display_name,
    avatarUrl: row.avatar_url,
    status: row.status,
    scopes: row.scopes,
    tokenExpiresAt: row.token_expires_at?.toISOString() ?? null,
    dataAccessExpiresAt: row.data_access_expires_at?.toISOString() ?? null,
    tokenHealth: row.token_health,
    tokenHealthReason: row.token_health_reason,
    platformMetadata: row.platform_metadata,
    externalId: row.external_id,
    connectedAt: row.connected_at.toISOString(),
    mode: row.mode,
  };
}
