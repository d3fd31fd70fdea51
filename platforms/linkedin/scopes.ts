import type { SignInScopes } from "../definition.ts";

/**
 * Asking for other scopes than before invalidates the member's earlier tokens. Source: LinkedIn docs,
 * authorization-code-flow, 2026.
 */
export const scopes = {
  LINKEDIN: [
    {
      name: "openid",
      why: "Identifies the member whose account is connected.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"] },
    },
    {
      name: "profile",
      why: "Shows the connected member's name and picture.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"] },
    },
    {
      name: "email",
      why: "Shows which of a member's logins is connected, in the account's platformMetadata.",
      usedBy: { operations: ["accounts_get", "accounts_refresh"] },
      without: "The account's platformMetadata has no email address.",
    },
    {
      name: "w_member_social",
      why: "Publishes the posts that the member writes in Ampost to their own feed, with a first comment.",
      usedBy: { steps: ["image-1", "video", "publish", "first-comment"] },
    },
  ],
} satisfies SignInScopes;
