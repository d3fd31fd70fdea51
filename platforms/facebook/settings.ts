import { z } from "zod";

/** `platformOverrides.facebook.settings`. */
export const settings = z.strictObject({
  placement: z
    .enum(["feed", "story", "reel"])
    .optional()
    .describe("How the content appears. Defaults to feed. A reel is one 9:16 video of 4 to 60 seconds."),
  title: z.string().optional().describe("Title of a feed video or reel."),
});

export type FacebookSettings = z.infer<typeof settings>;
