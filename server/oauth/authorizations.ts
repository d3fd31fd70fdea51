import { createHash } from "node:crypto";

import { z } from "zod";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { catalog } from "../../platforms/catalog.ts";
import { type GrantedAccount, readChoices } from "../../platforms/choices.ts";
import { TransportError } from "../../platforms/kit/http.ts";
import { requiredScopes } from "../../platforms/kit/scopes.ts";
import { BrokerError, type Grant, type OAuth, type OAuthApp } from "../../platforms/platform.ts";
import {
  findAuthorizationByState,
  findPendingChoice,
  insertAuthorization,
  saveGrantedAccounts,
  type AuthorizationRow,
  consumeAuthorization,
} from "../db/queries/oauth-attempts.ts";
import { appOf, appPlatformOf, findApp, type KnownApp, registerSandboxApp } from "./app.ts";
import { authorizeUrl, toBrowserUrl, newAuthorizeParameters, sandboxPerson } from "./authorize-url.ts";
import { ConnectError, readReason, readRefusal, toConnectError } from "./connect-error.ts";
import { type ConnectTarget, type GrantSource, sourceOf } from "./connect.ts";
import { type OAuthServices, platformClient } from "./services.ts";

/** How long a person can take on the platform, and then to choose. */
const AUTHORIZATION_SECONDS = 600;

/** A request to connect an account. */
export interface ConnectRequest extends ConnectTarget {
  /** '' or the name of one of the platform's other logins. */
  login: string;
  /** The path of the app where the browser ends up. */
  returnTo: string;
  /** What only the starting browser can present again: see `bindingOf`. */
  binding: Buffer;
  connectLinkId?: string | null;
  /** The person to use at the sandbox, by ID; the user by default. */
  sandboxPersonId?: string;
}

/** The accounts that were granted access to, at least one. */
export interface AuthorizationGrant {
  authorization: AuthorizationRow;
  accounts: readonly GrantedAccount[];
  source: GrantSource;
}

/**
 * What ties an authorization to a browser: the digest of its session's ID, or of the random cookie of a browser without
 * a session.
 */
export function bindingOf(kind: "session" | "browser", secret: string): Buffer {
  return digest(`${kind}:${secret}`);
}

/**
 * Starts a platform sign-in; returns the URL that the browser must open. Throws NOT_FOUND if the set is not theirs,
 * VALIDATION_FAILED if the platform has no such login or no app, and UNAVAILABLE while the sandbox is down.
 */
export async function startAuthorization(services: OAuthServices, start: ConnectRequest): Promise<string> {
  const { platform, login, mode, userId, platformSetId } = start;
  const { label } = catalog[platform].capabilities;
  const oauth = services.oauthOf(platform, login);
  if (!oauth)
    throw invalid("connections.login", `${label} has no such login.`, "Omit login to use the default.", "/login");
  const app = await appFor(services, start);
  if (!app) {
    const names = `${oauth.environmentPrefix}_CLIENT_ID and ${oauth.environmentPrefix}_CLIENT_SECRET`;
    throw invalid(
      "connections.notConfigured",
      `This instance has no ${label} app configured.`,
      `Ask the operator to set ${names}, add your own app to the platform set, or use test mode.`,
      "",
    );
  }
  const asked = newAuthorizeParameters(oauth);
  const id = newId();
  const verifier =
    asked.codeVerifier === null
      ? null
      : services.vault.seal(asked.codeVerifier, sealContext(id, "code_verifier_sealed"));
  const person = mode === "test" ? sandboxPerson(start.sandboxPersonId ?? userId) : null;
  const values = [
    id,
    digest(asked.state),
    userId,
    mode,
    platformSetId,
    platform,
    login,
    app.id,
    app.redirectUri,
    start.binding,
    verifier,
    start.returnTo,
    start.connectLinkId ?? null,
    AUTHORIZATION_SECONDS,
    person,
  ] as const;
  if (!(await insertAuthorization.one(services.pool, values)))
    throw new PublicError("NOT_FOUND", "Platform set not found.");
  const { platformEnvironment: environment } = services;
  return toBrowserUrl(services, mode, authorizeUrl(oauth, app, asked, { person, environment }));
}

/**
 * The consent page, at the platform's URL, of an authorization in progress in test mode; null if none has this state.
 * It is built from what was stored, so that a browser cannot answer for another person.
 */
export async function findSandboxConsent(services: OAuthServices, state: string): Promise<URL | null> {
  const authorization = await findAuthorizationByState.one(services.pool, [digest(state)]);
  if (authorization?.mode !== "test" || authorization.used_at !== null || authorization.is_over) return null;
  const { platform, login, redirect_uri: redirectUri, sandbox_person: person } = authorization;
  const oauth = services.oauthOf(platform, login);
  const app = await appOf(services, authorization);
  if (!oauth || !app) return null;
  const asked = { state, codeVerifier: openVerifier(services, authorization) };
  const { platformEnvironment: environment } = services;
  return authorizeUrl(oauth, { ...app, redirectUri }, asked, { person, environment });
}

