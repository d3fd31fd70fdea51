import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

import type pg from "pg";

import type { AccountKey } from "../../model/tenant.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { BrokerError, type Grant, type OAuth } from "../../platforms/platform.ts";
import { isDatabaseAway } from "../db/away.ts";
import { type ConnectionRow, findConnection, lockConnection } from "../db/queries/connections.ts";
import { claimRenewal, endRenewal, findGrantLife, refuseRenewal } from "../db/queries/token-care.ts";
import { transaction } from "../db/sql.ts";
import { appOf, type KnownApp } from "./app.ts";
import { runInQueue } from "./renewal-queue.ts";
import { type OAuthServices, platformClient } from "./services.ts";
import { accountKeyParams, openAccessToken, openGrant, storeGrant } from "./stored-grant.ts";
import { changeHealth, grantEnd, healthAt } from "./token-health.ts";

/**
 * Longer than a renewal can take unless the database is away: its one request has 30 s, and storing its result about as
 * long again.
 */
const RENEWAL_SECONDS = 75;

/** A process that was suspended may still store its response for this long. */
const LOST_GRACE_SECONDS = 300;

export type RenewalOptions = NonNullable<OAuth["refresh"]>;

/**
 * Renews a grant, once across all processes: the renewal is claimed in the row, the request runs without a transaction
 * or connection, and the new pair is stored before anyone uses it. Returns null if another process has the claim, or
 * has stored another grant in the meantime. Throws AUTH_EXPIRED or AUTH_REVOKED if the platform rejects it, which the
 * account's health then shows.
 */
export async function renewToken(
  services: OAuthServices,
  account: AccountKey,
  refresh: RenewalOptions,
  held: ConnectionRow,
  stillLives: boolean,
): Promise<string | null> {
  const app = await appOf(services, held);
  if (!app)
    throw new BrokerError(
      "PLATFORM_UNAVAILABLE",
      "The platform's app credentials are not configured, so access cannot be renewed.",
    );
  return await runInQueue(services.pool, held, async () => {
    const renewal = randomUUID();
    const claimed = await claimRenewal.one(services.pool, [
      ...accountKeyParams(account),
      held.issued_at,
      renewal,
      RENEWAL_SECONDS,
    ]);
    if (!claimed) return null;
    const grant = await requestRenewal(services, account, refresh, { held, app, renewal }).catch((error: unknown) =>
      refused(services, account, held, error, { stillLives, lostSeconds: claimed.lost_seconds }),
    );
    return typeof grant === "string" ? grant : await store(services, account, held, grant);
  });
}

interface RenewalRequest {
  held: ConnectionRow;
  app: KnownApp;
  renewal: string;
}

async function requestRenewal(
  services: OAuthServices,
  account: AccountKey,
  refresh: RenewalOptions,
  { held, app, renewal }: RenewalRequest,
): Promise<Grant> {
  try {
    const login = services.oauthOf(held.platform, held.login) ?? {};
    return await refresh.run(platformClient(services, login, app, held.mode), app, openGrant(services, held));
  } catch (error) {
    // If this fails, the claim expires, and counts as lost.
    await endRenewal
      .run(services.pool, [...accountKeyParams(account), renewal, isResponseLost(error)])
      .catch((failure: unknown) => {
        services.log.warn({ err: failure, accountId: account.accountId }, "the end of a renewal could not be stored");
      });
    throw error;
  }
}

/** Whether the platform may have renewed anyway, so that our grant may be used up. */
function isResponseLost(error: unknown): boolean {
  if (error instanceof TransportError) return error.sent;
  if (!(error instanceof BrokerError)) return true;
  const status = error.platformError?.status ?? null;
  return (
    error.code !== "AUTH_EXPIRED" && error.code !== "AUTH_REVOKED" && (status === null || status < 400 || status > 499)
  );
}

/** In seconds between the attempts to store a pair from the platform. */
const STORE_PAUSES = [0, 0.1, 0.5, 2, 5, 10];

/** It is repeated for as long as the database is away: nobody else can take the pair for lost without it. */
const LAST_PAUSE = 10;

/**
 * The platform has renewed. The old pair may be used up, so the new one must be stored, unless someone else has stored
 * another in the meantime: then that one is valid.
 */
