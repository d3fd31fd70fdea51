import { createHash, randomInt } from "node:crypto";

import {
  backToApp,
  consentErrorPage,
  consentPage,
  readDecision,
  unapprovedScope,
  scopeGroup,
} from "../../../sandbox/authorize.ts";
import {
  personOfLogin,
  randomSecret,
  type App,
  type Code,
  type NewPerson,
  type Person,
  seedGrant,
  namesOf,
} from "../../../sandbox/identity.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import type { World } from "../../../sandbox/world.ts";
import { tokenError } from "./errors.ts";
import { refusing, viewerOf, type ChannelFacts } from "./viewer.ts";

/**
 * Google's sign-in: consent page, code, tokens, refresh, revocation. Source: Google identity docs, web-server, 2026-10.
 */
export const SEED = {
  clientId: "123456789012-sandbox.apps.googleusercontent.com",
  clientSecret: "GOCSPX-sandbox",
  redirectUri: "https://app.example.test/cb",
  code: "4/YTCODE1",
  channelId: "UC_x5XG1OV2P6uZZ5FSM9Ttw",
} as const;

const API = "https://www.googleapis.com/auth/";

/**
 * YouTube's scopes, with their descriptions on the consent page. Source: Google identity docs, scopes, 2026. Those of
 * Google's other products can be granted, too, and open nothing here.
 */
const SCOPES: Readonly<Record<string, string>> = {
  [`${API}youtube.upload`]: "Manage your YouTube videos",
  [`${API}youtube`]: "Manage your YouTube account",
  [`${API}youtube.readonly`]: "View your YouTube account",
  [`${API}youtube.force-ssl`]: "See, edit, and permanently delete your YouTube videos, ratings, comments and captions",
  [`${API}youtube.channel-memberships.creator`]:
    "See a list of your current active channel members, their current level, and when they became a member",
  [`${API}youtubepartner`]: "View and manage your assets and associated content on YouTube",
  [`${API}youtubepartner-channel-audit`]:
    "View private information of your YouTube channel relevant during the audit process with a YouTube partner",
  [`${API}yt-analytics.readonly`]: "View YouTube Analytics reports for your YouTube content",
  [`${API}yt-analytics-monetary.readonly`]:
    "View monetary and non-monetary YouTube Analytics reports for your YouTube content",
};

const EMAIL_SCOPES = ["email", `${API}userinfo.email`];
const PROFILE_SCOPES = ["profile", `${API}userinfo.profile`];
/** Granted without a checkbox. */
const SIGN_IN = ["openid", ...EMAIL_SCOPES, ...PROFILE_SCOPES];

function isScope(scope: string): boolean {
  if (Object.hasOwn(SCOPES, scope) || SIGN_IN.includes(scope)) return true;
  const name = scope.startsWith(API) ? scope.slice(API.length) : "";
  return /^[a-z][a-z0-9._-]*$/.test(name) && !/^(youtube|yt-|userinfo)/.test(name);
}

const ACCESS_SECONDS = 3599;
const CODE_MS = 10 * 60_000;
/** A refresh token expires after six months without use. */
const IDLE_MS = 183 * 86_400_000;
/** While an app is not verified, its consent screen is in "Testing", and its refresh tokens end after seven days. */
const TESTING_SECONDS = 604_799;
const REFRESH_TOKENS = 100;
/** Serves the pictures of channels and accounts. */
export const FACE_HOST = "yt3.ggpht.com";
const AUTHORIZE_PATHS = ["/o/oauth2/v2/auth", "/o/oauth2/auth"];

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  ...AUTHORIZE_PATHS.flatMap((path): SandboxRoute[] => [
    { method: "GET", host: "accounts.google.com", path, operation: "authorize", run: askConsent },
    { method: "POST", host: "accounts.google.com", path, operation: "authorize", run: takeConsent },
  ]),
  {
    method: "POST",
    host: "oauth2.googleapis.com",
    path: "/token",
    operation: (call) => (call.params["grant_type"] === "refresh_token" ? "refresh" : "token"),
    run: giveToken,
  },
  { method: "POST", host: "oauth2.googleapis.com", path: "/revoke", operation: "revoke", run: revoke },
  ...(
    [
      // Google's Node.js client asks by POST.
      ["GET", "oauth2.googleapis.com", "/tokeninfo"],
      ["POST", "oauth2.googleapis.com", "/tokeninfo"],
      ["GET", "www.googleapis.com", "/oauth2/v1/tokeninfo"],
      ["GET", "www.googleapis.com", "/oauth2/v3/tokeninfo"],
    ] as const
  ).map(([method, host, path]): SandboxRoute => ({ method, host, path, operation: "read", run: inspect })),
  ...(
    [
      ["www.googleapis.com", "/oauth2/v1/userinfo"],
      ["www.googleapis.com", "/oauth2/v2/userinfo"],
      ["www.googleapis.com", "/oauth2/v3/userinfo"],
      ["openidconnect.googleapis.com", "/v1/userinfo"],
    ] as const
  ).map(([host, path]): SandboxRoute => ({
    method: "GET",
    host,
    path,
    operation: "read",
    run: refusing(describeUser),
  })),
];

