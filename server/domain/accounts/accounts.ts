import type { Account } from "../../../contract/operations/accounts.ts";
import { PublicError } from "../../../model/errors.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { findAccount, listAccounts as selectAccounts, type AccountRow } from "../../db/queries/accounts.ts";
import { countScheduledOf } from "../../db/queries/bound-posts.ts";
import type { Db } from "../../db/sql.ts";
import { tokenEnd } from "../../oauth/token-health.ts";
import { quotaBudget, readNeeds } from "../../publishing/budgets.ts";
import type { Answer } from "../call.ts";
import { leftOf, publisherOf } from "../posts/budgets.ts";
import type { Services } from "../services.ts";

/** The active accounts, the oldest first. */
export async function listAccounts(
  services: Pick<Services, "pool" | "oauth">,
  caller: Tenant,
  filter: { platform?: PlatformName; platformSetId?: string },
): Promise<Answer<{ accounts: Account[] }>> {
  const rows = await selectAccounts.all(services.pool, [
    caller.userId,
    caller.mode,
    filter.platform ?? null,
    filter.platformSetId ?? null,
  ]);
  return { body: { accounts: rows.map((row) => toAccount(services.oauth, row)) } };
}

/** One account, active or not. Throws NOT_FOUND. */
export async function getAccount(
  { pool, oauth, settings }: Pick<Services, "pool" | "oauth" | "settings">,
  caller: Tenant,
  id: string,
  now = new Date(),
): Promise<Answer<{ account: Account & { scheduledPosts: number; limits: AccountLimits } }>> {
  const row = await findAccount.one(pool, [id, caller.userId, caller.mode]);
  if (row === undefined) throw accountNotFound();
  const scheduledPosts = await scheduledOn(pool, caller, id);
  const limits = await limitsOf(pool, settings, row, now);
  return { body: { account: { ...toAccount(oauth, row), scheduledPosts, limits } } };
}

/** How many scheduled posts go out through the account or, if it is no longer connected, wait for somebody's choice. */
export async function scheduledOn(db: Db, { userId, mode }: Tenant, id: string): Promise<number> {
  return (await countScheduledOf.one(db, [id, userId, mode]))?.count ?? 0;
}

/** What is left of the platform's limits for the account and its app. */
type AccountLimits = ReturnType<typeof leftOf>[];

async function limitsOf(
  db: Db,
  { platformLimits }: Pick<Services["settings"], "platformLimits">,
  row: AccountRow,
  now: Date,
): Promise<AccountLimits> {
  const uses = catalog[row.platform].capabilities.quotas.map((quota) => ({
    ...quotaBudget(publisherOf(row.mode, row), quota, platformLimits),
    quota,
    units: 0,
  }));
  const needs = new Map((await readNeeds(db, uses, now, null)).map((need) => [need.name, need]));
  return uses.flatMap((use) => {
    const need = needs.get(use.name);
    return need === undefined ? [] : [leftOf(use, need, now)];
  });
}

/** The same for other verbs, in a transaction of theirs. */
export async function readAccount(
  { oauth }: Pick<Services, "oauth">,
  db: Db,
  caller: Tenant,
  id: string,
): Promise<Account> {
  const row = await findAccount.one(db, [id, caller.userId, caller.mode]);
  if (row === undefined) throw accountNotFound();
  return toAccount(oauth, row);
}

export function accountNotFound(): PublicError {
  return new PublicError("NOT_FOUND", "Account not found.");
}

/** An account as the public sees it. Never contains a token. */
function toAccount({ oauthOf }: Services["oauth"], row: AccountRow): Account {
  const refresh = oauthOf(row.platform, row.login ?? undefined)?.refresh;
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
    tokenExpiresAt: tokenEnd(refresh, row)?.toISOString() ?? null,
    dataAccessExpiresAt: row.data_access_expires_at?.toISOString() ?? null,
    tokenHealth: row.token_health,
    tokenHealthReason: row.token_health_reason,
    platformMetadata: row.platform_metadata,
    externalId: row.external_id,
    connectedAt: row.connected_at.toISOString(),
    mode: row.mode,
  };
}
