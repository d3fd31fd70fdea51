import { APP_SETTINGS } from "../../../sandbox/meta/apps.ts";
import { CALLBACKS_RESET, CALLBACKS_SCHEMA } from "../../../sandbox/meta/callbacks.ts";
import { refuseConsent } from "../../../sandbox/meta/consent.ts";
import { PAGES_SCHEMA } from "../../../sandbox/meta/pages.ts";
import { newApp } from "../../../sandbox/meta/people.ts";
import { removalsOf } from "../../../sandbox/meta/removal.ts";
import { DAY_MS, HOUR_MS } from "../../../sandbox/meta/tokens.ts";
import { drawPicture } from "../../../sandbox/pictures.ts";
import type { Call, PlatformAnswer, SandboxPlatform } from "../../../sandbox/platform.ts";
import { card } from "../card.ts";
import { CHANGE_ROUTES } from "./changes.ts";
import { COMMENTS_SCHEMA } from "./comments.ts";
import { callLimitReached, fbError, SWITCHES } from "./errors.ts";
import { FEED_ROUTES } from "./feed.ts";
import { FIDELITY } from "./fidelity.ts";
import { APP_ACCESS, DIALOG, LOGIN_ROUTES, PICTURE_HOST, SEED_SCOPES } from "./login.ts";
import { seedIdentity } from "./people.ts";
import { PHOTO_ROUTES, PHOTOS_SCHEMA } from "./photos.ts";
import { POSTS_SCHEMA } from "./posts.ts";
import { READ_ROUTES } from "./reads.ts";
import { REEL_ROUTES } from "./reels.ts";
import { STORIES_SCHEMA, STORY_ROUTES } from "./stories.ts";
import { HANDLE_ROUTES, HANDLES_SCHEMA } from "./upload-handles.ts";
import { VIDEO_ROUTES } from "./video-uploads.ts";
import { VIDEOS_SCHEMA } from "./videos.ts";
import { accountOf, graph, HOST } from "./viewer.ts";

/**
 * The Facebook Pages sandbox, written from Meta's documentation and client reports, independently of the broker.
 */
export const sandbox: SandboxPlatform = {
  name: "facebook",
  label: "Facebook",
  hosts: {
    [HOST]: ["graph-video.facebook.com"],
    "www.facebook.com": ["facebook.com", "web.facebook.com", "m.facebook.com"],
    "rupload.facebook.com": [],
    [PICTURE_HOST]: [],
  },
  schema:
    POSTS_SCHEMA +
    PHOTOS_SCHEMA +
    VIDEOS_SCHEMA +
    STORIES_SCHEMA +
    COMMENTS_SCHEMA +
    HANDLES_SCHEMA +
    PAGES_SCHEMA +
    CALLBACKS_SCHEMA,
  resets: {
    facebook_posts: "seq",
    facebook_photos: "created_at",
    facebook_videos: "created_at",
    facebook_stories: "seq",
    facebook_comments: "seq",
    facebook_uploads: "id",
    ...CALLBACKS_RESET,
  },
  // Routes with a fixed name in their path come before those with a parameter in its place.
  routes: [
    ...LOGIN_ROUTES,
    ...FEED_ROUTES,
    ...PHOTO_ROUTES,
    ...VIDEO_ROUTES,
    ...REEL_ROUTES,
    ...STORY_ROUTES,
    ...HANDLE_ROUTES,
    ...CHANGE_ROUTES,
    ...READ_ROUTES,
    {
      method: "GET",
      host: PICTURE_HOST,
      path: "/v/t39/{name}",
      operation: "read",
      run: (call) => drawPicture((call.segments["name"] ?? "").replace(/\.jpg$/, "")),
    },
  ],
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
  seed: (world) => seedIdentity(world, { scopes: SEED_SCOPES, label: DIALOG.label }),
};

function badParameter(call: Call): PlatformAnswer {
  return call.operation === "authorize" ? refuseConsent(DIALOG, call) : graph.error(call, fbError("100"));
}

/** 4,800 calls in 24 hours per engaged user, of whom a Page has at least 10. */
const CALLS_A_DAY = 48_000;

/** Counts every call for a Page by the hour, and rejects calls over the daily limit. */
function countCall(call: Call): PlatformAnswer | undefined {
  const accountId = accountOf(call);
  if (accountId === "") return undefined;
  const of = { platform: "facebook", accountId, name: "calls" } as const;
  call.world.uses.add({ ...of, at: Math.floor(call.now / HOUR_MS) * HOUR_MS });
  return call.world.uses.count({ ...of, since: call.now - DAY_MS }) > CALLS_A_DAY ? callLimitReached(call) : undefined;
}
