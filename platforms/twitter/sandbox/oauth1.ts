import { randomInt } from "node:crypto";

import {
  backToApp,
  consentErrorPage,
  consentNotePage,
  consentPage,
  readDecision,
  scopeGroup,
} from "../../../sandbox/authorize.ts";
import { randomSecret, type App } from "../../../sandbox/identity.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { integer, integerOrNull, text, textOrNull } from "../../../sandbox/store.ts";
import { personOf, SCOPES } from "./oauth.ts";
import { readSignature, SIGNED_KIND, whyUnsigned } from "./signature.ts";

/**
 * The three steps of OAuth 1.0a: a request token, the person's consent, and an access token that does not end. The
 * app's client ID and secret are its API key and secret. Source: X docs, OAuth 1.0a, obtaining access tokens, 2026.
 */
export const OAUTH1_ROUTES: readonly SandboxRoute[] = [
  ...["/oauth/authorize", "/oauth/authenticate"].flatMap((path): SandboxRoute[] => [
    { method: "GET", host: "api.x.com", path, operation: "authorize", run: askConsent },
    { method: "POST", host: "api.x.com", path, operation: "authorize", run: takeConsent },
  ]),
  { method: "POST", host: "api.x.com", path: "/oauth/request_token", operation: "token", run: giveRequestToken },
  { method: "POST", host: "api.x.com", path: "/oauth/access_token", operation: "token", run: giveAccessToken },
  { method: "POST", host: "api.x.com", path: "/1.1/oauth/invalidate_token", operation: "revoke", run: invalidate },
];

export const OAUTH1_SCHEMA = `
CREATE TABLE IF NOT EXISTS twitter_secrets (
  token TEXT PRIMARY KEY, secret TEXT NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS twitter_request_tokens (
  token TEXT PRIMARY KEY, secret TEXT NOT NULL, client_id TEXT NOT NULL, callback TEXT NOT NULL, access TEXT NOT NULL,
  issued_at INTEGER NOT NULL, verifier TEXT, grant_id INTEGER) WITHOUT ROWID;`;

/** The sandbox's choice: X documents none. */
const REQUEST_TOKEN_MS = 15 * 60_000;
const NEVER = Number.MAX_SAFE_INTEGER;
/** In user context, the app's permission and the person's access type decide instead of scopes. */
const READ = ["tweet.read", "users.read"];
const WRITE = [...READ, "tweet.write", "media.write"];

interface RequestToken {
  token: string;
  secret: string;
  clientId: string;
  /** A registered URL, or `oob`: the person types a PIN. */
  callback: string;
  access: string;
  verifier: string | null;
  grantId: number | null;
}

