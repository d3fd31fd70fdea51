import { z } from "zod";

import { cursor, id, idParam, limit, nextCursor, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { media } from "./media.ts";
import { post } from "./posts.ts";

const contentHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: "must be the contentHash of GET /api/posts/{id}/approval: 64 hexadecimal digits" })
  .describe("Identifies exactly what would be published: content, media files, platforms and platform set.")
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
  media: z.array(shownMedia).describe("Every image and video of the post, as it would be published."),
});
export type Approval = z.output<typeof approval>;

const answer = z.object({ approval, post });

const waiting = answer.extend({
  key: z
    .object({ id, name: z.string().meta({ examples: ["production"] }) })
    .describe("The key that last created, edited or tried to publish the post."),
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
    "edited or tried to publish and whose current version is not approved: " +
    "drafts, and failed posts that could be retried. Posts of revoked and expired keys are not included.",
  auth: "session",
  query: z.strictObject({ limit, cursor }),
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
    "it is not approved. Any edit removes the approval. All media must have been fetched first.",
  auth: "session",
  params: idParam,
  body: z.strictObject({ contentHash }),
  takes: "required",
  writes: true,
  answer,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
});
