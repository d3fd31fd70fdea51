import { z } from "zod";

// Source: YouTube docs, videos resource, 2026-10.

/** `platformOverrides.youtube.settings`. */
export const settings = z.strictObject({
  title: z
    .string()
    .optional()
    .describe("The title of the video, up to 100 characters. Falls back to content.text; one of the two is needed."),
  description: z.string().optional().describe("The long description, up to 5000 bytes of UTF-8."),
  tags: z
    .array(
      z.string().regex(/^(?!\s*$)[^<>",]+$/, 'A YouTube tag may not be empty and may not contain < > " or a comma.'),
    )
    .optional()
    .describe(
      "Tags, together up to 500 characters as YouTube counts: commas between tags count 1 each, a tag with a space 2 more.",
    ),
  categoryId: z
    .string()
    .regex(/^\d+$/, "A YouTube category id is made of digits.")
    .optional()
    .describe('Category of the video; "22" (People & Blogs) where it is left out.'),
  privacyStatus: z
    .enum(["private", "unlisted", "public"])
    .optional()
    .describe(
      "Who may see the video; private where it is left out. It may still be forced to private while the app waits for its audit.",
    ),
  publishAt: z.iso
    .datetime({ offset: true })
    .optional()
    .describe(
      "When YouTube turns the private video public by itself. In the future, with privacyStatus private, and not together with scheduledFor.",
    ),
  notifySubscribers: z
    .boolean()
    .optional()
    .describe("Whether subscribers are notified (YouTube's own default is true)."),
  selfDeclaredMadeForKids: z
    .boolean()
    .optional()
    .describe("Whether the video is made for children; false where it is left out."),
  containsSyntheticMedia: z
    .boolean()
    .optional()
    .describe("Discloses realistic content that was altered or made by AI."),
});

export type YoutubeSettings = z.infer<typeof settings>;
