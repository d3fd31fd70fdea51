import type { AccountKey } from "../../model/tenant.ts";
import { readChoices } from "../../platforms/choices.ts";
import type { HttpClient } from "../../platforms/kit/http.ts";
import type { OAuth, Profile } from "../../platforms/platform.ts";
import { type ConnectionRow, findConnection, saveGrantor, saveProfile } from "../db/queries/connections.ts";
import { appOf, type KnownApp } from "./app.ts";
import { type OAuthServices, platformClient } from "./services.ts";
import { accountKeyParams, openGrant } from "./stored-grant.ts";
import { hasEnded, restoreHealth } from "./token-health.ts";

/**
 * Reads an account's profile and metadata with this token and stores them. What the platform does not return is kept. An
 * account that was thought to have lost access has not.
 */
export async function refreshProfile(services: OAuthServices, account: AccountKey, accessToken: string): Promise<void> {
  const key = [account.accountId, account.userId, account.mode] as const;
  const connection = await findConnection.one(services.pool, key);
  const oauth = connection && services.oauthOf(connection.platform, connection.login);
  if (!connection || !oauth) return;
  const app = oauth.prepare === undefined && oauth.grantor === undefined ? null : await appOf(services, connection);
  const http = platformClient(services, oauth, app, connection.mode);
  const profile = await readProfile(services, oauth, connection, http, accessToken);
  if (profile === undefined) return;
  await saveProfile.run(services.pool, [
    ...key,
    profile.username,
    profile.displayName,
    profile.avatarUrl,
    profile.metadata,
  ]);
  if (hasEnded(connection.token_health)) await restoreHealth(services, account);
  if (app !== null) await refreshGrantor(services, account, oauth, { connection, http, app });
}

/** How long before the end of data access the platform is asked daily whether it has moved, before anyone is warned. */
const DATA_ACCESS_SECONDS = 14 * 86_400;

/** The end moves when the person uses the app again, even for another account. */
async function refreshGrantor(
  services: OAuthServices,
  account: AccountKey,
  { grantor }: OAuth,
  { connection, http, app }: { connection: ConnectionRow; http: HttpClient; app: KnownApp },
): Promise<void> {
  if (grantor === undefined || (connection.data_access_seconds_left ?? 0) > DATA_ACCESS_SECONDS) return;
  try {
    const { id, dataAccessEndsAt } = await grantor(http, app, openGrant(services, connection));
    await saveGrantor.run(services.pool, [...accountKeyParams(account), connection.issued_at, id, dataAccessEndsAt]);
  } catch (error) {
    services.log.warn(
      { err: error, accountId: account.accountId, platform: connection.platform },
      "A platform did not say when access to an account's data ends",
    );
  }
}

/** An account's profile, read with this token; undefined if the grant does not reach the account. */
export async function readProfile(
  services: OAuthServices,
  oauth: OAuth,
  connection: ConnectionRow,
  http: HttpClient,
  accessToken: string,
): Promise<Profile | undefined> {
  const { platform_account_id: id, scopes } = connection;
  if (oauth.profileAgain) return await oauth.profileAgain(http, accessToken, id);
  const grant = {
    accessToken,
    refreshToken: null,
    expiresInSeconds: null,
    refreshExpiresInSeconds: null,
    scopes: scopes.length === 0 ? null : scopes,
  };
  return (await readChoices(oauth, http, grant, services.platformEnvironment)).find(
    ({ profile }) => profile.platformAccountId === id,
  )?.profile;
}
