import { backToApp, consentErrorPage, consentPage, readDecision } from "../../../sandbox/authorize.ts";
import { personOfLogin, randomSecret, type NewPerson, type Person, seedGrant } from "../../../sandbox/identity.ts";
import { namesOf } from "../../../sandbox/meta/people.ts";
import {
  jsonAnswer,
  rawJsonAnswer,
  type Call,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import type { World } from "../../../sandbox/world.ts";
import { CODE_USED, ERRORS, exchangeError, graphError, graphHeaders, Refusal } from "./errors.ts";
import { checkToken, refusing, viewerOf } from "./viewer.ts";

/**
 * Threads' login: consent page, code, one-hour token, 60-day token, refresh, inspection.
 * Source: Threads docs, get access tokens and permissions, long-lived tokens, debug; 2026.
 */
export const SEED = {
  clientId: "990602627938098",
  clientSecret: "th-secret",
  redirectUri: "https://app.example.test/cb",
  code: "THCODE1",
  personId: "26000000000000001",
} as const;

/** Every scope, with its description on the consent page. */
export const SCOPES: Readonly<Record<string, string>> = {
  threads_basic: "See your profile and posts",
  threads_content_publish: "Create and publish posts",
  threads_manage_replies: "Reply, and manage who replies",
  threads_read_replies: "Read replies to your posts",
  threads_manage_insights: "See insights",
  threads_delete: "Delete your posts",
  threads_location_tagging: "Search for and tag places",
  threads_manage_mentions: "See posts that mention you",
  threads_keyword_search: "Search public posts",
  threads_profile_discovery: "Look up public profiles",
};

const HOUR_SECONDS = 3600;
const LONG_SECONDS = 5_183_944;

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "www.threads.net", path: "/oauth/authorize", operation: "authorize", run: askConsent },
  { method: "POST", host: "www.threads.net", path: "/oauth/authorize", operation: "authorize", run: takeConsent },
  { method: "POST", host: "graph.threads.net", path: "/oauth/access_token", operation: "token", run: exchangeCode },
  { method: "GET", host: "graph.threads.net", path: "/oauth/access_token", operation: "token", run: appToken },
  { method: "GET", host: "graph.threads.net", path: "/access_token", operation: "token", run: refusing(exchangeShort) },
  {
    method: "GET",
    host: "graph.threads.net",
    path: "/refresh_access_token",
    operation: "refresh",
    run: refusing(refresh),
  },
  { method: "GET", host: "graph.threads.net", path: "/debug_token", operation: "read", run: refusing(debugToken) },
];

/** The person named by a login hint, created if new. Without a hint, it is the seeded one. */
export function personOf(world: World, hint: string | undefined): Person {
  return personOfLogin(world.identity, {
    platform: "threads",
    hint,
    seededId: SEED.personId,
    add: (named) => world.identity.addPerson(newPerson(world, named)),
  });
}

export function newPerson(world: World, hint: string | null): NewPerson {
  const id = String(26_000_000_000_000_000n + BigInt(world.store.next("threads.person")));
  const { username, name } = namesOf(hint ?? "sandbox_threads");
  const facts = { biography: "Bio", geoGating: hint?.includes("geo-gating") ?? false };
  return { platform: "threads", id, username, name, hint, facts };
}

type ConsentRequest = {
  redirectUri: string;
  state: string | undefined;
  scopes: string[];
  person: Person;
  clientId: string;
};

function askConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("Threads", asked);
  const options = asked.scopes.map((scope) => ({
    value: scope,
    label: SCOPES[scope] ?? scope,
    required: scope === "threads_basic",
  }));
  return consentPage({
    platform: "Threads",
    person: asked.person,
    groups: [{ title: "The app may", field: "scope", options }],
  });
}

function takeConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("Threads", asked);
  const { isApproved, ticked } = readDecision(call);
  if (!isApproved) return refuseConsent(call);
  const { world, now } = call;
  const scopes = asked.scopes.filter((scope) => scope === "threads_basic" || ticked.includes(scope));
  const grantId = world.identity.addGrant({
    platform: "threads",
    clientId: asked.clientId,
    personId: asked.person.id,
    scopes,
    at: now,
  });
  const code = randomSecret("AQ", 96);
  world.identity.addCode({
    platform: "threads",
    code,
    grantId,
    redirectUri: asked.redirectUri,
    issuedAt: now,
    facts: {},
  });
  return back(asked, { code });
}

/** As when the person presses the deny button. */
export function refuseConsent(call: Call): PlatformAnswer {
  const asked = readConsentRequest(call);
  if (typeof asked === "string") return consentErrorPage("Threads", asked);
  return back(asked, {
    error: "access_denied",
    error_reason: "user_denied",
    error_description: "The user denied your request",
  });
}

/** The parsed request, or a sentence that says what is wrong with it. */
function readConsentRequest(call: Call): ConsentRequest | string {
  const { query, world } = call;
  const clientId = query.get("client_id") ?? "";
  const redirectUri = query.get("redirect_uri") ?? "";
  const app = world.identity.app("threads", clientId);
  if (!app) return "Invalid client_id: there is no such app.";
  if (!app.redirectUris.includes(redirectUri)) return "Invalid redirect_uri: it is not among the app's redirect URIs.";
  if (query.get("response_type") !== "code") return "Invalid response_type: it has to be code.";
  const scopes = [...new Set((query.get("scope") ?? "").split(/[\s,]+/).filter(Boolean))];
  const unknown = scopes.find((scope) => !Object.hasOwn(SCOPES, scope));
  if (unknown !== undefined) return `Invalid scope: ${unknown} is unknown.`;
  if (!scopes.includes("threads_basic")) return "Invalid scope: threads_basic is missing.";
  const person = personOf(world, query.get("login_hint") ?? undefined);
  return { clientId, redirectUri, scopes, person, state: query.get("state") ?? undefined };
}

/** The trailing `#_` is added by Meta, and not part of any value. */
function back(asked: ConsentRequest, values: Record<string, string>): PlatformAnswer {
  return backToApp(asked.redirectUri, { ...values, state: asked.state }, "#_");
}

function exchangeCode(call: Call): PlatformAnswer {
  const { params, world, now } = call;
  const { identity } = world;
  const app = identity.app("threads", params["client_id"] ?? "");
  if (!app || app.clientSecret !== params["client_secret"]) return exchangeError("Error validating client secret.");
  if (params["grant_type"] !== "authorization_code")
    return exchangeError("Invalid grant_type: it has to be authorization_code.");
  const code = identity.code("threads", params["code"] ?? "");
  if (!code || code.clientId !== app.clientId || code.used || now >= code.issuedAt + HOUR_SECONDS * 1000)
    return exchangeError(CODE_USED);
  if (code.redirectUri !== params["redirect_uri"])
    return exchangeError("Error validating verification code. The redirect_uri is not the one used for the code.");
  identity.useCode("threads", code.code);
  const token = issueToken(call, {
    kind: "short",
    grantId: code.grantId,
    clientId: app.clientId,
    personId: code.personId,
  });
  return rawJsonAnswer(`{"access_token":${JSON.stringify(token)},"user_id":${code.personId}}`, {
    headers: graphHeaders(call),
  });
}

/** For oEmbed and the like; not accepted for publishing. */
function appToken(call: Call): PlatformAnswer {
  const { params, world } = call;
  const app = world.identity.app("threads", params["client_id"] ?? "");
  if (!app || app.clientSecret !== params["client_secret"] || params["grant_type"] !== "client_credentials") {
    return graphError(
      call,
      ERRORS.invalid("Error validating application. Check client_id, client_secret and grant_type."),
    );
  }
  return jsonAnswer(
    { access_token: `TH|${app.clientId}|${randomSecret("", 20)}`, token_type: "bearer" },
    { headers: graphHeaders(call) },
  );
}

