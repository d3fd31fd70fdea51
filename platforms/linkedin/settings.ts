import { z } from "zod";

/** `platformOverrides.linkedin.settings`. */
export const settings = z.strictObject({
  visibility: z.enum(["PUBLIC", "CONNECTIONS"]).optional().describe("Who sees the post; PUBLIC where it is left out."),
  isReshareDisabledByAuthor: z
    .boolean()
    .optional()
    .describe("true: members may not reshare the post. false where it is left out."),
  articleTitle: z
    .string()
    .optional()
    .describe("Title of the article card, up to 400 characters. Requires content.linkUrl."),
  articleDescription: z.string().optional().describe("Description of the article card. Requires content.linkUrl."),
  videoTitle: z.string().optional().describe("Title of the video. Only for a post of one video."),
  altText: z
    .union([z.string(), z.array(z.string())], "LinkedIn altText has to be a string or an array of strings.")
    .optional()
    .describe(
      "Alternative text of the images, before that of the media entries. A string is for all images, an array has one for each.",
    ),
  authorType: z
    .literal("member", "LinkedIn organization posting is intentionally gated for a later operator task.")
    .optional()
    .describe('Only "member": organizations cannot be posted for.'),
});

export type LinkedinSettings = z.infer<typeof settings>;
