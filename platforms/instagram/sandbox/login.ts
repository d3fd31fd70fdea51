import type { Person } from "../../../sandbox/identity.ts";
import { askConsent, takeConsent, type Dialog } from "../../../sandbox/meta/consent.ts";
import { facebookLoginRoutes, type FacebookLogin } from "../../../sandbox/meta/facebook-login.ts";
import { pick } from "../../../sandbox/meta/fields.ts";
import { invalid, Refusal } from "../../../sandbox/meta/graph.ts";
import { grantPages, pagesOf } from "../../../sandbox/meta/pages.ts";
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
const DIRECT_SCOPES: Readonly<Record<string, string>> = {
  instagram_business_basic: "See your profile and media",
  instagram_business_content_publish: "Create and publish posts",
  instagram_business_manage_comments: "Read and write comments",
  instagram_business_manage_insights: "See insights",
  instagram_business_manage_messages: "Read and write messages",
};

const FACEBOOK_SCOPES: Readonly<Record<string, string>> = {
  instagram_basic: "See the profile and media of your Instagram account",
  instagram_content_publish: "Create and publish posts on Instagram",
  pages_show_list: "See the Pages you manage",
  pages_read_engagement: "Read the content of your Pages",
  business_management: "Manage your businesses",
  ads_management: "Manage ads",
  ads_read: "Read ads",
  instagram_manage_comments: "Read and write comments on Instagram",
  instagram_manage_insights: "See insights on Instagram",
  instagram_manage_contents: "Delete content on Instagram",
  public_profile: "See your public profile",
  email: "See your email address",
};

export const DIRECT_LABEL = "Instagram";

const DIRECT: Dialog = {
  platform: "instagram",
  label: DIRECT_LABEL,
  scopes: DIRECT_SCOPES,
  needed: "instagram_business_basic",
  configured: null,
  groups: () => [],
  personOf,
  refusal: "The user denied your request",
  suffix: "#_",
  granted: () => undefined,
};

const BY_FACEBOOK: Dialog = {
  platform: "instagram",
  label: "Instagram by Facebook",
  scopes: FACEBOOK_SCOPES,
  needed: "instagram_basic",
  personOf,
  configured: [
    "instagram_basic",
    "instagram_content_publish",
    "pages_show_list",
    "pages_read_engagement",
    "business_management",
  ],
  groups: (call, person) => [
    {
      title: "Pages, each with its Instagram account",
      field: "page",
      options: pagesOf(call.world, "instagram", person.id).map((page) => ({
        value: page.id,
        label: page.name,
        required: false,
      })),
    },
  ],
  refusal: "Permissions error",
  suffix: "",
  granted(call, { grantId, person }, fields) {
    const ticked = [fields["page"] ?? []].flat();
    grantPages(
      call.world,
      grantId,
      pagesOf(call.world, "instagram", person.id)
        .map((page) => page.id)
        .filter((id) => ticked.includes(id)),
    );
  },
};

export const SEED_SCOPES = ["instagram_business_basic", "instagram_business_content_publish"] as const;

export const FACEBOOK_LOGIN: FacebookLogin = {
  dialog: BY_FACEBOOK,
  graph,
  userIdOf: (person: Person) => factsOf(person).facebookUserId,
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

export const LOGIN_ROUTES: readonly SandboxRoute[] = [
  {
    method: "GET",
    host: "www.instagram.com",
    path: "/oauth/authorize",
    operation: "authorize",
    run: (call) => askConsent(DIRECT, call),
  },
  {
    method: "POST",
    host: "www.instagram.com",
    path: "/oauth/authorize",
    operation: "authorize",
    run: (call) => takeConsent(DIRECT, call),
  },
  {
    method: "GET",
    host: "api.instagram.com",
    path: "/oauth/authorize",
    operation: "authorize",
    run: (call) => askConsent(DIRECT, call),
  },
  {
    method: "POST",
    host: "api.instagram.com",
    path: "/oauth/authorize",
    operation: "authorize",
    run: (call) => takeConsent(DIRECT, call),
  },
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