function exchangeShort(call: Call): PlatformAnswer {
  const { params, world } = call;
  if (params["grant_type"] !== "th_exchange_token")
    throw new Refusal(ERRORS.invalid("Invalid grant_type: it has to be th_exchange_token."));
  const { token } = viewerOf(call);
  if (world.identity.app("threads", token.clientId)?.clientSecret !== params["client_secret"]) {
    throw new Refusal(ERRORS.invalid("Error validating client secret."));
  }
  if (token.kind !== "short") throw new Refusal(ERRORS.invalid("Only a short-lived token can be exchanged."));
  return longToken(call, token);
}

function refresh(call: Call): PlatformAnswer {
  if (call.params["grant_type"] !== "th_refresh_token")
    throw new Refusal(ERRORS.invalid("Invalid grant_type: it has to be th_refresh_token."));
  const { token } = viewerOf(call);
  if (token.kind !== "long") throw new Refusal(ERRORS.invalid("Only a long-lived token can be refreshed."));
  if (!token.scopes.includes("threads_basic")) throw new Refusal(ERRORS.noScope("threads_basic"));
  if (call.now < token.issuedAt + 24 * HOUR_SECONDS * 1000) {
    throw new Refusal(ERRORS.invalid("Token is not old enough to refresh. It has to be at least 24 hours old."));
  }
  return longToken(call, token);
}

function longToken(call: Call, of: { grantId: number; clientId: string; personId: string }): PlatformAnswer {
  const token = issueToken(call, { kind: "long", grantId: of.grantId, clientId: of.clientId, personId: of.personId });
  return jsonAnswer(
    { access_token: token, token_type: "bearer", expires_in: LONG_SECONDS },
    { headers: graphHeaders(call) },
  );
}

/** The seeded app's tokens for the seeded person are numbered; all others are as long as real ones. */
function issueToken(
  call: Call,
  of: { kind: "short" | "long"; grantId: number; clientId: string; personId: string },
): string {
  const { world, now } = call;
  const seeded = of.clientId === SEED.clientId && of.personId === SEED.personId;
  const token = seeded
    ? `TH${of.kind.toUpperCase()}${world.store.next(`threads.token.${of.kind}`)}`
    : randomSecret("THQVJ", 100);
  const lifeSeconds = of.kind === "short" ? HOUR_SECONDS : LONG_SECONDS;
  world.identity.addToken({
    platform: "threads",
    token,
    grantId: of.grantId,
    kind: of.kind,
    issuedAt: now,
    expiresAt: now + lifeSeconds * 1000,
  });
  return token;
}

/** Accepts a user token of the same app, whose people are all testers, but not the app's token as on Facebook. */
function debugToken(call: Call): PlatformAnswer {
  const { world, now, params } = call;
  const viewer = viewerOf(call);
  const token = world.identity.token("threads", params["input_token"] ?? "");
  const invalid = (message: string, code: number, subcode?: number) =>
    jsonAnswer(
      { data: { is_valid: false, scopes: [], error: { message, code, ...(subcode !== undefined && { subcode }) } } },
      { headers: graphHeaders(call) },
    );
  if (!token || token.clientId !== viewer.token.clientId) return invalid(ERRORS.badToken.message, 190);
  try {
    checkToken(token, now);
  } catch (error) {
    if (error instanceof Refusal) return invalid(error.graph.message, error.graph.code, error.graph.subcode);
    throw error;
  }
  const issuedAt = Math.floor(token.issuedAt / 1000);
  const data = {
    type: "USER",
    application: "Sandbox App",
    data_access_expires_at: issuedAt + 90 * 86_400,
    expires_at: Math.floor(token.expiresAt / 1000),
    is_valid: true,
    issued_at: issuedAt,
    scopes: token.scopes,
    user_id: token.personId,
  };
  return jsonAnswer({ data }, { headers: graphHeaders(call) });
}

/** The app, person and code of every fresh sandbox. */
export function seedIdentity(world: World): void {
  const person = world.identity.addPerson(newPerson(world, null));
  seedGrant(world.identity, {
    platform: "threads",
    app: SEED,
    personId: person.id,
    scopes: Object.keys(SCOPES),
    at: world.clock.now(),
    facts: {},
  });
}
