import type pg from "pg";

import type { OAuthAppOfSet, OwnApp } from "../../../contract/operations/connections.ts";
import { takesConfigId } from "../../../model/environment.ts";
import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { catalog } from "../../../platforms/catalog.ts";
import { refuseScopes } from "../../../platforms/scopes.ts";
import { findBudgetLimits, setBudgetLimit } from "../../db/queries/budgets.ts";
import { lockSet } from "../../db/queries/connections.ts";
import {
  type AppOfSetRow,
  changeApp,
  findAppOfSet,
  findAppOfUser,
  insertApp,
  listAppsOfSet,
  listAppsOfUser,
  removeAppOfSet,
  removeAppOfUser,
} from "../../db/queries/oauth-apps.ts";
import { lockUser } from "../../db/queries/users.ts";
import type { Db } from "../../db/sql.ts";
import { redirectUriOf, sealAppSecret } from "../../oauth/app.ts";
import { quotaBudget } from "../../publishing/budgets.ts";
import { requireOwnAppsPolicy } from "../api-keys/policies.ts";
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
  /** What the platform has granted to the app, by the quota's name. */
  limits?: Partial<Record<string, number | null>> | undefined;
}

/**
 * Sets the app with which accounts on a platform are connected to a set from now on. Existing connections keep using
 * the app they were connected with. Throws NOT_FOUND, and VALIDATION_FAILED if Ampost cannot use its permissions or
 * limits.
 */
export async function saveAppOfPlatformSet(
  services: Pick<Services, "pool" | "oauth">,
  call: Call,
  { id: platformSetId, platform }: { id: string; platform: PlatformName },
  given: AppToSave,
): Promise<Answer<{ app: OAuthAppOfSet }>> {
  refuseUnusable(platform, given);
  return await write(services, call, async (tx) => {
    if (!(await lockSet.one(tx, [platformSetId, call.userId, call.mode]))) throw setNotFound();
    await save(services, tx, call, { platformSetId, platform }, given);
    return { body: { app: savedAmong(await appsOf(tx, call, platformSetId), platform) } };
  });
}

/** Stores an app of a set, or of the user whose row or set the transaction has locked. */
async function save(
  services: Pick<Services, "oauth">,
  tx: pg.PoolClient,
  call: Call,
  { platformSetId, platform }: { platformSetId: string | null; platform: PlatformName },
  { clientId, clientSecret, scopes = null, configId = null, limits = {} }: AppToSave,
): Promise<void> {
  const { userId, mode } = call;
  const before =
    platformSetId === null
      ? await findAppOfUser.one(tx, [platform, userId, mode])
      : await findAppOfSet.one(tx, [platformSetId, platform, userId, mode]);
  const isSame = before?.client_id === clientId;
  const id = before && isSame ? before.id : newId();
  const sealed = sealAppSecret(services.oauth, id, clientSecret);
  if (isSame) {
    await changeApp.run(tx, [id, sealed, scopes, configId]);
  } else {
    await (platformSetId === null
      ? removeAppOfUser.run(tx, [platform, userId, mode])
      : removeAppOfSet.run(tx, [platformSetId, platform, userId, mode]));
    const redirectUri = redirectUriOf(services.oauth, platform, mode);
    const values = [platform, clientId, sealed, redirectUri, scopes, configId] as const;
    await insertApp.run(tx, [id, userId, mode, platformSetId, ...values]);
  }
  for (const { name, budget } of limitsOfApp({ id, platform, mode })) {
    const most = limits[name];
    if (most !== undefined) await setBudgetLimit.run(tx, [budget, most]);
  }
  await recordAudit(tx, call, {
    userId,
    mode,
    action: "oauth_app.saved",
    target: id,
    data: { platform, platformSetId, clientId, scopes, configId, limits },
  });
}

function savedAmong<App extends OwnApp>(apps: readonly App[], platform: PlatformName): App {
  const app = apps.find((one) => one.platform === platform);
  if (app === undefined) throw new Error("An app that was saved is not there");
  return app;
}

