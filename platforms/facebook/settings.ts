import { z } from "zod";

import { coverMediaId, webUrl } from "../validate/media-entry.ts";

/** `platformOverrides.facebook.settings`. */
export const settings = z.strictObject({
  placement: z
    .enum(["feed", "story", "reel"])
    .optional()
    .describe("How the content appears. Defaults to feed. A reel is one 9:16 video of 4 to 60 seconds."),
  coverUrl: webUrl
    .optional()
    .describe("Public URL of the cover image of a feed video or reel, fetched when the post is created."),
  coverMediaId: coverMediaId
    .optional()
    .describe("ID of a stored media object to use as the cover image, instead of coverUrl."),
  firstComment: z.string().optional().describe("A comment to add to the post once it is live. Not for stories."),
  title: z.string().optional().describe("Title of a feed video or reel."),
});

export type FacebookSettings = z.infer<typeof settings>;
