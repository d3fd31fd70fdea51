import { z } from "zod";

import { chainSchema } from "../validate/media-entry.ts";

// Source: X OpenAPI 2.167, POST /2/tweets, 2026-08-22.

/** `platformOverrides.twitter.settings`. */
export const settings = z.strictObject({
  replySettings: z
    .enum(["following", "mentionedUsers", "subscribers", "verified"])
    .optional()
    .describe("Who can reply. Defaults to everyone. Applies to the first part of a thread."),
  replyTo: z
    .string()
    .regex(/^[0-9]{1,19}$/, "An X post ID is a string of 1 to 19 digits.")
    .optional()
    .describe(
      "ID of the post to reply to. X allows a reply to someone else's post only if that post mentions or quotes you.",
    ),
  thread: chainSchema.optional(),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1)).min(2).max(4).describe("2 to 4 options of 1 to 25 characters each."),
      durationMinutes: z
        .int()
        .min(5)
        .max(10_080)
        .describe("How long the poll stays open in minutes: 5 minutes to 7 days."),
    })
    .optional()
    .describe("A poll below the text. Cannot be combined with media."),
});

export type TwitterSettings = z.infer<typeof settings>;
