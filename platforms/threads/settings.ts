import { z } from "zod";

import { chainSchema } from "../media-entry.ts";

const mediaId = z.string().regex(/^\d{1,30}$/, "A Threads media id is a string of digits.");

/** `platformOverrides.threads.settings`. */
export const settings = z.strictObject({
  replyControl: z
    .enum(["everyone", "accounts_you_follow", "mentioned_only", "parent_post_author_only", "followers_only"])
    .optional()
    .describe("Who may reply. Threads' default is everyone."),
  replyTo: mediaId.optional().describe("Threads media id of the published post to reply to."),
  thread: chainSchema.optional(),
  topicTag: z
    .string()
    .min(1)
    .regex(/^[^.&#]*$/, "A Threads topic tag may not contain #, . or &.")
    .optional()
    .describe("The post's one topic, 1 to 50 characters, without #, . and &."),
  quotePostId: mediaId.optional().describe("Threads media id of the post to quote."),
  poll: z
    .strictObject({
      options: z.array(z.string().min(1)).min(2).max(4).describe("2 to 4 options of 1 to 25 characters."),
    })
    .optional()
    .describe("A poll below a text; not together with media."),
});

export type ThreadsSettings = z.infer<typeof settings>;
