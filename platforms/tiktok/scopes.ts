import type { SignInScopes } from "../definition.ts";

/** Source: TikTok docs, scopes overview, 2026-11-02. */
export const scopes = {
  TIKTOK: [
    {
      name: "user.info.basic",
      why: "Shows which TikTok account is connected, with its name and picture.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"] },
    },
    {
      name: "video.publish",
      why: "Publishes the videos and photos that the creator posts from Ampost, after reading what the account allows.",
      usedBy: {
        operations: ["connections_choose", "account_context"],
        steps: ["creator", "init", "photos", "publish", "live"],
      },
    },
  ],
} satisfies SignInScopes;
