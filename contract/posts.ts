import { z } from "zod";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { PLATFORM_POST_STATUSES, POST_STATUSES } from "../model/status.ts";
import { mediaEntrySchema } from "../platforms/media-entry.ts";
import {
  cursor,
  id,
  idParam,
  limit,
  mode,
  nextCursor,
  offset,
  platform,
  time,
  timeInput,
  total,
  userId,
  webUrl,
} from "./fields.ts";
import { issue, platformPostError } from "./issues.ts";
import { operation, plain } from "./operation.ts";

const TEXT = "Hello from the Ampost API!";

const override = z
  .strictObject({
    text: z.string().nullish().describe("Replaces `content.text` on this platform."),
    settings: z
      .record(z.string(), z.unknown())
      .nullish()
      .describe("The platform's own settings; see GET /api/v1/platforms. What is null in them counts as left out."),
  })
  .describe("What one platform gets differently.");

export const platformOverrides = z
  .partialRecord(z.enum(PLATFORM_NAMES), override)
  .describe(
    "Text and settings that one platform gets differently, by platform. What stands there for platforms that the post does not go to is kept, and judged when it does.",
  );

const content = z
  .strictObject({
    text: z
      .string()
      .describe("The text of the post.")
      .meta({ examples: [TEXT] }),
    media: z
      .array(mediaEntrySchema)
      .max(100)
      .nullish()
      .describe("Media attachments, in the order in which they are shown."),
    linkUrl: webUrl.nullish().describe("A link to include in the post."),
    platformOverrides: platformOverrides
      .nullish()
      .meta({ examples: [{ [PLATFORM_NAMES[6]]: { text: "Hello from Threads!" } }] }),
  })
  .describe("What is said.")
  .meta({ examples: [{ text: "Hello from the Ampost API!" }] });

const platforms = z
  .array(platform)
  .min(1)
  .superRefine((names, context) => {
    for (const [index, name] of names.entries()) {
      if (names.indexOf(name) < index)
        context.addIssue({
          code: "custom",
          path: [index],
          message: `must not be "${name}" again: name each platform once`,
          input: name,
        });
    }
  })
  .describe("The platforms to publish to, each once.")
  .meta({ examples: [PLATFORM_NAMES.slice(-1)] });

const scheduledFor = timeInput
  .nullish()
  .describe(
    "When to publish: ISO 8601 with an offset or `Z`, in the future and at most a year ahead. `null` makes a draft.",
  );

const publishBy = timeInput
  .nullish()
  .describe(
    "After this the post is not published by itself any more: ISO 8601 with an offset or `Z`, later than `scheduledFor`. `null` leaves it to the instance, which usually gives six hours.",
  );

const platformSetId = id.describe(
  "The platform set whose accounts publish the post: one that `GET /api/v1/platform-sets` (platform_sets_list) has.",
);

export const createBody = z.strictObject({ content, platforms, scheduledFor, publishBy, platformSetId });
export const patchBody = z.strictObject({
  content: content
    .partial()
    .describe("What is said: the members that change.")
    .meta({ examples: [{ text: "Better words" }] })
    .optional(),
  platforms: platforms.optional(),
  scheduledFor,
  publishBy,
  platformSetId: platformSetId.optional(),
});

/** What is left of a create's or patch's body when its invalid members are cut out: any member may be missing. */
export const postDraft = createBody
  .extend({
    content: content
      .extend({ media: z.array(mediaEntrySchema.optional().transform((entry) => entry ?? {})).nullish() })
      .partial()
      .optional(),
    platforms: z
      .array(platform.optional())
      .transform((names) => [...new Set(names.filter((name) => name !== undefined))]),
  })
  .partial();
export type PostDraft = z.output<typeof postDraft>;

const platformPost = z.object({
  id,
  platform,
  status: z.enum(PLATFORM_POST_STATUSES).meta({ examples: ["published"] }),
  publishedUrl: z
    .string()
    .nullable()
    .describe("Where it can be seen, once the platform has told.")
    .meta({ examples: ["https://www.threads.com/@ampost/post/DRcQ1aXk7Zm"] }),
  accountId: id.nullable().describe("The account that publishes it."),
  platformPostId: z
    .string()
    .nullable()
    .describe("The platform's own id of the post.")
    .meta({ examples: ["17900000000000001"] }),
  publishedAt: time.nullable(),
  attemptCount: z
    .int()
    .describe("How many attempts have failed or are under way.")
    .meta({ examples: [1] }),
  nextAttemptAt: time
    .nullable()
    .describe("When Ampost looks at it next; null while a step runs or when it is settled.")
    .meta({ examples: [null] }),
  error: platformPostError.nullable().meta({ examples: [null] }),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })).meta({ examples: [[]] }),
});

