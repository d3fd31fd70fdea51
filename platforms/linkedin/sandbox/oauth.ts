import {
  backToApp,
  consentErrorPage,
  consentPage,
  readDecision,
  unapprovedScope,
  scopeGroup,
} from "../../../sandbox/authorize.ts";
import { randomSecret, type Person, type Token } from "../../../sandbox/identity.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { tokenError } from "./errors.ts";
import { personOf, SCOPES } from "./people.ts";

/**
 * LinkedIn's login: consent page, code, token of 60 days, refresh for approved apps, inspection, revocation.
 * Source: LinkedIn docs, authorization-code-flow, programmatic-refresh-tokens and token-introspection.
 */
const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;
const ACCESS_SECONDS = 60 * DAY_SECONDS;
const REFRESH_SECONDS = 365 * DAY_SECONDS;
const INVALID_GRANT = "The provided authorization grant or refresh token is invalid, expired or revoked.";

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "www.linkedin.com", path: "/oauth/v2/authorization", operation: "authorize", run: askConsent },
  {
    method: "POST",
    host: "www.linkedin.com",
    path: "/oauth/v2/authorization",
    operation: "authorize",
    run: takeConsent,
  },
  {
    method: "POST",
    host: "www.linkedin.com",
    path: "/oauth/v2/accessToken",
    operation: (call) => (formOf(call).get("grant_type") === "refresh_token" ? "refresh" : "token"),
    run: giveToken,
  },
  { method: "POST", host: "www.linkedin.com", path: "/oauth/v2/introspectToken", operation: "read", run: introspect },
  { method: "POST", host: "www.linkedin.com", path: "/oauth/v2/revoke", operation: "revoke", run: revoke },
];

type ConsentRequest = {
  redirectUri: string;
  state: string | undefined;
  scopes: string[];
  unknownScope: string | undefined;
  person: Person;
  clientId: string;
};

/** Everything is granted or nothing. */
function askConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return wrongRequest(asked);
  if (asked.unknownScope !== undefined) return refuseScope(asked, asked.unknownScope);
  const groups = [scopeGroup("The app would like to", asked.scopes, SCOPES, true)];
  return consentPage({ platform: "LinkedIn", person: asked.person, groups });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return wrongRequest(asked);
  if (asked.unknownScope !== undefined) return refuseScope(asked, asked.unknownScope);
  const { isApproved } = readDecision(call);
  if (!isApproved) return refuseConsent(call);
  const { world, now } = call;
  const { clientId, person, scopes, redirectUri } = asked;
  // A different set of scopes than before invalidates the member's older tokens for this app.
  world.store.run(
    "UPDATE grants SET revoked = 1 WHERE platform = 'linkedin' AND client_id = ? AND person_id = ? AND scopes <> ?",
    clientId,
    person.id,
    JSON.stringify(scopes),
  );
  const grantId = world.identity.addGrant({ platform: "linkedin", clientId, personId: person.id, scopes, at: now });
  const code = randomSecret("AQT", 90);
  world.identity.addCode({ platform: "linkedin", code, grantId, redirectUri, issuedAt: now, facts: {} });
  return back(asked, { code });
}

/** As when the member presses the deny button. */
export function refuseConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return wrongRequest(asked);
  return back(asked, { error: "user_cancelled_authorize", error_description: "The user cancelled the authorization" });
}

function refuseScope(asked: ConsentRequest, scope: string): PlatformAnswer {
  return back(asked, {
    error: "unauthorized_scope_error",
    error_description: `Scope "${scope}" is not authorized for your application`,
  });
}

function wrongRequest(message: string): PlatformAnswer {
  return { ...consentErrorPage("LinkedIn", message), status: 401 };
}

/** The parsed request, or the error that LinkedIn shows. */
function readConsentRequest(call: Call): ConsentRequest | string {
  const { query, world } = call;
  const clientId = query.get("client_id") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app("linkedin", clientId);
  if (!app) return "Client_id doesn't match";
  if (!app.redirectUris.some((uri) => withoutQuery(uri) === withoutQuery(redirectUri)))
    return "Redirect_uri doesn't match";
  if (query.get("response_type") !== "code") return "Invalid response_type";
  const scopes = [...new Set((query.get("scope") ?? "").split(/[\s,]+/).filter(Boolean))].sort();
  if (scopes.length === 0) return "Invalid scope";
  const unknownScope = scopes.find((scope) => !Object.hasOwn(SCOPES, scope)) ?? unapprovedScope(call, app, scopes);
  return {
    clientId,
    redirectUri,
    scopes,
    unknownScope,
    person: personOf(world, query.get("login_hint") ?? undefined),
    state: query.get("state") ?? undefined,
  };
}

