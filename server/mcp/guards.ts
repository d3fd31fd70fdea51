import type { FastifyReply, FastifyRequest } from "fastify";

import { PublicError } from "../../model/errors.ts";
import { authenticate, type Authenticated } from "../calls/authenticate.ts";
import type { HostUrls } from "../calls/hosts.ts";
import { isLoopback } from "../domain/mcp-grants/redirect-uris.ts";
import { MCP_RESOURCES, SCOPE } from "../domain/mcp-grants/tokens.ts";
import type { Services } from "../domain/services.ts";

type McpPath = (typeof MCP_RESOURCES)[number];

const METADATA_PATH = "/.well-known/oauth-protected-resource";

/**
 * A page in a browser on this machine could reach a local server through a host name that suddenly points here, so both
 * the host and the calling page must be ours. Programs send no Origin. Returns what is wrong, or null.
 */
export function findForeign(request: FastifyRequest, { apiUrl, appUrl }: HostUrls): string | null {
  const own = [new URL(apiUrl), new URL(appUrl)];
  const host = URL.parse(`http://${request.headers.host ?? ""}`)?.hostname;
  if (host === undefined || !(isLoopback(host) || own.some(({ hostname }) => hostname === host)))
    return `Forbidden: the request's Host does not belong to this server. Call ${apiUrl}/mcp.`;
  const { origin } = request.headers;
  if (origin === undefined) return null;
  const page = URL.parse(origin);
  const isOwn =
    page !== null &&
    /^https?:$/.test(page.protocol) &&
    (isLoopback(page.hostname) || own.some((url) => url.origin === page.origin));
  return isOwn
    ? null
    : "Forbidden: other websites cannot call this server. Call it from a program or from the dashboard.";
}

/** Allows the calling page, which is one of ours, to read the response. */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply): void {
  const { origin } = request.headers;
  if (origin !== undefined)
    reply
      .header("access-control-allow-origin", origin)
      .header("vary", "Origin")
      .header(
        "access-control-expose-headers",
        "Mcp-Session-Id, X-Request-Id, WWW-Authenticate, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset",
      );
}

/** What a browser checks before one of our own pages may call. */
export async function answerPreflight(reply: FastifyReply): Promise<FastifyReply> {
  reply.header("access-control-allow-methods", "GET, POST, DELETE").header("access-control-max-age", "86400");
  reply.header(
    "access-control-allow-headers",
    "Authorization, Content-Type, Accept, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, X-MCP-Toolsets, Last-Event-ID",
  );
  return await reply.code(204).send();
}

/** The holder of the Bearer key or access token; errors tell clients how to get one for this path. */
export async function authenticateMcp(
  services: Services,
  request: FastifyRequest,
  path: McpPath,
): Promise<Authenticated> {
  try {
    return await authenticate(services, { takesTokens: true }, request);
  } catch (error) {
    if (!(error instanceof PublicError) || error.code !== "UNAUTHORIZED") throw error;
    const failed = request.headers.authorization === undefined ? "" : ', error="invalid_token"';
    const challenge = `Bearer resource_metadata="${services.settings.apiUrl}${METADATA_PATH}${path}", scope="${SCOPE}"${failed}`;
    throw new PublicError(error.code, error.message, {
      issues: error.issues,
      headers: { "www-authenticate": challenge },
    });
  }
}

/**
 * Describes each endpoint as in RFC 9728: a client that follows it uses the metadata only if `resource` is the URL it
 * calls. Some clients look for it without the endpoint's path.
 */
export const protectedResource = {
  paths: [
    { at: METADATA_PATH, path: "/mcp" },
    ...MCP_RESOURCES.map((path) => ({ at: METADATA_PATH + path, path })),
  ] satisfies { at: string; path: McpPath }[],
  describe: ({ apiUrl, appUrl }: HostUrls, path: McpPath) => ({
    resource: apiUrl + path,
    resource_name: "Ampost",
    authorization_servers: [appUrl],
    scopes_supported: [SCOPE],
    bearer_methods_supported: ["header"],
    resource_documentation: `${appUrl}/docs/mcp`,
  }),
};

/** An error in the protocol's format. */
export function refuse(status: number, code: number, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ jsonrpc: "2.0", error: { code, message }, id: null }, { status, headers });
}

export function notAllowed(allow: string): Response {
  return refuse(405, -32000, "Method not allowed.", { allow });
}
