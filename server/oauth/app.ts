import { newId } from "../../model/ids.ts";
import type { Mode, PlatformName } from "../../model/platform-names.ts";
import type { OAuthApp } from "../../platforms/platform.ts";
import { findInstanceApp, saveInstanceApp } from "../db/oauth-apps.ts";
import type { OAuthServices } from "./services.ts";

/** The OAuth app through which accounts of a platform are connected: from the environment in live mode, made at the sandbox in test mode. */
export async function findApp(services: OAuthServices, mode: Mode, platform: PlatformName): Promise<OAuthApp | null> {
  if (mode === "live") return services.liveApp(platform);
  const row = await findInstanceApp.one(services.pool, [mode, platform]);
  if (!row) return null;
  const clientSecret = services.vault.open(row.client_secret_sealed, { table: "oauth_apps", row: row.id, column: "client_secret_sealed" });
  return { clientId: row.client_id, clientSecret, redirectUri: row.redirect_uri };
}

/** Registers an app at the sandbox, as one would on the platform's developer portal, and keeps it as the instance's. */
export async function registerSandboxApp(services: OAuthServices, platform: PlatformName): Promise<OAuthApp> {
  const redirectUri = `${services.appUrl}/api/platforms/${platform}/callback`;
  const answer = await services.directHttp.send({
    method: "POST",
    url: `${services.sandboxUrl}/_sandbox/apps`,
    json: { platform, redirectUris: [redirectUri] },
  });
  const { clientId, clientSecret } = Object(answer.json());
  if (typeof clientId !== "string" || typeof clientSecret !== "string") {
    throw new Error(`The sandbox at ${services.sandboxUrl} did not register an app: it answered ${answer.status}`);
  }
  const id = newId();
  const sealed = services.vault.seal(clientSecret, { table: "oauth_apps", row: id, column: "client_secret_sealed" });
  await saveInstanceApp.run(services.pool, [id, "test", platform, clientId, sealed, redirectUri]);
  return { clientId, clientSecret, redirectUri };
}