/**
 * Completes an authorization when a platform sends the browser back, once, and asks the platform what was granted.
 * `bindings` are what the browser presents. Throws ConnectError. Returns only the authorization if it was completed
 * before.
 */
export async function handleCallback(
  services: OAuthServices,
  {
    platform,
    query,
    bindings,
  }: { platform: AuthorizationRow["platform"]; query: URLSearchParams; bindings: readonly Buffer[] },
): Promise<AuthorizationGrant | { authorization: AuthorizationRow; accounts: null }> {
  const state = query.get("state");
  if (state === null || state === "") throw new ConnectError("unknown_state", { platform });
  const authorization = await consumeAuthorization.one(services.pool, [digest(state), bindings]);
  if (!authorization)
    return { authorization: await findFinished(services, digest(state), { platform, bindings }), accounts: null };
  const oauth = services.oauthOf(authorization.platform, authorization.login);
  if (!oauth) throw new Error(`The login of ${authorization.platform} that was begun is gone`);
  const code = readCode(services, authorization, oauth, { platform, query });
  const accounts = await exchangeCode(services, authorization, oauth, code).catch((error: unknown) => {
    const failed = toConnectError(error, authorization);
    if (failed !== error)
      services.log.warn(
        { err: error, platform: authorization.platform, mode: authorization.mode },
        "A platform did not allow connecting an account",
      );
    throw failed;
  });
  return { authorization, ...accounts };
}

/** Keeps the grant until the person has chosen. */
export async function storePendingChoice(
  services: OAuthServices,
  { authorization, accounts, source }: AuthorizationGrant,
): Promise<void> {
  const sealed = services.vault.seal(
    JSON.stringify({ accounts, source }),
    sealContext(authorization.id, "granted_sealed"),
  );
  await saveGrantedAccounts.run(services.pool, [authorization.id, sealed, AUTHORIZATION_SECONDS]);
}

/** The available choices, for the browser that started it. Throws NOT_FOUND if there are none, or not anymore. */
export async function openPendingChoice(
  services: OAuthServices,
  id: string,
  bindings: readonly Buffer[],
): Promise<AuthorizationGrant> {
  const authorization = await findPendingChoice.one(services.pool, [id, bindings]);
  if (!authorization || authorization.granted_sealed === null) {
    throw new PublicError(
      "NOT_FOUND",
      authorization ? "An account has already been chosen." : "This choice has expired. Connect the account again.",
    );
  }
  const { accounts, source } = pendingChoice.parse(
    JSON.parse(services.vault.open(authorization.granted_sealed, sealContext(id, "granted_sealed"))),
  );
  return {
    authorization,
    accounts: accounts.map((account) => ({
      ...account,
      grant: withElapsed(account.grant, authorization.used_seconds_ago ?? 0),
    })),
    source,
  };
}

const grant = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  expiresInSeconds: z.number().nullable(),
  refreshExpiresInSeconds: z.number().nullable(),
  scopes: z.array(z.string()).nullable(),
  userToken: z.object({ accessToken: z.string(), expiresInSeconds: z.number().nullable() }).nullable().optional(),
});

const profile = z.object({
  platformAccountId: z.string(),
  username: z.string().nullable(),
  displayName: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
  personId: z.string().nullable().optional(),
});

const pendingChoice = z.object({
  accounts: z.array(z.object({ profile, grant })),
  source: z.object({
    login: z.string(),
    oauthAppId: z.string().nullable(),
    grantorId: z.string().nullable(),
    dataAccessEndsAt: z.coerce.date().nullable().default(null),
  }),
});

/** Lifetimes count from the exchange, and a person takes a while to choose. */
function withElapsed(granted: Grant, seconds: number): Grant {
  const left = (lifetime: number | null) => (lifetime === null ? null : lifetime - seconds);
  return {
    ...granted,
    expiresInSeconds: left(granted.expiresInSeconds),
    refreshExpiresInSeconds: left(granted.refreshExpiresInSeconds),
    ...(granted.userToken && {
      userToken: { ...granted.userToken, expiresInSeconds: left(granted.userToken.expiresInSeconds) },
    }),
  };
}

/** The set's own app, otherwise the instance's; in test mode, one is created if there is none for this URL. */
async function appFor(services: OAuthServices, start: ConnectRequest): Promise<KnownApp | null> {
  const app = await findApp(services, start);
  if (start.mode === "live" || app?.redirectUri.startsWith(`${services.appUrl}/`)) return app;
  return await registerSandboxApp(services, start.platform).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
    throw new PublicError(
      "UNAVAILABLE",
      "The sandbox cannot be reached. Start it with `ampost sandbox`, or check AMPOST_SANDBOX_URL.",
      { headers: { "retry-after": "5" } },
    );
  });
}

/**
 * Why an authorization was not available; returns it if it was completed before, in the same browser, with a result.
 */
