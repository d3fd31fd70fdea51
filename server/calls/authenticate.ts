import type { FastifyRequest } from "fastify";

import type { Operation } from "../../contract/operation.ts";
import { LEAST_ROLES } from "../../contract/roles.ts";
import { PublicError } from "../../model/errors.ts";
import { MODES, type Mode } from "../../model/platform-names.ts";
import { mayAs } from "../../model/roles.ts";
import { findRole } from "../db/queries/members.ts";
import type { KeyHolder } from "../domain/api-keys/key-holders.ts";
import { policiesAs } from "../domain/api-keys/policies.ts";
import type { Call } from "../domain/call.ts";
import { findOperator } from "../domain/operator-keys/operator-keys.ts";
import type { Services } from "../domain/services.ts";
import { hostResolver } from "./hosts.ts";
import { refuseRequest } from "./refusals.ts";

/** Whom a request acts for, who sent it, and the key's restrictions. */
export type Authenticated = Pick<Call, "userId" | "mode" | "actor" | "policies">;

/**
 * Authenticates a request by what the operation accepts: a Bearer key, a dashboard session, or either; MCP access
 * tokens if allowed; or an operator key, whose ID then stands for the user's. On the app's host, the dashboard can do
 * with its session what keys can. Throws UNAUTHORIZED; for a session in a workspace also POLICY_VIOLATION.
 */
export async function authenticate(
  services: Pick<Services, "keyHolders" | "pool" | "sessions" | "settings">,
  operation: SessionOperation & { auth?: Operation["auth"]; takesTokens?: boolean },
  request: FastifyRequest,
): Promise<Authenticated> {
  const auth = operation.auth ?? "key";
  if (auth === "operator") return await authenticateOperator(services, request);
  const hasKey = request.headers.authorization !== undefined;
  if (
    auth === "session" ||
    (auth === "either" && !hasKey) ||
    (auth === "key" && !hasKey && isOfDashboard(services, request))
  )
    return await authenticateSession(services, operation, request);
  const { keyId, ...caller } = await authenticateKey(services, request, operation.takesTokens === true);
  return { ...caller, actor: { kind: "key", id: keyId } };
}

function isOfDashboard({ settings }: Pick<Services, "settings">, request: FastifyRequest): boolean {
  return request.headers.cookie !== undefined && hostResolver(settings)(request) !== "api";
}

/** What a session calls. Without a name, it is possible only in one's own workspace. */
interface SessionOperation {
  name?: string;
}

/**
 * The workspace from `?workspace=`, by default the one of the session cookie's user, in the mode from `?mode=`, live by
 * default. Rejects requests that another site made the browser send.
 */
async function authenticateSession(
  { pool, sessions, settings }: Pick<Services, "pool" | "sessions" | "settings">,
  operation: SessionOperation,
  request: FastifyRequest,
): Promise<Authenticated> {
  if (request.headers.authorization !== undefined)
    throw sessionOnly("This endpoint requires a dashboard session, not an API key");
  refuseForeign(request, settings.appUrl);
  const session = await sessions.find(request.headers);
  if (session === null) throw sessionOnly("This endpoint requires a dashboard session");
  const mode = readMode(request);
  const entered = await enterWorkspace({ pool }, operation, session, readQuery(request).getAll("workspace"));
  request.admission?.belongsTo({ userId: entered.userId, mode });
  return { ...entered, mode };
}

/**
 * The caller that a session is in a workspace, for an operation that its role there allows. Throws VALIDATION_FAILED if
 * the person is not in it, whether or not it exists, and POLICY_VIOLATION.
 */
