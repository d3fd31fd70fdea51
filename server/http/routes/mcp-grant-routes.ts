import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

import type { PublicCode } from "../../../model/errors.ts";
import { throttleFailures } from "../../auth/throttle.ts";
import { type HostUrls, requireAppHost } from "../../calls/hosts.ts";
import { readText } from "../../calls/read-body.ts";
import { logFailure } from "../../calls/refusals.ts";
import type { Origin } from "../../domain/call.ts";
import { repeatedParameter } from "../../domain/mcp-grants/authorization.ts";
import { registerClient } from "../../domain/mcp-grants/clients.ts";
import { GrantRefused } from "../../domain/mcp-grants/grant-refused.ts";
import {
  isOwnResource,
  MCP_RESOURCES,
  redeemCode,
  refreshTokens,
  revokeToken,
  SCOPE,
  type Tokens,
} from "../../domain/mcp-grants/tokens.ts";
import type { Services } from "../../domain/services.ts";

/** The URLs of the authorization server's parts, on the app's host. */
export const GRANT_PATHS = {
  authorize: "/oauth/authorize",
  token: "/oauth/token",
  revoke: "/oauth/revoke",
  register: "/oauth/register",
} as const;

/** The endpoints for MCP clients without a key; the page on which a user authorizes them is in `pages/consent.ts`. */
export async function addMcpGrants(scope: FastifyInstance, services: Services): Promise<void> {
  // Nothing here uses cookies, so pages of any site may call it; to get anything, they need a code or token.
  scope.addHook("onRequest", async (_request, reply) => void reply.header("access-control-allow-origin", "*"));
  // On both hosts: clients of older revisions look for it next to the endpoint.
  scope.get(
    "/.well-known/oauth-authorization-server",
    async (_request, reply) =>
      await reply.header("cache-control", "public, max-age=300").send(describeServer(services.settings)),
  );
  for (const path of [GRANT_PATHS.token, GRANT_PATHS.revoke, GRANT_PATHS.register, "/.well-known/*"])
    scope.options(path, async (_request, reply) => await reply.code(204).headers(PREFLIGHT).send());
  await scope.register(async (forClients) => {
    requireAppHost(forClients, services.settings);
    forClients.addHook("onRequest", async (_request, reply) => void reply.header("cache-control", "no-store"));
    forClients.setErrorHandler((error, request, reply) => sendError(services, error, request, reply));
    addEndpoints(forClients, services);
  });
}

/**
 * What a client in a browser checks before it calls. The star stands for every header except one (Fetch standard, "CORS
 * non-wildcard request-header name").
 */
const PREFLIGHT = {
  "access-control-allow-methods": "GET, POST",
  "access-control-allow-headers": "Authorization, *",
  "access-control-max-age": "86400",
};

function addEndpoints(scope: FastifyInstance, services: Services): void {
  const countingFailures = <Result>({ ip }: FastifyRequest, work: () => Promise<Result>) =>
    throttleFailures(services.pool, "mcpToken", { address: ip }, (error) => error instanceof GrantRefused, work);
  scope.post(
    GRANT_PATHS.token,
    async (request) =>
      await countingFailures(
        request,
        async () => await giveTokens(services, originOf(request), await readParameters(request)),
      ),
  );

  scope.post(GRANT_PATHS.revoke, async (request, reply) => {
    const params = await readParameters(request);
    await countingFailures(request, () =>
      revokeToken(services, originOf(request), { token: required(params, "token"), clientId: clientIdIn(params) }),
    );
    return await reply.code(200).send();
  });

  scope.post(GRANT_PATHS.register, async (request, reply) => {
    const given = parse(await readText(request, MAX_CLIENT_BYTES));
    return await reply.code(201).send(await registerClient(services, given, { address: request.ip }));
  });
}

async function giveTokens(services: Services, origin: Origin, params: URLSearchParams): Promise<Tokens> {
  const grantType = required(params, "grant_type");
  const clientId = clientIdIn(params);
  if (!params.getAll("resource").every((resource) => isOwnResource(services.settings, resource)))
    throw new GrantRefused(
      "invalid_target",
      `resource must be ${services.settings.apiUrl}/mcp or ${services.settings.apiUrl}/mcp/readonly`,
    );
  if (grantType === "authorization_code") {
    const codeVerifier = required(params, "code_verifier");
    if (!/^[\w.~-]{43,128}$/.test(codeVerifier))
      throw new GrantRefused("invalid_request", "code_verifier must be 43 to 128 letters, digits or - . _ ~");
    return await redeemCode(services, origin, {
      code: required(params, "code"),
      clientId,
      redirectUri: params.get("redirect_uri"),
      codeVerifier,
    });
  }
  if (grantType === "refresh_token")
    return await refreshTokens(services, origin, { refreshToken: required(params, "refresh_token"), clientId });
  throw new GrantRefused("unsupported_grant_type", "grant_type must be authorization_code or refresh_token");
}

/** As in RFC 8414, with the additions of RFC 9207, 9728 and the draft on client ID metadata documents. */
function describeServer({ apiUrl, appUrl }: HostUrls): object {
  return {
    issuer: appUrl,
    authorization_endpoint: appUrl + GRANT_PATHS.authorize,
    token_endpoint: appUrl + GRANT_PATHS.token,
    revocation_endpoint: appUrl + GRANT_PATHS.revoke,
    registration_endpoint: appUrl + GRANT_PATHS.register,
    scopes_supported: [SCOPE],
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: true,
    protected_resources: MCP_RESOURCES.map((path) => apiUrl + path),
    service_documentation: `${appUrl}/docs/mcp`,
  };
}

const MAX_FORM_BYTES = 64 * 1024;
const MAX_CLIENT_BYTES = 16 * 1024;

/** The parameters of a form. Each may appear once (RFC 6749, section 3.2), except `resource`. */
async function readParameters(request: FastifyRequest): Promise<URLSearchParams> {
  const type = request.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    throw new GrantRefused("invalid_request", "Send the parameters as application/x-www-form-urlencoded");
  const params = new URLSearchParams(await readText(request, MAX_FORM_BYTES));
  if (repeatedParameter(params) !== null)
    throw new GrantRefused("invalid_request", "A parameter appears more than once");
  return params;
}

function required(params: URLSearchParams, name: string): string {
  const value = params.get(name);
  if (value === null || value === "") throw new GrantRefused("invalid_request", `${name} is missing`);
  return value;
}

function clientIdIn(params: URLSearchParams): string {
  const id = params.get("client_id");
  if (id === null || id === "")
    throw new GrantRefused("invalid_client", "client_id is missing. Send it in the form; clients have no secret");
  return id;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new GrantRefused("invalid_client_metadata", "The body is not valid JSON");
  }
}

function originOf(request: FastifyRequest): Origin {
  return { actor: { kind: "visitor", id: null }, address: request.ip, requestId: request.id };
}

/** Failures as clients of the protocol read them (RFC 6749, section 5.2). */
async function sendError(
  { log }: Services,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (error instanceof GrantRefused)
    return await reply
      .code(error.error === "invalid_client" ? 401 : 400)
      .send({ error: error.error, error_description: error.message });
  const { code, status, headers, message } = logFailure(log, error, request);
  return await reply
    .code(status)
    .headers(headers)
    .send({ error: ERRORS[code] ?? "invalid_request", error_description: message });
}

const ERRORS: Partial<Record<PublicCode, string>> = {
  INTERNAL_ERROR: "server_error",
  UNAVAILABLE: "temporarily_unavailable",
  RATE_LIMITED: "temporarily_unavailable",
};