/** The channel named by a login hint, created if new. Without a hint, it is the seeded one. */
export function personOf(world: World, hint: string | undefined): Person {
  return personOfLogin(world.identity, {
    platform: "youtube",
    hint,
    seededId: SEED.channelId,
    add: (named) => world.identity.addPerson(newPerson(world, named)),
  });
}

function newPerson(world: World, hint: string | null): NewPerson {
  const number = world.store.next("youtube.channel");
  const id =
    number === 1
      ? SEED.channelId
      : `UC${createHash("sha256").update(`youtube ${number}`).digest("base64url").slice(0, 22)}`;
  const { username, words } = namesOf((hint ?? "mychannel").toLowerCase(), "-", 30);
  const name = hint === null ? "My Channel" : words.join(" ") || "Someone";
  const verified = !hint?.includes("unverified");
  const facts: ChannelFacts = {
    channel: channelState(hint ?? ""),
    verified,
    videosADay: verified ? 100 : 10,
    createdAt: new Date(world.clock.now()).toISOString(),
  };
  return { platform: "youtube", id, username, name, hint, facts };
}

function channelState(hint: string): ChannelFacts["channel"] {
  if (hint.includes("no-channel")) return "none";
  if (hint.includes("signup-required")) return "signup";
  if (hint.includes("closed-channel")) return "closed";
  return hint.includes("suspended") ? "suspended" : "open";
}

interface ConsentRequest {
  app: App;
  redirectUri: string;
  scopes: string[];
  person: Person;
  query: URLSearchParams;
}

function askConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("Google", asked);
  const scopes = asked.scopes.filter((scope) => !SIGN_IN.includes(scope));
  const groups = scopes.length === 0 ? [] : [scopeGroup("Select what the app can access", scopes, SCOPES, false)];
  return consentPage({ platform: "Google", person: asked.person, groups });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("Google", asked);
  const { isApproved, ticked } = readDecision(call);
  const scopes = asked.scopes.filter((scope) => SIGN_IN.includes(scope) || ticked.includes(scope));
  if (!isApproved || scopes.length === 0) return refuseConsent(call);
  const { app, person, query, redirectUri } = asked;
  const grantId = call.world.identity.addGrant({
    platform: "youtube",
    clientId: app.clientId,
    personId: person.id,
    scopes,
    at: call.now,
  });
  const code = randomSecret("4/0A", 54);
  const offline =
    query.get("access_type") === "offline" &&
    (query.get("prompt")?.includes("consent") === true || !hasRefreshToken(call.world, app, person));
  const facts = {
    offline,
    challenge: query.get("code_challenge"),
    method: query.get("code_challenge_method") ?? "plain",
  };
  call.world.identity.addCode({ platform: "youtube", code, grantId, redirectUri, issuedAt: call.now, facts });
  return back(asked, { code, scope: scopes.join(" "), authuser: "0", prompt: "consent" });
}

/** As when the person presses the deny button. */
export function refuseConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  return typeof asked === "string" ? consentErrorPage("Google", asked) : back(asked, { error: "access_denied" });
}

function hasRefreshToken(world: World, app: App, person: Person): boolean {
  return liveRefreshTokens(world, app.clientId, person.id).length > 0;
}

/** The parsed request, or the error that Google shows. */
function readConsentRequest(call: Call): ConsentRequest | string {
  const { query, world } = call;
  const app = world.identity.app("youtube", query.get("client_id") ?? "");
  if (!app) return "Error 401: invalid_client. The OAuth client was not found.";
  const redirectUri = query.get("redirect_uri") ?? "";
  if (!app.redirectUris.includes(redirectUri)) return "Error 400: redirect_uri_mismatch";
  if (query.get("response_type") !== "code")
    return "Error 400: invalid_request. Required parameter is missing: response_type";
  const scopes = [...new Set((query.get("scope") ?? "").split(/\s+/).filter(Boolean))];
  if (scopes.length === 0) return "Error 400: invalid_request. Missing required parameter: scope";
  const unknown = scopes.filter((scope) => !isScope(scope));
  if (unknown.length > 0) return `Error 400: invalid_scope. Some requested scopes were invalid: ${unknown.join(", ")}`;
  if (unapprovedScope(call, app, scopes) !== undefined)
    return "Error 403: access_denied. The app has not completed the Google verification process.";
  const accessType = query.get("access_type") ?? "online";
  if (accessType !== "online" && accessType !== "offline")
    return `Error 400: invalid_request. Invalid parameter value for access_type: ${accessType}`;
  return { app, redirectUri, scopes, person: personOf(world, query.get("login_hint") ?? undefined), query };
}