function giveRequestToken(call: Call): PlatformAnswer {
  const app = signingApp(call, "");
  if ("status" in app) return app;
  const callback = readSignature(call)["oauth_callback"] ?? call.params["oauth_callback"] ?? "";
  if (callback !== "oob" && !app.redirectUris.includes(callback))
    return refusal(
      403,
      415,
      "Callback URL not approved for this client application. Approved callback URLs can be adjusted in your " +
        "application settings",
    );
  const [token, secret] = [randomSecret("", 20), randomSecret("", 24)];
  call.world.store.run("DELETE FROM twitter_request_tokens WHERE issued_at < ?", call.now - REQUEST_TOKEN_MS);
  call.world.store.run(
    `INSERT INTO twitter_request_tokens (token, secret, client_id, callback, access, issued_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
    token,
    secret,
    app.clientId,
    callback,
    call.params["x_auth_access_type"] ?? "write",
    call.now,
  );
  return formAnswer({ oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: "true" });
}

function askConsent(call: Call): PlatformAnswer {
  const asked = findRequestToken(call, call.query.get("oauth_token") ?? "");
  if (!asked) return invalidPage();
  const groups = [scopeGroup("This app will be able to", scopesOf(call, asked), SCOPES, true)];
  return consentPage({ platform: "X", person: personOf(call.world, hintOf(call)), groups });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = findRequestToken(call, call.query.get("oauth_token") ?? "");
  if (!asked) return invalidPage();
  if (!readDecision(call).isApproved) return refuseSignIn(call);
  const { identity, store } = call.world;
  const grantId = identity.addGrant({
    platform: "twitter",
    clientId: asked.clientId,
    personId: personOf(call.world, hintOf(call)).id,
    scopes: scopesOf(call, asked),
    at: call.now,
  });
  const isOutOfBand = asked.callback === "oob";
  const verifier = isOutOfBand ? String(randomInt(1_000_000, 9_999_999)) : randomSecret("", 24);
  store.run(
    "UPDATE twitter_request_tokens SET verifier = ?, grant_id = ? WHERE token = ?",
    verifier,
    grantId,
    asked.token,
  );
  return isOutOfBand
    ? consentNotePage("X", `Go back to the app and enter this PIN: ${verifier}`)
    : backToApp(asked.callback, { oauth_token: asked.token, oauth_verifier: verifier });
}

/** As when the person presses the deny button. */
export function refuseSignIn(call: Call): PlatformAnswer {
  const asked = findRequestToken(call, call.query.get("oauth_token") ?? "");
  if (!asked) return invalidPage();
  return asked.callback === "oob"
    ? consentNotePage("X", "You have denied the app access to your account.")
    : backToApp(asked.callback, { denied: asked.token });
}

function giveAccessToken(call: Call): PlatformAnswer {
  const asked = findRequestToken(call, call.accessToken ?? "");
  if (!asked) return plainRefusal("Invalid request token.");
  const app = signingApp(call, asked.secret);
  if ("status" in app) return app;
  const verifier = readSignature(call)["oauth_verifier"] ?? call.params["oauth_verifier"];
  if (app.clientId !== asked.clientId || asked.grantId === null || asked.verifier !== verifier)
    return plainRefusal("Error processing your OAuth request: Invalid oauth_verifier parameter");
  const { store, identity } = call.world;
  store.run("DELETE FROM twitter_request_tokens WHERE token = ?", asked.token);
  const row = store.get("SELECT person_id FROM grants WHERE id = ?", asked.grantId);
  const person = identity.person("twitter", text(row, "person_id"));
  const token = `${person?.id ?? ""}-${randomSecret("", 30)}`;
  const secret = randomSecret("", 34);
  identity.addToken({
    platform: "twitter",
    token,
    grantId: asked.grantId,
    kind: SIGNED_KIND,
    issuedAt: call.now,
    expiresAt: NEVER,
  });
  store.run("INSERT INTO twitter_secrets VALUES (?, ?, ?)", token, secret, call.now);
  return formAnswer({
    oauth_token: token,
    oauth_token_secret: secret,
    user_id: person?.id ?? "",
    screen_name: person?.username ?? "",
  });
}

/** Revokes the token that signs the call. */
function invalidate(call: Call): PlatformAnswer {
  const token = call.accessToken ?? "";
  const secret = textOrNull(
    call.world.store.get("SELECT secret FROM twitter_secrets WHERE token = ?", token),
    "secret",
  );
  const app = signingApp(call, secret ?? "");
  if ("status" in app) return app;
  if (secret === null || call.world.identity.token("twitter", token)?.clientId !== app.clientId)
    return refusal(401, 89, "Invalid or expired token.");
  call.world.identity.revokeToken("twitter", token);
  return jsonAnswer({ access_token: token });
}

/** The app that signed the call, or the error. */
function signingApp(call: Call, tokenSecret: string): App | PlatformAnswer {
  const app = call.world.identity.app("twitter", readSignature(call)["oauth_consumer_key"] ?? "");
  const wrong = app ? whyUnsigned(call, app.clientSecret, tokenSecret) : "signature";
  if (wrong === "timestamp") return refusal(401, 135, "Timestamp out of bounds.");
  return app && wrong === null ? app : refusal(401, 32, "Could not authenticate you.");
}

/** An app without the permission to write gets tokens that only read. */
function scopesOf(call: Call, { clientId, access }: RequestToken): readonly string[] {
  const approved = call.world.identity.app("twitter", clientId)?.approvedScopes ?? WRITE;
  return access === "read" || !approved.includes("tweet.write") ? READ : WRITE;
}

function hintOf({ query }: Call): string | undefined {
  return query.get("login_hint") ?? query.get("screen_name") ?? undefined;
}

function findRequestToken(call: Call, token: string): RequestToken | undefined {
  const row = call.world.store.get("SELECT * FROM twitter_request_tokens WHERE token = ?", token);
  if (!row || call.now >= integer(row, "issued_at") + REQUEST_TOKEN_MS) return undefined;
  return {
    token,
    secret: text(row, "secret"),
    clientId: text(row, "client_id"),
    callback: text(row, "callback"),
    access: text(row, "access"),
    verifier: textOrNull(row, "verifier"),
    grantId: integerOrNull(row, "grant_id"),
  };
}

function invalidPage(): PlatformAnswer {
  return consentErrorPage(
    "X",
    "The request token for this page is invalid. It may have already been used, or expired because it is too old.",
  );
}

function refusal(status: number, code: number, message: string): PlatformAnswer {
  return jsonAnswer({ errors: [{ code, message }] }, { status });
}

function plainRefusal(message: string): PlatformAnswer {
  return { status: 401, headers: { "content-type": "text/html; charset=utf-8" }, body: message };
}

/** The old endpoints answer as forms, without saying so. */
function formAnswer(values: Record<string, string>): PlatformAnswer {
  return {
    status: 200,
    headers: { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" },
    body: String(new URLSearchParams(values)),
  };
}
