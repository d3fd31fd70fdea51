import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import type { AccountKey } from "../../model/tenant.ts";
import type { HttpRequest } from "../../platforms/kit/http.ts";
import { BrokerError, type OAuth } from "../../platforms/platform.ts";
import { type ConnectionRow, findConnection, findConnectionTogether } from "../db/queries/connections.ts";
import { appOf } from "./app.ts";
import { isFinal, renewToken, revoked } from "./renew-token.ts";
import type { OAuthServices } from "./services.ts";
import { accountKeyParams, openAccessToken, openUserToken } from "./stored-grant.ts";

export interface FreshTokenOptions {
  /** Minimum remaining lifetime of the token. */
  minLifetimeSeconds: number;
  /** A token that the platform has just reported as expired: it is renewed regardless of its age. */
  refused?: string;
  /** The age at which it is renewed, instead of the platform's usual one. */
  afterSeconds?: number;
}

/**
 * An access token valid for at least `minLifetimeSeconds` more, renewed if the platform supports it and it is time; see
 * `renew-token.ts` for how. Throws BrokerError AUTH_EXPIRED or AUTH_REVOKED if only the user can help, and
 * PLATFORM_UNAVAILABLE on a network error, which never disconnects.
 */
export async function freshToken(
  services: OAuthServices,
  account: AccountKey,
  options: FreshTokenOptions,
): Promise<string> {
  return await tokenOf(services, account, options, await findConnectionOrThrow(services, account));
}

/** What requests for an account need. */
export interface Access {
  accessToken: string;
  /** See `StepContext`. */
  userToken?: string;
  /** See `OAuth.prepare`; absent if there is nothing to add. */
  prepare?(request: HttpRequest): HttpRequest;
}

/** The same token, with what else requests with it need. */
export async function freshAccess(
  services: OAuthServices,
  account: AccountKey,
  options: FreshTokenOptions,
): Promise<Access> {
  const found = await findConnectionOrThrow(services, account);
  const accessToken = await tokenOf(services, account, options, found);
  const prepare = services.oauthOf(found.platform, found.login)?.prepare;
  const app = prepare === undefined ? null : await appOf(services, found);
  const userToken = openUserToken(services, found);
  return {
    accessToken,
    ...(userToken !== null && { userToken }),
    ...(prepare !== undefined &&
      app !== null && {
        prepare: (request: HttpRequest) => prepare(request, app, services.platformEnvironment ?? {}),
      }),
  };
}

async function findConnectionOrThrow({ pool }: OAuthServices, account: AccountKey): Promise<ConnectionRow> {
  const found =
    (await findConnectionTogether(pool, account)) ?? (await findConnection.one(pool, accountKeyParams(account)));
  if (!found) throw revoked();
  return found;
}

async function tokenOf(
  services: OAuthServices,
  account: AccountKey,
  options: FreshTokenOptions,
  found: ConnectionRow,
): Promise<string> {
  const oauth = services.oauthOf(found.platform);
  const token = openAccessToken(services, found);
  if (token !== options.refused && !isDue(found, oauth, options)) return token;
  const flight = flightsOf(services.pool).get(account.accountId);
  const renewed = await flight;
  if (renewed !== undefined && renewed !== options.refused) return renewed;
  return await shareFlight(services, account, () => renewOrKeep(services, account, oauth, options, found));
}

/** The renewals of this process in progress, by pool and account: later callers wait for them. */
const flights = new WeakMap<pg.Pool, Map<string, Promise<string>>>();

function flightsOf(pool: pg.Pool): Map<string, Promise<string>> {
  const known = flights.get(pool) ?? new Map<string, Promise<string>>();
  flights.set(pool, known);
  return known;
}

async function shareFlight(
  { pool }: OAuthServices,
  { accountId }: AccountKey,
  run: () => Promise<string>,
): Promise<string> {
  const all = flightsOf(pool);
  const flight = all.get(accountId) ?? run().finally(() => all.delete(accountId));
  all.set(accountId, flight);
  return await flight;
}

/** A token that still lives is used although renewing failed. */
async function renewOrKeep(
  services: OAuthServices,
  account: AccountKey,
  oauth: OAuth | undefined,
  options: FreshTokenOptions,
  found: ConnectionRow,
): Promise<string> {
  const token = openAccessToken(services, found);
  const stillLives =
    token !== options.refused && (found.seconds_left ?? Infinity) > Math.min(options.minLifetimeSeconds, 60);
  try {
    return await renewed(services, account, oauth, options, { found, stillLives });
  } catch (error) {
    if (!isFinal(error))
      services.log.warn(
        { err: error, accountId: account.accountId, platform: found.platform },
        "an access token could not be renewed",
      );
    if (stillLives) return token;
    if (error instanceof BrokerError) throw error;
    throw new BrokerError("PLATFORM_UNAVAILABLE", "The platform could not be reached to renew the account's access.", {
      cause: error,
    });
  }
}

/** How long to wait for another process's renewal, without a connection, and how often to check the row. */
const PATIENCE_SECONDS = 10;
const LOOK_MILLISECONDS = 200;

async function renewed(
  services: OAuthServices,
  account: AccountKey,
  oauth: OAuth | undefined,
  options: FreshTokenOptions,
  { found, stillLives }: { found: ConnectionRow; stillLives: boolean },
): Promise<string> {
  const since = performance.now();
  for (
    let held = found;
    performance.now() - since < PATIENCE_SECONDS * 1000;
    held = await lookAgain(services, account)
  ) {
    const token = openAccessToken(services, held);
    if (token !== options.refused && !isDue(held, oauth, options)) return token;
    if (!oauth?.refresh || !isRenewable(held, oauth.refresh, token === options.refused)) {
      if (token !== options.refused && (held.seconds_left ?? Infinity) > 0) return token;
      throw new BrokerError("AUTH_EXPIRED", "The account's access has expired. Reconnect the account.");
    }
    const fresh = await renewToken(services, account, oauth.refresh, held, stillLives);
    if (fresh !== null) return fresh;
  }
  throw new BrokerError(
    "PLATFORM_UNAVAILABLE",
    "The account's access is being renewed, and the platform has not responded yet.",
  );
}

async function lookAgain(services: OAuthServices, account: AccountKey): Promise<ConnectionRow> {
  await sleep(LOOK_MILLISECONDS);
  return await findConnectionOrThrow(services, account);
}

/**
 * A valid grant that cannot be renewed is used until it expires; an expired one is tried, so that the platform's own
 * message is reported.
 */
function isRenewable(held: ConnectionRow, refresh: NonNullable<OAuth["refresh"]>, isRefused: boolean): boolean {
  if (held.age_seconds < refresh.minAgeSeconds) return false;
  const isDead = isRefused || (held.seconds_left ?? Infinity) <= 0;
  return isDead || held.refresh_token_sealed !== null || refresh.needsRefreshToken !== true;
}

function isDue(
  connection: ConnectionRow,
  oauth: OAuth | undefined,
  { minLifetimeSeconds, afterSeconds }: FreshTokenOptions,
): boolean {
  if (connection.seconds_left !== null && connection.seconds_left < minLifetimeSeconds) return true;
  return oauth?.refresh !== undefined && connection.age_seconds >= (afterSeconds ?? oauth.refresh.afterSeconds);
}
