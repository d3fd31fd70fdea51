import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { card } from "../card.ts";
import { invalid, oauthError, PROBLEMS, problem, SWITCHES } from "./errors.ts";
import { FIDELITY } from "./fidelity.ts";
import { MEDIA_ROUTES } from "./media.ts";
import { newApp, OAUTH_ROUTES, OAUTH_SCHEMA, refuseConsent, seedIdentity } from "./oauth.ts";
import { OAUTH1_ROUTES, OAUTH1_SCHEMA, refuseSignIn } from "./oauth1.ts";
import { POST_ROUTES } from "./posts.ts";
import { PROCESSING_SCHEMA } from "./processing.ts";
import { PICTURE_HOST, PROFILE_ROUTES } from "./profiles.ts";
import { countCall, RATES_SCHEMA } from "./rates.ts";
import { READ_ROUTES } from "./reads.ts";
import { LINK_ROUTES, LINKS_SCHEMA } from "./render.ts";
import { NONCES_SCHEMA } from "./signature.ts";
import { MEDIA_SCHEMA } from "./stored-media.ts";
import { POSTS_SCHEMA } from "./stored-post.ts";

/**
 * The X sandbox, written from X's documentation and client reports, independently of the broker.
 */
export const sandbox: SandboxPlatform = {
  name: "twitter",
  label: "X",
  hosts: {
    "api.x.com": ["api.twitter.com"],
    "x.com": ["twitter.com", "www.x.com", "www.twitter.com"],
    "t.co": [],
    [PICTURE_HOST]: [],
  },
  schema:
    OAUTH_SCHEMA +
    OAUTH1_SCHEMA +
    NONCES_SCHEMA +
    RATES_SCHEMA +
    MEDIA_SCHEMA +
    PROCESSING_SCHEMA +
    POSTS_SCHEMA +
    LINKS_SCHEMA,
  resets: {
    twitter_windows: "starts_at",
    twitter_nonces: "at",
    twitter_media: "expires_at",
    twitter_segments: "media_id",
    twitter_processing: "begun_at",
    twitter_posts: "seq",
    twitter_links: "code",
  },
  routes: [
    ...OAUTH_ROUTES,
    ...OAUTH1_ROUTES,
    ...MEDIA_ROUTES,
    ...POST_ROUTES,
    ...PROFILE_ROUTES,
    ...READ_ROUTES,
    ...LINK_ROUTES,
  ],
  fidelity: FIDELITY,
  switches: SWITCHES,
  badParameter,
  rateLimited: (call) => problem(call, PROBLEMS.tooMany),
  serverError: (call) => problem(call, PROBLEMS.serverError),
  refusal: (call) => (countCall(call) ? undefined : problem(call, PROBLEMS.tooMany)),
  newApp,
  card,
  seed: seedIdentity,
};

function badParameter(call: Call): PlatformAnswer {
  if (call.operation === "authorize") return call.host === "x.com" ? refuseConsent(call) : refuseSignIn(call);
  if (call.path.startsWith("/2/oauth2/"))
    return oauthError(400, "invalid_request", "One or more parameters to your request was invalid.");
  return problem(call, invalid("One or more parameters to your request was invalid."));
}
