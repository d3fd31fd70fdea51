import { createHash } from "node:crypto";

import { z } from "zod";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { catalog } from "../../platforms/catalog.ts";
import { type GrantedAccount, readChoices } from "../../platforms/choices.ts";
import { type HttpClient, TransportError } from "../../platforms/kit/http.ts";
import type { Grant, OAuth } from "../../platforms/platform.ts";
import {
  findAttemptByState,
  findChoosing,
  insertAttempt,
  keepGranted,
  type OAuthAttemptRow,
  useAttempt,
} from "../db/queries/oauth-attempts.ts";
import { appOf, appPlatformOf, findApp, type KnownApp, registerSandboxApp } from "./app.ts";
import { authorizeUrl, forBrowser, newAsked, sandboxPerson } from "./authorize-url.ts";
import { type Place, type Source, sourceOf } from "./connect.ts";
import { ConnectingFailed, readRefusal, toConnectingFailed } from "./failures.ts";
import type { OAuthServices } from "./services.ts";

/** How long a person may take at the platform, and then to choose. */
const ATTEMPT_SECONDS = 600;

/** What somebody asks for who wants to connect an account. */
export interface Start extends Place {
  /** '' or the name of one of the platform's other logins. */
  login: string;
  /** A path of the app's own to which the browser goes in the end. */
  returnTo: string;
  /** What only the browser that begins it can show again: see `bindingOf`. */
  binding: Buffer;
  connectLinkId?: string | null;
  /** Who answers at the sandbox, by an id; without it the user. */
  sandboxPersonId?: string;
}

/** The accounts that somebody has given access to, at least one. */
export interface Granted {
  attempt: OAuthAttemptRow;
  accounts: readonly GrantedAccount[];
  source: Source;
}

/**
 * What ties an attempt to a browser: the digest of its session's id, or of the random cookie of one without a session.
 */
export function bindingOf(kind: "session" | "browser", secret: string): Buffer {
  return digest(`${kind}:${secret}`);
}

/**
 * Begins a sign-in at a platform; answers the address that the browser has to open. Throws NOT_FOUND where the set is
 * not theirs, VALIDATION_FAILED where the platform has no such login or no app, and UNAVAILABLE while the sandbox is
 * away.
 */
export async function startAttempt(services: OAuthServices, start: Start): Promise<string> {
  const { platform, login, mode, userId, platformSetId } = start;
  const { label } = catalog[platform].capabilities;
  const oauth = services.oauthOf(platform, login);
  if (!oauth)
    throw cannot("connections.login", `${label} has no such login.`, "Omit login to use the default.", "/login");
  const app = await appFor(services, start);
  if (!app) {
    const names = `${oauth.environmentPrefix}_CLIENT_ID and ${oauth.environmentPrefix}_CLIENT_SECRET`;
    throw cannot(
      "connections.notConfigured",
      `This instance has no ${label} app configured.`,
      `Ask the operator to set ${names}, add your own app to the platform set, or use test mode.`,
      "",
    );
  }
  const asked = newAsked(oauth);
  const id = newId();
  const verifier =
    asked.codeVerifier === null ? null : services.vault.seal(asked.codeVerifier, placeOf(id, "code_verifier_sealed"));
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
    ATTEMPT_SECONDS,
  ] as const;
  if (!(await insertAttempt.one(services.pool, values))) throw new PublicError("NOT_FOUND", "Platform set not found.");
  return forBrowser(
    services,
    mode,
    authorizeUrl(oauth, app, asked, mode === "test" ? sandboxPerson(start.sandboxPersonId ?? userId) : null),
  );
}

/**
 * Takes a browser that a platform has sent back, once for each attempt, and asks the platform what was granted.
 * `bindings` are what the browser shows. Throws ConnectingFailed. Answers the attempt alone where it was finished
 * before.
 */
export async function takeCallback(
  services: OAuthServices,
  {
    platform,
    query,
    bindings,
  }: { platform: OAuthAttemptRow["platform"]; query: URLSearchParams; bindings: readonly Buffer[] },
): Promise<Granted | { attempt: OAuthAttemptRow; accounts: null }> {
  const state = query.get("state");
  if (state === null || state === "") throw new ConnectingFailed("unknown_state", { platform });
  const attempt = await useAttempt.one(services.pool, [digest(state), bindings]);
  if (!attempt) return { attempt: await findFinished(services, digest(state), { platform, bindings }), accounts: null };
  const oauth = services.oauthOf(attempt.platform, attempt.login);
  if (!oauth) throw new Error(`The login of ${attempt.platform} that was begun is gone`);
  const code = readCode(services, attempt, oauth, { platform, query });
  const accounts = await askPlatform(services, attempt, oauth, code).catch((error: unknown) => {
    const failed = toConnectingFailed(error, attempt);
    if (failed !== error)
      services.log.warn(
        { err: error, platform: attempt.platform, mode: attempt.mode },
        "A platform did not let an account be connected",
      );
    throw failed;
  });
  return { attempt, ...accounts };
}

/** Keeps what was granted until the person has chosen. */
export async function keepForChoice(services: OAuthServices, { attempt, accounts, source }: Granted): Promise<void> {
  const sealed = services.vault.seal(JSON.stringify({ accounts, source }), placeOf(attempt.id, "granted_sealed"));
  await keepGranted.run(services.pool, [attempt.id, sealed, ATTEMPT_SECONDS]);
}

/**
 * What there is to choose from, for the browser that began it. Throws NOT_FOUND where there is nothing, or not any
 * more.
 */
