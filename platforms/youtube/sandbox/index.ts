import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { card } from "../card.ts";
import { CHANNEL_HOSTS, CHANNEL_ROUTES } from "./channels.ts";
import { COMMENT_ROUTES, COMMENTS_SCHEMA } from "./comments.ts";
import { apiError, ERRORS, SWITCHES, tokenError } from "./errors.ts";
import { FIDELITY } from "./fidelity.ts";
import { LIBRARY_ROUTES } from "./library.ts";
import { newApp, OAUTH_ROUTES, refuseConsent, seedIdentity } from "./oauth.ts";
import { countCall, usedUp } from "./quotas.ts";
import { SESSIONS_SCHEMA } from "./sessions.ts";
import { UPLOAD_ROUTES } from "./uploads.ts";
import { VIDEOS_SCHEMA } from "./videos.ts";

/**
 * The sandbox of YouTube's Data API, written from Google's documentation and client reports, independently of the
 * broker.
 */
export const sandbox: SandboxPlatform = {
  name: "youtube",
  label: "YouTube",
  hosts: {
    "www.googleapis.com": ["youtube.googleapis.com"],
    "accounts.google.com": [],
    "oauth2.googleapis.com": [],
    "openidconnect.googleapis.com": [],
    "www.youtube.com": ["youtube.com", "m.youtube.com"],
    ...CHANNEL_HOSTS,
  },
  schema: VIDEOS_SCHEMA + SESSIONS_SCHEMA + COMMENTS_SCHEMA,
  resets: { youtube_videos: "at", youtube_sessions: "expires_at", youtube_comments: "seq" },
  routes: [...OAUTH_ROUTES, ...UPLOAD_ROUTES, ...LIBRARY_ROUTES, ...CHANNEL_ROUTES, ...COMMENT_ROUTES],
  fidelity: FIDELITY,
  switches: SWITCHES,
  badParameter,
  rateLimited: (call) => (isToken(call) ? tokenError(429, "rate_limit_exceeded", "Rate Limit Exceeded") : usedUp(call)),
  serverError: (call) =>
    isToken(call) ? tokenError(500, "internal_failure", "Internal Error") : apiError(ERRORS.backendError),
  refusal: countCall,
  newApp,
  card,
  seed: seedIdentity,
};

function badParameter(call: Call): PlatformAnswer {
  if (call.operation === "authorize") return refuseConsent(call);
  return isToken(call) ? tokenError(400, "invalid_request", "Bad Request") : apiError(ERRORS.badRequest);
}

function isToken(call: Call): boolean {
  return call.host === "oauth2.googleapis.com";
}
