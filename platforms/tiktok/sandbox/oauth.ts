import { createHash } from "node:crypto";

import {
  consentErrorPage,
  consentPage,
  isLoopback,
  readDecision,
  unapprovedScope,
  scopeGroup,
} from "../../../sandbox/authorize.ts";
import { randomSecret, type App, type Person } from "../../../sandbox/identity.ts";
import {
  jsonAnswer,
  redirectAnswer,
  type Call,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import type { World } from "../../../sandbox/world.ts";
import { oauthError } from "./errors.ts";
import { newPerson, personOf, SEEDED_PERSON } from "./people.ts";

/**
 * TikTok's login: a consent page, a code with characters that must be decoded once, a two-hour access token, and
 * single-use refresh tokens. Source: TikTok docs, OAuth user access token management, 2026-11-05.
 */
const SEED = {
  clientId: "sbaw0sandboxtiktok",
  clientSecret: "tt-secret",
  redirectUri: "https://app.example.test/cb",
  code: "TKCODE1*0!1",
} as const;

/** The one app that TikTok has not audited. */
export const UNAUDITED = { clientId: "sbaw0unauditedtiktok", clientSecret: "tt-unaudited-secret" } as const;

/** Every scope the sandbox supports, with its description on the consent page. */
const SCOPES: Readonly<Record<string, string>> = {
  "user.info.basic": "Read your profile info (avatar, display name)",
  "user.info.profile": "Read access to your profile",
  "user.info.stats": "Read your profile engagement statistics",
  "video.list": "Read your public videos on TikTok",
  "video.publish": "Post content to TikTok",
  "video.upload": "Upload draft content to TikTok",
};

const CODE_SECONDS = 600;
const ACCESS_SECONDS = 7_200;
const REFRESH_SECONDS = 180 * 86_400;

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "www.tiktok.com", path: "/v2/auth/authorize", operation: "authorize", run: askConsent },
  { method: "POST", host: "www.tiktok.com", path: "/v2/auth/authorize", operation: "authorize", run: takeConsent },
  {
    method: "POST",
    host: "open.tiktokapis.com",
    path: "/v2/oauth/token",
    run: giveTokens,
    operation: (call) => (call.params["grant_type"] === "refresh_token" ? "refresh" : "token"),
  },
  { method: "POST", host: "open.tiktokapis.com", path: "/v2/oauth/revoke", operation: "revoke", run: revoke },
];

interface ConsentRequest {
  clientId: string;
  redirectUri: string;
  state: string | null;
  scopes: string[];
  challenge: string | null;
  person: Person;
}

function askConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if ("status" in asked) return asked;
  const groups = [scopeGroup("The app may", asked.scopes, SCOPES, false)];
  return consentPage({ platform: "TikTok", person: asked.person, groups });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if ("status" in asked) return asked;
  const { isApproved, ticked } = readDecision(call);
  if (!isApproved) return refuseConsent(call);
  const scopes = asked.scopes.filter((scope) => ticked.includes(scope));
  const code = `${randomSecret("", 45)}*${call.number % 10}!${randomSecret("", 6)}`;
  addCode(call.world, { ...asked, code, scopes, at: call.now });
  return back(asked, { code, scopes: scopes.join(",") });
}

/** As when the person presses the deny button. */
export function refuseConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  return "status" in asked ? asked : back(asked, { error: "access_denied", error_description: "User denied access" });
}

/** The parsed request, or TikTok's page or redirect that says what is wrong with it. */
function readConsentRequest(call: Call): ConsentRequest | PlatformAnswer {
  const { query, world } = call;
  const clientId = query.get("client_key") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app("tiktok", clientId);
  if (!app) return consentErrorPage("TikTok", "client_key: the app does not exist.");
  if (!app.redirectUris.includes(redirectUri))
    return consentErrorPage("TikTok", "redirect_uri: it is not registered with the app.");
  const state = query.get("state");
  const refused = (error: string, about: string) => back({ redirectUri, state }, { error, error_description: about });
  if (query.get("response_type") !== "code")
    return refused("unsupported_response_type", "response_type has to be code");
  const challenge = query.get("code_challenge");
  // Such a URL makes it a desktop app.
  if (challenge === null && isLoopback(redirectUri))
    return back({ redirectUri, state }, { error: "code_challenge", errCode: "10007", error_type: "code_challenge" });
  const scopes = [...new Set((query.get("scope") ?? "").split(",").filter(Boolean))];
  if (scopes.length === 0 || scopes.some((scope) => !Object.hasOwn(SCOPES, scope)))
    return refused("invalid_scope", "scope is empty or has an unknown name");
  if (unapprovedScope(call, app, scopes) !== undefined)
    // One such scope refuses the whole sign-in. Source: trypostit/trypost PR 315.
    return back(
      { redirectUri, state },
      { error: "invalid_scope", error_description: "Invalid scope", errCode: "10004", error_type: "scope" },
    );
  return {
    clientId,
    redirectUri,
    state,
    scopes,
    challenge,
    person: personOf(world, query.get("login_hint")),
  };
}

