import { z } from "zod";

import { MEDIA_TYPES } from "../model/post.ts";
import { cursor, id, idParam, limit, nextCursor, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";
import { post } from "./posts.ts";

const contentHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: "must be the contentHash of GET /api/posts/{id}/approval: 64 hexadecimal digits" })
  .describe("Stands for exactly what would go out: content, the bytes of its media, platforms and platform set.")
  .meta({ examples: ["0".repeat(64)] });

const shownMedia = z.object({
  path: z
    .string()
    .describe(
      "Where it stands in the post, as a JSON Pointer: in its media, in the parts of a chain, as a thumbnail or a cover.",
    )
    .meta({ examples: ["/content/media/0"] }),
  status: z
    .enum(["pending", "ready", "failed"])
    .describe("`ready`: it is here, as it would go out. Only then the post can be approved.")
    .meta({ examples: ["ready"] }),
  url: z
    .string()
    .nullable()
    .describe("A signed address of the stored file, good for a day; null while there is none.")
    .meta({
      examples: [
        "https://api.ampost.io/media/01980b7a-6c00-7000-8000-000000000001/photo.jpg?expires=1796117400&signature=Yq…",
      ],
    }),
  type: z
    .enum(MEDIA_TYPES)
    .nullable()
    .meta({ examples: ["image"] }),
  mimeType: z
    .string()
    .nullable()
    .meta({ examples: ["image/jpeg"] }),
  filename: z.string().meta({ examples: ["photo.jpg"] }),
  error: z
    .string()
    .nullable()
    .describe("Why it could not be fetched so far.")
    .meta({ examples: [null] }),
});
export type ShownMedia = z.output<typeof shownMedia>;

const approval = z.object({
  postId: id,
  contentHash,
  approvedAt: time.nullable().describe("`null`: it is not approved as it is now."),
  approvedBy: z
    .string()
    .nullable()
    .describe("The id of the user who approved it.")
    .meta({ examples: ["01980b7a-6c00-7000-8000-00000000000a"] }),
  media: z.array(shownMedia).describe("Every image and video of the post, as it is stored and would go out."),
});
export type Approval = z.output<typeof approval>;

const answer = z.object({ approval, post });

const waiting = answer.extend({
  key: z
    .object({ id, name: z.string().meta({ examples: ["production"] }) })
    .describe("The key that last made, changed or tried to publish it."),
});
export type WaitingApproval = z.output<typeof waiting>;

export const approvalsList = operation({
  ...plain,
  name: "approvals_list",
  method: "GET",
  path: "/api/approvals",
  summary: "List posts that wait for approval",
  description:
    "Posts of this mode, newest first, with their media as they are stored, that a key with the policy `approvalRequired` has made, changed or tried to publish, and that nobody has approved as they are now: drafts, and posts that failed and could be retried. Those of revoked and expired keys wait no more.",
  auth: "session",
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ approvals: z.array(waiting), nextCursor }),
});

export const postsApproval = operation({
  ...plain,
  name: "posts_approval",
  method: "GET",
  path: "/api/posts/:id/approval",
  summary: "Get a post to approve it",
  description:
    "The post as it is now, the hash that stands for it, and whether it is approved. Addresses of its media are those of the stored files, never the ones that were sent: `null` until a file is here. Keys with the policy `approvalRequired` publish only approved posts.",
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
    "Lets keys with the policy `approvalRequired` publish a draft or scheduled post as it is now, or retry one that failed. `contentHash` says what was looked at: a post that has changed since is not approved. Any edit voids the approval. A post whose media are still being fetched can be approved once they are there.",
  auth: "session",
  params: idParam,
  body: z.strictObject({ contentHash }),
  takes: "required",
  writes: true,
  answer,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
});
