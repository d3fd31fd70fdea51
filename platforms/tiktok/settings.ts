import { z } from "zod";

export const PRIVACY_LEVELS = [
  "PUBLIC_TO_EVERYONE",
  "MUTUAL_FOLLOW_FRIENDS",
  "FOLLOWER_OF_CREATOR",
  "SELF_ONLY",
] as const;

// Source: TikTok docs, direct post and photo post, 2026-09-11.

/** `platformOverrides.tiktok.settings`. */
export const settings = z.strictObject({
  // TikTok forbids a preselected level, so there is no default.
  privacyLevel: z
    .enum(PRIVACY_LEVELS)
    .describe(
      "Who may see the post; one of the levels the account's creator info offers. TikTok forbids a default, so it has to be given.",
    ),
  disableComment: z
    .boolean()
    .optional()
    .describe("Turns comments off. They are off anyway where the creator has switched them off."),
  disableDuet: z.boolean().optional().describe("Turns duets off. Videos only; photos have none."),
  disableStitch: z.boolean().optional().describe("Turns stitches off. Videos only; photos have none."),
  videoCoverTimestampMs: z
    .int()
    .min(0)
    .max(2_147_483_647)
    .optional()
    .describe("The frame used as cover, in milliseconds from the start; the first where it is left out. Videos only."),
  brandContentToggle: z.boolean().optional().describe("Discloses a paid partnership. Not together with SELF_ONLY."),
  brandOrganicToggle: z.boolean().optional().describe("Discloses that the post promotes the creator's own business."),
  isAigc: z.boolean().optional().describe("Labels the post as AI-generated."),
  autoAddMusic: z.boolean().optional().describe("Lets TikTok add music that fits. Photos only."),
  photoCoverIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Which image is the cover, counted from 0; the first where it is left out. Photos only."),
  photoTitle: z.string().optional().describe("The title above the description of a photo post. Photos only."),
});

export type TiktokSettings = z.infer<typeof settings>;
