import { z } from "zod";

import { chainSchema } from "../validate/media-entry.ts";

const mediaId = z.string().regex(/^\d{1,30}$/, "A Threads media ID is a string of digits.");

/** `platformOverrides.threads.settings`. */
export const settings = z.strictObject({
  replyControl: z
    .enum(["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"])
    .optional()
    .describe("Who can reply. Threads' default is everyone."),
  replyTo: mediaId.optional().describe("Threads media ID of the published post to reply to."),
  thread: chainSchema.optional(),
  topicTag: z
    .string()
    .min(1)
    .regex(/^[^.&#]*$/, "A Threads topic tag cannot contain #, . or &.")
    .optional()
    .describe("Topic of the post, 1 to 50 characters, without #, . or &."),
  quotePostId: mediaId.optional().describe("Threads media ID of the post to quote."),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1)).min(2).max(4).describe("2 to 4 options of 1 to 25 characters each."),
    })
    .optional()
    .describe("A poll below the text. Cannot be combined with media. Threads decides how long it is open."),
});

export type ThreadsSettings = z.infer<typeof settings>;