async function findFinished(
  services: OAuthServices,
  state: Buffer,
  { platform, bindings }: { platform: AuthorizationRow["platform"]; bindings: readonly Buffer[] },
): Promise<AuthorizationRow> {
  const authorization = await findAuthorizationByState.one(services.pool, [state]);
  if (!authorization) throw new ConnectError("unknown_state", { platform });
  if (!bindings.some((binding) => binding.equals(authorization.binding)))
    throw new ConnectError("foreign", { platform });
  if (authorization.used_at === null)
    throw new ConnectError("expired", { platform: authorization.platform, authorization });
  if (authorization.account_id === null && (authorization.granted_sealed === null || authorization.is_over))
    throw new ConnectError("used", { platform: authorization.platform, authorization });
  return authorization;
}

/** The code in the URL, after everything else in it has been validated. */
function readCode(
  services: OAuthServices,
  authorization: AuthorizationRow,
  oauth: OAuth,
  { platform, query }: { platform: AuthorizationRow["platform"]; query: URLSearchParams },
): string {
  const fail = (kind: ConnectError["failure"]["kind"]) =>
    new ConnectError(kind, { platform: authorization.platform, authorization });
  if (platform !== authorization.platform && platform !== appPlatformOf(services, authorization))
    throw fail("wrong_platform");
  // RFC 9207: the issuer, if there is one. The platforms' issuers begin with the origin of their consent page.
  const issuer = query.get("iss");
  if (issuer !== null && URL.parse(issuer)?.origin !== new URL(oauth.authorizeUrl).origin) throw fail("wrong_issuer");
  const refusal = readRefusal(query);
  if (refusal !== null) {
    const reason = readReason(query, authorization);
    const { mode, login } = authorization;
    services.log.warn(
      { platform: authorization.platform, mode, login, kind: refusal, reason: reason?.said },
      "A platform ended a sign-in without access",
    );
    throw new ConnectError(refusal, { platform: authorization.platform, authorization, reason });
  }
  const [code, ...others] = query.getAll("code");
  if (code === undefined || code === "" || others.length > 0) throw fail("no_code");
  return code;
}

/** Outside of any transaction: platforms take their time. */
async function exchangeCode(
  services: OAuthServices,
  authorization: AuthorizationRow,
  oauth: OAuth,
  code: string,
): Promise<Omit<AuthorizationGrant, "authorization">> {
  const app = await appOf(services, authorization);
  if (!app) throw new ConnectError("app_refused", { platform: authorization.platform, authorization });
  const codeVerifier = openVerifier(services, authorization);
  const http = platformClient(services, oauth, app, authorization.mode);
  const grant = await oauth.exchange(http, { ...app, redirectUri: authorization.redirect_uri }, { code, codeVerifier });
  requirePermissions(authorization, oauth, app, grant);
  const accounts = await readChoices(oauth, http, grant, services.platformEnvironment).catch((error: unknown) => {
    throw withUnlisted(error, oauth, grant);
  });
  return { accounts, source: await sourceOf(services, oauth, authorization, app, grant) };
}

/** A connection that cannot publish is useless. Permissions beyond those needed for publishing are optional. */
function requirePermissions(authorization: AuthorizationRow, oauth: OAuth, app: OAuthApp, { scopes }: Grant): void {
  const missing = requiredScopes(oauth.scopes).filter((scope) => scopes?.includes(scope) === false);
  if (missing.length === 0) return;
  const { label } = catalog[authorization.platform].capabilities;
  const message = `${label} did not grant a permission that publishing needs: ${missing.join(", ")}.`;
  const reason = {
    said: `granted: ${scopes?.join(", ") || "nothing"}`,
    cure: app.configId
      ? `If ${label} did not ask for it, add it to the configuration ${app.configId} on ${label}'s developer portal.`
      : null,
  };
  throw new ConnectError("permission_missing", { platform: authorization.platform, authorization, message, reason });
}

/** There may be nothing to connect because a permission is missing that lists more accounts. */
function withUnlisted(error: unknown, oauth: OAuth, { scopes }: Grant): unknown {
  if (!(error instanceof BrokerError) || error.code !== "AUTH_REVOKED" || scopes === null) return error;
  const unlisted = oauth.scopes.filter(
    ({ name, without, onRequest, usedBy }) =>
      without !== undefined &&
      onRequest !== true &&
      usedBy.operations?.includes("connections_choices") === true &&
      !scopes.includes(name),
  );
  const sentences = unlisted.map(({ name, without }) => `${name} was not granted: ${without}`);
  return sentences.length === 0 ? error : error.with({ message: [error.message, ...sentences].join(" ") });
}

function invalid(rule: string, message: string, fix: string, path: string): PublicError {
  return PublicError.of({ rule, path, message, fix });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function openVerifier(
  { vault }: Pick<OAuthServices, "vault">,
  { id, code_verifier_sealed: sealed }: AuthorizationRow,
): string | null {
  return sealed === null ? null : vault.open(sealed, sealContext(id, "code_verifier_sealed"));
}

function sealContext(id: string, column: string) {
  return { table: "oauth_attempts", row: id, column };
}
