import { createHash, randomBytes } from "node:crypto";

import { refusal } from "../../../contract/forms/parse.ts";
import type { ConnectLink } from "../../../contract/operations/connect-links.ts";
import { BOUNDS } from "../../../model/bounds.ts";
import { type Issue, PublicError, issueOf } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import type { ConnectLinkStatus } from "../../../model/status.ts";
import type { Tenant } from "../../../model/tenant.ts";
import {
  countConnectLinks,
  countPendingLinks,
  findConnectLink,
  insertConnectLink,
  listConnectLinks as selectConnectLinks,
  revokeConnectLink as endConnectLink,
  type ConnectLinkRow,
} from "../../db/queries/connect-links.ts";
import { lockSet } from "../../db/queries/connections.ts";
import { lockUser } from "../../db/queries/users.ts";
import { checkConnectPolicies } from "../api-keys/policies.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import { unknownSet } from "../posts/find-issues.ts";
import type { Services } from "../services.ts";

/** The page that a link for one platform leads to if it has no return URL. */
export const CONNECTED_PATH = "/connected";

/** The input for a connect link. */
export interface NewConnectLink {
  platformSetId: string;
  platform?: PlatformName | null;
  externalId?: string | null;
  returnUrl?: string | null;
  expiresInSeconds: number;
}

/**
 * Creates a connect link. Its token is random and stored only as a digest, and everything else about the link is in the
 * row: changing anything in the URL makes it an unknown link.
 */
export async function createConnectLink(
  services: Pick<Services, "pool" | "settings">,
  call: Call,
  body: NewConnectLink,
): Promise<Answer<{ connectLink: ConnectLink }>> {
  const { platformSetId, platform = null, externalId = null, expiresInSeconds } = body;
  const returnUrl = body.returnUrl ?? `${services.settings.appUrl}${CONNECTED_PATH}`;
  const forbidden = checkConnectPolicies(call.policies, platform);
  if (forbidden.length > 0) throw refusal(forbidden);
  const token = randomBytes(32).toString("base64url");
  return await write(services, call, async (tx) => {
    if ((await lockSet.one(tx, [platformSetId, call.userId, call.mode])) === undefined)
      throw refusal([unknownSet(platformSetId)]);
    await lockUser.one(tx, [call.userId]);
    const { count } = (await countPendingLinks.one(tx, [call.userId, call.mode])) ?? { count: 0 };
    if (count >= BOUNDS.pendingConnectLinks) throw refusal([tooMany(count)]);
    const row = await insertConnectLink.one(tx, [
      newId(),
      call.userId,
      call.mode,
      digestLinkToken(token),
      platformSetId,
      platform,
      externalId,
      returnUrl,
      expiresInSeconds,
      platform === null && (body.returnUrl ?? null) === null,
    ]);
    if (row === undefined) throw new Error("The connect link was not stored");
    await recordAudit(tx, call, {
      userId: call.userId,
      mode: call.mode,
      action: "connect_link.created",
      target: row.id,
      data: { platformSetId, platform, externalId, returnUrl },
    });
    const connectLink = toConnectLink(row);
    return {
      body: { connectLink: { ...connectLink, url: `${services.settings.appUrl}/connect/${token}` } },
      kept: { connectLink },
    };
  });
}

function tooMany(actual: number): Issue {
  const message = `You have reached the limit of ${actual} open connect links`;
  return issueOf({
    rule: "connectLinks.max",
    message,
    actual,
    limit: BOUNDS.pendingConnectLinks,
    fix: "Revoke links you no longer need, or give links a shorter lifetime.",
  });
}

/** A page of the connect links, newest first, and how many match in all. */
export async function listConnectLinks(
  services: Pick<Services, "pool">,
  caller: Tenant,
  query: { status?: ConnectLinkStatus; externalId?: string; limit: number; offset: number },
): Promise<Answer<{ connectLinks: ConnectLink[]; total: number }>> {
  const filter = [caller.userId, caller.mode, query.status ?? null, query.externalId ?? null] as const;
  const [rows, counted] = await Promise.all([
    selectConnectLinks.all(services.pool, [...filter, query.limit, query.offset]),
    countConnectLinks.one(services.pool, filter),
  ]);
  return { body: { connectLinks: rows.map(toConnectLink), total: counted?.count ?? 0 } };
}

/** One connect link. Throws NOT_FOUND. */
export async function getConnectLink(
  services: Pick<Services, "pool">,
  caller: Tenant,
  id: string,
): Promise<Answer<{ connectLink: ConnectLink }>> {
  const row = await findConnectLink.one(services.pool, [id, caller.userId, caller.mode]);
  if (row === undefined) throw linkNotFound();
  return { body: { connectLink: toConnectLink(row) } };
}

/** Revokes an unused link; a used one stays as it is. Throws NOT_FOUND. */
export async function revokeConnectLink(
  services: Pick<Services, "pool">,
  call: Call,
  id: string,
): Promise<Answer<{ connectLink: ConnectLink }>> {
  return await write(services, call, async (tx) => {
    const owned = [id, call.userId, call.mode] as const;
    const ended = await endConnectLink.run(tx, owned);
    const row = await findConnectLink.one(tx, owned);
    if (row === undefined) throw linkNotFound();
    if (ended > 0)
      await recordAudit(tx, call, {
        userId: call.userId,
        mode: call.mode,
        action: "connect_link.revoked",
        target: id,
        data: { platform: row.platform, externalId: row.external_id },
      });
    return { body: { connectLink: toConnectLink(row) } };
  });
}

/** What is stored of a link's token. It grants no access. */
export function digestLinkToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function linkNotFound(): PublicError {
  return new PublicError("NOT_FOUND", "Connect link not found.");
}

function toConnectLink(row: ConnectLinkRow): ConnectLink {
  return {
    id: row.id,
    url: null,
    status: row.status,
    platformSetId: row.platform_set_id,
    platform: row.platform,
    externalId: row.external_id,
    returnUrl: row.return_url,
    accountId: row.account_id,
    accountIds: row.account_ids ?? (row.account_id === null ? [] : [row.account_id]),
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    mode: row.mode,
  };
}
