import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: [
      "GET www.instagram.com/oauth/authorize",
      "POST www.instagram.com/oauth/authorize",
      "POST api.instagram.com/oauth/access_token",
      "GET graph.instagram.com/access_token",
    ],
    source: "Instagram Platform docs, business login",
    date: "2026-09-11",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: [
      "GET api.instagram.com/oauth/authorize",
      "POST api.instagram.com/oauth/authorize",
      "GET graph.instagram.com/refresh_access_token",
    ],
    source: "Instagram Platform docs, business login",
    date: "2026-09-11",
    clients: [],
  },
  {
    routes: [
      "GET www.facebook.com/dialog/oauth",
      "POST www.facebook.com/dialog/oauth",
      "GET graph.facebook.com/oauth/access_token",
      "GET graph.facebook.com/me/accounts",
    ],
    source: "Facebook Login docs, manual flow; Instagram Platform docs",
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
      "POST graph.instagram.com/{user}/media",
      "POST graph.facebook.com/{user}/media",
      "POST graph.instagram.com/{user}/media_publish",
      "POST graph.facebook.com/{user}/media_publish",
      "GET graph.instagram.com/{id}",
      "GET graph.facebook.com/{id}",
    ],
    source: "Instagram Platform docs, ig-user/media, media_publish and ig-media",
    date: "2026-09-11",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: ["POST rupload.facebook.com/ig-api-upload/{version}/{id}", "POST rupload.facebook.com/ig-api-upload/{id}"],
    source: "Instagram Platform docs, resumable uploads",
    date: "2026-09-11",
    clients: [],
  },
  {
    routes: [
      "GET graph.instagram.com/{user}/content_publishing_limit",
      "GET graph.facebook.com/{user}/content_publishing_limit",
    ],
    source: "Instagram Platform docs, content_publishing_limit",
    date: "2026-09-11",
    clients: [],
  },
  {
    routes: [
      "POST graph.instagram.com/{id}/comments",
      "POST graph.facebook.com/{id}/comments",
      "POST graph.instagram.com/{id}/replies",
      "POST graph.facebook.com/{id}/replies",
      "GET graph.instagram.com/{id}/comments",
      "GET graph.facebook.com/{id}/comments",
    ],
    source: "Instagram Platform docs, ig-media/comments and ig-comment",
    date: "2026",
    clients: [],
  },
  {
    routes: [
      "GET graph.instagram.com/{user}/media",
      "GET graph.facebook.com/{user}/media",
      "GET graph.instagram.com/{user}/stories",
      "GET graph.facebook.com/{user}/stories",
      "GET graph.instagram.com/{id}/children",
      "GET graph.facebook.com/{id}/children",
      "POST graph.instagram.com/{id}",
      "POST graph.facebook.com/{id}",
      "DELETE graph.instagram.com/{id}",
      "DELETE graph.facebook.com/{id}",
    ],
    source: "Instagram Platform docs, ig-user and ig-media",
    date: "2026-09-11",
    clients: [],
  },
  {
    routes: ["GET scontent.cdninstagram.com/t51.instagram/{name}"],
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
    routes: ["GET www.instagram.com/accounts/manage_access", "POST www.instagram.com/accounts/manage_access"],
    source: "Facebook Login docs, data deletion callback; the page is the sandbox's",
    date: "2026",
    clients: [],
  },
];
