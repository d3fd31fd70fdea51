import { z } from "zod";

/** `platformOverrides.facebook.settings`. */
export const settings = z.strictObject({
  placement: z
    .enum(["feed", "story", "reel"])
    .optional()
    .describe("How the content appears; feed where it is left out. A reel is one video of 9:16 and 4 to 60 seconds."),
  title: z.string().optional().describe("The title of a video in the feed or of a reel."),
});

export type FacebookSettings = z.infer<typeof settings>;
