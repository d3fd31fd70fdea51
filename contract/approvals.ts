import { z } from "zod";

import { cursor, id, idParam, limit, nextCursor, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";
import { post } from "./posts.ts";

const contentHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: "must be the contentHash of GET /api/posts/{id}/approval: 64 hexadecimal digits" })
  .describe("Stands for exactly what would go out: content, media, platforms and platform set.")
  .meta({ examples: ["0".repeat(64)] });

const approval = z.object({
  postId: id,
  contentHash,
  approvedAt: time.nullable().describe("`null`: it is not approved as it is now."),
  approvedBy: z.string().nullable().describe("The id of the user who approved it.").meta({ examples: ["01980b7a-6c00-7000-8000-00000000000a"] }),
});
export type Approval = z.output<typeof approval>;

const answer = z.object({ approval, post });

const waiting = answer.extend({ key: z.object({ id, name: z.string().meta({ examples: ["production"] }) }).describe("The key that last made, changed or tried to publish it.") });
export type WaitingApproval = z.output<typeof waiting>;

export const approvalsList = operation({
  ...plain,
  name: "approvals_list",
  method: "GET",
  path: "/api/approvals",
  summary: "List posts that wait for approval",
  description:
    "Posts of this mode, newest first, that a key with the policy `approvalRequired` has made, changed or tried to publish, and that nobody has approved as they are now: drafts, and posts that failed and could be retried. Those of revoked and expired keys wait no more.",
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
  description: "The post as it is now, the hash that stands for it, and whether it is approved. Keys with the policy `approvalRequired` publish only approved posts.",
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
