import { createHash, randomBytes } from "node:crypto";

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
  type NewPerson,
  type Person,
  namesOf,
} from "../../../sandbox/identity.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { decode } from "../../../sandbox/routes.ts";
import type { World } from "../../../sandbox/world.ts";
import { CODE_INVALID, oauthError, TOKEN_INVALID } from "./errors.ts";
import type { PersonFacts } from "./viewer.ts";

/**
 * X's login: consent page with PKCE, a 30-second code, a two-hour access token, and single-use refresh tokens. Source:
 * X docs, OAuth 2.0 authorization code, 2026-08-22; rotation from field reports.
 */
export const SEED = {
  clientId: "c2FuZGJveC14LWFwcDoxOmNp",
  clientSecret: "x-secret",
  redirectUri: "https://app.example.test/cb",
  personId: "1700000000000000001",
} as const;

/** Every scope the sandbox supports, with its description on the consent page. */
export const SCOPES: Readonly<Record<string, string>> = {
  "tweet.read": "See posts you can see",
  "tweet.write": "Post and delete posts for you",
  "tweet.moderate.write": "Hide and unhide replies to your posts",
  "users.read": "See your profile",
  "users.email": "See your email address",
  "media.write": "Upload media for you",
  "offline.access": "Stay connected until you revoke access",
  "follows.read": "See who you follow",
  "like.read": "See what you like",
  "bookmark.read": "See your bookmarks",
  "list.read": "See your lists",
  "space.read": "See spaces you can see",
};

const CODE_SECONDS = 30;
const ACCESS_SECONDS = 7200;
/** About six months without use. */
const REFRESH_SECONDS = 182 * 86_400;
/** Two simultaneous refreshes are a race between one client's processes, not a stolen token. The sandbox's choice. */
const RACE_SECONDS = 10;

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "x.com", path: "/i/oauth2/authorize", operation: "authorize", run: askConsent },
  { method: "POST", host: "x.com", path: "/i/oauth2/authorize", operation: "authorize", run: takeConsent },
  {
    method: "POST",
    host: "api.x.com",
    path: "/2/oauth2/token",
    run: giveTokens,
    operation: (call) => (call.params["grant_type"] === "refresh_token" ? "refresh" : "token"),
  },
  { method: "POST", host: "api.x.com", path: "/2/oauth2/revoke", operation: "revoke", run: revoke },
];

/** The person named by a login hint, created if new. Without a hint, it is the seeded one. */
export function personOf(world: World, hint: string | undefined): Person {
  return personOfLogin(world.identity, {
    platform: "twitter",
    hint,
    seededId: SEED.personId,
    add: (named) => world.identity.addPerson(newPerson(world, named)),
  });
}

const SUBSCRIPTIONS = { premiumplus: "PremiumPlus", premium: "Premium", basic: "Basic" } as const;

/** A word in the hint can give the person a subscription, a suspension or protected posts. */
function newPerson(world: World, hint: string | null): NewPerson {
  const id = String(1_700_000_000_000_000_000n + BigInt(world.store.next("twitter.person")));
  const names = namesOf(hint ?? "sandbox_x", "_", 12);
  const { username } = names;
  const name = names.words.join(" ").slice(0, 50) || username;
  const words = new Set((hint ?? "").toLowerCase().split(/[^a-z]+/));
  const subscription = Object.entries(SUBSCRIPTIONS).find(([word]) => words.has(word));
  const facts: PersonFacts = {
    description: "Posting from the sandbox",
    subscriptionType: subscription?.[1] ?? "None",
    suspended: words.has("suspended"),
    protected: words.has("protected"),
  };
  return { platform: "twitter", id, username, name, hint, facts: { ...facts } };
}

interface ConsentRequest {
  clientId: string;
  redirectUri: string;
  state: string | null;
  scopes: string[];
  challenge: string;
  method: "s256" | "plain";
  person: Person;
}

function askConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("X", asked);
  const groups = [scopeGroup("The app may", asked.scopes, SCOPES, false)];
  return consentPage({ platform: "X", person: asked.person, groups });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("X", asked);
  const { isApproved, ticked } = readDecision(call);
  if (!isApproved) return refuseConsent(call);
  const { world, now } = call;
  const scopes = asked.scopes.filter((scope) => ticked.includes(scope));
  const grantId = world.identity.addGrant({
    platform: "twitter",
    clientId: asked.clientId,
    personId: asked.person.id,
    scopes,
    at: now,
  });
  const code = randomSecret("", 66);
  world.identity.addCode({
    platform: "twitter",
    code,
    grantId,
    redirectUri: asked.redirectUri,
    issuedAt: now,
    facts: { challenge: asked.challenge, method: asked.method },
  });
  return back(asked, { code });
}

