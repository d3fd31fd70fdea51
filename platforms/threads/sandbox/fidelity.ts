import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: [
      "GET www.threads.net/oauth/authorize",
      "POST www.threads.net/oauth/authorize",
      "POST graph.threads.net/oauth/access_token",
      "GET graph.threads.net/oauth/access_token",
      "GET graph.threads.net/access_token",
      "GET graph.threads.net/refresh_access_token",
    ],
    source: "Threads docs, get-access-tokens and long-lived tokens",
    date: "2026-08-12",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: ["GET graph.threads.net/debug_token"],
    source: "Threads docs, debug_token",
    date: "2026",
    clients: [],
  },
  {
    routes: [
      "POST graph.threads.net/{user}/threads",
      "POST graph.threads.net/{user}/threads_publish",
      "GET graph.threads.net/{id}",
    ],
    source: "Threads docs, publishing, create-posts and posts",
    date: "2026-04-14",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: ["GET graph.threads.net/{user}/threads_publishing_limit"],
    source: "Threads docs, overview",
    date: "2025-12-22",
    clients: [],
  },
  {
    routes: [
      "GET graph.threads.net/location_search",
      "GET graph.threads.net/profile_lookup",
      "POST graph.threads.net/{id}/repost",
      "DELETE graph.threads.net/{id}",
      "GET graph.threads.net/{user}/threads",
      "GET graph.threads.net/{user}/replies",
      "GET graph.threads.net/{id}/conversation",
    ],
    source: "Threads docs, reference",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET scontent.cdninstagram.com/t51.threads/{name}"],
    source: "The pictures are the sandbox's",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET www.threads.net/settings/account", "POST www.threads.net/settings/account"],
    source: "Threads docs, uninstall and delete callbacks; the page is the sandbox's",
    date: "2026",
    clients: [],
  },
];
