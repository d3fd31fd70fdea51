import type { SignInScopes } from "../definition.ts";

/** Source: Facebook docs, permissions reference, 2026-09-11. */
export const scopes = {
  FACEBOOK: [
    {
      name: "pages_show_list",
      why: "Lists the Pages that the person manages, so that they can choose the one to connect.",
      usedBy: { operations: ["connections_choices"] },
    },
    {
      name: "pages_manage_posts",
      why: "Publishes the posts that the person writes in Ampost to the Page that they connected.",
      usedBy: { steps: ["photo-1", "start", "upload", "publish", "cover"] },
    },
    {
      name: "pages_read_engagement",
      why: "Shows the connected Page's name and picture, and reads whether a post is live and its link.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"], steps: ["live", "permalink"] },
    },
    {
      name: "pages_manage_engagement",
      why: "Adds the first comment that the person wrote for their own post, once the post is live.",
      usedBy: { steps: ["first-comment"] },
      without: "First comments are not added.",
      settings: { firstComment: "ignored" },
    },
    {
      name: "business_management",
      why: "Lists the Pages that the person manages through a business portfolio, so that they can connect one.",
      usedBy: { operations: ["connections_choices"] },
      without: "Pages that belong to a business portfolio cannot be connected.",
    },
  ],
} satisfies SignInScopes;
