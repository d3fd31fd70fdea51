import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { card } from "../card.ts";
import { ASSETS_SCHEMA } from "./assets.ts";
import { COMMENT_ROUTES, COMMENTS_SCHEMA } from "./comments.ts";
import { DOCUMENT_ROUTES } from "./documents.ts";
import { badValue, ERRORS, restError, SWITCHES, tokenError } from "./errors.ts";
import { FIDELITY } from "./fidelity.ts";
import { IMAGE_ROUTES } from "./images.ts";
import { OAUTH_ROUTES, refuseConsent } from "./oauth.ts";
import { newApp, seedIdentity } from "./people.ts";
import { POST_ROUTES, POSTS_SCHEMA } from "./posts.ts";
import { PICTURE_HOST, PROFILE_ROUTES } from "./profiles.ts";
import { PARTS_SCHEMA, VIDEO_ROUTES } from "./videos.ts";
import { countCall } from "./viewer.ts";

/**
 * The LinkedIn sandbox, written from Microsoft's documentation and client reports, independently of the broker.
 */
export const sandbox: SandboxPlatform = {
  name: "linkedin",
  label: "LinkedIn",
  hosts: { "api.linkedin.com": [], "www.linkedin.com": ["linkedin.com"], [PICTURE_HOST]: [] },
  schema: ASSETS_SCHEMA + PARTS_SCHEMA + POSTS_SCHEMA + COMMENTS_SCHEMA,
  resets: { linkedin_assets: "urls_expire_at", linkedin_parts: "urn", linkedin_posts: "at", linkedin_comments: "seq" },
  routes: [
    ...OAUTH_ROUTES,
    ...PROFILE_ROUTES,
    ...IMAGE_ROUTES,
    ...VIDEO_ROUTES,
    ...DOCUMENT_ROUTES,
    ...POST_ROUTES,
    ...COMMENT_ROUTES,
  ],
  fidelity: FIDELITY,
  switches: SWITCHES,
  badParameter,
  rateLimited: (call) =>
    isOAuth(call) ? tokenError(429, "too_many_requests", "Too many requests") : restError(call, ERRORS.memberDay),
  serverError: (call) =>
    isOAuth(call) ? tokenError(500, "server_error", "Internal Server Error") : restError(call, ERRORS.server),
  refusal: countCall,
  newApp,
  card,
  seed: seedIdentity,
};

function badParameter(call: Call): PlatformAnswer {
  if (call.operation === "authorize") return refuseConsent(call);
  if (isOAuth(call)) return tokenError(400, "invalid_request", "A parameter is invalid");
  return restError(call, badValue("The value of a field is invalid"));
}

function isOAuth(call: Call): boolean {
  return call.path.startsWith("/oauth/");
}
