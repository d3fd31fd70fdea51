import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: [
      "GET x.com/i/oauth2/authorize",
      "POST x.com/i/oauth2/authorize",
      "POST api.x.com/2/oauth2/token",
      "POST api.x.com/2/oauth2/revoke",
    ],
    source: "X docs, OAuth 2.0 authorization code; rotation from field reports",
    date: "2026-08-22",
    clients: ["twitter-api-v2"],
  },
  {
    routes: [
      "GET api.x.com/oauth/authorize",
      "POST api.x.com/oauth/authorize",
      "GET api.x.com/oauth/authenticate",
      "POST api.x.com/oauth/authenticate",
      "POST api.x.com/oauth/request_token",
      "POST api.x.com/oauth/access_token",
      "POST api.x.com/1.1/oauth/invalidate_token",
    ],
    source: "X docs, OAuth 1.0a; RFC 5849",
    date: "2026",
    clients: ["twitter-api-v2"],
  },
  {
    routes: [
      "POST api.x.com/2/media/upload/initialize",
      "POST api.x.com/2/media/upload/{id}/append",
      "POST api.x.com/2/media/upload/{id}/finalize",
      "GET api.x.com/2/media/upload",
    ],
    source: "X docs, media; X OpenAPI 2.167",
    date: "2026-08-22",
    clients: ["twitter-api-v2", "Postiz"],
  },
  {
    routes: ["POST api.x.com/2/media/upload"],
    source: "X docs, media; X OpenAPI 2.167",
    date: "2026-08-22",
    clients: [],
  },
  {
    routes: ["POST api.x.com/2/media/metadata"],
    source: "X docs, media; X OpenAPI 2.167",
    date: "2026-08-22",
    clients: ["twitter-api-v2"],
  },
  {
    routes: ["POST api.x.com/2/tweets", "DELETE api.x.com/2/tweets/{id}"],
    source: "X docs, posts; X OpenAPI 2.167; field reports",
    date: "2026-08-22",
    clients: ["twitter-api-v2"],
  },
  {
    routes: [
      "GET api.x.com/2/users/me",
      "GET api.x.com/2/users/{id}/tweets",
      "GET api.x.com/2/tweets",
      "GET api.x.com/2/tweets/{id}",
    ],
    source: "X docs, users lookup and timelines; X OpenAPI 2.167",
    date: "2026-08-22",
    clients: ["twitter-api-v2"],
  },
  {
    routes: ["GET api.x.com/2/users/{id}"],
    source: "X docs, users lookup; X OpenAPI 2.167",
    date: "2026-08-22",
    clients: [],
  },
  {
    routes: ["GET pbs.twimg.com/profile_images/{id}/{name}", "GET t.co/{code}"],
    source: "Observed links; the pictures are the sandbox's",
    date: "2026",
    clients: [],
  },
];
