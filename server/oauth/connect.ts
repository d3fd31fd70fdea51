import type pg from "pg";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { Grant, OAuth, Profile } from "../../platforms/platform.ts";
import {
  findActiveAccount,
  findFormerAccount,
  lockConnection,
  lockSet,
  saveAccount,
  saveConnectionSource,
} from "../db/queries/connections.ts";
import { recordAccountEvent } from "../db/queries/outbox.ts";
import { transaction } from "../db/sql.ts";
import type { KnownApp } from "./app.ts";
import { forgetConnection, type Forgotten } from "./disconnect.ts";
import { type OAuthServices, platformClient } from "./services.ts";
import { storeGrant } from "./stored-grant.ts";

/** Where an account is connected to. */
export interface ConnectTarget {
  userId: string;
  mode: Mode;
  platformSetId: string;
  platform: PlatformName;
}

/** How a grant was obtained. */
export interface GrantSource {
  login: string;
  /** Null: by the instance's own app. */
  oauthAppId: string | null;
  /** Whose entire grant to the app it is part of, if revoking removes all of it. */
  grantorId: string | null;
  /** See `Grantor`. */
  dataAccessEndsAt: Date | null;
}

/** What connecting has changed. */
export interface Connected {
  accountId: string;
  /** Whether the account was connected here before. */
  again: boolean;
  /** The account whose place it took; its grant is still to be revoked. */
  replaced: Forgotten | null;
}

/**
 * Stores a grant as the set's account on its platform and returns the account's ID. The same platform account keeps its
 * ID, and what the platform does not send again (a refresh token); another one replaces it, since a set has at most one
 * active account per platform. `beside` runs in the same transaction.
 */
export async function storeConnection(
  services: OAuthServices,
  target: ConnectTarget,
  grant: Grant,
  profile: Profile,
  source: GrantSource = { login: "", oauthAppId: null, grantorId: null, dataAccessEndsAt: null },
  beside?: (tx: pg.PoolClient, connected: Connected) => Promise<void>,
): Promise<string> {
  return await transaction(services.pool, async (tx) => {
    const connected = await storeConnectionIn(services, tx, target, { grant, profile }, source);
    await beside?.(tx, connected);
    return connected.accountId;
  });
}

/** The same in a transaction that is open already. `eventData` goes along with the event `account.connected`. */
export async function storeConnectionIn(
  services: OAuthServices,
  tx: pg.PoolClient,
  target: ConnectTarget,
  { grant, profile }: { grant: Grant; profile: Profile },
  source: GrantSource,
  eventData: Record<string, unknown> = {},
): Promise<Connected> {
  const { userId, mode, platformSetId, platform } = target;
  if (!(await lockSet.one(tx, [platformSetId, userId, mode])))
    throw new PublicError("NOT_FOUND", "Platform set not found.");
  const active = await findActiveAccount.one(tx, [platformSetId, platform, userId, mode]);
  const same = active?.platform_account_id === profile.platformAccountId ? active : undefined;
  const replaced =
    active && !same
      ? await forgetConnection(
          services,
          tx,
          { accountId: active.id, userId, mode },
          "It was replaced by another account.",
        )
      : null;
  const former =
    same ?? (await findFormerAccount.one(tx, [platformSetId, platform, userId, mode, profile.platformAccountId]));
  const account = { accountId: former?.id ?? newId(), userId, mode };
  const key = [account.accountId, userId, mode] as const;
  // The grant before the account: renewals lock in this order, too.
  await lockConnection.one(tx, key);
  const { platformAccountId, username, displayName, avatarUrl, metadata } = profile;
  await saveAccount.run(tx, [
    ...key,
    platformSetId,
    platform,
    platformAccountId,
    username,
    displayName,
    avatarUrl,
    grant.scopes ?? [],
    metadata,
  ]);
  await storeGrant(services, tx, account, { userToken: null, ...grant });
  await saveConnectionSource.run(tx, [
    ...key,
    source.login,
    source.oauthAppId,
    source.grantorId,
    source.grantorId ?? profile.personId ?? null,
    source.dataAccessEndsAt,
  ]);
  const again = former !== undefined;
  await recordAccountEvent(tx, account, "account.connected", {
    platform,
    platformSetId,
    platformAccountId,
    username,
    reconnected: again,
    ...eventData,
  });
  return { accountId: account.accountId, again, replaced };
}

/**
 * How a grant was obtained, as far as can be known. A platform that does not say whose it is does not prevent
 * connecting.
 */
export async function sourceOf(
  services: OAuthServices,
  oauth: OAuth,
  at: { mode: Mode; login: string },
  app: KnownApp,
  grant: Grant,
): Promise<GrantSource> {
  const grantor = await oauth
    .grantor?.(platformClient(services, oauth, app, at.mode), app, grant)
    .catch((error: unknown) => {
      services.log.warn({ err: error }, "A platform did not say which account it granted access to");
      return null;
    });
  return {
    login: at.login,
    oauthAppId: app.id,
    grantorId: grantor?.id ?? null,
    dataAccessEndsAt: grantor?.dataAccessEndsAt ?? null,
  };
}
