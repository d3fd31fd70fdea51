import { z } from "zod";

import { coverMediaId, webUrl } from "../validate/media-entry.ts";

/** `platformOverrides.linkedin.settings`. */
export const settings = z.strictObject({
  visibility: z.enum(["PUBLIC", "CONNECTIONS"]).optional().describe("Who can see the post. Defaults to PUBLIC."),
  isReshareDisabledByAuthor: z
    .boolean()
    .optional()
    .describe("Whether resharing the post is disabled. Defaults to false."),
  articleTitle: z
    .string()
    .optional()
    .describe("Title of the article card, up to 400 characters. Requires content.linkUrl."),
  articleDescription: z.string().optional().describe("Description of the article card. Requires content.linkUrl."),
  videoTitle: z.string().optional().describe("Title of the video. Only for a post with one video."),
  coverUrl: webUrl
    .optional()
    .describe(
      "Public URL of the video's cover image, fetched when the post is created. Only for a post with one video.",
    ),
  coverMediaId: coverMediaId
    .optional()
    .describe("ID of a stored media object to use as the video's cover image, instead of coverUrl."),
  firstComment: z.string().optional().describe("A comment to add to the post once it is live."),
  altText: z
    .union([z.string(), z.array(z.string())], "LinkedIn altText must be a string or an array of strings.")
    .optional()
    .describe(
      "Alternative text of the images. Overrides the altText of media entries. A string applies to all images; " +
        "an array has one text per image.",
    ),
  authorType: z
    .literal("member", "LinkedIn organization posting is intentionally gated for a later operator task.")
    .optional()
    .describe('Only "member". Posting for organizations is not supported.'),
});

export type LinkedinSettings = z.infer<typeof settings>;
