import type { AccountKey } from "../../model/tenant.ts";
import { readChoices } from "../../platforms/choices.ts";
import { BrokerError, type OAuth, type Profile } from "../../platforms/platform.ts";
import { type ConnectionRow, findConnection, saveProfile } from "../db/queries/connections.ts";
import { appOf } from "./app.ts";
import { freshToken, reportTokenRefused } from "./fresh-token.ts";
import { type OAuthServices, platformClient } from "./services.ts";

/** Longer than any platform's token lifetime: whatever can be renewed is. */
const AS_FRESH_AS_CAN_BE_SECONDS = 10 * 365 * 86_400;

/**
 * Renews an account's token if the platform supports it, and refreshes its profile and metadata. If the platform has
 * ended access, the account's token health shows it, as in publishing. Throws all other BrokerErrors and
 * TransportErrors.
 */
export async function renewAndReadAgain(services: OAuthServices, account: AccountKey): Promise<void> {
  try {
    const accessToken = await freshToken(services, account, { minLifetimeSeconds: AS_FRESH_AS_CAN_BE_SECONDS });
    await refreshProfile(services, account, accessToken);
  } catch (error) {
    if (!(error instanceof BrokerError) || (error.code !== "AUTH_EXPIRED" && error.code !== "AUTH_REVOKED"))
      throw error;
    await reportTokenRefused(services, account, error.code, error.message);
  }
}

/**
 * Reads an account's profile and metadata with this token and stores them. What the platform does not return is kept.
 */
export async function refreshProfile(services: OAuthServices, account: AccountKey, accessToken: string): Promise<void> {
  const key = [account.accountId, account.userId, account.mode] as const;
  const connection = await findConnection.one(services.pool, key);
  const oauth = connection && services.oauthOf(connection.platform, connection.login);
  if (!connection || !oauth) return;
  const profile = await readProfile(services, oauth, connection, accessToken);
  if (profile === undefined) return;
  await saveProfile.run(services.pool, [
    ...key,
    profile.username,
    profile.displayName,
    profile.avatarUrl,
    profile.metadata,
  ]);
}

async function readProfile(
  services: OAuthServices,
  oauth: OAuth,
  connection: ConnectionRow,
  accessToken: string,
): Promise<Profile | undefined> {
  const app = oauth.prepare === undefined ? null : await appOf(services, connection);
  const http = platformClient(services, oauth, app, connection.mode);
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
