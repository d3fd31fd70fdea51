import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: [
      "GET accounts.google.com/o/oauth2/v2/auth",
      "POST accounts.google.com/o/oauth2/v2/auth",
      "POST oauth2.googleapis.com/token",
      "POST oauth2.googleapis.com/revoke",
    ],
    source: "Google identity docs, web-server",
    date: "2026-10",
    clients: ["@googleapis/youtube"],
  },
  {
    routes: ["GET accounts.google.com/o/oauth2/auth", "POST accounts.google.com/o/oauth2/auth"],
    source: "Google identity docs: the older address of the same",
    date: "2026-10",
    clients: [],
  },
  {
    routes: ["POST oauth2.googleapis.com/tokeninfo"],
    source: "Google identity docs; google-auth-library",
    date: "2026",
    clients: ["@googleapis/youtube"],
  },
  {
    routes: [
      "GET oauth2.googleapis.com/tokeninfo",
      "GET www.googleapis.com/oauth2/v1/tokeninfo",
      "GET www.googleapis.com/oauth2/v3/tokeninfo",
      "GET www.googleapis.com/oauth2/v1/userinfo",
      "GET www.googleapis.com/oauth2/v2/userinfo",
      "GET www.googleapis.com/oauth2/v3/userinfo",
      "GET openidconnect.googleapis.com/v1/userinfo",
    ],
    source: "Google identity docs, OpenID Connect",
    date: "2026",
    clients: [],
  },
  {
    routes: ["POST www.googleapis.com/upload/youtube/v3/videos", "PUT www.googleapis.com/upload/youtube/v3/videos"],
    source: "YouTube docs, using_resumable_upload_protocol; videos",
    date: "2026-10",
    clients: ["@googleapis/youtube", "Postiz"],
  },
  {
    routes: ["GET www.googleapis.com/youtube/v3/videos", "DELETE www.googleapis.com/youtube/v3/videos"],
    source: "YouTube docs, videos; discovery document",
    date: "2026-10",
    clients: ["@googleapis/youtube"],
  },
  {
    routes: [
      "PUT www.googleapis.com/youtube/v3/videos",
      "GET www.googleapis.com/youtube/v3/playlistItems",
      "GET www.googleapis.com/youtube/v3/videoCategories",
    ],
    source: "YouTube docs, videos, playlistItems and videoCategories",
    date: "2026-10",
    clients: [],
  },
  {
    routes: ["GET www.googleapis.com/youtube/v3/channels", "POST www.googleapis.com/upload/youtube/v3/thumbnails/set"],
    source: "YouTube docs, channels and thumbnails/set",
    date: "2026-11",
    clients: ["@googleapis/youtube", "Postiz"],
  },
  {
    routes: ["POST www.googleapis.com/youtube/v3/commentThreads"],
    source: "YouTube docs, commentThreads",
    date: "2026",
    clients: ["@googleapis/youtube"],
  },
  {
    routes: ["GET www.googleapis.com/youtube/v3/commentThreads"],
    source: "YouTube docs, commentThreads",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET yt3.ggpht.com/{name}", "GET i9.ytimg.com/vi/{id}/{name}"],
    source: "The pictures are the sandbox's",
    date: "2026",
    clients: [],
  },
];
