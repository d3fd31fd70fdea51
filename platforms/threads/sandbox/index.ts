import { APP_SETTINGS } from "../../../sandbox/meta/apps.ts";
import { CALLBACKS_RESET, CALLBACKS_SCHEMA } from "../../../sandbox/meta/callbacks.ts";
import { refuseConsent } from "../../../sandbox/meta/consent.ts";
import { newApp } from "../../../sandbox/meta/people.ts";
import { removalsOf } from "../../../sandbox/meta/removal.ts";
import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { CONTAINERS_SCHEMA, CONTAINER_ROUTES } from "./containers.ts";
import { callLimitReached, ERRORS, exchangeError, graphError, SWITCHES } from "./errors.ts";
import { FIDELITY } from "./fidelity.ts";
import { APP_ACCESS, DIALOG, OAUTH_ROUTES, seedIdentity } from "./oauth.ts";
import { PLACE_ROUTES } from "./places.ts";
import { POST_ROUTES, POSTS_SCHEMA } from "./posts.ts";
import { PICTURE_HOST, PROFILE_ROUTES } from "./profiles.ts";
import { countCall, QUOTA_ROUTES } from "./quotas.ts";
import { READ_ROUTES } from "./reads.ts";

/**
 * The Threads sandbox, written from Meta's documentation and client reports, independently of the broker.
 */
export const sandbox: SandboxPlatform = {
  name: "threads",
  label: "Threads",
  hosts: {
    "graph.threads.net": ["graph.threads.com"],
    "www.threads.net": ["threads.net", "www.threads.com", "threads.com"],
    [PICTURE_HOST]: [],
  },
  schema: CONTAINERS_SCHEMA + POSTS_SCHEMA + CALLBACKS_SCHEMA,
  resets: { threads_containers: "created_at", threads_media: "seq", ...CALLBACKS_RESET },
  // Routes with a fixed name in their path come before those with a parameter in its place.
  routes: [
    ...OAUTH_ROUTES,
    ...CONTAINER_ROUTES,
    ...QUOTA_ROUTES,
    ...PLACE_ROUTES,
    ...PROFILE_ROUTES,
    ...POST_ROUTES,
    ...READ_ROUTES,
  ],
  fidelity: FIDELITY,
  switches: SWITCHES,
  badParameter,
  rateLimited: callLimitReached,
  serverError: (call) => graphError(call, ERRORS.unknown),
  refusal: countCall,
  newApp,
  appSettings: APP_SETTINGS,
  removals: removalsOf(APP_ACCESS),
  seed: seedIdentity,
};

function badParameter(call: Call): PlatformAnswer {
  if (call.operation === "authorize") return refuseConsent(DIALOG, call);
  return call.path === "/oauth/access_token"
    ? exchangeError("Invalid parameter")
    : graphError(call, ERRORS.badParameter);
}
