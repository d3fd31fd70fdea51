import type { SignInScopes } from "../definition.ts";

const FIRST_COMMENT = {
  why: "Adds the first comment that the person wrote for their own post, once the post is live.",
  usedBy: { steps: ["first-comment"] },
  without: "First comments are not added.",
  settings: { firstComment: "ignored" },
} as const;

const PUBLISHING = {
  why: "Publishes the images, videos and stories that the person prepares in Ampost, to their own account.",
  usedBy: { steps: ["container", "ready", "quota", "publish"] },
} as const;

/**
 * Of Instagram Login, and of Facebook Login. Source: Instagram docs, business login, 2026-03-13, and Instagram API with
 * Facebook Login, 2026-09-11.
 */
export const scopes = {
  INSTAGRAM: [
    {
      name: "instagram_business_basic",
      why: "Shows which Instagram account is connected, keeps its access renewed, and reads the links of its posts.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"], steps: ["permalink"] },
    },
    { name: "instagram_business_content_publish", ...PUBLISHING },
    { name: "instagram_business_manage_comments", ...FIRST_COMMENT },
  ],
  FACEBOOK: [
    {
      name: "instagram_basic",
      why: "Shows which Instagram account is connected, and reads the links of its posts.",
      usedBy: { operations: ["connections_choose", "accounts_refresh"], steps: ["permalink"] },
    },
    { name: "instagram_content_publish", ...PUBLISHING },
    {
      name: "pages_show_list",
      why: "Lists the Pages that the person manages, so that they can choose the Instagram account linked to one.",
      usedBy: { operations: ["connections_choices"] },
    },
    {
      name: "pages_read_engagement",
      why: "Reads which Instagram account is linked to a Page; Meta requires it for publishing to that account.",
      usedBy: { operations: ["connections_choices"], steps: ["container", "publish"] },
    },
    { name: "instagram_manage_comments", ...FIRST_COMMENT },
    {
      name: "business_management",
      why: "Finds Instagram accounts linked to Pages that the person manages through a business portfolio.",
      usedBy: { operations: ["connections_choices"] },
      without: "Accounts linked to a Page that belongs to a business portfolio cannot be connected.",
    },
    {
      name: "ads_read",
      why: "Required by Meta if the person's role on the Page comes from a business portfolio. No ads are read.",
      usedBy: { steps: ["ready", "quota"] },
      without: "Meta may refuse to publish if the person's role on the Page comes from a business portfolio.",
      onRequest: true,
    },
  ],
} satisfies SignInScopes;
