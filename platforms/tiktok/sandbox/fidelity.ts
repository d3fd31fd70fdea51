import type { Fidelity } from "../../../sandbox/platform.ts";

/** What each route of this sandbox is written from. Every route has one row. */
export const FIDELITY: readonly Fidelity[] = [
  {
    routes: [
      "GET www.tiktok.com/v2/auth/authorize",
      "POST www.tiktok.com/v2/auth/authorize",
      "POST open.tiktokapis.com/v2/oauth/token",
    ],
    source: "TikTok docs, OAuth user access token management; error codes of the sign-in from field reports",
    date: "2026-11-05",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: ["POST open.tiktokapis.com/v2/oauth/revoke"],
    source: "TikTok docs, OAuth user access token management",
    date: "2026-11-05",
    clients: [],
  },
  {
    routes: [
      "POST open.tiktokapis.com/v2/post/publish/video/init",
      "PUT open-upload.tiktokapis.com/video",
      "POST open.tiktokapis.com/v2/post/publish/creator_info/query",
      "POST open.tiktokapis.com/v2/post/publish/status/fetch",
    ],
    source: "TikTok docs, direct post and media transfer guide",
    date: "2026-09-11",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: [
      "POST open.tiktokapis.com/v2/post/publish/inbox/video/init",
      "POST open.tiktokapis.com/v2/post/publish/content/init",
    ],
    source: "TikTok docs, upload and photo post",
    date: "2026-09-11",
    clients: ["Postiz"],
  },
  {
    routes: ["POST open.tiktokapis.com/v2/post/publish/cancel"],
    source: "TikTok docs, cancel",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET open.tiktokapis.com/v2/user/info"],
    source: "TikTok docs, user info",
    date: "2026",
    clients: ["Postiz", "brightbean"],
  },
  {
    routes: ["POST open.tiktokapis.com/v2/video/list", "POST open.tiktokapis.com/v2/video/query"],
    source: "TikTok docs, video list and query",
    date: "2026",
    clients: [],
  },
  {
    routes: ["GET p16-sign.tiktokcdn-us.com/avatar/{name}"],
    source: "The pictures are the sandbox's",
    date: "2026",
    clients: [],
  },
];
