import { z } from "zod";

import { parseInput } from "../../../contract/forms/parse.ts";
import { keysCreate } from "../../../contract/operations/api-keys.ts";
import { PublicError } from "../../../model/errors.ts";
import { newId } from "../../../model/ids.ts";
import type { ThrottleSubject } from "../../auth/throttle.ts";
import { insertGrant } from "../../db/queries/api-keys.ts";
import { insertMcpToken } from "../../db/queries/mcp-tokens.ts";
import { transaction } from "../../db/sql.ts";
import type { SealContext } from "../../vault/vault.ts";
import { enforceKeyLimit } from "../api-keys/api-keys.ts";
import { recordAudit } from "../audit/record-audit.ts";
import type { Call } from "../call.ts";
import type { Services } from "../services.ts";
import { type ClientServices, findClient } from "./clients.ts";
import { GrantRefused } from "./grant-refused.ts";
import { matchesAny } from "./redirect-uris.ts";
import { CODE_SECONDS, isOwnResource, newToken } from "./tokens.ts";

type AuthorizationServices = ClientServices & { settings: Pick<Services["settings"], "apiUrl" | "appUrl"> };

/** A client's validated authorization request. The user sees it, and answers exactly this. */
const authorizationRequest = z.object({
  /** The ID of the grant it would become, so that it becomes only one. */
  grantId: z.string(),
  client: z.object({ id: z.string(), name: z.string(), host: z.string().nullable() }),
  redirectUri: z.string(),
  state: z.string().nullable(),
  codeChallenge: z.string(),
  /** In milliseconds since 1970. */
  askedAt: z.number(),
});
export type AuthorizationRequest = z.output<typeof authorizationRequest>;

/** A known client's request for something it cannot have. */
export interface RejectedRequest extends Pick<AuthorizationRequest, "client" | "redirectUri"> {
  /** What is wrong, for the client's developer. */
  reason: string;
  /** The client's redirect URI with the same for the client. */
  back: string;
}

/**
 * Validates a client's authorization request (RFC 6749, section 4.1.1; RFC 7636; RFC 8707). Throws VALIDATION_FAILED,
 * for the user to read, unless the redirect URI is certainly the client's; other problems are returned. No browser is
 * redirected for them automatically: since anyone can register a client, an invalid request would turn this host into
 * an open redirect (RFC 9700, section 4.11.2).
 */
export async function checkRequest(
  services: AuthorizationServices,
  params: URLSearchParams,
  who: ThrottleSubject,
  now = Date.now(),
): Promise<{ asked: AuthorizationRequest } | { refused: RejectedRequest }> {
  const [clientId, ...moreClients] = params.getAll("client_id");
  if (clientId === undefined || clientId === "" || moreClients.length > 0)
    throw invalid("The app that sent you here did not identify itself", "Start over in the app.");
  const { redirectUris, ...client } = await findClient(services, clientId, who);
  const [redirectUri, ...moreUris] = params.getAll("redirect_uri");
  if (redirectUri === undefined || moreUris.length > 0 || !matchesAny(redirectUris, redirectUri))
    throw invalid(
      `${client.name} wants to send you to an address that it has not registered`,
      "Nothing was sent there. Start over in the app. If that does not help, contact its developer.",
    );
  const states = params.getAll("state");
  const state = states.length === 1 && (states[0] ?? "").length <= MAX_STATE_LENGTH ? (states[0] ?? null) : null;
  const request = {
    grantId: newId(),
    client,
    redirectUri,
    state,
    codeChallenge: params.get("code_challenge") ?? "",
    askedAt: now,
  };
  try {
    checkParameters(services, params);
    return { asked: request };
  } catch (error) {
    if (!(error instanceof GrantRefused)) throw error;
    return {
      refused: {
        client,
        redirectUri,
        reason: error.message,
        back: redirectUrl(services, request, { error: error.error, error_description: error.message }),
      },
    };
  }
}

const MAX_STATE_LENGTH = 4000;

