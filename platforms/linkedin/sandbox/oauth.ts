import { createHash, randomInt } from "node:crypto";
import { consentErrorPage, consentPage } from "../../../sandbox/authorize.ts";
import { randomSecret, type NewPerson, type Person, type Token } from "../../../sandbox/identity.ts";
import { drawPicture } from "../../../sandbox/pictures.ts";
import { jsonAnswer, redirectAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import type { World } from "../../../sandbox/world.ts";
import { noPermission, Refusal, restHeaders, tokenError } from "./errors.ts";
import { refusing, viewerOf } from "./viewer.ts";

/**
 * LinkedIn's login: consent page, code, token of 60 days, refresh for approved apps, inspection, profile.
 * Source: LinkedIn docs, authorization-code-flow, programmatic-refresh-tokens, token-introspection, sign-in-with-linkedin-v2.
 */
export const SEED = {
  clientId: "78sandboxlinkd",
  clientSecret: "li-secret",
  redirectUri: "https://app.example.test/cb",
  code: "LICODE1",
  personId: "782bbtaQ",
} as const;

/** The scopes of the two products that anyone's app gets, with what the consent page says about them. */
export const SCOPES: Readonly<Record<string, string>> = {
  openid: "Use your name and photo to sign you in",
  profile: "Use your name and photo",
  email: "Use your primary email address",
  w_member_social: "Create, modify and delete posts on your behalf",
};

export const PICTURE_HOST = "media.licdn.com";

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;
const ACCESS_SECONDS = 60 * DAY_SECONDS;
const REFRESH_SECONDS = 365 * DAY_SECONDS;
const INVALID_GRANT = "The provided authorization grant or refresh token is invalid, expired or revoked.";

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "www.linkedin.com", path: "/oauth/v2/authorization", operation: "authorize", run: askConsent },
  { method: "POST", host: "www.linkedin.com", path: "/oauth/v2/authorization", operation: "authorize", run: takeConsent },
  {
    method: "POST", host: "www.linkedin.com", path: "/oauth/v2/accessToken",
    operation: (call) => (formOf(call).get("grant_type") === "refresh_token" ? "refresh" : "token"), run: giveToken,
  },
  { method: "POST", host: "www.linkedin.com", path: "/oauth/v2/introspectToken", operation: "read", run: introspect },
  { method: "POST", host: "www.linkedin.com", path: "/oauth/v2/revoke", operation: "revoke", run: revoke },
  { method: "GET", host: "api.linkedin.com", path: "/v2/userinfo", operation: "read", run: refusing(readProfile) },
  { method: "GET", host: "api.linkedin.com", path: "/v2/me", operation: "read", run: refusing(refuseMe) },
  { method: "GET", host: PICTURE_HOST, path: "/dms/image/{name}", operation: "read", run: (call) => drawPicture((call.segments["name"] ?? "").replace(/\.jpg$/, "")) },
];

/** The person that a login hint names, made when new. Without a hint it is the seeded one. */
export function personOf(world: World, hint: string | undefined): Person {
  const { identity } = world;
  if (!hint) {
    const seeded = identity.person("linkedin", SEED.personId);
    if (seeded) return seeded;
  }
  return (hint && identity.personByHint("linkedin", hint)) || identity.addPerson(newPerson(world, hint ?? null));
}

function newPerson(world: World, hint: string | null): NewPerson {
  const number = world.store.next("linkedin.person");
  const id = number === 1 ? SEED.personId : createHash("sha256").update(`linkedin ${number}`).digest("base64url").replace(/[_-]/g, "x").slice(0, 10);
  const plain = (hint ?? "john.doe").split("@")[0]?.toLowerCase().normalize("NFKD").replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  const username = plain?.slice(0, 30) || "someone";
  const [givenName = "Some", ...family] = username.split("-").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  const familyName = family.join(" ") || "Sandbox";
  const facts = { givenName, familyName, email: `${username}@example.test`, restricted: hint?.includes("restricted") ?? false };
  return { platform: "linkedin", id, username, name: `${givenName} ${familyName}`, hint, facts };
}

type ConsentRequest = { redirectUri: string; state: string | undefined; scopes: string[]; unknownScope: string | undefined; person: Person; clientId: string };

/** Everything is granted or nothing. */
function askConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return wrongRequest(asked);
  if (asked.unknownScope !== undefined) return refuseScope(asked, asked.unknownScope);
  const options = asked.scopes.map((scope) => ({ value: scope, label: SCOPES[scope] ?? scope, required: true }));
  return consentPage({ platform: "LinkedIn", person: asked.person, groups: [{ title: "The app would like to", field: "scope", options }] });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return wrongRequest(asked);
  if (asked.unknownScope !== undefined) return refuseScope(asked, asked.unknownScope);
  const fields = call.body.kind === "fields" ? call.body.fields : {};
  if (fields["decision"] !== "approve") return refuseConsent(call);
  const { world, now } = call;
  const { clientId, person, scopes, redirectUri } = asked;
  // Another set of scopes than before ends the member's older tokens for this app.
  world.store.run(
    "UPDATE grants SET revoked = 1 WHERE platform = 'linkedin' AND client_id = ? AND person_id = ? AND scopes <> ?",
    clientId, person.id, JSON.stringify(scopes),
  );
  const grantId = world.identity.addGrant({ platform: "linkedin", clientId, personId: person.id, scopes, at: now });
  const code = randomSecret("AQT", 90);
  world.identity.addCode({ platform: "linkedin", code, grantId, redirectUri, issuedAt: now, facts: {} });
  return back(asked, { code });
}

