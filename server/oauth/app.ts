import { newId } from "../../model/ids.ts";
import { type Mode, PLATFORM_NAMES, type PlatformName } from "../../model/platform-names.ts";
import type { OAuthApp } from "../../platforms/platform.ts";
import {
  findAppById,
  findAppOfSet,
  findAppOfUser,
  findAppTogether,
  findInstanceApp,
  insertInstanceApp,
  type OAuthAppRow,
  removeInstanceApp,
} from "../db/queries/oauth-apps.ts";
import { type Db, transaction } from "../db/sql.ts";
import type { OAuthServices } from "./services.ts";

/** An app and what a connection stores about it: null if it is the environment's. */
export interface KnownApp extends OAuthApp {
  id: string | null;
}

/** A way to sign in to a platform. */
export interface SignIn {
  mode: Mode;
  platform: PlatformName;
  /** '' or the name of one of the platform's other logins. */
  login: string;
}

/**
 * The app with which accounts are connected to a set: the set's own, otherwise its user's, otherwise the instance's;
 * null if there is none.
 */
export async function findApp(
  services: OAuthServices,
  place: SignIn & { userId: string; platformSetId: string },
): Promise<KnownApp | null> {
  const { platformSetId, userId, mode } = place;
  const platform = appPlatformOf(services, place);
  const own =
    (await findAppOfSet.one(services.pool, [platformSetId, platform, userId, mode])) ??
    (await findAppOfUser.one(services.pool, [platform, userId, mode]));
  return own ? openApp(services, own) : await loadInstanceApp(services, place);
}

/** The app that a connection was made with, even if it has been replaced since. */
export async function appOf(
  services: OAuthServices,
  made: SignIn & { oauth_app_id: string | null },
  db: Db = services.pool,
): Promise<KnownApp | null> {
  const { oauth_app_id: id, mode } = made;
  if (id === null) return await loadInstanceApp(services, made, db);
  const together = db === services.pool ? await findAppTogether(services.pool, { id, mode }) : undefined;
  const row = together ?? (await findAppById.one(db, [id, mode]));
  return row ? openApp(services, row) : await loadInstanceApp(services, made, db);
}

/**
 * Whose app is used: another platform's if a login goes through that platform's app, as Instagram's does through
 * Facebook's. The sandbox has an app for each platform.
 */
export function appPlatformOf(
  services: Pick<OAuthServices, "oauthOf">,
  { mode, platform, login }: SignIn,
): PlatformName {
  if (mode === "test") return platform;
  const prefix = services.oauthOf(platform, login)?.environmentPrefix.toLowerCase();
  return PLATFORM_NAMES.find((name) => name === prefix) ?? platform;
}

/**
 * Registers an app at the sandbox, as one would on the platform's developer portal, and keeps it as the instance's, in
 * place of the one before.
 */
export async function registerSandboxApp(services: OAuthServices, platform: PlatformName): Promise<KnownApp> {
  const redirectUri = redirectUriOf(services, platform);
  const answer = await services.directHttp.send({
    method: "POST",
    url: `${services.sandboxUrl}/_sandbox/apps`,
    json: { platform, redirectUris: [redirectUri], ...callbackUrls(services, platform) },
  });
  const { clientId, clientSecret } = Object(answer.json());
  if (typeof clientId !== "string" || typeof clientSecret !== "string") {
    throw new Error(
      `The sandbox at ${services.sandboxUrl} does not accept this instance's app URL, ${services.appUrl} ` +
        `(it returned ${answer.status}). If it belongs to another instance, set AMPOST_SANDBOX_PORT to a free port. ` +
        "If it runs elsewhere for this one, start it with the same AMPOST_APP_URL.",
    );
  }
  const id = newId();
  const saved = await transaction(services.pool, async (tx) => {
    await removeInstanceApp.run(tx, ["test", platform]);
    return await insertInstanceApp.one(tx, [
      id,
      "test",
      platform,
      clientId,
      sealAppSecret(services, id, clientSecret),
      redirectUri,
    ]);
  });
  // If someone registered one at the same time, theirs works, too.
  const theirs = saved ? null : await loadInstanceApp(services, { mode: "test", platform, login: "" });
  return theirs ?? { id, clientId, clientSecret, redirectUri };
}

/** What the platform calls when a person removes the app or asks for the deletion of their data, if it does. */
function callbackUrls({ appUrl, oauthOf }: OAuthServices, platform: PlatformName): Record<string, string> {
  if (oauthOf(platform)?.readSignedRequest === undefined) return {};
  return {
    deauthorizeUrl: `${appUrl}/meta/deauthorize/${platform}`,
    dataDeletionUrl: `${appUrl}/meta/data-deletion/${platform}`,
  };
}

/** Where platforms send people back to, unless the operator has set another URL. */
export function redirectUriOf(
  services: Pick<OAuthServices, "appUrl" | "liveApp">,
  platform: PlatformName,
  mode: Mode = "test",
): string {
  const named = mode === "live" ? services.liveApp(platform)?.redirectUri : undefined;
  return named ?? `${services.appUrl}/api/platforms/${platform}/callback`;
}

export function sealAppSecret(services: Pick<OAuthServices, "vault">, id: string, clientSecret: string): string {
  return services.vault.seal(clientSecret, { table: "oauth_apps", row: id, column: "client_secret_sealed" });
}

/** From the environment in live mode, created at the sandbox in test mode. */
async function loadInstanceApp(
  services: OAuthServices,
  made: SignIn,
  db: Db = services.pool,
): Promise<KnownApp | null> {
  if (made.mode === "live") {
    const app = services.liveApp(appPlatformOf(services, made));
    return app === null ? null : { ...app, id: null };
  }
  const row = await findInstanceApp.one(db, [made.mode, made.platform]);
  return row ? openApp(services, row) : null;
}

export function openApp(services: Pick<OAuthServices, "vault">, row: OAuthAppRow): KnownApp {
  const clientSecret = services.vault.open(row.client_secret_sealed, {
    table: "oauth_apps",
    row: row.id,
    column: "client_secret_sealed",
  });
  const { id, client_id: clientId, redirect_uri: redirectUri, scopes, config_id: configId } = row;
  return { id, clientId, clientSecret, redirectUri, scopes, configId };
}