function back(asked: ConsentRequest, values: Record<string, string>): PlatformAnswer {
  return backToApp(asked.redirectUri, { state: asked.query.get("state"), ...values });
}

function giveToken(call: Call): PlatformAnswer {
  const { params, world } = call;
  const grantType = params["grant_type"] ?? "";
  if (grantType === "") return tokenError(400, "invalid_request", "Missing required parameter: grant_type");
  if (grantType !== "authorization_code" && grantType !== "refresh_token")
    return tokenError(400, "unsupported_grant_type", `Invalid grant_type: ${grantType}`);
  const { clientId, clientSecret } = credentialsOf(call);
  if (clientId === "") return tokenError(400, "invalid_request", "Could not determine client ID from request.");
  const app = world.identity.app("youtube", clientId);
  if (!app) return tokenError(401, "invalid_client", "The OAuth client was not found.");
  if (app.clientSecret !== clientSecret) return tokenError(401, "invalid_client", "Unauthorized");
  return grantType === "refresh_token" ? refresh(call, app) : exchangeCode(call, app);
}

/** In the form, or as a Basic header. */
function credentialsOf(call: Call): { clientId: string; clientSecret: string } {
  const basic = /^Basic\s+(\S+)$/i.exec(call.headers["authorization"] ?? "")?.[1];
  const [id, secret] = basic === undefined ? [] : Buffer.from(basic, "base64").toString().split(":");
  return {
    clientId: call.params["client_id"] ?? decodeURIComponent(id ?? ""),
    clientSecret: call.params["client_secret"] ?? decodeURIComponent(secret ?? ""),
  };
}

function exchangeCode(call: Call, app: App): PlatformAnswer {
  const { identity } = call.world;
  const given = call.params["code"];
  if (given === undefined || given === "")
    return tokenError(400, "invalid_request", "Missing required parameter: code");
  const code = identity.code("youtube", given);
  if (!code) return tokenError(400, "invalid_grant", "Malformed auth code.");
  if (code.clientId !== app.clientId || code.used || call.now >= code.issuedAt + CODE_MS)
    return tokenError(400, "invalid_grant", "Bad Request");
  if (code.redirectUri !== call.params["redirect_uri"]) return tokenError(400, "redirect_uri_mismatch", "Bad Request");
  if (!provesChallenge(code, call.params["code_verifier"]))
    return tokenError(400, "invalid_grant", "Invalid code verifier.");
  identity.useCode("youtube", given);
  return tokens(call, app, code, code.facts["offline"] === true ? newRefreshToken(call, app, code) : undefined);
}

function provesChallenge({ facts }: Code, verifier: string | undefined): boolean {
  if (typeof facts["challenge"] !== "string") return true;
  if (verifier === undefined) return false;
  return (
    facts["challenge"] ===
    (facts["method"] === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier)
  );
}

/** Above a hundred per account and app, the oldest is silently dropped. */
function newRefreshToken(call: Call, app: App, { grantId, clientId, personId }: Code): string {
  const { identity } = call.world;
  const token = randomSecret("1//0g", 75);
  identity.addToken({
    platform: "youtube",
    token,
    grantId,
    kind: "refresh",
    issuedAt: call.now,
    expiresAt: call.now + (isTesting(app) ? TESTING_SECONDS * 1000 : IDLE_MS),
  });
  for (const old of liveRefreshTokens(call.world, clientId, personId).slice(REFRESH_TOKENS))
    identity.expireToken("youtube", old);
  return token;
}

function isTesting({ approvedScopes }: App): boolean {
  return approvedScopes !== null;
}

/** Newest first. */
function liveRefreshTokens(world: World, clientId: string, personId: string): string[] {
  const rows = world.store.all(
    `SELECT t.token FROM tokens t JOIN grants g ON g.id = t.grant_id
     WHERE t.platform = 'youtube' AND t.kind = 'refresh' AND t.state = 'valid' AND g.revoked = 0 AND g.client_id = ?
       AND g.person_id = ? ORDER BY t.grant_id DESC`,
    clientId,
    personId,
  );
  return rows.map((row) => String(row["token"]));
}

/** The refresh token stays the same and is not sent again. */
function refresh(call: Call, app: App): PlatformAnswer {
  const given = call.params["refresh_token"];
  if (given === undefined || given === "")
    return tokenError(400, "invalid_request", "Missing required parameter: refresh_token");
  const token = call.world.identity.token("youtube", given);
  const isGood =
    token?.kind === "refresh" &&
    token.clientId === app.clientId &&
    token.state === "valid" &&
    call.now < token.expiresAt;
  if (!isGood) return tokenError(400, "invalid_grant", "Token has been expired or revoked.");
  if (!isTesting(app))
    call.world.store.run("UPDATE tokens SET expires_at = ? WHERE token = ?", call.now + IDLE_MS, given);
  return tokens(call, app, token, undefined);
}

