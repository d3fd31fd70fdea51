import { z } from "zod";

import { chainSchema } from "../media-entry.ts";

// Source: X OpenAPI 2.167, POST /2/tweets, 2026-08-22.

/** `platformOverrides.twitter.settings`. */
export const settings = z.strictObject({
  replySettings: z
    .enum(["following", "mentionedUsers", "subscribers", "verified"])
    .optional()
    .describe("Who may reply; everyone where it is left out. Holds for the first part of a thread."),
  replyTo: z
    .string()
    .regex(/^[0-9]{1,19}$/, "An X post id is a string of 1 to 19 digits.")
    .optional()
    .describe(
      "Id of the post to reply to. X takes a reply to someone else's post only where that post mentions or quotes you.",
    ),
  thread: chainSchema.optional(),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1)).min(2).max(4).describe("2 to 4 options of 1 to 25 characters."),
      durationMinutes: z.int().min(5).max(10_080).describe("How long the poll is open: 5 minutes to 7 days."),
    })
    .optional()
    .describe("A poll below the text; not together with media."),
});

export type TwitterSettings = z.infer<typeof settings>;
