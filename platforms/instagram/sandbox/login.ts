import type { Person } from "../../../sandbox/identity.ts";
import { dialogRoutes, type Dialog } from "../../../sandbox/meta/consent.ts";
import { FACEBOOK_DIALOG, facebookLoginRoutes, type FacebookLogin } from "../../../sandbox/meta/facebook-login.ts";
import { pick } from "../../../sandbox/meta/fields.ts";
import { invalid, Refusal } from "../../../sandbox/meta/graph.ts";
import { choosingPages } from "../../../sandbox/meta/pages.ts";
import { removalRoutes, type AppAccess } from "../../../sandbox/meta/removal.ts";
import { INSTAGRAM_SCOPES } from "../../../sandbox/meta/scopes.ts";
import { HOUR_MS, issueToken, LONG_SECONDS } from "../../../sandbox/meta/tokens.ts";
import {
  jsonAnswer,
  rawJsonAnswer,
  type Call,
  type PlatformAnswer,
  type SandboxRoute,
} from "../../../sandbox/platform.ts";
import { factsOf, personOf, SEED } from "./people.ts";
import { pictureUrl } from "./profile.ts";
import { DIRECT_HOST, graph, viewerOf } from "./viewer.ts";

/**
 * Both ways to connect: Instagram's own login, and Facebook's.
 * Source: Instagram Platform docs, business login (2026-03-13), oauth-authorize, access_token, refresh_access_token.
 */
export const DIRECT_LABEL = "Instagram";

const DIRECT: Dialog = {
  platform: "instagram",
  label: DIRECT_LABEL,
  scopes: INSTAGRAM_SCOPES,
  needed: "instagram_business_basic",
  demandsNeeded: true,
  configured: null,
  invalidScopes: (scopes) => ({ message: `Invalid Request: Invalid scope: ${scopes}.`, values: null }),
  groups: () => [],
  personOf,
  refusal: "The user denied your request",
  suffix: "#_",
};

const BY_FACEBOOK: Dialog = {
  ...FACEBOOK_DIALOG,
  platform: "instagram",
  label: "Instagram by Facebook",
  configured: [
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
  ],
  personOf,
  ...choosingPages("instagram", "Pages, each with its Instagram account"),
};

export const SEED_SCOPES = ["instagram_business_basic", "instagram_business_content_publish"] as const;

export const FACEBOOK_LOGIN: FacebookLogin = {
  dialog: BY_FACEBOOK,
  graph,
  userIdOf: (person: Person) => factsOf(person).facebookUserId,
  pictureUrl,
  pageValues(call, page) {
    const linked = page.linkedId === null ? undefined : call.world.identity.person("instagram", page.linkedId);
    return {
      id: () => page.id,
      name: () => page.name,
      username: () => page.username,
      link: () => `https://www.facebook.com/${page.username}`,
      category: () => "Brand",
      picture: () => ({ data: { url: pictureUrl(page.username) } }),
      instagram_business_account: (inner) =>
        linked &&
        pick(inner, {
          id: () => linked.id,
          username: () => linked.username,
          name: () => linked.name,
          profile_picture_url: () => pictureUrl(linked.username),
        }),
    };
  },
  seedToken: () => null,
};

export const APP_ACCESS: AppAccess = {
  platform: "instagram",
  label: "Instagram",
  host: "www.instagram.com",
  path: "/accounts/manage_access",
  personOf,
  personOfAccount: (world, id) => world.identity.person("instagram", id),
  userIdOf(person, scopes) {
    const { appScopedId, facebookUserId } = factsOf(person);
    return scopes.includes(DIRECT.needed) ? appScopedId : facebookUserId;
  },
};

export const LOGIN_ROUTES: readonly SandboxRoute[] = [
  ...dialogRoutes(DIRECT, "www.instagram.com", "/oauth/authorize"),
  ...dialogRoutes(DIRECT, "api.instagram.com", "/oauth/authorize"),
  { method: "POST", host: "api.instagram.com", path: "/oauth/access_token", operation: "token", run: exchangeCode },
  { method: "GET", host: DIRECT_HOST, path: "/access_token", operation: "token", run: graph.refusing(exchangeShort) },
  {
    method: "GET",
    host: DIRECT_HOST,
    path: "/refresh_access_token",
    operation: "refresh",
    run: graph.refusing(refresh),
  },
  ...facebookLoginRoutes(FACEBOOK_LOGIN),
  ...removalRoutes(APP_ACCESS),
];