/** Characters that some encoders leave alone are encoded too: the code must be decoded exactly once. */
function back(
  { redirectUri, state }: { redirectUri: string; state: string | null },
  values: Record<string, string>,
): PlatformAnswer {
  const encode = (value: string) =>
    encodeURIComponent(value).replace(/[!*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  const query = Object.entries({ ...values, ...(state !== null && { state }) }).map(
    ([name, value]) => `${name}=${encode(value)}`,
  );
  return redirectAnswer(`${redirectUri}${redirectUri.includes("?") ? "&" : "?"}${query.join("&")}`);
}

function addCode(
  world: World,
  of: {
    code: string;
    clientId: string;
    redirectUri: string;
    scopes: readonly string[];
    challenge: string | null;
    person: Person;
    at: number;
  },
): void {
  const grantId = world.identity.addGrant({
    platform: "tiktok",
    clientId: of.clientId,
    personId: of.person.id,
    scopes: of.scopes,
    at: of.at,
  });
  world.identity.addCode({
    platform: "tiktok",
    code: of.code,
    grantId,
    redirectUri: of.redirectUri,
    issuedAt: of.at,
    facts: { challenge: of.challenge },
  });
}

function giveTokens(call: Call): PlatformAnswer {
  const app = appOf(call);
  if ("status" in app) return app;
  const grantType = call.params["grant_type"];
  if (grantType === "authorization_code") return exchangeCode(call, app);
  if (grantType === "refresh_token") return refresh(call, app);
  if (grantType === "client_credentials") return clientToken();
  return grantType === undefined
    ? oauthError(call, "invalid_request", "grant_type is missing")
    : oauthError(call, "unsupported_grant_type", "grant_type is not supported");
}

function appOf(call: Call): App | PlatformAnswer {
  if (call.body.kind !== "fields" || !/^application\/x-www-form-urlencoded/i.test(call.headers["content-type"] ?? "")) {
    return oauthError(call, "invalid_request", "Only `application/x-www-form-urlencoded` is accepted as Content-Type.");
  }
  const app = call.world.identity.app("tiktok", call.params["client_key"] ?? "");
  if (!app || app.clientSecret !== call.params["client_secret"])
    return oauthError(call, "invalid_client", "Client key or secret is incorrect.");
  return app;
}

function exchangeCode(call: Call, app: App): PlatformAnswer {
  const { params, world, now } = call;
  const code = world.identity.code("tiktok", params["code"] ?? "");
  const isYoung = code !== undefined && now < code.issuedAt + CODE_SECONDS * 1000;
  const isRight =
    code?.clientId === app.clientId &&
    code.redirectUri === params["redirect_uri"] &&
    verifies(code.facts["challenge"], params["code_verifier"]);
  if (!isYoung || !isRight || !world.identity.useCode("tiktok", code.code))
    return oauthError(call, "invalid_grant", "Authorization code is expired or invalid.");
  return issuePair(call, { ...code, openId: code.personId });
}

/** The app's own token, which opens nothing of a person's. Source: TikTok docs, client access token management. */
function clientToken(): PlatformAnswer {
  return jsonAnswer(
    { access_token: randomSecret("clt."), expires_in: ACCESS_SECONDS, token_type: "Bearer" },
    { headers: { "cache-control": "no-store" } },
  );
}

/** A verifier without a challenge is ignored. The challenge is hexadecimal, unlike in RFC 7636. */
function verifies(challenge: unknown, verifier: string | undefined): boolean {
  return (
    typeof challenge !== "string" ||
    challenge ===
      createHash("sha256")
        .update(verifier ?? "")
        .digest("hex")
  );
}

/** Both tokens are new, and the used refresh token becomes invalid; using it again has no effect on the grant. */
function refresh(call: Call, app: App): PlatformAnswer {
  const { params, world, now } = call;
  const token = world.identity.token("tiktok", params["refresh_token"] ?? "");
  const isGood =
    token?.kind === "refresh" && token.clientId === app.clientId && token.state === "valid" && now < token.expiresAt;
  if (!isGood) return oauthError(call, "invalid_grant", "Refresh token is invalid or expired.");
  world.identity.expireToken("tiktok", token.token);
  return issuePair(call, { ...token, openId: token.personId });
}

function issuePair(
  call: Call,
  { grantId, scopes, openId }: { grantId: number; scopes: readonly string[]; openId: string },
): PlatformAnswer {
  const issue = (kind: "access" | "refresh", lifeSeconds: number): string => {
    const token = randomSecret(kind === "access" ? "act." : "rft.");
    call.world.identity.addToken({
      platform: "tiktok",
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
      access_token: issue("access", ACCESS_SECONDS),
      expires_in: ACCESS_SECONDS,
      open_id: openId,
      refresh_expires_in: REFRESH_SECONDS,
      refresh_token: issue("refresh", REFRESH_SECONDS),
      scope: scopes.join(","),
      token_type: "Bearer",
    },
    { headers: { "cache-control": "no-store" } },
  );
}

/** Accepts the access token, and revokes the whole grant. */
function revoke(call: Call): PlatformAnswer {
  const app = appOf(call);
  if ("status" in app) return app;
  const token = call.world.identity.token("tiktok", call.params["token"] ?? "");
  if (token?.clientId !== app.clientId) return oauthError(call, "invalid_request", "token is missing or invalid");
  call.world.identity.revokeToken("tiktok", token.token);
  return jsonAnswer({});
}

export function newApp(): { clientId: string; clientSecret: string } {
  return {
    clientId: `sbaw${randomSecret("", 9)
      .replace(/[^A-Za-z0-9]/g, "x")
      .toLowerCase()}`,
    clientSecret: randomSecret("", 24),
  };
}

/** The apps, person and code of every fresh sandbox. */
export function seedIdentity(world: World): void {
  for (const { clientId, clientSecret } of [SEED, UNAUDITED]) {
    world.identity.addApp({
      platform: "tiktok",
      clientId,
      clientSecret,
      redirectUris: [SEED.redirectUri],
      programmaticRefresh: true,
    });
  }
  const person = world.identity.person("tiktok", SEEDED_PERSON) ?? world.identity.addPerson(newPerson(world, null));
  addCode(world, {
    code: SEED.code,
    clientId: SEED.clientId,
    redirectUri: SEED.redirectUri,
    scopes: Object.keys(SCOPES),
    challenge: null,
    person,
    at: world.clock.now(),
  });
}