/** As when the member presses the refusing button. */
export function refuseConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return wrongRequest(asked);
  return back(asked, { error: "user_cancelled_authorize", error_description: "The user cancelled the authorization" });
}

function refuseScope(asked: ConsentRequest, scope: string): PlatformAnswer {
  return back(asked, { error: "unauthorized_scope_error", error_description: `Scope "${scope}" is not authorized for your application` });
}

function wrongRequest(message: string): PlatformAnswer {
  return { ...consentErrorPage("LinkedIn", message), status: 401 };
}

/** What the address asks for, or the sentence that LinkedIn shows. */
function readConsentRequest(call: Call): ConsentRequest | string {
  const { query, world } = call;
  const clientId = query.get("client_id") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app("linkedin", clientId);
  if (!app) return "Client_id doesn't match";
  if (!app.redirectUris.some((uri) => withoutQuery(uri) === withoutQuery(redirectUri))) return "Redirect_uri doesn't match";
  if (query.get("response_type") !== "code") return "Invalid response_type";
  const scopes = [...new Set((query.get("scope") ?? "").split(/[\s,]+/).filter(Boolean))].sort();
  if (scopes.length === 0) return "Invalid scope";
  const unknownScope = scopes.find((scope) => !Object.hasOwn(SCOPES, scope));
  return { clientId, redirectUri, scopes, unknownScope, person: personOf(world, query.get("login_hint") ?? undefined), state: query.get("state") ?? undefined };
}

