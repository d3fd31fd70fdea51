import { drawPicture } from "../../../sandbox/pictures.ts";
import { jsonAnswer, type Call, type PlatformAnswer, type SandboxRoute } from "../../../sandbox/platform.ts";
import { ERRORS, graphHeaders, Refusal } from "./errors.ts";
import type { Values } from "./fields.ts";
import { needQuota, useQuota } from "./quotas.ts";
import { factsOf, withViewer, type Viewer } from "./viewer.ts";

/** Profiles and their pictures. Source: Threads docs, threads-profiles. */
export const PICTURE_HOST = "scontent.cdninstagram.com";

export const PROFILE_ROUTES: readonly SandboxRoute[] = [
  {
    method: "GET",
    host: "graph.threads.net",
    path: "/profile_lookup",
    operation: "read",
    run: withViewer(["threads_profile_discovery"], lookUpProfile),
  },
  {
    method: "GET",
    host: PICTURE_HOST,
    path: "/t51.threads/{name}",
    operation: "read",
    run: (call) => drawPicture((call.segments["name"] ?? "").replace(/\.jpg$/, "")),
  },
];

export function pictureUrl(name: string): string {
  return `https://${PICTURE_HOST}/t51.threads/${name}.jpg`;
}

export function profileValues({ person, facts }: Viewer): Values {
  return {
    id: () => person.id,
    username: () => person.username,
    name: () => person.name,
    threads_profile_picture_url: () => `${pictureUrl(person.username)}?stp=dst-jpg_s150x150&oe=6A000000`,
    threads_biography: () => facts.biography,
    is_verified: () => false,
    is_eligible_for_geo_gating: () => facts.geoGating,
  };
}

function lookUpProfile(call: Call, viewer: Viewer): PlatformAnswer {
  const username = call.params["username"];
  if (!username) throw new Refusal(ERRORS.missing("username"));
  needQuota(call, viewer, "lookups");
  useQuota(call, viewer, "lookups");
  const person = call.world.identity.personByUsername("threads", username);
  if (!person) throw new Refusal(ERRORS.noObject(username));
  const { biography } = factsOf(person);
  const profile = {
    username,
    name: person.name,
    biography,
    is_verified: false,
    follower_count: 1000,
    likes_count: 0,
    quotes_count: 0,
    replies_count: 0,
    reposts_count: 0,
    views_count: 0,
  };
  return jsonAnswer(profile, { headers: graphHeaders(call) });
}
