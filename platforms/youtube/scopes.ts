import type { SignInScopes } from "../definition.ts";

/** Source: YouTube docs, OAuth 2.0 scopes and the methods' references, 2026-10. */
export const scopes = {
  YOUTUBE: [
    {
      name: "https://www.googleapis.com/auth/youtube.upload",
      why: "Uploads the videos that the person publishes from Ampost, and their thumbnails, to their own channel.",
      usedBy: { steps: ["open", "upload", "publish", "thumbnail"] },
    },
    {
      name: "https://www.googleapis.com/auth/youtube",
      why: "Shows which channel is connected, and reads whether YouTube could process an uploaded video.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"], steps: ["processed", "processing"] },
    },
    {
      name: "https://www.googleapis.com/auth/youtube.force-ssl",
      why: "Adds the first comment that the person wrote for their own video, once the video is live.",
      usedBy: { steps: ["first-comment"] },
      without: "First comments are not added.",
      settings: { firstComment: "ignored" },
    },
  ],
} satisfies SignInScopes;
