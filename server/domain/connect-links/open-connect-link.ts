import { createHash } from "node:crypto";

import type pg from "pg";

import { id } from "../../../contract/fields.ts";
import { type Brand, mergeBrands } from "../../../model/brand.ts";
import { PublicError } from "../../../model/errors.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import type { ConnectLinkStatus } from "../../../model/status.ts";
import { listAccounts } from "../../db/queries/accounts.ts";
import {
  claimConnectLink,
  type ConnectLinkRow,
  findConnectLink,
  findConnectLinkByToken,
  findConnectLinkByAuthorization,
  type LinkOwner,
  settleConnectLink,
} from "../../db/queries/connect-links.ts";
import type { AuthorizationRow } from "../../db/queries/oauth-attempts.ts";
import { startAuthorization } from "../../oauth/authorizations.ts";
import { ConnectError, type FailureKind } from "../../oauth/connect-error.ts";
import { type ConnectMethod, connectMethods } from "../accounts/connect-methods.ts";
import { recordAudit } from "../audit/record-audit.ts";
import { storedBrand } from "../branding/branding.ts";
import type { Origin } from "../call.ts";
import type { Services } from "../services.ts";
import { CONNECTED_PATH, digestLinkToken } from "./connect-links.ts";

/** A connect link as seen by the person who opens it. */
export interface OpenConnectLink {
  id: string;
  mode: Mode;
  status: ConnectLinkStatus;
  /** Who requests the account: the user's brand or name, or the host that the browser returns to. */
  asker: string;
  brand: Brand;
  /** Where the browser returns to; null if it stays here. */
  returnUrl: string | null;
  /** The ways to connect that the link allows; none if it is not pending. */
  ways: ConnectMethod[];
  /** The set's accounts, for a link that connects one on each platform; null for one that works once. */
  accounts: LinkedAccount[] | null;
  expiresAt: Date;
}

/** An account of a link's platform set. */
export interface LinkedAccount {
  platform: PlatformName;
  name: string;
  /** Whether the link has connected it: then it connects no other on the platform. */
  isByLink: boolean;
}

/** The link in a browser's URL; null if there is none. */
export async function openConnectLink(
  services: Pick<Services, "oauth" | "settings">,
  token: string,
): Promise<OpenConnectLink | null> {
  const row = await findByToken(services, token);
  return row === undefined ? null : await toOpen(services, row);
}

/**
 * A link for several platforms with which this browser has started an authorization; null if there is none.
 */
export async function openStartedLink(
  services: Pick<Services, "oauth" | "settings">,
  authorizationId: string,
  binding: Buffer | null,
): Promise<OpenConnectLink | null> {
  const row = binding === null ? undefined : await findByAuthorization(services, authorizationId, binding);
  return row === undefined || row.account_ids === null ? null : await toOpen(services, row);
}

async function toOpen(
  services: Pick<Services, "oauth" | "settings">,
  row: ConnectLinkRow & LinkOwner,
): Promise<OpenConnectLink> {
  const { mode, status, return_url: returnUrl } = row;
  const own = storedBrand(row.branding);
  const isPending = status === "pending";
  return {
    id: row.id,
    mode,
    status,
    asker: own.name ?? (row.user_name.trim() || new URL(returnUrl).host),
    brand: mergeBrands(own, services.settings.brand),
    returnUrl: isOwnPage(services, row) ? null : returnUrl,
    ways: isPending ? await waysOf(services, row) : [],
    accounts: row.account_ids === null ? null : isPending ? await accountsOf(services, row, row.account_ids) : [],
    expiresAt: row.expires_at,
  };
}

async function accountsOf(
  { oauth }: Pick<Services, "oauth">,
  row: ConnectLinkRow,
  byLink: readonly string[],
): Promise<LinkedAccount[]> {
  const accounts = await listAccounts.all(oauth.pool, [row.user_id, row.mode, null, row.platform_set_id]);
  return accounts.map(({ id: accountId, platform, display_name, username, platform_account_id }) => ({
    platform,
    name: display_name ?? username ?? platform_account_id,
    isByLink: byLink.includes(accountId),
  }));
}

/**
 * Starts connecting with a link; returns the URL that the browser must open. Only this browser can present `binding`
 * again. Throws NOT_FOUND if the link does not exist or is not pending, and the errors of `startAuthorization`.
 */
export async function startByConnectLink(
  services: Pick<Services, "oauth">,
  token: string,
  way: { platform: PlatformName; login: string; binding: Buffer },
): Promise<string> {
  const row = await findByToken(services, token);
  return await start(services, row, way);
}

/**
 * Starts again in this browser, with the same link: in the same way, after a failure, or in another. Throws like
 * `startByConnectLink`.
 */
export async function startAgain(
  services: Pick<Services, "oauth">,
  authorizationId: string,
  binding: Buffer,
  other?: { platform: PlatformName; login: string },
): Promise<string> {
  const row = await findByAuthorization(services, authorizationId, binding);
  const way = other ?? (row && { platform: row.attempt_platform, login: row.attempt_login });
  return await start(services, row, way && { ...way, binding });
}

/**
 * Stores the result of an authorization in the transaction of `tx`. One started with a link uses it up, once per link
 * or, if it is for several platforms, per platform, and `store` gets the link's part of the event `account.connected`. Throws ConnectError if the link was used or
 * revoked in the meantime.
 */
