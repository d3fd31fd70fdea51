import type pg from "pg";
import type { Mode } from "../../model/platform-names.ts";
import { BrokerError, type Grant, type OAuth } from "../../platforms/platform.ts";
import { type ConnectionRow, findConnection, lockConnection, saveConnection, setTokenHealth } from "../db/connections.ts";
import { transaction } from "../db/sql.ts";
import { appOf } from "./app.ts";
import type { OAuthServices } from "./services.ts";

export interface AccountKey {
  accountId: string;
  userId: string;
  mode: Mode;
}

/**
 * An access token that lives at least `minLifetimeSeconds` more, renewed where the platform renews and it is time.
 * `refused` is a token that the platform has just called expired: it is renewed whatever its age.
 *
 * Renewing is single-flight over all processes: it happens under the row's lock, and who waited for the lock finds the
 * new token. The new pair is stored before anyone uses it. Throws BrokerError AUTH_EXPIRED or AUTH_REVOKED where only the
 * user can help, and PLATFORM_UNAVAILABLE on a network fault, which never disconnects.
 */
export async function freshToken(
  services: OAuthServices,
  account: AccountKey,
  options: { minLifetimeSeconds: number; refused?: string },
): Promise<string> {
  const found = await findConnection.one(services.pool, keyValues(account));
  if (!found) throw revoked();
  const oauth = services.oauthOf(found.platform);
  const token = openAccessToken(services, found);
  if (token !== options.refused && !isDue(found, oauth, options.minLifetimeSeconds)) return token;
  try {
    return await transaction(services.pool, (tx) => renew(services, tx, account, oauth, options));
  } catch (error) {
    return await afterFailure(services, account, found, error, token === options.refused, options.minLifetimeSeconds, token);
  }
}

/** What the platform has said about an account's token while publishing: shown as its health. */
export async function reportTokenRefused(services: OAuthServices, account: AccountKey, code: "AUTH_EXPIRED" | "AUTH_REVOKED", reason: string): Promise<void> {
  await setTokenHealth.run(services.pool, [...keyValues(account), code === "AUTH_EXPIRED" ? "expired" : "revoked", reason]);
}

async function renew(
  services: OAuthServices,
  tx: pg.PoolClient,
  account: AccountKey,
  oauth: OAuth | undefined,
  options: { minLifetimeSeconds: number; refused?: string },
): Promise<string> {
  const held = await lockConnection.one(tx, keyValues(account));
  if (!held) throw revoked();
  const token = openAccessToken(services, held);
  if (token !== options.refused && !isDue(held, oauth, options.minLifetimeSeconds)) return token;
  if (!oauth?.refresh || held.age_seconds < oauth.refresh.minAgeSeconds) {
    if (token !== options.refused && (held.seconds_left ?? Infinity) > 0) return token;
    throw new BrokerError("AUTH_EXPIRED", "The account's access has expired. Reconnect the account.");
  }
  const app = await appOf(services, held);
  if (!app) throw new BrokerError("AUTH_EXPIRED", "The platform's app credentials are not configured, so access cannot be renewed.");
  const grant = await oauth.refresh.run(services.httpFor(held.mode), app, openGrant(services, held));
  await storeGrant(services, tx, account, grant);
  await setTokenHealth.run(tx, [...keyValues(account), "healthy", null]);
  return grant.accessToken;
}

/** A token that still lives is used although renewing failed; only the platform's own word ends a connection. */
async function afterFailure(
  services: OAuthServices,
  account: AccountKey,
  found: ConnectionRow,
  error: unknown,
  refused: boolean,
  minLifetimeSeconds: number,
  token: string,
): Promise<string> {
  const final = error instanceof BrokerError && (error.code === "AUTH_EXPIRED" || error.code === "AUTH_REVOKED");
  const stillLives = !refused && (found.seconds_left ?? Infinity) > Math.min(minLifetimeSeconds, 60);
  if (final && stillLives) {
    await setTokenHealth.run(services.pool, [...keyValues(account), "expiring", error.message]);
  } else if (final) {
    await reportTokenRefused(services, account, error.code === "AUTH_EXPIRED" ? "AUTH_EXPIRED" : "AUTH_REVOKED", error.message);
  } else {
    services.log.warn({ err: error, accountId: account.accountId, platform: found.platform }, "an access token could not be renewed");
  }
  if (stillLives) return token;
  if (error instanceof BrokerError) throw error;
  throw new BrokerError("PLATFORM_UNAVAILABLE", "The platform could not be reached to renew the account's access.", { cause: error });
}

function isDue(connection: ConnectionRow, oauth: OAuth | undefined, minLifetimeSeconds: number): boolean {
  if (connection.seconds_left !== null && connection.seconds_left < minLifetimeSeconds) return true;
  return oauth?.refresh !== undefined && connection.age_seconds >= oauth.refresh.afterSeconds;
}

export async function storeGrant(services: Pick<OAuthServices, "vault">, tx: pg.PoolClient, account: AccountKey, grant: Grant): Promise<void> {
  const seal = (secret: string, column: string) => services.vault.seal(secret, { table: "connections", row: account.accountId, column });
  await saveConnection.run(tx, [
    ...keyValues(account),
    seal(grant.accessToken, "access_token_sealed"),
    grant.refreshToken === null ? null : seal(grant.refreshToken, "refresh_token_sealed"),
    grant.expiresInSeconds,
    grant.refreshExpiresInSeconds,
  ]);
}

function openAccessToken(services: Pick<OAuthServices, "vault">, row: ConnectionRow): string {
  return services.vault.open(row.access_token_sealed, { table: "connections", row: row.account_id, column: "access_token_sealed" });
}

/** What is stored of a grant, as platforms take it. */
export function openGrant(services: Pick<OAuthServices, "vault">, row: ConnectionRow): Grant {
  const refreshToken =
    row.refresh_token_sealed === null
      ? null
      : services.vault.open(row.refresh_token_sealed, { table: "connections", row: row.account_id, column: "refresh_token_sealed" });
  return { accessToken: openAccessToken(services, row), refreshToken, expiresInSeconds: row.seconds_left, refreshExpiresInSeconds: null, scopes: null };
}

function keyValues(account: AccountKey): [string, string, string] {
  return [account.accountId, account.userId, account.mode];
}

function revoked(): BrokerError {
  return new BrokerError("AUTH_REVOKED", "The account is no longer connected. Reconnect it.");
}
