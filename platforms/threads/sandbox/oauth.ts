import { personOfLogin, randomSecret, type NewPerson, type Person, seedGrant } from "../../../sandbox/identity.ts";
import { dialogRoutes, type Dialog } from "../../../sandbox/meta/consent.ts";
import { namesOf } from "../../../sandbox/meta/people.ts";
import { removalRoutes, type AppAccess } from "../../../sandbox/meta/removal.ts";
import { THREADS_SCOPES } from "../../../sandbox/meta/scopes.ts";
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

export const DIALOG: Dialog = {
  platform: "threads",
  label: "Threads",
  scopes: THREADS_SCOPES,
  needed: "threads_basic",
  demandsNeeded: true,
  configured: null,
  invalidScopes: (scopes) => ({ message: `Invalid scope: ${scopes}.`, values: null }),
  groups: () => [],
  personOf,
  refusal: "The user denied your request",
  // Added by Meta, and not part of any value.
  suffix: "#_",
};

export const APP_ACCESS: AppAccess = {
  platform: "threads",
  label: "Threads",
  host: "www.threads.net",
  path: "/settings/account",
  personOf,
  personOfAccount: (world, id) => world.identity.person("threads", id),
  userIdOf: (person) => person.id,
};

const HOUR_SECONDS = 3600;
const LONG_SECONDS = 5_183_944;

export const OAUTH_ROUTES: readonly SandboxRoute[] = [
  ...dialogRoutes(DIALOG, "www.threads.net", "/oauth/authorize"),
  ...removalRoutes(APP_ACCESS),
  { method: "POST", host: "graph.threads.net", path: "/oauth/access_token", operation: "token", run: giveToken },
  // Clients in production exchange their codes by GET, too.
  { method: "GET", host: "graph.threads.net", path: "/oauth/access_token", operation: "token", run: giveToken },
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

function giveToken(call: Call): PlatformAnswer {
  return call.params["grant_type"] === "client_credentials" ? appToken(call) : exchangeCode(call);
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
  if (!app || app.clientSecret !== params["client_secret"])
    return graphError(call, ERRORS.invalid("Error validating application. Check client_id and client_secret."));
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
    scopes: Object.keys(THREADS_SCOPES),
    at: world.clock.now(),
    facts: {},
  });
}