export async function useConnectLink<Stored extends { accountId: string }>(
  tx: pg.PoolClient,
  authorization: AuthorizationRow,
  origin: Origin,
  store: (eventData: Record<string, unknown>) => Promise<Stored>,
): Promise<Stored> {
  const { connect_link_id: connectLinkId, user_id: userId, mode, platform } = authorization;
  if (connectLinkId === null) return await store({});
  const owned = [connectLinkId, userId, mode] as const;
  const claimed = await claimConnectLink.one(tx, [...owned, platform]);
  if (claimed === undefined) throw new ConnectError("link_over", { platform, authorization });
  const externalId = claimed.external_id;
  const stored = await store({ connectLinkId, externalId });
  const { accountId } = stored;
  await settleConnectLink.run(tx, [...owned, accountId]);
  await recordAudit(tx, origin, {
    userId,
    mode,
    action: "connect_link.used",
    target: connectLinkId,
    data: { accountId, platform, externalId },
  });
  return stored;
}

/**
 * Where the browser that started an authorization with a link returns to: after connecting an account, or if the user
 * stops. Throws NOT_FOUND if this browser has started no such authorization.
 */
export async function findResult(
  services: Pick<Services, "oauth" | "settings">,
  authorizationId: string,
  binding: Buffer | null,
): Promise<{ userId: string; connectedUrl: string | null; refusedUrl: string }> {
  const row = binding === null ? undefined : await findByAuthorization(services, authorizationId, binding);
  if (row === undefined) throw new PublicError("NOT_FOUND", "Nothing was started in this browser.");
  const { attempt_account_id: accountId, attempt_platform: platform } = row;
  const list = listUrl(services, row, authorizationId);
  return {
    userId: row.user_id,
    connectedUrl: accountId === null ? null : (list ?? withResult(row, { status: "connected", accountId, platform })),
    refusedUrl: list ?? withResult(row, { status: "refused", reason: "refused", platform }),
  };
}

/**
 * Where the browser returns to when an authorization has failed, and whether the link still works; null if the link is
 * gone.
 */
export async function refusedAddress(
  services: Pick<Services, "oauth" | "settings">,
  { id: authorizationId, connect_link_id, user_id, mode, platform }: AuthorizationRow,
  reason: FailureKind,
): Promise<{ url: string; isHere: boolean; isPending: boolean } | null> {
  const row = await findConnectLink.one(services.oauth.pool, [connect_link_id, user_id, mode]);
  return row === undefined
    ? null
    : {
        url: listUrl(services, row, authorizationId) ?? withResult(row, { status: "refused", reason, platform }),
        isHere: row.account_ids === null && isOwnPage(services, row),
        isPending: row.status === "pending",
      };
}

/** Where a browser that has started this authorization finds the list of platforms; null if the link works once. */
function listUrl(
  { settings }: Pick<Services, "settings">,
  { account_ids }: ConnectLinkRow,
  authorizationId: string,
): string | null {
  return account_ids === null ? null : `${settings.appUrl}/connect/return/${authorizationId}`;
}

/** Whether the link was created without a return URL. */
function isOwnPage({ settings }: Pick<Services, "settings">, { return_url }: ConnectLinkRow): boolean {
  return return_url === `${settings.appUrl}${CONNECTED_PATH}`;
}

/** The return URL that the link was created with, with the result in its query. */
function withResult(
  row: ConnectLinkRow,
  result:
    | { status: "connected"; accountId: string; platform: PlatformName }
    | { status: "refused"; reason: FailureKind; platform: PlatformName },
): string {
  const url = new URL(row.return_url);
  for (const name of RESULT_NAMES) url.searchParams.delete(name);
  const parameters = { ...result, connectLinkId: row.id, externalId: row.external_id };
  for (const [name, value] of Object.entries(parameters)) if (value !== null) url.searchParams.set(name, value);
  // Browsers keep the fragment that some platforms append to their response, unless the URL has its own, even an empty
  // one.
  return url.hash === "" ? `${url.href.replace(/#$/, "")}#` : url.href;
}

/** Our query parameters: existing ones with these names are not mistaken for a result. */
const RESULT_NAMES = ["status", "reason", "accountId", "platform", "connectLinkId", "externalId"] as const;

/** The links of a suspended user do not work. */
async function findByToken({ oauth }: Pick<Services, "oauth">, token: string) {
  const row = await findConnectLinkByToken.one(oauth.pool, [digestLinkToken(token)]);
  return row?.suspended === true && row.status === "pending" ? { ...row, status: "revoked" as const } : row;
}

function waysOf({ oauth }: Pick<Services, "oauth">, row: ConnectLinkRow): Promise<ConnectMethod[]> {
  const place = { userId: row.user_id, mode: row.mode, platformSetId: row.platform_set_id };
  return connectMethods(oauth, place, row.platform === null ? undefined : [row.platform]);
}

async function findByAuthorization({ oauth }: Pick<Services, "oauth">, authorizationId: string, binding: Buffer) {
  return id.safeParse(authorizationId).success
    ? await findConnectLinkByAuthorization.one(oauth.pool, [authorizationId, binding])
    : undefined;
}

async function start(
  services: Pick<Services, "oauth">,
  row: ConnectLinkRow | undefined,
  way: { platform: PlatformName; login: string; binding: Buffer } | undefined,
): Promise<string> {
  if (row === undefined || way === undefined || row.status !== "pending")
    throw new PublicError("NOT_FOUND", "This link no longer works.");
  const { platform, login, binding } = way;
  if (row.platform !== null && row.platform !== platform)
    throw new PublicError("NOT_FOUND", "This link is for another platform.");
  const place = { userId: row.user_id, mode: row.mode, platformSetId: row.platform_set_id, platform };
  // In test mode, each customer is a different person.
  const sandboxPersonId = createHash("sha256")
    .update(`${row.user_id}/${row.external_id ?? row.id}`)
    .digest("hex");
  return await startAuthorization(services.oauth, {
    ...place,
    login,
    binding,
    returnTo: "/",
    connectLinkId: row.id,
    sandboxPersonId,
  });
}