export function dialogOf(call: Call): Dialog {
  return call.host === "www.facebook.com" ? BY_FACEBOOK : DIRECT;
}

/** Errors of the code exchange, which have their own format. */
export function exchangeError(message: string): PlatformAnswer {
  return jsonAnswer({ error_type: "OAuthException", code: 400, error_message: message }, { status: 400 });
}

export const CODE_USED = "Matching code was not found or was already used";

/** Accepts a form of either type, but not JSON. */
function exchangeCode(call: Call): PlatformAnswer {
  const { params, world, now } = call;
  const { identity } = world;
  if (call.body.kind === "json" || call.body.kind === "unreadable")
    return exchangeError("You must provide a client_id");
  const app = identity.app("instagram", params["client_id"] ?? "");
  if (!app || app.clientSecret !== params["client_secret"]) return exchangeError("Invalid platform app");
  if (params["grant_type"] !== "authorization_code")
    return exchangeError("Invalid grant_type: it has to be authorization_code.");
  const code = identity.code("instagram", params["code"] ?? "");
  const stale =
    !code ||
    code.clientId !== app.clientId ||
    code.used ||
    code.facts["dialog"] !== DIRECT_LABEL ||
    now >= code.issuedAt + HOUR_MS;
  if (stale) return exchangeError(CODE_USED);
  if (code.redirectUri !== params["redirect_uri"])
    return exchangeError(
      "Error validating verification code. " +
        "Please make sure your redirect_uri is identical to the one you used in the OAuth dialog request",
    );
  identity.useCode("instagram", code.code);
  const token = directToken(call, {
    kind: "short",
    grantId: code.grantId,
    clientId: app.clientId,
    personId: code.personId,
  });
  // The ID is an unquoted number beyond JavaScript's safe integers, as on the platform.
  const body = `{"access_token":${JSON.stringify(token)},"user_id":${code.personId},"permissions":${JSON.stringify(code.scopes)}}`;
  return rawJsonAnswer(body, { headers: graph.headers(call) });
}

function exchangeShort(call: Call): PlatformAnswer {
  const { params, world } = call;
  if (params["grant_type"] !== "ig_exchange_token")
    throw invalid("Invalid grant_type: it has to be ig_exchange_token.");
  const { token } = viewerOf(call);
  if (world.identity.app("instagram", token.clientId)?.clientSecret !== params["client_secret"])
    throw invalid("Error validating client secret.");
  if (token.kind !== "short") throw invalid("Only a short-lived token can be exchanged.");
  const long = directToken(call, { ...token, kind: "long" });
  return jsonAnswer(
    { access_token: long, token_type: "bearer", expires_in: LONG_SECONDS },
    { headers: graph.headers(call) },
  );
}

function refresh(call: Call): PlatformAnswer {
  if (call.params["grant_type"] !== "ig_refresh_token")
    throw invalid("Invalid grant_type: it has to be ig_refresh_token.");
  const { token } = viewerOf(call);
  if (token.kind !== "long") throw invalid("Only a long-lived token can be refreshed.");
  if (!token.scopes.includes("instagram_business_basic"))
    throw new Refusal({ message: "(#10) instagram_business_basic is missing", code: 10 });
  if (call.now < token.issuedAt + 24 * HOUR_MS)
    throw new Refusal({ message: "Token is not old enough to refresh", code: 100 });
  const fresh = directToken(call, { ...token, kind: "long" });
  return jsonAnswer(
    { access_token: fresh, token_type: "bearer", expires_in: LONG_SECONDS, permissions: token.scopes.join(",") },
    { headers: graph.headers(call) },
  );
}

/** The seeded app's tokens for the seeded account are numbered. */
function directToken(
  call: Call,
  of: { kind: "short" | "long"; grantId: number; clientId: string; personId: string },
): string {
  const seeded = of.clientId === SEED.clientId && of.personId === SEED.personId;
  const name = seeded ? `${of.kind.toUpperCase()}${call.world.store.next(`instagram.token.${of.kind}`)}` : null;
  const lifeMs = of.kind === "short" ? HOUR_MS : LONG_SECONDS * 1000;
  return issueToken(call, {
    platform: "instagram",
    grantId: of.grantId,
    kind: of.kind,
    expiresAt: call.now + lifeMs,
    prefix: "IGAA",
    name,
  });
}
