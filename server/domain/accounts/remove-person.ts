import { createHash, randomBytes } from "node:crypto";

import type pg from "pg";

import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { catalog } from "../../../platforms/catalog.ts";
import type { SignedRequest } from "../../../platforms/platform.ts";
import { insertAuditEvent } from "../../db/queries/audit-events.ts";
import {
  eraseAccounts,
  findDeletion,
  findLatestDeletion,
  type GrantedAccountRow,
  type GrantedThrough,
  insertDataDeletion,
  listAppsOfPerson,
  listGrantedAccounts,
  lockGrants,
  lockPerson,
} from "../../db/queries/data-deletions.ts";
import { recordAccountEvent } from "../../db/queries/outbox.ts";
import { type Db, transaction } from "../../db/sql.ts";
import { appOf } from "../../oauth/app.ts";
import { changeHealth } from "../../oauth/token-health.ts";
import type { Answer } from "../call.ts";
import type { Services } from "../services.ts";

type Removing = Pick<Services, "pool" | "oauth" | "log" | "settings">;

/** How old a platform's request may be: it repeats one that failed, with the same signature. */
const STALE_SECONDS = 86_400;
/** How much clocks may differ. An account that was connected again after the request stays. */
const SKEW_SECONDS = 300;

/**
 * A person has removed the app at the platform: their accounts have lost access. Throws VALIDATION_FAILED for requests
 * that no app of this instance has signed, or that are too old.
 */
export async function deauthorize(
  services: Removing,
  platform: PlatformName,
  signedRequest: string,
): Promise<Answer<{ success: true }>> {
  const { person, apps } = await verify(services, platform, signedRequest);
  for (const app of apps) {
    const { label } = catalog[app.platform].capabilities;
    const reason = `The person who connected the account has removed the app on ${label}. Reconnect the account.`;
    for (const { account_id: accountId, user_id: userId, mode, is_active } of await accountsOf(
      services.pool,
      person,
      app,
    ))
      if (is_active)
        await transaction(services.pool, (tx) =>
          changeHealth(tx, { accountId, userId, mode }, { health: "revoked", reason }),
        );
  }
  return { body: { success: true } };
}

/**
 * A person has asked the platform to have their data deleted. Tokens and everything that describes their accounts are
 * deleted before this returns. Repeating it returns the same receipt. Throws as `deauthorize` does.
 */
export async function deleteDataOf(
  services: Removing,
  platform: PlatformName,
  signedRequest: string,
): Promise<Answer<{ url: string; confirmation_code: string }>> {
  const { person, apps } = await verify(services, platform, signedRequest);
  const code = await erase(services, person, apps);
  return { body: { url: `${services.settings.appUrl}/meta/data-deletion/status/${code}`, confirmation_code: code } };
}

/** What was deleted, by the code of its receipt; null if there is none, or not anymore. */
export async function findReceipt(
  { pool }: Pick<Services, "pool">,
  code: string,
): Promise<{ label: string; accounts: number; deletedAt: Date } | null> {
  const found = await findDeletion.one(pool, [code]);
  return found === undefined
    ? null
    : { label: catalog[found.platform].capabilities.label, accounts: found.accounts, deletedAt: found.deleted_at };
}

/** The person a request is about, and the apps of this instance that it is signed by: at least one. */
async function verify(
  { pool, oauth, log }: Removing,
  platform: PlatformName,
  signedRequest: string,
): Promise<{ person: SignedRequest; apps: [GrantedThrough, ...GrantedThrough[]] }> {
  const read = oauth.oauthOf(platform)?.readSignedRequest;
  if (read === undefined)
    throw PublicError.of({
      rule: "request.route",
      code: "NOT_FOUND",
      message: "The platform has no such callback",
      fix: "Check the address in the platform's developer portal.",
    });
  const person = read(signedRequest);
  const refuse = (message: string, fix: string): never => {
    log.warn({ platform, issuedAt: person?.issuedAt }, `A platform's callback was rejected: ${message}`);
    throw PublicError.of({ rule: "callback.signedRequest", path: "/signed_request", message, fix });
  };
  if (person === null)
    return refuse("signed_request cannot be read", "Send the form field signed_request as the platform does.");
  const own: GrantedThrough[] = (["live", "test"] as const).map((mode) => ({
    mode,
    platform,
    login: "",
    oauth_app_id: null,
  }));
  const known = await listAppsOfPerson.all(pool, [person.personId, digestOf(person)]);
  const signing = new Map<string, GrantedThrough>();
  for (const candidate of [...own, ...known]) {
    const app = await appOf(oauth, candidate);
    if (app === null || !person.isSignedBy(app.clientSecret)) continue;
    const through = { ...candidate, oauth_app_id: app.id };
    signing.set(JSON.stringify(Object.values(through)), through);
  }
  const [first, ...others] = signing.values();
  if (first === undefined)
    return refuse(
      "signed_request is not signed by an app of this instance",
      "Check the app's client ID and secret in the settings.",
    );
  const age = (Date.now() - person.issuedAt.getTime()) / 1000;
  if (age > STALE_SECONDS || age < -SKEW_SECONDS)
    return refuse("signed_request is too old, or from the future", "Send it within a day, and check the clocks.");
  return { person, apps: [first, ...others] };
}

function accountsOf(db: Db, { personId, issuedAt }: SignedRequest, app: GrantedThrough): Promise<GrantedAccountRow[]> {
  const before = new Date(issuedAt.getTime() + SKEW_SECONDS * 1000);
  return listGrantedAccounts.all(db, [personId, app.mode, app.platform, app.login, app.oauth_app_id, before]);
}

/** The code of the receipt. */
async function erase(
  services: Removing,
  person: SignedRequest,
  apps: readonly [GrantedThrough, ...GrantedThrough[]],
): Promise<string> {
  const digest = digestOf(person);
  const [{ mode, platform, login, oauth_app_id: appId }] = apps;
  const reason = `The person who connected the account had its data deleted through ${
    catalog[platform].capabilities.label
  }.`;
  return await transaction(services.pool, async (tx) => {
    await lockPerson.run(tx, [digest]);
    const ids: string[] = [];
    for (const app of apps) ids.push(...(await accountsOf(tx, person, app)).map(({ account_id }) => account_id));
    await lockGrants.run(tx, [ids]);
    const erased = await eraseAccounts.all(tx, [ids, reason]);
    for (const account of erased) await recordErased(tx, account, reason);
    const before = erased.length > 0 ? undefined : await findLatestDeletion.one(tx, [digest, mode, platform, appId]);
    if (before !== undefined) return before.code;
    const code = randomBytes(16).toString("base64url");
    await insertDataDeletion.run(tx, [code, digest, mode, platform, login, appId, erased.length]);
    return code;
  });
}

async function recordErased(tx: pg.PoolClient, account: GrantedAccountRow, reason: string): Promise<void> {
  const { account_id: accountId, user_id: userId, mode, platform, is_active: isActive } = account;
  const data = { platform, reason };
  if (isActive) await recordAccountEvent(tx, { accountId, userId, mode }, "account.disconnected", data);
  const what = ["instance", null, "account.data_deleted", accountId, data, null, null] as const;
  await insertAuditEvent.run(tx, [newId(), userId, mode, ...what]);
}

function digestOf({ personId }: SignedRequest): Buffer {
  return createHash("sha256").update(`person ${personId}`).digest();
}
