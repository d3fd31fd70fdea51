import { z } from "zod";

import { APPROVAL_STATES } from "../../model/status.ts";
import { cursor, id, idParam, limit, nextCursor, time, userId } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { media } from "./media.ts";
import { post } from "./posts.ts";

const contentHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: "must be the contentHash of GET /api/posts/{id}/approval: 64 hexadecimal digits" })
  .describe("Identifies exactly what would be published: content, media files, platforms, platform set and accounts.")
  .meta({ examples: ["0".repeat(64)] });

const shownMedia = z.object({
  path: z
    .string()
    .describe(
      "Where the file is used in the post, as a JSON Pointer: in the media, in a part of a thread, " +
        "as a thumbnail or as a cover.",
    )
    .meta({ examples: ["/content/media/0"] }),
  status: z
    .enum(["pending", "ready", "failed"])
    .describe("`ready` once the file has been fetched. The post can be approved only when all its files are ready.")
    .meta({ examples: ["ready"] }),
  url: media.shape.url,
  type: media.shape.type,
  mimeType: z
    .string()
    .nullable()
    .meta({ examples: ["image/jpeg"] }),
  filename: media.shape.filename,
  error: z
    .string()
    .nullable()
    .describe("Why the file could not be fetched.")
    .meta({ examples: [null] }),
});
export type ShownMedia = z.output<typeof shownMedia>;

const approval = z.object({
  postId: id,
  contentHash,
  approvedAt: time.nullable().describe("`null` if the current version is not approved."),
  approvedBy: z
    .string()
    .nullable()
    .describe("ID of the user who approved it.")
    .meta({ examples: ["01980b7a-6c00-7000-8000-00000000000a"] }),
  sentBackReason: z
    .string()
    .nullable()
    .describe("Why a person has sent the current version back.")
    .meta({ examples: [null] }),
  media: z.array(shownMedia).describe("Every image and video of the post, as it would be published."),
});
export type Approval = z.output<typeof approval>;

const answer = z.object({ approval, post });

const waiting = answer.extend({
  key: z
    .object({ id, name: z.string().meta({ examples: ["production"] }) })
    .nullable()
    .describe(
      "The key that last created, edited or tried to publish the post. `null` if a member of the workspace did.",
    ),
  member: z
    .object({ id: userId, name: z.string().meta({ examples: ["Grace"] }) })
    .nullable()
    .describe("The writer who tried to publish the post. `null` if a key did.")
    .meta({ examples: [null] }),
});
export type WaitingApproval = z.output<typeof waiting>;

export const approvalsList = operation({
  ...plain,
  name: "approvals_list",
  method: "GET",
  path: "/api/approvals",
  summary: "List posts waiting for approval",
  description:
    "Returns posts in this mode, newest first, that a key with the policy `approvalRequired` created, " +
    "edited or tried to publish, or that a writer of the workspace tried to publish, and whose current version is not approved: " +
    "drafts, and failed posts that could be retried. Posts of revoked and expired keys are not included. " +
    "With `state`, those that are approved and not published yet, or sent back and not edited yet.",
  auth: "session",
  query: z.strictObject({
    state: z
      .enum(APPROVAL_STATES)
      .default("pending")
      .describe("Which of them. Defaults to `pending`.")
      .meta({ examples: ["approved"] }),
    limit,
    cursor,
  }),
  answer: z.object({ approvals: z.array(waiting), nextCursor }),
});

export const postsApproval = operation({
  ...plain,
  name: "posts_approval",
  method: "GET",
  path: "/api/posts/:id/approval",
  summary: "Get a post's approval",
  description:
    "Returns the current version of the post, its content hash and whether it is approved. " +
    "Media URLs point to the stored files, never to the URLs that were sent, " +
    "and are `null` until a file has been fetched. " +
    "Keys with the policy `approvalRequired` can publish only approved posts.",
  auth: "session",
  params: idParam,
  answer,
  errors: ["POST_NOT_FOUND"],
});

export const postsApprove = operation({
  ...plain,
  name: "posts_approve",
  method: "POST",
  path: "/api/posts/:id/approve",
  summary: "Approve a post",
  description:
    "Lets keys with the policy `approvalRequired` publish the current version of a draft or scheduled post, " +
    "or retry a failed one. `contentHash` identifies the version you reviewed: if the post has changed since, " +
    "it is not approved. Any edit removes the approval, and so does replacing an account that was shown. " +
    "All media must have been fetched first.",
  auth: "session",
  params: idParam,
  body: z.strictObject({ contentHash }),
  takes: "required",
  writes: true,
  answer,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
});

export const postsSendBack = operation({
  ...plain,
  name: "posts_send_back",
  method: "POST",
  path: "/api/posts/:id/send-back",
  summary: "Send a post back",
  description:
    "Asks for changes instead of approving: the post's `approval` is `sent_back` with your reason until the next " +
    "edit, and the event `post.sent_back` is sent. An approval of the current version ends. " +
    "`contentHash` identifies the version you reviewed: if the post has changed since, it is not sent back.",
  auth: "session",
  params: idParam,
  body: z.strictObject({
    contentHash,
    reason: z
      .string()
      .trim()
      .min(1, { error: "must not be empty" })
      .max(1000)
      .describe("What to change.")
      .meta({ examples: ["The second sentence promises too much."] }),
  }),
  takes: "required",
  writes: true,
  answer,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
});