export async function openChoice(services: OAuthServices, id: string, bindings: readonly Buffer[]): Promise<Granted> {
  const attempt = await findChoosing.one(services.pool, [id, bindings]);
  if (!attempt || attempt.granted_sealed === null) {
    throw new PublicError(
      "NOT_FOUND",
      attempt ? "An account has already been chosen." : "This choice has expired. Connect the account again.",
    );
  }
  const { accounts, source } = kept.parse(
    JSON.parse(services.vault.open(attempt.granted_sealed, placeOf(id, "granted_sealed"))),
  );
  return {
    attempt,
    accounts: accounts.map((account) => ({ ...account, grant: aged(account.grant, attempt.used_seconds_ago ?? 0) })),
    source,
  };
}

const grant = z.object({
  accessToken: z.string(),
  refreshToken: z.string().nullable(),
  expiresInSeconds: z.number().nullable(),
  refreshExpiresInSeconds: z.number().nullable(),
  scopes: z.array(z.string()).nullable(),
});

const profile = z.object({
  platformAccountId: z.string(),
  username: z.string().nullable(),
  displayName: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  metadata: z.record(z.string(), z.unknown()),
});

const kept = z.object({
  accounts: z.array(z.object({ profile, grant })),
  source: z.object({ login: z.string(), oauthAppId: z.string().nullable(), grantorId: z.string().nullable() }),
});

/** Lifetimes are told from the moment of the exchange, and a person takes a while to choose. */
function aged(granted: Grant, seconds: number): Grant {
  const left = (lifetime: number | null) => (lifetime === null ? null : lifetime - seconds);
  return {
    ...granted,
    expiresInSeconds: left(granted.expiresInSeconds),
    refreshExpiresInSeconds: left(granted.refreshExpiresInSeconds),
  };
}

/** The set's own app, else the instance's; in test mode one is made where there is none for this address. */
async function appFor(services: OAuthServices, start: Start): Promise<KnownApp | null> {
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
 * Why an attempt was not to be had; answers it where it was finished before, in the same browser, and something came of
 * it.
 */
async function findFinished(
  services: OAuthServices,
  state: Buffer,
  { platform, bindings }: { platform: OAuthAttemptRow["platform"]; bindings: readonly Buffer[] },
): Promise<OAuthAttemptRow> {
  const attempt = await findAttemptByState.one(services.pool, [state]);
  if (!attempt) throw new ConnectingFailed("unknown_state", { platform });
  if (!bindings.some((binding) => binding.equals(attempt.binding))) throw new ConnectingFailed("foreign", { platform });
  if (attempt.used_at === null) throw new ConnectingFailed("expired", { platform: attempt.platform, attempt });
  if (attempt.account_id === null && (attempt.granted_sealed === null || attempt.is_over))
    throw new ConnectingFailed("used", { platform: attempt.platform, attempt });
  return attempt;
}

/** The code in the address, after all else in it has been judged. */
function readCode(
  services: OAuthServices,
  attempt: OAuthAttemptRow,
  oauth: OAuth,
  { platform, query }: { platform: OAuthAttemptRow["platform"]; query: URLSearchParams },
): string {
  const fail = (kind: ConnectingFailed["failure"]["kind"]) =>
    new ConnectingFailed(kind, { platform: attempt.platform, attempt });
  if (platform !== attempt.platform && platform !== appPlatformOf(services, attempt)) throw fail("wrong_platform");
  // RFC 9207: who answers, where it is said at all. The platforms' names of themselves begin with the origin of their
  // consent page.
  const issuer = query.get("iss");
  if (issuer !== null && URL.parse(issuer)?.origin !== new URL(oauth.authorizeUrl).origin) throw fail("wrong_issuer");
  const refusal = readRefusal(query);
  if (refusal !== null) throw fail(refusal);
  const [code, ...others] = query.getAll("code");
  if (code === undefined || code === "" || others.length > 0) throw fail("no_code");
  return code;
}

/** Outside of any transaction: platforms take their time. */
async function askPlatform(
  services: OAuthServices,
  attempt: OAuthAttemptRow,
  oauth: OAuth,
  code: string,
): Promise<Omit<Granted, "attempt">> {
  const app = await appOf(services, attempt);
  if (!app) throw new ConnectingFailed("app_refused", { platform: attempt.platform, attempt });
  const codeVerifier =
    attempt.code_verifier_sealed === null
      ? null
      : services.vault.open(attempt.code_verifier_sealed, placeOf(attempt.id, "code_verifier_sealed"));
  const http: HttpClient = services.httpFor(attempt.mode);
  const grant = await oauth.exchange(http, { ...app, redirectUri: attempt.redirect_uri }, { code, codeVerifier });
  requirePermissions(attempt, grant);
  const accounts = await readChoices(oauth, http, grant, services.platformEnvironment);
  return { accounts, source: await sourceOf(services, oauth, attempt, app, grant) };
}

/** A connection that cannot publish is none. What is granted beside what publishing needs may be left out. */
function requirePermissions(attempt: OAuthAttemptRow, { scopes }: Grant): void {
  if (scopes === null) return;
  const { label, publishScopes, otherPublishScopes = [] } = catalog[attempt.platform].capabilities;
  const missingOf = (needed: readonly string[]) => needed.filter((scope) => !scopes.includes(scope));
  if ([publishScopes, ...otherPublishScopes].some((needed) => missingOf(needed).length === 0)) return;
  const message = `${label} did not grant a permission that publishing needs: ${missingOf(publishScopes).join(", ")}.`;
  throw new ConnectingFailed("permission_missing", { platform: attempt.platform, attempt, message });
}

function cannot(rule: string, message: string, fix: string, path: string): PublicError {
  return PublicError.of({ rule, path, message, fix });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function placeOf(id: string, column: string) {
  return { table: "oauth_attempts", row: id, column };
}
