import { z } from "zod";

import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import { id } from "../fields.ts";
import { batchError, issue } from "../issues.ts";
import { operation, plain } from "../operation.ts";
import { accountIds, postSummary } from "./posts.ts";

/** Posts in one request. */
export const MOST_IN_BATCH = 50;

const results = <Result extends z.ZodRawShape>(shape: Result) =>
  z.array(
    z.object({
      ...shape,
      post: postSummary.nullable().describe("The post now. `null` if there is none."),
      error: batchError.nullable().meta({ examples: [null] }),
    }),
  );
const failed = z
  .int()
  .describe("Number of results with an error.")
  .meta({ examples: [0] });

const unique = (name: string, values: readonly string[], context: z.RefinementCtx, path: readonly string[] = []) => {
  for (const [index, value] of values.entries()) {
    if (values.indexOf(value) < index)
      context.addIssue({
        code: "custom",
        path: [index, ...path],
        message: `must not be the ${name} of an earlier one, too`,
        input: value,
      });
  }
};

const idempotencyKey = z
  .string()
  .regex(/^[\x20-\x7e]{1,255}$/, { error: "must have 1 to 255 printable ASCII characters" })
  .describe("A unique value of this post, such as a UUID.")
  .meta({ examples: ["order-4711"] });

const DRY_RUN = "Whether to only report what is wrong with each post, without creating any.";
const dryRun = z
  .boolean()
  .optional()
  .describe(DRY_RUN)
  .meta({ examples: [true] });

const posts = z
  .array(z.looseObject({ idempotencyKey }))
  .min(1)
  .max(MOST_IN_BATCH)
  .superRefine((each, context) =>
    unique(
      "idempotencyKey",
      each.map((post) => post.idempotencyKey),
      context,
      ["idempotencyKey"],
    ),
  )
  .describe(
    `1 to ${MOST_IN_BATCH} posts: each has the fields of posts_create (POST /api/v1/posts) and an idempotencyKey.`,
  )
  .meta({
    examples: [
      [
        {
          idempotencyKey: "order-4711",
          content: { text: "Hello from the Ampost API!" },
          platforms: [EXAMPLE_PLATFORM],
          platformSetId: "01980b7a-6c00-7000-8000-000000000001",
        },
      ],
    ],
  });

export const postsCreateMany = operation({
  ...plain,
  name: "posts_create_many",
  method: "POST",
  path: "/api/v1/posts/batch",
  summary: "Create several posts",
  description:
    `Creates up to ${MOST_IN_BATCH} posts, one after another, each as \`POST /api/v1/posts\` with its ` +
    "`idempotencyKey` would; one that fails does not stop the others. `dryRun` only validates them. " +
    "The response is 200 even if posts fail: read each `error`. Correct those and repeat the request: " +
    "posts that exist are not created again. Each post counts as a request.",
  rateClass: "createPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      `Creates up to ${MOST_IN_BATCH} posts, each as posts_create would: one that fails does not stop the others. ` +
      "Call it with `dryRun` first. Read each `error`, correct those posts and repeat the call: " +
      "posts that exist are not created a second time.",
  },
  body: z.strictObject({ posts, dryRun }),
  takes: "required",
  writes: true,
  batch: "posts",
  answer: z.object({
    results: results({
      idempotencyKey,
      replayed: z
        .boolean()
        .describe("Whether an earlier request created the post.")
        .meta({ examples: [false] }),
      warnings: z
        .array(issue)
        .describe("Problems that do not prevent publishing.")
        .meta({ examples: [[]] }),
    }).describe("In the order of the request. In a dry run, `post` is null, and `error` is null if it is valid."),
    created: z
      .int()
      .describe("Number of posts that this request created, without `replayed` ones.")
      .meta({ examples: [1] }),
    failed,
  }),
});

const ids = z
  .array(id)
  .min(1)
  .max(MOST_IN_BATCH)
  .superRefine((each, context) => unique("ID", each, context))
  .describe(`IDs of 1 to ${MOST_IN_BATCH} posts.`);

const etags = z
  .record(z.string().max(100), z.string().max(255))
  .optional()
  .describe("The `etag` of posts by ID: one that has changed since is not discarded.")
  .meta({ examples: [{ "01980b7a-6c00-7000-8000-000000000001": '"3"' }] });

const CANCELS =
  `Discards up to ${MOST_IN_BATCH} posts; one that cannot be discarded does not stop the others. ` +
  "Anything already published stays. One that was discarded before counts as cancelled. Read each `error`.";

export const postsCancelMany = operation({
  ...plain,
  name: "posts_cancel_many",
  method: "POST",
  path: "/api/v1/posts/batch/cancel",
  summary: "Cancel several posts",
  description: `${CANCELS} The response is 200 even if some or all fail. Each post counts as a request.`,
  tool: { readOnly: false, destructive: true, idempotent: true, openWorld: false, description: CANCELS },
  body: z.strictObject({ ids, etags }),
  takes: "required",
  writes: true,
  batch: "ids",
  answer: z.object({
    results: results({ id }).describe("In the order of the request."),
    cancelled: z
      .int()
      .describe("Number of posts that are discarded now.")
      .meta({ examples: [1] }),
    failed,
  }),
});

export const postsMoveMany = operation({
  ...plain,
  name: "posts_move_many",
  auth: "session",
  method: "POST",
  path: "/api/posts/batch/move",
  summary: "Move several posts to other accounts",
  description:
    `Has up to ${MOST_IN_BATCH} drafts or scheduled posts published through other accounts, each as ` +
    "`PATCH /api/v1/posts/:id` with `accountIds` would; one that fails does not stop the others. " +
    "The response is 200 even if some or all fail: read each `error`. Each post counts as a request.",
  body: z.strictObject({ ids, accountIds }),
  takes: "required",
  writes: true,
  batch: "ids",
  answer: z.object({
    results: results({ id }).describe("In the order of the request."),
    moved: z
      .int()
      .describe("Number of posts that were moved.")
      .meta({ examples: [1] }),
    failed,
  }),
});
