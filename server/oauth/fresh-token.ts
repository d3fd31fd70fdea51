import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { Mode } from "../../model/platform-names.ts";
import { BrokerError, type Grant, type OAuth } from "../../platforms/platform.ts";
import { type ConnectionRow, findConnection, lockConnection, saveConnection } from "../db/connections.ts";
import { transaction } from "../db/sql.ts";
import { findGrantLife, refuseRenewal } from "../db/token-care.ts";
import { appOf } from "./app.ts";
import type { OAuthServices } from "./services.ts";
import { changeHealth, grantEnd, healthAt } from "./token-health.ts";

export interface AccountKey {
  accountId: string;
  userId: string;
  mode: Mode;
}

export interface Freshness {
  /** What the token should live at least. */
  minLifetimeSeconds: number;
  /** A token that the platform has just called expired: it is renewed whatever its age. */
  refused?: string;
  /** The age at which it is renewed, instead of the platform's usual one. */
  afterSeconds?: number;
}

/**
 * An access token that lives at least `minLifetimeSeconds` more, renewed where the platform renews and it is time.
 *
 * Renewing is single-flight over all processes: it happens under the row's lock, and who waited for the lock finds the
 * new token. The new pair is stored before anyone uses it. Throws BrokerError AUTH_EXPIRED or AUTH_REVOKED where only the
 * user can help, and PLATFORM_UNAVAILABLE on a network fault, which never disconnects.
 */
export async function freshToken(services: OAuthServices, account: AccountKey, options: Freshness): Promise<string> {
  const found = await findConnection.one(services.pool, keyValues(account));
  if (!found) throw revoked();
  const oauth = services.oauthOf(found.platform);
  const token = openAccessToken(services, found);
  if (token !== options.refused && !isDue(found, oauth, options)) return token;
  const flight = flightsOf(services.pool).get(account.accountId);
  const renewed = await flight;
  if (renewed !== undefined && renewed !== options.refused) return renewed;
  return await fly(services, account, () => renewOrKeep(services, account, oauth, options, found));
}

/** What the platform has said about an account's token while publishing: shown as its health. */
export async function reportTokenRefused(services: OAuthServices, account: AccountKey, code: "AUTH_EXPIRED" | "AUTH_REVOKED", reason: string): Promise<void> {
  await transaction(services.pool, (tx) => changeHealth(tx, account, { health: code === "AUTH_EXPIRED" ? "expired" : "revoked", reason }));
}

/** The renewals of this process that are under way, by pool and account: who comes meanwhile waits for them, and holds no connection. */
const flights = new WeakMap<pg.Pool, Map<string, Promise<string>>>();

function flightsOf(pool: pg.Pool): Map<string, Promise<string>> {
  const known = flights.get(pool) ?? new Map<string, Promise<string>>();
  flights.set(pool, known);
  return known;
}

async function fly({ pool }: OAuthServices, { accountId }: AccountKey, renew: () => Promise<string>): Promise<string> {
  const all = flightsOf(pool);
  const flight = all.get(accountId) ?? renew().finally(() => all.delete(accountId));
  all.set(accountId, flight);
  return await flight;
}

/** A token that still lives is used although renewing failed; only the platform's own word ends a connection. */
async function renewOrKeep(services: OAuthServices, account: AccountKey, oauth: OAuth | undefined, options: Freshness, found: ConnectionRow): Promise<string> {
  try {
    return await renew(services, account, oauth, options);
  } catch (error) {
    const token = openAccessToken(services, found);
    const isFinal = error instanceof BrokerError && (error.code === "AUTH_EXPIRED" || error.code === "AUTH_REVOKED");
    const stillLives = token !== options.refused && (found.seconds_left ?? Infinity) > Math.min(options.minLifetimeSeconds, 60);
    if (isFinal) {
      const other = await findOtherToken(services, account, token);
      if (other !== null) return other;
      await reportRenewalRefused(services, account, found, error, stillLives);
    } else {
      services.log.warn({ err: error, accountId: account.accountId, platform: found.platform }, "an access token could not be renewed");
    }
    if (stillLives) return token;
    if (error instanceof BrokerError) throw error;
    throw new BrokerError("PLATFORM_UNAVAILABLE", "The platform could not be reached to renew the account's access.", { cause: error });
  }
}

async function renew(services: OAuthServices, account: AccountKey, oauth: OAuth | undefined, options: Freshness): Promise<string> {
  let spent: ConnectionRow | undefined;
  let grant: Grant | undefined;
  try {
    return await transaction(services.pool, async (tx) => {
      const held = await lockConnection.one(tx, keyValues(account));
      if (!held) throw revoked();
      const token = openAccessToken(services, held);
      if (token !== options.refused && !isDue(held, oauth, options)) return token;
      if (!oauth?.refresh || !isRenewable(held, oauth.refresh, token === options.refused)) {
        if (token !== options.refused && (held.seconds_left ?? Infinity) > 0) return token;
        throw new BrokerError("AUTH_EXPIRED", "The account's access has expired. Reconnect the account.");
      }
      const app = await appOf(services, held, tx);
      if (!app) throw new BrokerError("PLATFORM_UNAVAILABLE", "The platform's app credentials are not configured, so access cannot be renewed.");
      spent = held;
      grant = await oauth.refresh.run(services.httpFor(held.mode), app, openGrant(services, held));
      await storeRenewed(services, tx, account, held, grant);
      return grant.accessToken;
    });
  } catch (error) {
    if (spent === undefined || grant === undefined) throw error;
    return await storeLate(services, account, spent, grant, error);
  }
}