function tokens(
  call: Call,
  app: App,
  { grantId, scopes }: { grantId: number; scopes: string[] },
  refreshToken: string | undefined,
): PlatformAnswer {
  const token = randomSecret("ya29.a0", 150);
  call.world.identity.addToken({
    platform: "youtube",
    token,
    grantId,
    kind: "access",
    issuedAt: call.now,
    expiresAt: call.now + ACCESS_SECONDS * 1000,
  });
  return jsonAnswer({
    access_token: token,
    expires_in: ACCESS_SECONDS,
    ...(refreshToken !== undefined && {
      refresh_token: refreshToken,
      ...(isTesting(app) && { refresh_token_expires_in: TESTING_SECONDS }),
    }),
    scope: scopes.join(" "),
    token_type: "Bearer",
  });
}

/** Revokes everything that the person granted to the project, not just this token. */
function revoke(call: Call): PlatformAnswer {
  const token = call.world.identity.token("youtube", call.params["token"] ?? "");
  if (!token || token.state === "revoked") return tokenError(400, "invalid_token", "Token expired or revoked");
  call.world.store.run(
    "UPDATE grants SET revoked = 1 WHERE platform = 'youtube' AND client_id = ? AND person_id = ?",
    token.clientId,
    token.personId,
  );
  return jsonAnswer({});
}

/** Source: Google identity docs, OpenID Connect. */
function inspect(call: Call): PlatformAnswer {
  const token = call.accessToken === null ? undefined : call.world.identity.token("youtube", call.accessToken);
  if (token?.kind !== "access" || token.state !== "valid" || call.now >= token.expiresAt)
    return tokenError(400, "invalid_token", "Invalid Value");
  const seconds = (ms: number) => String(Math.floor(ms / 1000));
  return jsonAnswer({
    azp: token.clientId,
    aud: token.clientId,
    ...(token.scopes.some((scope) => SIGN_IN.includes(scope)) && { sub: userIdOf(token.personId) }),
    scope: token.scopes.join(" "),
    exp: seconds(token.expiresAt),
    expires_in: seconds(token.expiresAt - call.now),
    ...(token.scopes.some((scope) => EMAIL_SCOPES.includes(scope)) && {
      email: emailOf(call.world.identity.person("youtube", token.personId)?.username ?? ""),
      email_verified: "true",
    }),
    access_type: "offline",
  });
}

/** The Google account behind the token, each claim by its scope. The older versions name their fields differently. */
function describeUser(call: Call): PlatformAnswer {
  const { person, token } = viewerOf(call, SIGN_IN);
  const has = (scopes: readonly string[]) => token.scopes.some((scope) => scopes.includes(scope));
  const isOlder = call.host === "www.googleapis.com" && !call.path.includes("/v3/");
  const [givenName = "", ...family] = person.name.split(" ");
  return jsonAnswer({
    [isOlder ? "id" : "sub"]: userIdOf(person.id),
    ...(has(PROFILE_SCOPES) && {
      name: person.name,
      given_name: givenName,
      ...(family.length > 0 && { family_name: family.join(" ") }),
      picture: `https://${FACE_HOST}/${person.username}=s96-c`,
    }),
    ...(has(EMAIL_SCOPES) && {
      email: emailOf(person.username),
      [isOlder ? "verified_email" : "email_verified"]: true,
    }),
  });
}

/** A Google account has an ID of its own, 21 digits, besides that of its channel. */
function userIdOf(channelId: string): string {
  const digest = createHash("sha256").update(`google ${channelId}`).digest("hex").slice(0, 16);
  return `1${(BigInt(`0x${digest}`) % 10n ** 20n).toString().padStart(20, "0")}`;
}

function emailOf(username: string): string {
  return `${username}@example.test`;
}

/** An app as created in the developer console. */
export function newApp(): { clientId: string; clientSecret: string } {
  const project = String(randomInt(1e11, 1e12 - 1));
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  const name = Array.from({ length: 32 }, () => letters.charAt(randomInt(letters.length))).join("");
  return { clientId: `${project}-${name}.apps.googleusercontent.com`, clientSecret: randomSecret("GOCSPX-", 21) };
}

/** The app, channel and code of every fresh sandbox. */
export function seedIdentity(world: World): void {
  const person = world.identity.addPerson(newPerson(world, null));
  seedGrant(world.identity, {
    platform: "youtube",
    app: SEED,
    personId: person.id,
    scopes: [`${API}youtube.upload`, `${API}youtube`],
    at: world.clock.now(),
    facts: { offline: true },
  });
}
