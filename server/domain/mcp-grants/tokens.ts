import { createHash, randomBytes } from "node:crypto";

import type pg from "pg";

import { CHANNELS } from "../../db/listen.ts";
import { notify } from "../../db/notify.ts";
import { extendGrant } from "../../db/queries/api-keys.ts";
import {
  deleteMcpToken,
  findMcpToken,
  insertMcpToken,
  type McpTokenKind,
  type McpTokenRow,
  useMcpToken,
} from "../../db/queries/mcp-tokens.ts";
import { transaction } from "../../db/sql.ts";
import { digestKey, revoke } from "../api-keys/api-keys.ts";
import type { Origin } from "../call.ts";
import type { Services } from "../services.ts";
import { GrantRefused } from "./grant-refused.ts";

/** How long a client has to fetch its code. */
export const CODE_SECONDS = 300;
const ACCESS_SECONDS = 3600;
/** A grant expires if its client does not refresh it for this long. */
const GRANT_SECONDS = 90 * 86_400;

/** The only scope: a grant can do what a key can, within its policies. */
export const SCOPE = "mcp";

/** The response of the token endpoint (RFC 6749, section 5.1). */
export interface Tokens {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
  refresh_token: string;
  scope: typeof SCOPE;
}

type TokenServices = Pick<Services, "pool" | "keyHolders">;

/** A token and what is stored of it. Its format shows its type. */
export function newToken(kind: McpTokenKind): { raw: string; digest: Buffer } {
  const raw = `amp_${kind}_${randomBytes(32).toString("base64url")}`;
  return { raw, digest: digestKey(raw) };
}

/** The paths of the MCP endpoints. Each is a protected resource (RFC 9728), and every token is for all of them. */
export const MCP_RESOURCES = ["/mcp", "/mcp/readonly"] as const;

/** Whether a URL is one of this server's MCP endpoints (RFC 8707). Its query only selects tools. */
export function isOwnResource({ apiUrl }: Pick<Services["settings"], "apiUrl">, resource: string): boolean {
  const url = URL.parse(resource);
  if (url === null || url.hash !== "") return false;
  url.search = "";
  return MCP_RESOURCES.some((path) => url.href === new URL(apiUrl + path).href);
}

/** Issues tokens for a client's code, once: if the code is used again, the grant ends. Throws GrantRefused. */
export async function redeemCode(
  services: TokenServices,
  origin: Origin,
  given: { code: string; clientId: string; redirectUri: string | null; codeVerifier: string },
): Promise<Tokens> {
  return await spend(services, origin, "code", given.code, (row) => {
    if (row.client_id !== given.clientId)
      throw new GrantRefused("invalid_grant", "The code was issued to another client");
    if (given.redirectUri !== null && given.redirectUri !== row.redirect_uri)
      throw new GrantRefused("invalid_grant", "redirect_uri does not match the one the code was sent to");
    if (createHash("sha256").update(given.codeVerifier).digest("base64url") !== row.code_challenge)
      throw new GrantRefused("invalid_grant", "code_verifier does not match the code_challenge");
  });
}

/**
 * Issues new tokens for a client's refresh token, once: if an old one is used again, someone else has it, and the grant
 * ends. Throws GrantRefused.
 */
export async function refreshTokens(
  services: TokenServices,
  origin: Origin,
  given: { refreshToken: string; clientId: string },
): Promise<Tokens> {
  return await spend(services, origin, "refresh", given.refreshToken, (row) => {
    if (row.client_id !== given.clientId)
      throw new GrantRefused("invalid_grant", "The refresh token was issued to another client");
  });
}

/**
 * Revokes what a client no longer needs (RFC 7009): a refresh token or code ends the grant, an access token only
 * itself. An unknown one has already ended. Throws GrantRefused.
 */
export async function revokeToken(
  services: TokenServices,
  origin: Origin,
  given: { token: string; clientId: string },
): Promise<void> {
  const digest = digestKey(given.token);
  const grantId = await transaction(services.pool, async (tx) => {
    const row = await findMcpToken.one(tx, [digest]);
    if (row === undefined) return null;
    if (row.client_id !== given.clientId)
      throw new GrantRefused("invalid_grant", "The token was issued to another client");
    if (row.kind === "access") {
      await deleteMcpToken.run(tx, [digest, row.user_id, row.mode]);
      notify(tx, CHANNELS.keys, row.grant_id);
    } else await end(tx, row, { ...origin, actor: { kind: "key", id: row.grant_id } }, "its client ended it");
    return row.grant_id;
  });
  if (grantId !== null) services.keyHolders.forget(grantId);
}

async function spend(
  { pool, keyHolders }: TokenServices,
  origin: Origin,
  kind: "code" | "refresh",
  raw: string,
  check: (row: McpTokenRow) => void,
): Promise<Tokens> {
  const digest = digestKey(raw);
  const outcome = await transaction(pool, async (tx) => {
    const row = await useMcpToken.one(tx, [digest, kind]);
    if (row !== undefined) {
      // A rejected token is not used up.
      check(row);
      return { tokens: await issue(tx, row), ended: null };
    }
    const known = await findMcpToken.one(tx, [digest]);
    if (known?.kind !== kind || known.used_at === null) return { tokens: null, ended: null };
    await end(tx, known, origin, kind === "code" ? "its code was used twice" : "an old refresh token was used again");
    return { tokens: null, ended: known.grant_id };
  });
  if (outcome.tokens !== null) return outcome.tokens;
  if (outcome.ended !== null) keyHolders.forget(outcome.ended);
  throw new GrantRefused(
    "invalid_grant",
    `The ${kind === "code" ? "code" : "refresh token"} is invalid, expired or already used, or its grant has ended`,
  );
}

async function issue(tx: pg.PoolClient, { grant_id: grantId, user_id: userId, mode }: McpTokenRow): Promise<Tokens> {
  const [access, refresh] = [newToken("access"), newToken("refresh")];
  await insertMcpToken.run(tx, [access.digest, grantId, userId, mode, "access", ACCESS_SECONDS, null, null]);
  await insertMcpToken.run(tx, [refresh.digest, grantId, userId, mode, "refresh", GRANT_SECONDS, null, null]);
  await extendGrant.run(tx, [grantId, userId, mode, GRANT_SECONDS]);
  return {
    access_token: access.raw,
    token_type: "Bearer",
    expires_in: ACCESS_SECONDS,
    refresh_token: refresh.raw,
    scope: SCOPE,
  };
}

async function end(
  tx: pg.PoolClient,
  { grant_id: grantId, user_id: userId }: McpTokenRow,
  origin: Origin,
  reason: string,
): Promise<void> {
  await revoke(tx, { userId }, origin, grantId, { reason });
}
