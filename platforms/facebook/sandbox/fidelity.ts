import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: [
      "GET www.facebook.com/dialog/oauth",
      "POST www.facebook.com/dialog/oauth",
      "GET graph.facebook.com/oauth/access_token",
      "GET graph.facebook.com/me/accounts",
    ],
    source: "Facebook Login docs, manual flow; Pages API docs",
    date: "2026-09-11",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: [
      "POST graph.facebook.com/oauth/access_token",
      "GET graph.facebook.com/debug_token",
      "GET graph.facebook.com/me/businesses",
      "GET graph.facebook.com/me/permissions",
      "GET graph.facebook.com/{user}/accounts",
      "GET graph.facebook.com/{user}/permissions",
      "DELETE graph.facebook.com/{user}/permissions",
      "DELETE graph.facebook.com/{user}/permissions/{permission}",
    ],
    source: "Facebook Login docs; Graph API reference",
    date: "2026-09-11",
    clients: [],
  },
  {
    routes: [
      "POST graph.facebook.com/{page}/feed",
      "POST graph.facebook.com/{page}/photos",
      "POST graph.facebook.com/{page}/videos",
    ],
    source: "Pages API docs, posts; Graph API reference",
    date: "2026-09-11",
    clients: ["Postiz", "brightbean", "facebook-nodejs-business-sdk"],
  },
  {
    routes: ["POST graph.facebook.com/{page}/video_reels"],
    source: "Reels guide",
    date: "2026-07-30",
    clients: ["facebook-nodejs-business-sdk"],
  },
  {
    routes: [
      "POST graph.facebook.com/{page}/photo_stories",
      "POST graph.facebook.com/{page}/video_stories",
      "POST rupload.facebook.com/video-upload/{version}/{id}",
    ],
    source: "Page stories guide; Reels guide",
    date: "2026-07-30",
    clients: ["Postiz"],
  },
  {
    routes: ["POST rupload.facebook.com/video-upload/{id}", "GET graph.facebook.com/{page}/stories"],
    source: "Page stories guide; Reels guide",
    date: "2026-07-30",
    clients: [],
  },
  {
    routes: ["GET graph.facebook.com/{page}/posts", "GET graph.facebook.com/{id}"],
    source: "Pages API docs, posts; Graph API reference",
    date: "2026-09-11",
    clients: ["facebook-nodejs-business-sdk"],
  },
  {
    routes: [
      "POST graph.facebook.com/{app}/uploads",
      "POST graph.facebook.com/upload:{id}",
      "GET graph.facebook.com/upload:{id}",
    ],
    source: "Graph API guides, upload",
    date: "2026",
    clients: [],
  },
  {
    routes: [
      "POST graph.facebook.com/{id}/comments",
      "GET graph.facebook.com/{id}/comments",
      "POST graph.facebook.com/{id}/thumbnails",
      "POST graph.facebook.com/{id}/collaborators",
      "POST graph.facebook.com/{id}",
      "DELETE graph.facebook.com/{id}",
      "GET graph.facebook.com/{page}/feed",
      "GET graph.facebook.com/{page}/published_posts",
      "GET graph.facebook.com/{page}/scheduled_posts",
      "GET graph.facebook.com/{page}/video_reels",
    ],
    source: "Pages API docs, posts; Graph API reference",
    date: "2026-09-11",
    clients: [],
  },
  {
    routes: ["GET scontent.xx.fbcdn.net/v/t39/{name}"],
    source: "The pictures are the sandbox's",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET graph.facebook.com/{business}/owned_pages", "GET graph.facebook.com/{business}/client_pages"],
    source: "Business Management API docs; n8n-io/n8n#7615, chatwoot/chatwoot#7219",
    date: "2026-11-26",
    clients: [],
  },
  {
    routes: ["GET www.facebook.com/settings", "POST www.facebook.com/settings"],
    source: "Facebook Login docs, data deletion callback; the page is the sandbox's",
    date: "2026",
    clients: [],
  },
];
