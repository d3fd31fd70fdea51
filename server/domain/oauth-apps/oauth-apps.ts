import type { OAuthAppOfSet } from "../../../contract/operations/connections.ts";
import { takesConfigId } from "../../../model/environment.ts";
import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { refuseScopes } from "../../../platforms/scopes.ts";
import { lockSet } from "../../db/queries/connections.ts";
import {
  type AppOfSetRow,
  changeApp,
  findAppOfSet,
  insertAppOfSet,
  listAppsOfSet,
  removeAppOfSet,
} from "../../db/queries/oauth-apps.ts";
import type { Db } from "../../db/sql.ts";
import { redirectUriOf, sealAppSecret } from "../../oauth/app.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";

/**
 * A platform set's own apps, which take precedence over the instance's. Their secrets are never returned. Throws
 * NOT_FOUND.
 */
export async function listAppsOfPlatformSet(
  services: Pick<Services, "pool">,
  caller: Tenant,
  platformSetId: string,
): Promise<Answer<{ apps: OAuthAppOfSet[] }>> {
  return { body: { apps: await appsOf(services.pool, caller, platformSetId) } };
}

interface AppToSave {
  clientId: string;
  clientSecret: string;
  scopes?: string[] | null | undefined;
  configId?: string | null | undefined;
}

/**
 * Sets the app with which accounts on a platform are connected to a set from now on. Existing connections keep using
 * the app they were connected with. Throws NOT_FOUND, and VALIDATION_FAILED if Ampost cannot use its permissions.
 */
export async function saveAppOfPlatformSet(
  services: Pick<Services, "pool" | "oauth">,
  call: Call,
  { id: platformSetId, platform }: { id: string; platform: PlatformName },
  { clientId, clientSecret, scopes = null, configId = null }: AppToSave,
): Promise<Answer<{ app: OAuthAppOfSet }>> {
  const { userId, mode } = call;
  refuseUnusable(platform, scopes, configId);
  return await write(services, call, async (tx) => {
    if (!(await lockSet.one(tx, [platformSetId, userId, mode]))) throw setNotFound();
    const before = await findAppOfSet.one(tx, [platformSetId, platform, userId, mode]);
    const isSame = before?.client_id === clientId;
    const id = before && isSame ? before.id : newId();
    const sealed = sealAppSecret(services.oauth, id, clientSecret);
    if (isSame) {
      await changeApp.run(tx, [id, sealed, scopes, configId]);
    } else {
      await removeAppOfSet.run(tx, [platformSetId, platform, userId, mode]);
      await insertAppOfSet.run(tx, [
        id,
        userId,
        mode,
        platformSetId,
        platform,
        clientId,
        sealed,
        redirectUriOf(services.oauth, platform, mode),
        scopes,
        configId,
      ]);
    }
    await recordAudit(tx, call, {
      userId,
      mode,
      action: "oauth_app.saved",
      target: id,
      data: { platform, platformSetId, clientId, scopes, configId },
    });
    const app = (await appsOf(tx, call, platformSetId)).find((one) => one.platform === platform);
    if (app === undefined) throw new Error("An app that was saved is not there");
    return { body: { app } };
  });
}

/** Removes a set's own app: accounts are connected with the instance's from now on. Throws NOT_FOUND. */
export async function deleteAppOfPlatformSet(
  services: Pick<Services, "pool">,
  call: Call,
  { id: platformSetId, platform }: { id: string; platform: PlatformName },
): Promise<Answer<{ success: true }>> {
  const { userId, mode } = call;
  return await write(services, call, async (tx) => {
    const removed = await removeAppOfSet.one(tx, [platformSetId, platform, userId, mode]);
    if (removed === undefined)
      throw new PublicError("NOT_FOUND", "The platform set has no custom app for this platform.");
    await recordAudit(tx, call, {
      userId,
      mode,
      action: "oauth_app.deleted",
      target: removed.id,
      data: { platform, platformSetId, clientId: removed.client_id },
    });
    return { body: { success: true } };
  });
}

async function appsOf(db: Db, { userId, mode }: Tenant, platformSetId: string): Promise<OAuthAppOfSet[]> {
  const rows = await listAppsOfSet.all(db, [platformSetId, userId, mode]);
  if (rows.length === 0) throw setNotFound();
  return rows.flatMap((row) => (row.platform === null ? [] : [toApp(row, platformSetId)]));
}

function toApp(
  { platform, mode, client_id, redirect_uri, scopes, config_id, created_at }: AppOfSetRow,
  platformSetId: string,
): OAuthAppOfSet {
  return {
    platform,
    platformSetId,
    clientId: client_id,
    redirectUri: redirect_uri,
    scopes,
    configId: config_id,
    createdAt: created_at.toISOString(),
    mode,
  };
}

/** A configuration has its own permissions, and only Facebook has configurations. */
function refuseUnusable(platform: PlatformName, scopes: readonly string[] | null, configId: string | null): void {
  if (configId !== null && !takesConfigId(platform))
    throw PublicError.of({
      rule: "oauthApps.configId",
      path: "/configId",
      message: `${catalog[platform].capabilities.label} apps have no configuration.`,
      fix: "Remove configId.",
    });
  if (scopes === null) return;
  const refused =
    configId === null
      ? refuseScopes(platform, scopes)
      : { message: "A configuration has its own permissions.", fix: "Remove scopes, or configId." };
  if (refused !== null) throw PublicError.of({ rule: "oauthApps.scopes", path: "/scopes", ...refused });
}

function setNotFound(): PublicError {
  return new PublicError("NOT_FOUND", "Platform set not found.");
}
