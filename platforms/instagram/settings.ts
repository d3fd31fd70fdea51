import { z } from "zod";

import { coverMediaId, webUrl } from "../validate/media-entry.ts";

// Source: Instagram docs, POST /{ig-user-id}/media, 2026-09-11.
const username = z
  .string()
  .regex(
    /^[A-Za-z0-9._]{1,30}$/,
    'An Instagram username is 1 to 30 letters, digits, dots or underscores, without "@".',
  );

const userTag = z.strictObject({
  username: username.describe("Username of the public account to tag, without @."),
  x: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "Horizontal position on the image, from the left edge (0) to the right (1). " +
        "Required for images in feed and carousel posts.",
    ),
  y: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "Vertical position on the image, from the top edge (0) to the bottom (1). " +
        "Required for images in feed and carousel posts.",
    ),
  mediaIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Zero-based index of the carousel item to tag. Defaults to the first."),
});

/** `platformOverrides.instagram.settings`. */
export const settings = z.strictObject({
  placement: z
    .enum(["feed", "story", "reel", "carousel"])
    .optional()
    .describe(
      "How the content appears. By default, one image becomes a feed post, one video a reel, " +
        "and 2 to 10 items a carousel.",
    ),
  locationId: z
    .string()
    .regex(/^\d+$/, "A location ID contains only digits.")
    .optional()
    .describe("ID of a Facebook Page with location data. Not for stories."),
  collaborators: z
    .array(username)
    .max(3)
    .optional()
    .describe("Usernames of up to 3 accounts to invite as collaborators, without @. Not for stories."),
  userTags: z
    .array(userTag)
    .max(20)
    .optional()
    .describe("Up to 20 accounts to tag in the media. Tags on images require x and y."),
  coverUrl: webUrl
    .optional()
    .describe(
      "Public URL of the reel's cover image, fetched when the post is created. " +
        "Takes precedence over thumbOffsetMs. Reels only.",
    ),
  coverMediaId: coverMediaId
    .optional()
    .describe("ID of a stored media object to use as the reel's cover image, instead of coverUrl. Reels only."),
  thumbOffsetMs: z
    .int()
    .min(0)
    .optional()
    .describe(
      "Position of the cover frame, in milliseconds from the start. " + "For reels, and for every video of a carousel.",
    ),
  shareToFeed: z
    .boolean()
    .optional()
    .describe("Whether the reel also appears in the feed. Defaults to true. Reels only."),
  isAiGenerated: z.boolean().optional().describe("Labels the post as AI-generated."),
  isPaidPartnership: z
    .boolean()
    .optional()
    .describe("Labels the post as a paid partnership. Only for accounts connected through Facebook."),
  firstComment: z.string().optional().describe("A comment to add to the post once it is live. Not for stories."),
});

export type InstagramSettings = z.infer<typeof settings>;