/** A grant that lives and cannot be renewed is used until its end; a dead one is tried, so that the platform's own sentence is told. */
function isRenewable(held: ConnectionRow, refresh: NonNullable<OAuth["refresh"]>, isRefused: boolean): boolean {
  if (held.age_seconds < refresh.minAgeSeconds) return false;
  const isDead = isRefused || (held.seconds_left ?? Infinity) <= 0;
  return isDead || held.refresh_token_sealed !== null || refresh.needsRefreshToken !== true;
}

/** How long the database may be away before a pair that the platform has given is lost, in seconds between the tries. */
const STORE_PAUSES = [0.1, 0.5, 2, 5, 10];

/**
 * The platform has renewed, and the transaction was lost. The old pair may be spent, so the new one has to be stored,
 * unless somebody has stored another meanwhile: that one is good then.
 */
async function storeLate(services: OAuthServices, account: AccountKey, spent: ConnectionRow, grant: Grant, lost: unknown): Promise<string> {
  services.log.warn({ err: lost, accountId: account.accountId, platform: spent.platform }, "a renewed token could not be stored at once");
  for (const pause of STORE_PAUSES) {
    await sleep(pause * 1000);
    try {
      return await transaction(services.pool, async (tx) => {
        const held = await lockConnection.one(tx, keyValues(account));
        if (!held) throw revoked();
        if (held.issued_at.getTime() !== spent.issued_at.getTime()) return openAccessToken(services, held);
        await storeRenewed(services, tx, account, held, grant);
        return grant.accessToken;
      });
    } catch (error) {
      if (error instanceof BrokerError) throw error;
    }
  }
  throw lost;
}

async function storeRenewed(services: OAuthServices, tx: pg.PoolClient, account: AccountKey, before: ConnectionRow, grant: Grant): Promise<void> {
  const { refreshToken } = openGrant(services, before);
  // Where the same one comes again without its end, that stays, too.
  const isSame = grant.refreshToken === refreshToken && grant.refreshExpiresInSeconds === null;
  await storeGrant(services, tx, account, isSame ? { ...grant, refreshToken: null } : grant);
  const life = await findGrantLife.one(tx, keyValues(account));
  if (!life) return;
  const refresh = services.oauthOf(before.platform, before.login)?.refresh;
  await changeHealth(tx, account, healthAt(grantEnd(refresh, life), life.now, before.platform));
}

/** Whoever stores at the same time needs a moment. */
const REREAD_PAUSES = [0, 0.3];

/** A token that another process, or the person by connecting again, has stored since this one was read. */
async function findOtherToken(services: OAuthServices, account: AccountKey, token: string): Promise<string | null> {
  for (const pause of REREAD_PAUSES) {
    await sleep(pause * 1000);
    const now = await findConnection.one(services.pool, keyValues(account));
    if (!now) return null;
    const other = openAccessToken(services, now);
    if (other !== token && (now.seconds_left ?? Infinity) > 0) return other;
  }
  return null;
}

/** The platform does not renew any more: that is the end, or a warning while the token lives. */
async function reportRenewalRefused(services: OAuthServices, account: AccountKey, { issued_at }: ConnectionRow, error: BrokerError, stillLives: boolean): Promise<void> {
  const ended = error.code === "AUTH_EXPIRED" ? "expired" : "revoked";
  await transaction(services.pool, async (tx) => {
    if (stillLives) await refuseRenewal.run(tx, [...keyValues(account), issued_at]);
    await changeHealth(tx, account, { health: stillLives ? "expiring" : ended, reason: error.message }, issued_at);
  });
}

function isDue(connection: ConnectionRow, oauth: OAuth | undefined, { minLifetimeSeconds, afterSeconds }: Freshness): boolean {
  if (connection.seconds_left !== null && connection.seconds_left < minLifetimeSeconds) return true;
  return oauth?.refresh !== undefined && connection.age_seconds >= (afterSeconds ?? oauth.refresh.afterSeconds);
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
  return { accessToken: openAccessToken(services, row), refreshToken, expiresInSeconds: row.seconds_left, refreshExpiresInSeconds: row.refresh_seconds_left, scopes: null };
}

function keyValues(account: AccountKey): [string, string, string] {
  return [account.accountId, account.userId, account.mode];
}

function revoked(): BrokerError {
  return new BrokerError("AUTH_REVOKED", "The account is no longer connected. Reconnect it.");
}