/** As when the person presses the deny button. */
export function refuseConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  return typeof asked === "string" ? consentErrorPage("X", asked) : back(asked, { error: "access_denied" });
}

/** The parsed request, or a sentence that says what is wrong with it; X never redirects in that case. */
function readConsentRequest(call: Call): ConsentRequest | string {
  const { query, world } = call;
  const clientId = query.get("client_id") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app("twitter", clientId);
  if (!app) return "Value passed for the client_id was invalid.";
  if (!app.redirectUris.includes(redirectUri))
    return "Value passed for the redirect_uri did not match the uri of the app.";
  if (query.get("response_type") !== "code")
    return "Value passed for the response_type was invalid: it has to be code.";
  const scopes = [...new Set((query.get("scope") ?? "").split(/\s+/).filter(Boolean))];
  const unknown = scopes.find((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown !== undefined || scopes.length === 0)
    return `Value passed for the scope was invalid: ${unknown ?? "it is empty"}.`;
  if (unapprovedScope(call, app, scopes) !== undefined)
    return "You weren’t able to give access to the App. Go back and try logging in again.";
  const state = query.get("state");
  if ((state?.length ?? 0) > 500) return "Value passed for the state was invalid: it may have 500 characters at most.";
  const challenge = query.get("code_challenge") ?? "";
  const method = (query.get("code_challenge_method") ?? "plain").toLowerCase();
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(challenge)) return "Value passed for the code_challenge was invalid.";
  // Widely used clients send it in lower case. Source: X's TypeScript SDK, twitter-api-v2.
  if (method !== "s256" && method !== "plain") return "Value passed for the code_challenge_method was invalid.";
  const person = personOf(world, query.get("login_hint") ?? undefined);
  return { clientId, redirectUri, scopes, state, challenge, method, person };
}

function back({ redirectUri, state }: ConsentRequest, values: Record<string, string>): PlatformAnswer {
  return backToApp(redirectUri, { state, ...values });
}

function giveTokens(call: Call): PlatformAnswer {
  const app = appOf(call);
  if ("status" in app) return app;
  const grantType = call.params["grant_type"];
  if (grantType === "authorization_code") return exchangeCode(call, app);
  if (grantType === "refresh_token") return refresh(call, app);
  return grantType === undefined
    ? oauthError(400, "invalid_request", "Missing required parameter [grant_type].")
    : oauthError(400, "unsupported_grant_type", "Value passed for the grant type was invalid.");
}

/**
 * The app that authenticates the call, as a form or, as twitter-api-v2 does, as JSON; or the error. All apps of the
 * sandbox are confidential.
 */
function appOf(call: Call): App | PlatformAnswer {
  const isForm = call.body.kind === "fields" && call.headers["content-type"]?.startsWith("multipart/") !== true;
  if (!isForm && call.body.kind !== "json")
    return oauthError(400, "invalid_request", "The content type has to be application/x-www-form-urlencoded.");
  const encoded = /^Basic\s+([A-Za-z0-9+/=_-]+)$/i.exec(call.headers["authorization"] ?? "")?.[1];
  const [clientId, ...secret] = encoded === undefined ? [] : Buffer.from(encoded, "base64").toString().split(":");
  if (!clientId || secret.length === 0)
    return oauthError(401, "unauthorized_client", "Missing valid authorization header");
  // RFC 6749 requires form-encoding both halves; most clients do not.
  const app = call.world.identity.app("twitter", decode(clientId));
  if (!app || app.clientSecret !== decode(secret.join(":")))
    return oauthError(401, "invalid_client", "Value passed for the client credentials was invalid.");
  return app;
}