function withoutQuery(uri: string): string {
  return uri.replace(/[?#].*$/s, "");
}

function back(asked: ConsentRequest, values: Record<string, string>): PlatformAnswer {
  const query = new URLSearchParams({ ...values, ...(asked.state !== undefined && { state: asked.state }) });
  return redirectAnswer(`${asked.redirectUri}${asked.redirectUri.includes("?") ? "&" : "?"}${query}`);
}

/** Only the fields of a form count; neither the query nor a Basic header does. */
function formOf(call: Call): Map<string, string> {
  const fields = call.body.kind === "fields" && call.body.files.length === 0 ? Object.entries(call.body.fields) : [];
  return new Map(fields.flatMap(([name, value]) => (typeof value === "string" && value !== "" ? [[name, value] as const] : [])));
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
  if (!app || app.clientSecret !== form.get("client_secret")) return tokenError(401, "invalid_client", "Client authentication failed");
  return grantType === "refresh_token" ? refresh(call, form, app) : exchangeCode(call, form, app);
}

function missing(name: string): PlatformAnswer {
  return tokenError(400, "invalid_request", `A required parameter "${name}" is missing`);
}

function exchangeCode(call: Call, form: Map<string, string>, app: { clientId: string; programmaticRefresh: boolean }): PlatformAnswer {
  const { world, now } = call;
  const code = world.identity.code("linkedin", form.get("code") ?? "");
  if (!code || code.used) return tokenError(401, "invalid_request", "Unable to retrieve access token: authorization code not found");
  if (code.clientId !== app.clientId || code.redirectUri !== form.get("redirect_uri") || now >= code.issuedAt + 30 * MINUTE_MS) {
    return tokenError(400, "invalid_redirect_uri", "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired. Or external member binding exists");
  }
  world.identity.useCode("linkedin", code.code);
  const refreshToken = app.programmaticRefresh ? issue(call, { kind: "refresh", grantId: code.grantId, lifeSeconds: REFRESH_SECONDS }) : undefined;
  return tokens(call, code, refreshToken === undefined ? undefined : { token: refreshToken, expiresAt: now + REFRESH_SECONDS * 1000 });
}

/** A new access token; the refresh token is the same and keeps its end. */
function refresh(call: Call, form: Map<string, string>, app: { clientId: string; programmaticRefresh: boolean }): PlatformAnswer {
  const token = call.world.identity.token("linkedin", form.get("refresh_token") ?? "");
  const isGood = token?.kind === "refresh" && token.clientId === app.clientId && token.state === "valid" && call.now < token.expiresAt;
  return isGood && app.programmaticRefresh ? tokens(call, token, token) : tokenError(400, "invalid_request", INVALID_GRANT);
}

function tokens(call: Call, of: { grantId: number; personId: string; clientId: string; scopes: string[] }, refreshToken: { token: string; expiresAt: number } | undefined): PlatformAnswer {
  return jsonAnswer({
    access_token: issue(call, { kind: "access", grantId: of.grantId, lifeSeconds: ACCESS_SECONDS }),
    expires_in: ACCESS_SECONDS,
    scope: of.scopes.join(","),
    token_type: "Bearer",
    ...(of.scopes.includes("openid") && { id_token: idToken(call, of) }),
    ...(refreshToken && { refresh_token: refreshToken.token, refresh_token_expires_in: Math.floor((refreshToken.expiresAt - call.now) / 1000) }),
  });
}

function issue(call: Call, { kind, grantId, lifeSeconds }: { kind: "access" | "refresh"; grantId: number; lifeSeconds: number }): string {
  const token = randomSecret(kind === "access" ? "AQX" : "AQW", 369);
  call.world.identity.addToken({ platform: "linkedin", token, grantId, kind, issuedAt: call.now, expiresAt: call.now + lifeSeconds * 1000 });
  return token;
}

/** In the form of a signed token; nobody here has LinkedIn's key. */
function idToken(call: Call, of: { personId: string; clientId: string }): string {
  const seconds = Math.floor(call.now / 1000);
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: "https://www.linkedin.com/oauth", aud: of.clientId, iat: seconds, exp: seconds + 3600, sub: of.personId };
  return `${part({ alg: "RS256", typ: "JWT", kid: "sandbox" })}.${part(claims)}.${randomSecret("", 256)}`;
}

function introspect(call: Call): PlatformAnswer {
  const form = formOf(call);
  const app = call.world.identity.app("linkedin", form.get("client_id") ?? "");
  if (!app) return tokenError(400, "invalid_request", "Invalid client id");
  if (app.clientSecret !== form.get("client_secret")) return tokenError(401, "invalid_client", "Client authentication failed");
  const token = call.world.identity.token("linkedin", form.get("token") ?? "");
  if (!token || token.clientId !== app.clientId) return tokenError(400, "invalid_request", "Invalid token");
  const status = statusOf(token, call.now);
  const issuedAt = Math.floor(token.issuedAt / 1000);
  return jsonAnswer({
    active: status === "active", client_id: app.clientId, authorized_at: issuedAt, created_at: issuedAt, status,
    expires_at: Math.floor(token.expiresAt / 1000), scope: token.scopes.join(","), auth_type: "3L",
  });
}

function statusOf(token: Token, now: number): "active" | "expired" | "revoked" {
  if (token.state === "revoked") return "revoked";
  return token.state === "expired" || now >= token.expiresAt ? "expired" : "active";
}

function revoke(call: Call): PlatformAnswer {
  const form = formOf(call);
  const app = call.world.identity.app("linkedin", form.get("client_id") ?? "");
  if (!app || app.clientSecret !== form.get("client_secret")) return tokenError(401, "invalid_client", "Client authentication failed");
  const token = call.world.identity.token("linkedin", form.get("token") ?? "");
  if (token?.clientId === app.clientId) call.world.identity.revokeToken("linkedin", token.token);
  return jsonAnswer({});
}

/** Each claim needs its scope. */
function readProfile(call: Call): PlatformAnswer {
  const { person, facts, token } = viewerOf(call);
  const { scopes } = token;
  if (!scopes.includes("openid") || !scopes.includes("profile")) throw new Refusal(noPermission("userinfo.GET.NO_VERSION"));
  const profile = {
    sub: person.id, name: person.name, given_name: facts.givenName, family_name: facts.familyName,
    picture: `https://${PICTURE_HOST}/dms/image/${person.username}.jpg?e=2147483647&v=beta`, locale: { country: "US", language: "en" },
    ...(scopes.includes("email") && { email: facts.email, email_verified: true }),
  };
  return jsonAnswer(profile, { headers: restHeaders(call) });
}

function refuseMe(call: Call): PlatformAnswer {
  viewerOf(call);
  throw new Refusal(noPermission("me.GET.NO_VERSION"));
}

/** An app as the developer portal makes it. */
export function newApp(): { clientId: string; clientSecret: string } {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const clientId = `78${Array.from({ length: 12 }, () => letters.charAt(randomInt(letters.length))).join("")}`;
  return { clientId, clientSecret: randomSecret("WPL_AP1.", 24) };
}

/** The app, member and code that every fresh sandbox has. */
export function seedIdentity(world: World): void {
  const { identity } = world;
  identity.addApp({ platform: "linkedin", clientId: SEED.clientId, clientSecret: SEED.clientSecret, redirectUris: [SEED.redirectUri], programmaticRefresh: false });
  const person = identity.addPerson(newPerson(world, null));
  const at = world.clock.now();
  const grantId = identity.addGrant({ platform: "linkedin", clientId: SEED.clientId, personId: person.id, scopes: Object.keys(SCOPES).sort(), at });
  identity.addCode({ platform: "linkedin", code: SEED.code, grantId, redirectUri: SEED.redirectUri, issuedAt: at, facts: {} });
}