function withoutQuery(uri: string): string {
  return uri.replace(/[?#].*$/s, "");
}

function back(asked: ConsentRequest, values: Record<string, string>): PlatformAnswer {
  return backToApp(asked.redirectUri, { ...values, state: asked.state });
}

/** Only form fields count, not the query or a Basic header. */
function formOf(call: Call): Map<string, string> {
  const fields = call.body.kind === "fields" && call.body.files.length === 0 ? Object.entries(call.body.fields) : [];
  return new Map(
    fields.flatMap(([name, value]) => (typeof value === "string" && value !== "" ? [[name, value] as const] : [])),
  );
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  authorization_code: ["code", "redirect_uri", "client_id", "client_secret"],
  refresh_token: ["refresh_token", "client_id", "client_secret"],
};

function giveToken(call: Call): PlatformAnswer {
  const form = formOf(call);
  const grantType = form.get("grant_type") ?? "";
  if (grantType === "") return missing("grant_type");
  const needed = Object.hasOwn(NEEDED, grantType) ? NEEDED[grantType] : undefined;
  if (!needed) return tokenError(400, "unsupported_grant_type", `The grant type "${grantType}" is not supported`);
  const absent = needed.find((name) => !form.has(name));
  if (absent !== undefined) return missing(absent);
  const app = call.world.identity.app("linkedin", form.get("client_id") ?? "");
  if (!app || app.clientSecret !== form.get("client_secret"))
    return tokenError(401, "invalid_client", "Client authentication failed");
  return grantType === "refresh_token" ? refresh(call, form, app) : exchangeCode(call, form, app);
}

function missing(name: string): PlatformAnswer {
  return tokenError(400, "invalid_request", `A required parameter "${name}" is missing`);
}

function exchangeCode(
  call: Call,
  form: Map<string, string>,
  app: { clientId: string; programmaticRefresh: boolean },
): PlatformAnswer {
  const { world, now } = call;
  const code = world.identity.code("linkedin", form.get("code") ?? "");
  if (!code || code.used)
    return tokenError(401, "invalid_request", "Unable to retrieve access token: authorization code not found");
  if (
    code.clientId !== app.clientId ||
    code.redirectUri !== form.get("redirect_uri") ||
    now >= code.issuedAt + 30 * MINUTE_MS
  ) {
    return tokenError(
      400,
      "invalid_redirect_uri",
      "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. " +
        "Or authorization code expired. Or external member binding exists",
    );
  }
  world.identity.useCode("linkedin", code.code);
  const refreshToken = app.programmaticRefresh
    ? issue(call, { kind: "refresh", grantId: code.grantId, lifeSeconds: REFRESH_SECONDS })
    : undefined;
  return tokens(
    call,
    code,
    refreshToken === undefined ? undefined : { token: refreshToken, expiresAt: now + REFRESH_SECONDS * 1000 },
  );
}

/** A new access token; the refresh token stays the same and keeps its expiry. */
function refresh(
  call: Call,
  form: Map<string, string>,
  app: { clientId: string; programmaticRefresh: boolean },
): PlatformAnswer {
  const token = call.world.identity.token("linkedin", form.get("refresh_token") ?? "");
  const isGood =
    token?.kind === "refresh" &&
    token.clientId === app.clientId &&
    token.state === "valid" &&
    call.now < token.expiresAt;
  return isGood && app.programmaticRefresh
    ? tokens(call, token, token)
    : tokenError(400, "invalid_request", INVALID_GRANT);
}

function tokens(
  call: Call,
  of: { grantId: number; personId: string; clientId: string; scopes: string[] },
  refreshToken: { token: string; expiresAt: number } | undefined,
): PlatformAnswer {
  return jsonAnswer({
    access_token: issue(call, { kind: "access", grantId: of.grantId, lifeSeconds: ACCESS_SECONDS }),
    expires_in: ACCESS_SECONDS,
    scope: of.scopes.join(","),
    token_type: "Bearer",
    ...(of.scopes.includes("openid") && { id_token: idToken(call, of) }),
    ...(refreshToken && {
      refresh_token: refreshToken.token,
      refresh_token_expires_in: Math.floor((refreshToken.expiresAt - call.now) / 1000),
    }),
  });
}

function issue(
  call: Call,
  { kind, grantId, lifeSeconds }: { kind: "access" | "refresh"; grantId: number; lifeSeconds: number },
): string {
  const token = randomSecret(kind === "access" ? "AQX" : "AQW", 369);
  call.world.identity.addToken({
    platform: "linkedin",
    token,
    grantId,
    kind,
    issuedAt: call.now,
    expiresAt: call.now + lifeSeconds * 1000,
  });
  return token;
}

/** Looks like a signed token; nobody here has LinkedIn's key. */
function idToken(call: Call, of: { personId: string; clientId: string }): string {
  const seconds = Math.floor(call.now / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    iss: "https://www.linkedin.com/oauth",
    aud: of.clientId,
    iat: seconds,
    exp: seconds + 3600,
    sub: of.personId,
  };
  return `${part({ alg: "RS256", typ: "JWT", kid: "sandbox" })}.${part(claims)}.${randomSecret("", 256)}`;
}

function introspect(call: Call): PlatformAnswer {
  const form = formOf(call);
  const app = call.world.identity.app("linkedin", form.get("client_id") ?? "");
  if (!app) return tokenError(400, "invalid_request", "Invalid client id");
  if (app.clientSecret !== form.get("client_secret"))
    return tokenError(401, "invalid_client", "Client authentication failed");
  const token = call.world.identity.token("linkedin", form.get("token") ?? "");
  if (!token || token.clientId !== app.clientId) return tokenError(400, "invalid_request", "Invalid token");
  const status = statusOf(token, call.now);
  const issuedAt = Math.floor(token.issuedAt / 1000);
  return jsonAnswer({
    active: status === "active",
    client_id: app.clientId,
    authorized_at: issuedAt,
    created_at: issuedAt,
    status,
    expires_at: Math.floor(token.expiresAt / 1000),
    scope: token.scopes.join(","),
    auth_type: "3L",
  });
}

function statusOf(token: Token, now: number): "active" | "expired" | "revoked" {
  if (token.state === "revoked") return "revoked";
  return token.state === "expired" || now >= token.expiresAt ? "expired" : "active";
}

function revoke(call: Call): PlatformAnswer {
  const form = formOf(call);
  const app = call.world.identity.app("linkedin", form.get("client_id") ?? "");
  if (!app || app.clientSecret !== form.get("client_secret"))
    return tokenError(401, "invalid_client", "Client authentication failed");
  const token = call.world.identity.token("linkedin", form.get("token") ?? "");
  if (token?.clientId === app.clientId) call.world.identity.revokeToken("linkedin", token.token);
  return jsonAnswer({});
}