function checkParameters({ settings }: AuthorizationServices, params: URLSearchParams): void {
  const repeated = repeatedParameter(params);
  if (repeated !== null)
    throw new GrantRefused(
      "invalid_request",
      `The parameter ${repeated.replace(/[^\w.-]/g, "").slice(0, 50)} appears more than once`,
    );
  if ((params.get("state") ?? "").length > MAX_STATE_LENGTH)
    throw new GrantRefused("invalid_request", `state is longer than ${MAX_STATE_LENGTH} characters`);
  const type = params.get("response_type");
  if (type === null) throw new GrantRefused("invalid_request", "response_type is missing. It must be code");
  if (type !== "code") throw new GrantRefused("unsupported_response_type", "response_type must be code");
  if ((params.get("response_mode") ?? "query") !== "query")
    throw new GrantRefused("invalid_request", "response_mode must be query");
  const challenge = params.get("code_challenge");
  if (challenge === null) throw new GrantRefused("invalid_request", "code_challenge is missing: PKCE is required");
  if (params.get("code_challenge_method") !== "S256")
    throw new GrantRefused("invalid_request", "code_challenge_method must be S256");
  if (!/^[\w-]{43}$/.test(challenge))
    throw new GrantRefused("invalid_request", "code_challenge must be a SHA-256 hash in base64url");
  if (!params.getAll("resource").every((resource) => isOwnResource(settings, resource)))
    throw new GrantRefused(
      "invalid_target",
      `resource must be ${settings.apiUrl}/mcp or ${settings.apiUrl}/mcp/readonly`,
    );
}

/** A parameter that appears more than once, which only `resource` may (RFC 8707). */
export function repeatedParameter(params: URLSearchParams): string | null {
  const seen = new Set<string>();
  for (const name of params.keys()) {
    if (seen.has(name)) return name;
    if (name !== "resource") seen.add(name);
  }
  return null;
}

/** How long a page can stay open before it is answered. */
const CONSENT_MINUTES = 30;

/**
 * The request for a form to contain while the user decides: nobody can change it, and it is valid only in this session.
 */
export function sealRequest(
  { vault }: Pick<Services, "vault">,
  sessionId: string,
  request: AuthorizationRequest,
): string {
  return vault.seal(JSON.stringify(request), sealContext(sessionId));
}

/** The request in a form. Throws VALIDATION_FAILED if it belongs to another session, was changed, or is too old. */
export function openRequest(
  { vault }: Pick<Services, "vault">,
  sessionId: string,
  sealed: string,
  now = Date.now(),
): AuthorizationRequest {
  try {
    const request = authorizationRequest.parse(JSON.parse(vault.open(sealed, sealContext(sessionId))));
    if (now - request.askedAt <= CONSENT_MINUTES * 60_000) return request;
  } catch {
    // Told below, like one that is too old.
  }
  throw invalid("This request has expired", "Start over in the app.");
}

function sealContext(sessionId: string): SealContext {
  return { table: "mcp_tokens", row: sessionId, column: "asked" };
}

/**
 * Creates the grant the user agreed to, in the mode and with the policies they chose, and returns where their browser
 * must take its code. The grant expires soon if its client does not fetch it. Throws VALIDATION_FAILED, also if the
 * request has already been answered.
 */
export async function approveRequest(
  services: AuthorizationServices,
  call: Call,
  request: AuthorizationRequest,
  chosen: { mode: string; policies: object },
): Promise<string> {
  const { name, mode, policies } = parseInput(keysCreate, {
    params: {},
    query: {},
    body: { name: request.client.name, ...chosen },
  }).body;
  const code = newToken("code");
  await transaction(services.pool, async (tx) => {
    await enforceKeyLimit(tx, call.userId);
    const grant = await insertGrant.one(tx, [
      request.grantId,
      call.userId,
      mode,
      name,
      request.client.id,
      policies ?? null,
      CODE_SECONDS,
    ]);
    if (grant === undefined)
      throw invalid(
        "This request has already been answered",
        "Check the app. If it is not connected, start over there.",
      );
    await insertMcpToken.run(tx, [
      code.digest,
      grant.id,
      call.userId,
      mode,
      "code",
      CODE_SECONDS,
      request.redirectUri,
      request.codeChallenge,
    ]);
    await recordAudit(tx, call, {
      userId: call.userId,
      mode,
      action: "api_key.created",
      target: grant.id,
      data: { name, clientHost: request.client.host, redirectUri: request.redirectUri, policies },
    });
  });
  return redirectUrl(services, request, { code: code.raw });
}

/** Where the browser goes when the user declines. */
export function denyRequest(services: AuthorizationServices, request: AuthorizationRequest): string {
  return redirectUrl(services, request, { error: "access_denied", error_description: "The user denied access" });
}

/**
 * The client's redirect URI with the response: unchanged, because clients compare it. It names the issuer (RFC 9207).
 */
function redirectUrl(
  { settings }: AuthorizationServices,
  { redirectUri, state }: Pick<AuthorizationRequest, "redirectUri" | "state">,
  answer: Record<string, string>,
): string {
  const query = new URLSearchParams({ ...answer, ...(state === null ? {} : { state }), iss: settings.appUrl });
  return `${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query}`;
}

function invalid(message: string, fix: string): PublicError {
  return PublicError.of({ rule: "mcp.authorization", message, fix });
}