/** Any attempt invalidates the code, whatever else is wrong. */
function exchangeCode(call: Call, app: App): PlatformAnswer {
  const { params, world, now } = call;
  const missing = ["code", "redirect_uri", "code_verifier"].find((name) => !params[name]);
  if (missing !== undefined) return oauthError(400, "invalid_request", `Missing required parameter [${missing}].`);
  const code = world.identity.code("twitter", params["code"] ?? "");
  if (!code || !world.identity.useCode("twitter", code.code)) return oauthError(400, "invalid_request", CODE_INVALID);
  const isYoung = now < code.issuedAt + CODE_SECONDS * 1000;
  const isRight =
    code.clientId === app.clientId &&
    code.redirectUri === params["redirect_uri"] &&
    verifies(code.facts, params["code_verifier"] ?? "");
  if (!isYoung || !isRight) return oauthError(400, "invalid_request", CODE_INVALID);
  return issuePair(call, code.grantId, code.scopes);
}

function verifies(facts: Record<string, unknown>, verifier: string): boolean {
  if (!/^[A-Za-z0-9._~-]{43,128}$/.test(verifier)) return false;
  const expected = facts["method"] === "plain" ? verifier : createHash("sha256").update(verifier).digest("base64url");
  return facts["challenge"] === expected;
}

/** Reusing a refresh token revokes the whole grant, because it may have been stolen. */
function refresh(call: Call, app: App): PlatformAnswer {
  const { params, world, now } = call;
  const { identity } = world;
  if (!params["refresh_token"])
    return oauthError(400, "invalid_request", "Missing required parameter [refresh_token].");
  const token = identity.token("twitter", params["refresh_token"]);
  const isRight = token?.kind === "refresh" && token.clientId === app.clientId;
  if (!isRight || token.state === "revoked") return oauthError(400, "invalid_request", TOKEN_INVALID);
  if (token.state === "expired") {
    const spentAt = world.store.get("SELECT at FROM twitter_spent WHERE token = ?", token.token)?.["at"];
    if (typeof spentAt !== "number" || now >= spentAt + RACE_SECONDS * 1000)
      identity.revokeToken("twitter", token.token);
    return oauthError(400, "invalid_request", TOKEN_INVALID);
  }
  if (now >= token.expiresAt) return oauthError(400, "invalid_request", TOKEN_INVALID);
  identity.expireToken("twitter", token.token);
  world.store.run("INSERT INTO twitter_spent VALUES (?, ?)", token.token, now);
  return issuePair(call, token.grantId, token.scopes);
}

export const OAUTH_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_spent (token TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;`;

function issuePair(call: Call, grantId: number, scopes: readonly string[]): PlatformAnswer {
  const issue = (kind: "access" | "refresh", lifeSeconds: number): string => {
    const token = `${randomBytes(60).toString("base64url")}${kind === "access" ? "MTphdDoxOjE" : "MTpydDoxOjE"}`;
    call.world.identity.addToken({
      platform: "twitter",
      token,
      grantId,
      kind,
      issuedAt: call.now,
      expiresAt: call.now + lifeSeconds * 1000,
    });
    return token;
  };
  return jsonAnswer(
    {
      token_type: "bearer",
      expires_in: ACCESS_SECONDS,
      access_token: issue("access", ACCESS_SECONDS),
      scope: scopes.join(" "),
      ...(scopes.includes("offline.access") && { refresh_token: issue("refresh", REFRESH_SECONDS) }),
    },
    { headers: { "cache-control": "no-store" } },
  );
}

/** Revoking a refresh token revokes its grant, an access token only itself; an unknown token counts as revoked. */
function revoke(call: Call): PlatformAnswer {
  const app = appOf(call);
  if ("status" in app) return app;
  const { params, world } = call;
  if (!params["token"]) return oauthError(400, "invalid_request", "Missing required parameter [token].");
  const token = world.identity.token("twitter", params["token"]);
  if (token?.clientId === app.clientId) {
    if (token.kind === "refresh") world.identity.revokeToken("twitter", token.token);
    else world.identity.expireToken("twitter", token.token);
  }
  return jsonAnswer({ revoked: true }, { headers: { "cache-control": "no-store" } });
}

/** An app as created in the developer portal: a web app, which has a secret. */
export function newApp(): { clientId: string; clientSecret: string } {
  return {
    clientId: Buffer.from(`${randomBytes(15).toString("base64url")}:1:ci`).toString("base64url"),
    clientSecret: randomSecret("", 38),
  };
}

/** The app and person of every fresh sandbox. */
export function seedIdentity(world: World): void {
  world.identity.addApp({
    platform: "twitter",
    clientId: SEED.clientId,
    clientSecret: SEED.clientSecret,
    redirectUris: [SEED.redirectUri],
    programmaticRefresh: true,
  });
  world.identity.addPerson(newPerson(world, null));
}
