import type { Person } from "../../../sandbox/identity.ts";
import { drawSvg } from "../../../sandbox/pictures.ts";
import type { Call, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { integer } from "../../../sandbox/store.ts";
import { hueOf } from "../../kit/card/card.ts";
import { answer } from "./errors.ts";
import { missingResource, needQuery, pickFields } from "./fields.ts";
import { factsOf, isSubscriber, withViewer, type Viewer } from "./viewer.ts";

/** People and their pictures. Source: X docs, users lookup, 2026-08-22. */
export const PICTURE_HOST = "pbs.twimg.com";

export const USER_FIELDS = [
  "affiliation",
  "confirmed_email",
  "connection_status",
  "created_at",
  "description",
  "entities",
  "id",
  "is_identity_verified",
  "location",
  "most_recent_tweet_id",
  "most_recent_post_id",
  "name",
  "parody",
  "pinned_tweet_id",
  "pinned_post_id",
  "profile_banner_url",
  "profile_image_url",
  "protected",
  "public_metrics",
  "receives_your_dm",
  "subscription",
  "subscription_type",
  "subscribes_to_you",
  "url",
  "username",
  "verified",
  "verified_followers_count",
  "verified_type",
  "withheld",
] as const;

const SCOPES = ["tweet.read", "users.read"];

export const PROFILE_ROUTES: readonly SandboxRoute[] = [
  { method: "GET", host: "api.x.com", path: "/2/users/me", operation: "read", run: withViewer(SCOPES, readMe) },
  { method: "GET", host: "api.x.com", path: "/2/users/{id}", operation: "read", run: withViewer(SCOPES, readUser) },
  { method: "GET", host: PICTURE_HOST, path: "/profile_images/{id}/{name}", operation: "read", run: drawPicture },
];

const QUERY = { "user.fields": USER_FIELDS, expansions: null, "tweet.fields": null, "post.fields": null } as const;

function readMe(call: Call, viewer: Viewer): PlatformAnswer {
  needQuery(call, QUERY);
  return answer(call, { data: userValues(call, viewer.person, viewer) });
}

function readUser(call: Call, viewer: Viewer): PlatformAnswer {
  needQuery(call, QUERY);
  const id = call.segments["id"] ?? "";
  const person = call.world.identity.person("twitter", id);
  return answer(
    call,
    person ? { data: userValues(call, person, viewer) } : { errors: [missingResource("user", "id", id)] },
  );
}

/** `id`, `name`, `username` and the fields requested with `user.fields`. */
export function userValues(call: Call, person: Person, viewer: Viewer): Record<string, unknown> {
  const facts = factsOf(person);
  const isSelf = person.id === viewer.person.id;
  const posts = call.world.store.get(
    "SELECT count(*) AS number FROM twitter_posts WHERE author = ? AND deleted = 0",
    person.id,
  );
  return pickFields(call, "user.fields", ["id", "name", "username"], {
    id: person.id,
    name: person.name,
    username: person.username,
    created_at: "2023-09-08T12:00:00.000Z",
    description: facts.description,
    location: "",
    profile_image_url: `https://${PICTURE_HOST}/profile_images/${person.id}/${person.username}_normal.jpg`,
    protected: facts.protected,
    public_metrics: {
      followers_count: 10,
      following_count: 5,
      tweet_count: integer(posts, "number"),
      listed_count: 0,
      like_count: 0,
      media_count: 0,
    },
    receives_your_dm: isSelf ? undefined : false,
    subscription_type: isSelf ? facts.subscriptionType : undefined,
    url: "",
    verified: isSubscriber(facts),
    verified_type: isSubscriber(facts) ? "blue" : "none",
  });
}

/** A distinct picture for every person, so that copying profile pictures can be tried out. */
function drawPicture(call: Call): Outcome {
  const hue = hueOf((call.segments["name"] ?? "").replace(/(_[a-z0-9]+)?\.jpg$/, ""));
  return drawSvg(`<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"><rect width="96" height="96" fill="hsl(${hue},60%,45%)"/>
<circle cx="48" cy="38" r="18" fill="#fff" opacity=".9"/><ellipse cx="48" cy="88" rx="33" ry="29" fill="#fff" opacity=".9"/></svg>`);
}