export const post = z.object({
  id,
  userId,
  content: z.object({
    text: z.string().meta({ examples: [TEXT] }),
    media: z
      .array(mediaEntrySchema)
      .describe("As they were sent; those that are stored with what their bytes say, and a signed address.")
      .meta({ examples: [[]] }),
    linkUrl: z
      .string()
      .nullable()
      .meta({ examples: [null] }),
    platformOverrides: z.looseObject({}).describe("As they were sent."),
  }),
  platformPosts: z.array(platformPost),
  status: z.enum(POST_STATUSES).meta({ examples: ["published"] }),
  scheduledFor: time.nullable().meta({ examples: [null] }),
  publishBy: time
    .nullable()
    .describe("After this it is not published by itself any more; null leaves that to the instance.")
    .meta({ examples: [null] }),
  createdAt: time,
  updatedAt: time,
  platformSetId: id,
  mode,
  publishedAt: time.nullable(),
});
export type Post = z.output<typeof post>;
export type PlatformPost = z.output<typeof platformPost>;

const postSummary = z.object({
  id,
  status: z.enum(POST_STATUSES).meta({ examples: ["published"] }),
  textPreview: z
    .string()
    .describe("The first 100 characters of the text.")
    .meta({ examples: [TEXT] }),
  platforms: z.array(platform),
  mediaCount: z.int().meta({ examples: [0] }),
  publishedCount: z
    .int()
    .describe("How many platform posts are published.")
    .meta({ examples: [1] }),
  failedCount: z
    .int()
    .describe("How many platform posts failed; one whose outcome is unknown counts.")
    .meta({ examples: [0] }),
  scheduledFor: time.nullable().meta({ examples: [null] }),
  createdAt: time,
  updatedAt: time,
  platformSetId: id,
  mode,
  publishedAt: time.nullable(),
});
export type PostSummary = z.output<typeof postSummary>;

const onePost = z.object({ post });
const warnings = z
  .array(issue)
  .describe("What is worth knowing but refuses nothing.")
  .meta({ examples: [[]] });

/** The codes of a body that breaks a rule of the product or of a platform. */
const JUDGEMENT_CODES = [
  "NO_PLATFORMS_SELECTED",
  "PLATFORM_NOT_CONNECTED",
  "CONTENT_TOO_LONG",
  "UNSUPPORTED_MEDIA_TYPE",
  "UNSUPPORTED_MEDIA_CONFIG",
  "INVALID_PLACEMENT",
  "MIXED_MEDIA_NOT_SUPPORTED",
  "RATE_LIMITED",
] as const;

export const postsCreate = operation({
  ...plain,
  name: "posts_create",
  method: "POST",
  path: "/api/v1/posts",
  summary: "Create a post",
  description:
    "Creates a draft, or a scheduled post where `scheduledFor` is given. Send JSON, or multipart/form-data with `data` (the same JSON) and `files`. A refusal tells every problem at once. Nothing is published before the scheduled time or a call of publish.",
  rateClass: "createPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Creates a draft, or a scheduled post where `scheduledFor` is given. Media are named by `url`, or by the `id` of a stored media object (media_create). A refusal tells every problem at once, each with its fix; posts_validate tells them beforehand. Nothing is published before the scheduled time or a call of posts_publish.",
  },
  body: postDraft,
  form: createBody,
  takes: "multipart",
  writes: true,
  answer: z.object({ post, warnings }),
  status: 201,
  errors: JUDGEMENT_CODES,
});

export const postsValidate = operation({
  ...plain,
  name: "posts_validate",
  method: "POST",
  path: "/api/v1/posts/validate",
  summary: "Validate a post",
  description:
    "Takes the body of a create and tells every issue and warning it would meet, without storing anything. Answers 200 whatever it finds.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  body: postDraft,
  form: createBody,
  takes: "required",
  answer: z.object({ valid: z.boolean().meta({ examples: [false] }), issues: z.array(issue), warnings }),
});

export const postsList = operation({
  ...plain,
  name: "posts_list",
  method: "GET",
  path: "/api/v1/posts",
  summary: "List posts",
  description: "Lists posts, newest first, in short form. `total` is how many match the filters.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  query: z.strictObject({
    status: z
      .enum(POST_STATUSES)
      .optional()
      .describe("Only posts in this status.")
      .meta({ examples: ["scheduled"] }),
    platform: platform.optional().describe("Only posts that target this platform."),
    limit,
    offset,
    cursor: cursor.describe("`nextCursor` of the page before, instead of `offset`."),
    from: timeInput.optional().describe("Only posts created at this time or later."),
    to: timeInput.optional().describe("Only posts created before this time."),
    search: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe("Only posts with this in one of their texts, upper and lower case alike.")
      .meta({ examples: ["release"] }),
  }),
  answer: z.object({
    posts: z.array(postSummary),
    total,
    nextCursor,
  }),
});

