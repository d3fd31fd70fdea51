import type pg from "pg";

import type { Mode } from "../../model/platform-names.ts";
import type { AccountKey } from "../../model/tenant.ts";
import type { Grant } from "../../platforms/platform.ts";
import { type ConnectionRow, saveConnection } from "../db/queries/connections.ts";
import type { OAuthServices } from "./services.ts";

export function accountKeyParams(account: AccountKey): [accountId: string, userId: string, mode: Mode] {
  return [account.accountId, account.userId, account.mode];
}

/**
 * Encrypts a grant into the account's row. Any renewal in progress there is of the previous grant. A user's token that the
 * grant does not mention is kept.
 */
export async function storeGrant(
  services: Pick<OAuthServices, "vault">,
  tx: pg.PoolClient,
  account: AccountKey,
  grant: Grant,
): Promise<void> {
  const seal = (secret: string, column: string) =>
    services.vault.seal(secret, { table: "connections", row: account.accountId, column });
  await saveConnection.run(tx, [
    ...accountKeyParams(account),
    seal(grant.accessToken, "access_token_sealed"),
    grant.refreshToken === null ? null : seal(grant.refreshToken, "refresh_token_sealed"),
    grant.expiresInSeconds,
    grant.refreshExpiresInSeconds,
    grant.userToken ? seal(grant.userToken.accessToken, "user_token_sealed") : null,
    grant.userToken?.expiresInSeconds ?? null,
    grant.userToken === undefined,
  ]);
}

export function openAccessToken(services: Pick<OAuthServices, "vault">, row: ConnectionRow): string {
  return services.vault.open(row.access_token_sealed, {
    table: "connections",
    row: row.account_id,
    column: "access_token_sealed",
  });
}

/** The token of the person who granted access, if it is stored besides the account's and lives for another minute. */
export function openUserToken(
  services: Pick<OAuthServices, "vault">,
  { account_id: row, user_token_sealed: sealed, user_token_seconds_left: secondsLeft }: ConnectionRow,
): string | null {
  if (sealed === null || (secondsLeft ?? Infinity) < 60) return null;
  return services.vault.open(sealed, { table: "connections", row, column: "user_token_sealed" });
}

/** A stored grant, in the form platforms expect. */
export function openGrant(services: Pick<OAuthServices, "vault">, row: ConnectionRow): Grant {
  const refreshToken =
    row.refresh_token_sealed === null
      ? null
      : services.vault.open(row.refresh_token_sealed, {
          table: "connections",
          row: row.account_id,
          column: "refresh_token_sealed",
        });
  const userToken = openUserToken(services, row);
  return {
    accessToken: openAccessToken(services, row),
    refreshToken,
    expiresInSeconds: row.seconds_left,
    refreshExpiresInSeconds: row.refresh_seconds_left,
    scopes: null,
    ...(userToken !== null && {
      userToken: { accessToken: userToken, expiresInSeconds: row.user_token_seconds_left },
    }),
  };
}
