import { z } from "zod";

import { webUrl } from "../media-entry.ts";

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
    .describe("Where on the image, from the left edge (0) to the right (1). Needed on images of feed and carousel."),
  y: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Where on the image, from the top edge (0) to the bottom (1). Needed on images of feed and carousel."),
  mediaIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Which item of a carousel is tagged, counted from 0; the first where it is left out."),
});

/** `platformOverrides.instagram.settings`. */
export const settings = z.strictObject({
  placement: z
    .enum(["feed", "story", "reel", "carousel"])
    .optional()
    .describe(
      "How the content appears. Where it is left out, one image goes to the feed, one video becomes a reel, and 2 to 10 items a carousel.",
    ),
  locationId: z
    .string()
    .regex(/^\d+$/, "A location id is made of digits.")
    .optional()
    .describe("Id of a Facebook Page that has location data. Not on stories."),
  collaborators: z
    .array(username)
    .max(3)
    .optional()
    .describe("Usernames of up to 3 accounts invited as collaborators, without @. Not on stories."),
  userTags: z
    .array(userTag)
    .max(20)
    .optional()
    .describe("Up to 20 accounts tagged in the media; on images each with its x and y."),
  coverUrl: webUrl
    .optional()
    .describe(
      "Public address of a picture to be the reel's cover, fetched when the post is made; it wins over thumbOffsetMs. Reels only.",
    ),
  thumbOffsetMs: z
    .int()
    .min(0)
    .optional()
    .describe("The frame used as the reel's cover, in milliseconds from its start. Reels only."),
  shareToFeed: z
    .boolean()
    .optional()
    .describe("Whether the reel shows in the feed too (true where it is left out). Reels only."),
  firstComment: z.string().optional().describe("A comment placed under the post once it is live. Not on stories."),
});

export type InstagramSettings = z.infer<typeof settings>;
