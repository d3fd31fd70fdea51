import type { SignInScopes } from "../definition.ts";

/** Source: X docs, OAuth 2.0 scopes and authentication mapping, 2026-08-22. */
export const scopes = {
  TWITTER: [
    {
      name: "tweet.read",
      why: "Checks whether a post is live if X's response was lost; X also requires it for publishing.",
      usedBy: { operations: ["connections_choose"], steps: ["post-1"] },
    },
    {
      name: "tweet.write",
      why: "Publishes the posts that the person writes in Ampost to their own account.",
      usedBy: { steps: ["post-1"] },
    },
    {
      name: "users.read",
      why: "Shows which X account is connected; X also requires it for publishing.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"], steps: ["post-1"] },
    },
    {
      name: "media.write",
      why: "Uploads the images and videos of the person's posts.",
      usedBy: { steps: ["send-1-1", "open-1-1"] },
    },
    {
      name: "offline.access",
      why: "Keeps the account connected, so that scheduled posts can be published when they are due.",
      usedBy: { operations: ["accounts_refresh"] },
      without: "The account must be reconnected every two hours.",
    },
  ],
} satisfies SignInScopes;
