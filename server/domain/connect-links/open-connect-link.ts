import { createHash } from "node:crypto";

import type pg from "pg";

import { id } from "../../../contract/fields.ts";
import type { ConnectLinkStatus } from "../../../contract/operations/connect-links.ts";
import { PublicError } from "../../../model/errors.ts";
import type { Mode, PlatformName } from "../../../model/platform-names.ts";
import {
  claimConnectLink,
  type ConnectLinkRow,
  findConnectLink,
  findConnectLinkByToken,
  findConnectLinkOfAttempt,
  settleConnectLink,
} from "../../db/queries/connect-links.ts";
import type { OAuthAttemptRow } from "../../db/queries/oauth-attempts.ts";
import { startAuthorization } from "../../oauth/authorizations.ts";
import { ConnectError, type FailureKind } from "../../oauth/connect-error.ts";
import { type ConnectMethod, connectMethods } from "../accounts/connect-methods.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Origin } from "../caller.ts";
import type { Services } from "../services.ts";
import { digestLinkToken } from "./connect-links.ts";

/** A connect link as whoever opens it sees it. */
export interface OpenConnectLink {
  id: string;
  mode: Mode;
  status: ConnectLinkStatus;
  /** Who asks for the account: the user's name, or the host that the browser goes back to. */
  asker: string;
  /** Where the browser goes back to. */
  returnUrl: string;
  /** Every way to connect that the link leaves open; none where it is not pending. */
  ways: ConnectMethod[];
}

/** What the link in a browser's address stands for; null where there is no such link. */
export async function openConnectLink(
  services: Pick<Services, "oauth">,
  token: string,
): Promise<OpenConnectLink | null> {
  const row = await findConnectLinkByToken.one(services.oauth.pool, [digestLinkToken(token)]);
  if (row === undefined) return null;
  const { mode, status, return_url: returnUrl } = row;
  return {
    id: row.id,
    mode,
    status,
    asker: row.user_name.trim() || new URL(returnUrl).host,
    returnUrl,
    ways: status === "pending" ? await waysOf(services, row) : [],
  };
}

/**
 * Begins to connect by a link; answers the address that the browser has to open. `binding` is what only this browser
 * can show again. Throws NOT_FOUND where there is no such link or it is not pending, and what `startAuthorization`
 * throws.
 */
export async function startByConnectLink(
  services: Pick<Services, "oauth">,
  token: string,
  way: { platform: PlatformName; login: string; binding: Buffer },
): Promise<string> {
  const row = await findConnectLinkByToken.one(services.oauth.pool, [digestLinkToken(token)]);
  return await start(services, row, way);
}

/**
 * Begins anew what came to nothing in this browser, by the same link and the same way. Throws as `startByConnectLink`
 * does.
 */
export async function startAgain(
  services: Pick<Services, "oauth">,
  authorizationId: string,
  binding: Buffer,
): Promise<string> {
  const row = await findByAuthorization(services, authorizationId, binding);
  return await start(services, row, row && { platform: row.attempt_platform, login: row.attempt_login, binding });
}

/**
 * Stores what an authorization has come to, in the transaction of `tx`. One that was begun by a link uses it up, once
 * for each link, and `store` gets the link's part of the event `account.connected`. Throws ConnectError where the link
 * was used or revoked meanwhile.
 */
export async function useConnectLink<Stored extends { accountId: string }>(
  tx: pg.PoolClient,
  authorization: OAuthAttemptRow,
  origin: Origin,
  store: (eventData: Record<string, unknown>) => Promise<Stored>,
): Promise<Stored> {
  const { connect_link_id: connectLinkId, user_id: userId, mode, platform } = authorization;
  if (connectLinkId === null) return await store({});
  const owned = [connectLinkId, userId, mode] as const;
  const claimed = await claimConnectLink.one(tx, owned);
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
 * Where the browser that began an authorization by a link goes back to: once an account is connected, and if the person
 * goes no further. Throws NOT_FOUND where this browser has begun no such authorization.
 */
export async function findResult(
  services: Pick<Services, "oauth">,
  authorizationId: string,
  binding: Buffer | null,
): Promise<{ connectedUrl: string | null; refusedUrl: string }> {
  const row = binding === null ? undefined : await findByAuthorization(services, authorizationId, binding);
  if (row === undefined) throw new PublicError("NOT_FOUND", "Nothing was started in this browser.");
  const { attempt_account_id: accountId, attempt_platform: platform } = row;
  return {
    connectedUrl: accountId === null ? null : withResult(row, { status: "connected", accountId, platform }),
    refusedUrl: withResult(row, { status: "refused", reason: "refused", platform }),
  };
}

/**
 * Where the browser goes back to when an authorization has come to nothing, and whether the link still works; null
 * where the link is gone.
 */
export async function refusedAddress(
  services: Pick<Services, "oauth">,
  { connect_link_id, user_id, mode, platform }: OAuthAttemptRow,
  reason: FailureKind,
): Promise<{ url: string; isPending: boolean } | null> {
  const row = await findConnectLink.one(services.oauth.pool, [connect_link_id, user_id, mode]);
  return row === undefined
    ? null
    : { url: withResult(row, { status: "refused", reason, platform }), isPending: row.status === "pending" };
}

/** The address that the link was made with, and no other, with the result in its query. */
function withResult(
  row: ConnectLinkRow,
  result:
    | { status: "connected"; accountId: string; platform: PlatformName }
    | { status: "refused"; reason: FailureKind; platform: PlatformName },
): string {
  const url = new URL(row.return_url);
  for (const name of RESULT_NAMES) url.searchParams.delete(name);
  const told = { ...result, connectLinkId: row.id, externalId: row.external_id };
  for (const [name, value] of Object.entries(told)) if (value !== null) url.searchParams.set(name, value);
  // Browsers hand on the fragment that some platforms append to their answer, unless the address has one, be it empty.
  return url.hash === "" ? `${url.href.replace(/#$/, "")}#` : url.href;
}

/** The query parameters that are ours: what the address had of them before is not mistaken for a result. */
const RESULT_NAMES = ["status", "reason", "accountId", "platform", "connectLinkId", "externalId"] as const;

function waysOf({ oauth }: Pick<Services, "oauth">, row: ConnectLinkRow): Promise<ConnectMethod[]> {
  const place = { userId: row.user_id, mode: row.mode, platformSetId: row.platform_set_id };
  return connectMethods(oauth, place, row.platform === null ? undefined : [row.platform]);
}

async function findByAuthorization({ oauth }: Pick<Services, "oauth">, authorizationId: string, binding: Buffer) {
  return id.safeParse(authorizationId).success
    ? await findConnectLinkOfAttempt.one(oauth.pool, [authorizationId, binding])
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
  // In a rehearsal each customer is somebody else.
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
