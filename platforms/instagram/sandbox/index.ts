import { APP_SETTINGS } from "../../../sandbox/meta/apps.ts";
import { CALLBACKS_RESET, CALLBACKS_SCHEMA } from "../../../sandbox/meta/callbacks.ts";
import { refuseConsent } from "../../../sandbox/meta/consent.ts";
import { PAGES_SCHEMA } from "../../../sandbox/meta/pages.ts";
import { newApp } from "../../../sandbox/meta/people.ts";
import { removalsOf } from "../../../sandbox/meta/removal.ts";
import { drawPicture } from "../../../sandbox/pictures.ts";
import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { card } from "../card.ts";
import { COMMENT_ROUTES, COMMENTS_SCHEMA } from "./comments.ts";
import { CONTAINER_ROUTES, CONTAINERS_SCHEMA } from "./containers.ts";
import { callLimitReached, igError, SWITCHES } from "./errors.ts";
import { FIDELITY } from "./fidelity.ts";
import { APP_ACCESS, DIRECT_LABEL, dialogOf, exchangeError, LOGIN_ROUTES, SEED_SCOPES } from "./login.ts";
import { MEDIA_SCHEMA } from "./media.ts";
import { seedIdentity } from "./people.ts";
import { PICTURE_HOST } from "./profile.ts";
import { countCall, QUOTA_ROUTES } from "./quotas.ts";
import { READ_ROUTES } from "./reads.ts";
import { UPLOAD_ROUTES } from "./uploads.ts";
import { FACEBOOK_HOST, graph } from "./viewer.ts";

/**
 * The Instagram sandbox, for both logins, written from Meta's documentation and client reports, independently of the
 * broker. It shares Facebook's hosts.
 */
export const sandbox: SandboxPlatform = {
  name: "instagram",
  label: "Instagram",
  hosts: {
    "graph.instagram.com": [],
    "api.instagram.com": [],
    "www.instagram.com": ["instagram.com"],
    [FACEBOOK_HOST]: ["graph-video.facebook.com"],
    "www.facebook.com": ["facebook.com", "web.facebook.com", "m.facebook.com"],
    "rupload.facebook.com": [],
    [PICTURE_HOST]: [],
  },
  schema: CONTAINERS_SCHEMA + MEDIA_SCHEMA + COMMENTS_SCHEMA + PAGES_SCHEMA + CALLBACKS_SCHEMA,
  resets: { instagram_containers: "created_at", instagram_media: "seq", instagram_comments: "seq", ...CALLBACKS_RESET },
  // Routes with a fixed name in their path come before those with a parameter in its place.
  routes: [
    ...LOGIN_ROUTES,
    ...CONTAINER_ROUTES,
    ...QUOTA_ROUTES,
    ...COMMENT_ROUTES,
    ...UPLOAD_ROUTES,
    ...READ_ROUTES,
    {
      method: "GET",
      host: PICTURE_HOST,
      path: "/t51.instagram/{name}",
      operation: "read",
      run: (call) => drawPicture((call.segments["name"] ?? "").replace(/\.jpg$/, "")),
    },
  ],
  claims,
  fidelity: FIDELITY,
  switches: SWITCHES,
  badParameter,
  rateLimited: callLimitReached,
  serverError: (call) =>
    graph.error(call, { message: "An unknown error has occurred.", code: 1, status: 500, transient: true }),
  refusal: countCall,
  newApp,
  appSettings: APP_SETTINGS,
  removals: removalsOf(APP_ACCESS),
  card,
  seed: (world) => seedIdentity(world, { direct: SEED_SCOPES, label: DIRECT_LABEL }),
};

/** On Facebook's hosts, calls are Instagram's if their app or token was created for it. */
function claims({ world, params, accessToken }: Call): boolean {
  const { identity } = world;
  const clientId = params["client_id"] ?? accessToken?.split("|")[0] ?? "";
  return (
    (accessToken !== null && identity.token("instagram", accessToken) !== undefined) ||
    identity.app("instagram", clientId) !== undefined
  );
}

function badParameter(call: Call): PlatformAnswer {
  if (call.operation === "authorize") return refuseConsent(dialogOf(call), call);
  return call.path === "/oauth/access_token" && call.host === "api.instagram.com"
    ? exchangeError("Invalid parameter")
    : graph.error(call, igError("100"));
}
