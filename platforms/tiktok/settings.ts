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
      "Who can see the post: one of the levels in the account's creator info. " +
        "Required, because TikTok does not allow a default.",
    ),
  disableComment: z
    .boolean()
    .optional()
    .describe(
      "Whether comments are off. Defaults to true: set it to false to allow them, as the person who posts decides. " +
        "They are always off if the creator has turned them off on TikTok.",
    ),
  disableDuet: z
    .boolean()
    .optional()
    .describe("Whether duets are off. Defaults to true; set it to false to allow them. Videos only."),
  disableStitch: z
    .boolean()
    .optional()
    .describe("Whether stitches are off. Defaults to true; set it to false to allow them. Videos only."),
  videoCoverTimestampMs: z
    .int()
    .min(0)
    .max(2_147_483_647)
    .optional()
    .describe("Position of the cover frame, in milliseconds from the start. Defaults to the first frame. Videos only."),
  brandContentToggle: z
    .boolean()
    .optional()
    .describe("Discloses a paid partnership. Cannot be combined with FOLLOWER_OF_CREATOR or SELF_ONLY."),
  brandOrganicToggle: z.boolean().optional().describe("Discloses that the post promotes the creator's own business."),
  isAigc: z.boolean().optional().describe("Labels the post as AI-generated. TikTok may not show the label on photos."),
  autoAddMusic: z.boolean().optional().describe("Lets TikTok add matching music. Photos only."),
  photoCoverIndex: z
    .int()
    .min(0)
    .optional()
    .describe("Zero-based index of the cover image. Defaults to the first. Photos only."),
  photoTitle: z.string().optional().describe("Title of a photo post, shown above its description. Photos only."),
});

export type TiktokSettings = z.infer<typeof settings>;