async function store(
  services: OAuthServices,
  account: AccountKey,
  spent: ConnectionRow,
  grant: Grant,
): Promise<string> {
  let refusals = 0;
  for (let attempt = 0; ; attempt += 1) {
    const pause = STORE_PAUSES[attempt] ?? LAST_PAUSE;
    if (pause > 0) await sleep(pause * 1000);
    try {
      return await transaction(services.pool, async (tx) => {
        const held = await lockConnection.one(tx, accountKeyParams(account));
        if (!held) throw revoked();
        if (held.issued_at.getTime() !== spent.issued_at.getTime()) return openAccessToken(services, held);
        await storeRenewed(services, tx, account, held, grant);
        return grant.accessToken;
      });
    } catch (error) {
      if (!isDatabaseAway(error)) refusals += 1;
      const isOver = refusals >= STORE_PAUSES.length || services.pool.ending;
      if (error instanceof BrokerError || isOver) throw error;
      services.log.warn(
        { err: error, accountId: account.accountId, platform: spent.platform },
        "a renewed token could not be stored immediately",
      );
    }
  }
}

async function storeRenewed(
  services: OAuthServices,
  tx: pg.PoolClient,
  account: AccountKey,
  before: ConnectionRow,
  grant: Grant,
): Promise<void> {
  const { refreshToken } = openGrant(services, before);
  // If the same one comes again without its expiry, that is kept, too.
  const isSame = grant.refreshToken === refreshToken && grant.refreshExpiresInSeconds === null;
  await storeGrant(services, tx, account, isSame ? { ...grant, refreshToken: null } : grant);
  const life = await findGrantLife.one(tx, accountKeyParams(account));
  if (!life) return;
  const refresh = services.oauthOf(before.platform, before.login)?.refresh;
  await changeHealth(tx, account, healthAt(grantEnd(refresh, life), life.now, before.platform));
}

/**
 * Only the platform's own response ends a connection, and only about the grant we have: not if another was stored in
 * the meantime, nor if an earlier renewal may have used it up. Throws the result.
 */
async function refused(
  services: OAuthServices,
  account: AccountKey,
  held: ConnectionRow,
  error: unknown,
  at: { stillLives: boolean; lostSeconds: number | null },
): Promise<string> {
  if (!isFinal(error)) throw error;
  const other = await findOtherToken(services, account, held);
  if (other !== null) return other;
  const failure = at.lostSeconds === null ? error : lostResponse(at.lostSeconds, error);
  if (isFinal(failure)) await reportRefused(services, account, held, failure, at.stillLives);
  throw failure;
}

/** The platform says that access has ended. */
export type FinalError = BrokerError & { code: "AUTH_EXPIRED" | "AUTH_REVOKED" };

export function isFinal(error: unknown): error is FinalError {
  return error instanceof BrokerError && (error.code === "AUTH_EXPIRED" || error.code === "AUTH_REVOKED");
}

function lostResponse(lostSeconds: number, cause: BrokerError): BrokerError {
  const says =
    "The server stopped or lost its connection while renewing the account's access, so the new access was not stored.";
  const { platformError } = cause;
  if (lostSeconds < LOST_GRACE_SECONDS) return new BrokerError("PLATFORM_UNAVAILABLE", says, { cause, platformError });
  return new BrokerError("AUTH_EXPIRED", `${says} Reconnect the account.`, { cause, platformError });
}

/** A concurrent writer needs a moment. */
const REREAD_PAUSES = [0, 0.3];

/** A token that another process, or the user by reconnecting, has stored since this one was read. */
async function findOtherToken(
  services: OAuthServices,
  account: AccountKey,
  held: ConnectionRow,
): Promise<string | null> {
  for (const pause of REREAD_PAUSES) {
    await sleep(pause * 1000);
    const now = await findConnection.one(services.pool, accountKeyParams(account));
    if (!now) return null;
    if (now.issued_at.getTime() !== held.issued_at.getTime() && (now.seconds_left ?? Infinity) > 0)
      return openAccessToken(services, now);
  }
  return null;
}

/** The platform no longer renews: access has ended, or there is a warning while the token is valid. */
async function reportRefused(
  services: OAuthServices,
  account: AccountKey,
  { issued_at }: ConnectionRow,
  error: BrokerError,
  stillLives: boolean,
): Promise<void> {
  const ended = error.code === "AUTH_EXPIRED" ? "expired" : "revoked";
  await transaction(services.pool, async (tx) => {
    if (stillLives) await refuseRenewal.run(tx, [...accountKeyParams(account), issued_at]);
    await changeHealth(
      tx,
      account,
      { health: stillLives ? "expiring" : ended, reason: error.message },
      { issuedAt: issued_at, keepsEnd: stillLives },
    );
  });
}

export function revoked(): BrokerError {
  return new BrokerError("AUTH_REVOKED", "The account is no longer connected. Reconnect it.");
}