export const postsGet = operation({
  ...plain,
  name: "posts_get",
  method: "GET",
  path: "/api/v1/posts/:id",
  summary: "Get a post",
  description: "One post with all its platform posts. The `ETag` changes with everything that can be seen of it.",
  tool: {
    readOnly: true,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "One post with all its platform posts: what became of each, where it can be seen, and why it failed with what to do.",
  },
  params: idParam,
  answer: onePost,
  errors: ["POST_NOT_FOUND"],
});

export const postsEvents = operation({
  ...plain,
  name: "posts_events",
  method: "GET",
  path: "/api/v1/posts/:id/events",
  summary: "Follow a post",
  description:
    'Server-sent events: `post` with `{"post"}` as data, at once and after every change, until the post is published, partial, failed or discarded; then the stream ends. A line of comment every 15 s keeps the connection alive.',
  params: idParam,
  streams: true,
  answer: onePost,
  errors: ["POST_NOT_FOUND"],
});

export const postsUpdate = operation({
  ...plain,
  name: "posts_update",
  method: "PATCH",
  path: "/api/v1/posts/:id",
  summary: "Update a post",
  description:
    "Changes a draft or scheduled post. Takes any subset of the members of a create; inside `content` the members given replace those stored as a whole, `media` and `platformOverrides` too; the others stay. `scheduledFor: null` turns a scheduled post into a draft. `If-Match` with the post's ETag refuses the change where the post has changed since.",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "Changes a draft or scheduled post. Takes any subset of the members of posts_create; inside `content` the members given replace those stored as a whole, so give `platformOverrides` and `media` complete; the others stay. `scheduledFor: null` turns a scheduled post into a draft.",
  },
  params: idParam,
  body: postDraft,
  form: patchBody,
  takes: "required",
  writes: true,
  answer: z.object({ post, warnings }),
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED", ...JUDGEMENT_CODES],
});

const DISCARDS =
  "Discards a draft, scheduled, queued, partial or failed post. What is published already stays; what is not will never be.";

export const postsDelete = operation({
  ...plain,
  name: "posts_delete",
  method: "DELETE",
  path: "/api/v1/posts/:id",
  summary: "Discard a post",
  description: DISCARDS,
  tool: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  params: idParam,
  writes: true,
  answer: onePost,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
});

export const postsCancel = operation({
  ...postsDelete,
  name: "posts_cancel",
  method: "POST",
  path: "/api/v1/posts/:id/cancel",
  summary: "Cancel a post",
  description: `${DISCARDS} The same as DELETE.`,
  body: z.strictObject({}).optional(),
  takes: "optional",
  tool: {
    readOnly: false,
    destructive: true,
    idempotent: true,
    openWorld: false,
    description: `${DISCARDS} The same as posts_delete.`,
  },
});

export const postsPublish = operation({
  ...plain,
  name: "posts_publish",
  method: "POST",
  path: "/api/v1/posts/:id/publish",
  summary: "Publish a post now",
  description:
    "Begins publishing a draft or scheduled post on all its platforms and answers at once, with the post in `queued` or later. With `Prefer: wait=N` it answers when every platform post is settled, or after N seconds.",
  rateClass: "publishPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: true,
    description:
      "Begins publishing a draft or scheduled post on all its platforms and answers at once, with the post in `queued` or later. With `wait` it answers when every platform post is settled, or after that many seconds. Where it is still `posting` then, look again later with posts_get; do not publish again. A person may be asked first, where the client can ask.",
  },
  params: idParam,
  body: z.strictObject({}).optional(),
  takes: "optional",
  writes: true,
  waits: true,
  answer: onePost,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED", ...JUDGEMENT_CODES],
});

export const postsRetry = operation({
  ...plain,
  name: "posts_retry",
  method: "POST",
  path: "/api/v1/posts/:id/retry",
  summary: "Retry a post",
  description:
    "Publishes failed platform posts of a partial or failed post again: those named in `platforms`, or all. One whose outcome is `unknown` may be live, so it is retried only when named with `force: true`.",
  rateClass: "publishPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: true,
    description:
      "Publishes failed platform posts of a partial or failed post again, just as they are: those named in `platforms`, or all. What is published is never touched. Where the platform refused the content (`category` is `content`), make a new post for that platform instead. One that is `unknown` may be live: it is retried only when named with `force: true`, which is for a person to decide who has looked at the account.",
  },
  params: idParam,
  body: z
    .strictObject({
      platforms: platforms.optional().describe("The platforms to retry. All failed ones, where it is left out."),
      force: z
        .boolean()
        .optional()
        .describe("Retries a platform post whose outcome is unknown although it may be live already.")
        .meta({ examples: [true] }),
    })
    .optional(),
  takes: "optional",
  writes: true,
  waits: true,
  answer: onePost,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "OUTCOME_UNKNOWN", "PRECONDITION_FAILED", ...JUDGEMENT_CODES],
});