export async function enterWorkspace(
  { pool }: Pick<Services, "pool">,
  { name = "" }: SessionOperation,
  session: { id: string; userId: string },
  given: readonly string[],
): Promise<Omit<Authenticated, "mode">> {
  const actor = { kind: "session", id: session.id } as const;
  const own = { userId: session.userId, actor, policies: null };
  const [workspace = session.userId, ...others] = given;
  const least = LEAST_ROLES[name] ?? "owner";
  if (least === "self" || (workspace === session.userId && others.length === 0)) return own;
  const isId = /^[\w-]{1,100}$/.test(workspace) && others.length === 0;
  const member = isId ? await findRole.one(pool, [workspace, session.userId]) : undefined;
  if (member === undefined)
    throw refuseRequest(
      "request.workspace",
      "The query parameter workspace must be the ID of a workspace that you are in",
      "Use an ID from GET /api/workspaces, or omit it for your own.",
    );
  if (!mayAs(member.role, least))
    throw PublicError.of({
      rule: "request.role",
      code: "POLICY_VIOLATION",
      message: `This requires the role ${least} in this workspace. Yours is ${member.role}`,
      fix: "Ask the owner of the workspace.",
    });
  return {
    userId: workspace,
    actor: { ...actor, member: { id: member.id, userId: session.userId } },
    policies: policiesAs(member.role),
  };
}

/**
 * Browsers send the cookie with requests from any site. Reads are harmless, because other sites cannot read the
 * response; for anything else, the browser must say that the request comes from the app. Requests that say nothing are
 * rejected: all recent browsers send Sec-Fetch-Site, Origin or both.
 */
export function refuseForeign(request: FastifyRequest, appUrl: string): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const { origin, host, "sec-fetch-site": site } = request.headers;
  const saysOwn = site === "same-origin";
  if (site !== undefined && !saysOwn) throw foreign();
  // Locally, the app has several host names; there, the browser's own header is enough.
  const isOwn =
    origin === undefined ? saysOwn : origin === new URL(appUrl).origin || (saysOwn && URL.parse(origin)?.host === host);
  if (!isOwn) throw foreign();
}

function readMode(request: FastifyRequest): Mode {
  const given = readQuery(request).getAll("mode");
  const mode = MODES.find((known) => known === (given[0] ?? "live"));
  if (mode === undefined || given.length > 1)
    throw refuseRequest(
      "request.mode",
      'The query parameter mode must be "live" or "test"',
      "Send ?mode=test, or omit it for live.",
    );
  return mode;
}

function readQuery(request: FastifyRequest): URLSearchParams {
  return new URL(request.url, "http://localhost").searchParams;
}

async function authenticateKey(
  { keyHolders }: Pick<Services, "keyHolders">,
  request: FastifyRequest,
  takesTokens: boolean,
): Promise<KeyHolder> {
  const key = bearerOf(request, "The API key", "amp_live_…");
  const caller = (await keyHolders.find(key)) ?? (takesTokens ? await keyHolders.findByToken(key) : null);
  request.admission?.belongsTo(caller);
  if (caller === null)
    throw unauthorized(
      key.startsWith("amp_op_")
        ? "An operator key works only under /admin/v1"
        : "The API key is invalid, expired or revoked",
    );
  return caller;
}

async function authenticateOperator(services: Pick<Services, "pool">, request: FastifyRequest): Promise<Authenticated> {
  const id = await findOperator(services, bearerOf(request, "The operator key", "amp_op_…"));
  const caller = id === null ? null : { userId: id, mode: "live" as const };
  request.admission?.belongsTo(caller);
  if (caller === null)
    throw unauthorized(
      "The operator key is invalid, expired or revoked",
      "Create one with `ampost operator-keys create`.",
    );
  return { ...caller, actor: { kind: "instance", id }, policies: null };
}

/** The credential in the Authorization header. */
function bearerOf({ headers: { authorization } }: FastifyRequest, name: string, form: string): string {
  if (authorization === undefined)
    throw unauthorized(`${name} is missing. Send it in the header Authorization: Bearer ${form}`);
  const key = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (key === undefined) throw unauthorized(`The Authorization header must have the form: Bearer ${form}`);
  return key;
}

function sessionOnly(message: string): PublicError {
  return PublicError.of({
    rule: "request.session",
    code: "UNAUTHORIZED",
    message,
    fix: "Sign in to the dashboard and use its session.",
  });
}

function foreign(): PublicError {
  return sessionOnly("The request did not come from the dashboard");
}

function unauthorized(
  message: string,
  fix = "Create a key with `ampost keys create`, or in the dashboard under Developers, API keys.",
): PublicError {
  return PublicError.of(
    { rule: "request.apiKey", code: "UNAUTHORIZED", message, fix },
    { headers: { "www-authenticate": 'Bearer realm="Ampost"' } },
  );
}