/** The user's own apps in a mode, which sets without one use. Throws VALIDATION_FAILED for a key that may not. */
export async function listOwnApps(services: Pick<Services, "pool">, call: Call): Promise<Answer<{ apps: OwnApp[] }>> {
  requireOwnAppsPolicy(call.policies);
  const rows = await listAppsOfUser.all(services.pool, [call.userId, call.mode]);
  return { body: { apps: await toOwnApps(services.pool, rows) } };
}

/**
 * Sets the app with which accounts on a platform are connected to the user's sets from now on. Throws
 * VALIDATION_FAILED if Ampost cannot use its permissions or limits, or for a key that may not.
 */
export async function saveOwnApp(
  services: Pick<Services, "pool" | "oauth">,
  call: Call,
  platform: PlatformName,
  given: AppToSave,
): Promise<Answer<{ app: OwnApp }>> {
  requireOwnAppsPolicy(call.policies);
  refuseUnusable(platform, given);
  return await write(services, call, async (tx) => {
    await lockUser.one(tx, [call.userId]);
    await save(services, tx, call, { platformSetId: null, platform }, given);
    const rows = await listAppsOfUser.all(tx, [call.userId, call.mode]);
    return { body: { app: savedAmong(await toOwnApps(tx, rows), platform) } };
  });
}

/** Removes the user's own app. Throws NOT_FOUND, and VALIDATION_FAILED for a key that may not. */
export async function deleteOwnApp(
  services: Pick<Services, "pool">,
  call: Call,
  platform: PlatformName,
): Promise<Answer<{ success: true }>> {
  requireOwnAppsPolicy(call.policies);
  return await write(services, call, async (tx) => {
    const removed = await removeAppOfUser.one(tx, [platform, call.userId, call.mode]);
    if (removed === undefined) throw new PublicError("NOT_FOUND", "There is no own app for this platform.");
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "oauth_app.deleted",
      target: removed.id,
      data: { platform, platformSetId: null, clientId: removed.client_id },
    });
    return { body: { success: true } };
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
  const apps = await toOwnApps(
    db,
    rows.flatMap((row) => (row.platform === null ? [] : [row])),
  );
  return apps.map((app) => ({ ...app, platformSetId }));
}

async function toOwnApps(db: Db, rows: readonly AppOfSetRow[]): Promise<OwnApp[]> {
  const budgets = rows.flatMap((row) => limitsOfApp(row).map(({ budget }) => budget));
  const found = budgets.length === 0 ? [] : await findBudgetLimits.all(db, [budgets]);
  const granted = new Map(found.map(({ budget, most }) => [budget, most]));
  return rows.map((row) => ({
    platform: row.platform,
    clientId: row.client_id,
    redirectUri: row.redirect_uri,
    scopes: row.scopes,
    configId: row.config_id,
    limits: Object.fromEntries(limitsOfApp(row).map(({ name, budget }) => [name, granted.get(budget) ?? null])),
    createdAt: row.created_at.toISOString(),
    mode: row.mode,
  }));
}

/** What the platform limits for each app, and the budget of this one. */
function limitsOfApp(app: Pick<AppOfSetRow, "id" | "platform" | "mode">): { name: string; budget: string }[] {
  return catalog[app.platform].capabilities.quotas.flatMap((quota) => {
    if (quota.per !== "app") return [];
    const { name: budget } = quotaBudget({ ...app, platformAccountId: "", appId: app.id }, quota, {});
    return [{ name: quota.name, budget }];
  });
}

/** A configuration has its own permissions, and only Facebook has configurations. Limits are those of apps. */
function refuseUnusable(platform: PlatformName, { scopes = null, configId = null, limits = {} }: AppToSave): void {
  const { label, quotas } = catalog[platform].capabilities;
  const names = quotas.filter(({ per }) => per === "app").map(({ name }) => name);
  for (const name of Object.keys(limits))
    if (!names.includes(name))
      throw PublicError.of({
        rule: "oauthApps.limits",
        path: `/limits/${name}`,
        message: `${label} has no limit ${name} for each app.`,
        fix: names.length === 0 ? "Remove limits." : `Use ${names.join(" or ")}.`,
      });
  if (configId !== null && !takesConfigId(platform))
    throw PublicError.of({
      rule: "oauthApps.configId",
      path: "/configId",
      message: `${label} apps have no configuration.`,
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
