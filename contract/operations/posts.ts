import { z } from "zod";

import { PLATFORM_NAMES } from "../../model/platform-names.ts";
import { APPROVAL_STATES, PLATFORM_POST_STATUSES, POST_STATUSES } from "../../model/status.ts";
import { EXAMPLE_PLATFORM } from "../../platforms/catalog.ts";
import { mediaEntrySchema } from "../../platforms/validate/media-entry.ts";
import {
  cursor,
  id,
  idParam,
  limit,
  localTimeInput,
  mode,
  nextCursor,
  offset,
  platform,
  time,
  timeInput,
  timeZoneName,
  total,
  userId,
  webUrl,
} from "../fields.ts";
import { issue, platformPostError } from "../issues.ts";
import { platformLimit } from "../limits.ts";
import { operation, plain } from "../operation.ts";
import { quotaLeft } from "./usage.ts";

const TEXT = "Hello from the Ampost API!";

const mediaEntries = z.array(mediaEntrySchema).max(100).nullish();

export const platformOverride = z
  .strictObject({
    text: z.string().nullish().describe("Replaces `content.text` on this platform."),
    media: mediaEntries.describe(
      "Replaces `content.media` on this platform; an empty array means no media. Same format as `content.media`.",
    ),
    settings: z
      .record(z.string(), z.unknown())
      .nullish()
      .describe("Settings of the platform; see GET /api/v1/platforms. Null values count as omitted."),
  })
  .describe("Text, media and settings for one platform.");

export const platformOverrides = z
  .partialRecord(z.enum(PLATFORM_NAMES), platformOverride)
  .describe(
    "Text, media and settings for individual platforms, by platform. " +
      "Overrides for platforms the post is not published to are stored, and validated once it is.",
  );

const content = z
  .strictObject({
    text: z
      .string()
      .describe("Text of the post.")
      .meta({ examples: [TEXT] }),
    media: mediaEntries.describe("Media attachments, in display order."),
    linkUrl: webUrl.nullish().describe("A link to include in the post."),
    platformOverrides: platformOverrides
      .nullish()
      .meta({ examples: [{ [EXAMPLE_PLATFORM]: { text: "Hello from Threads!" } }] }),
  })
  .describe("Content of the post.")
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
          message: `must not be "${name}" again. List each platform once`,
          input: name,
        });
    }
  })
  .describe("Platforms to publish to, without duplicates.")
  .meta({ examples: [[EXAMPLE_PLATFORM]] });

const scheduledFor = localTimeInput
  .nullish()
  .describe(
    "When to publish, at most a year ahead: ISO 8601 with an offset or Z, or local with `timeZone`. `null`: a draft.",
  );

const timeZone = timeZoneName.optional().describe("IANA time zone of local times.");

const publishBy = localTimeInput
  .nullish()
  .describe("Latest time to publish it automatically. `null`: the instance's default, usually six hours later.");

export const ON_PAUSE = ["late", "skip"] as const;

const onPause = z
  .enum(ON_PAUSE)
  .optional()
  .describe(
    "If its time comes while publishing is paused: `late` (the default) publishes it afterwards, unless it is too " +
      "late by then; `skip` does not.",
  )
  .meta({ examples: ["late"] });

const spread = z
  .boolean()
  .optional()
  .describe("Whether to use the next time with room if a platform's limits leave none at `scheduledFor`.")
  .meta({ examples: [true] });

const nextPostingTime = z
  .boolean()
  .optional()
  .describe("Whether to use its accounts' next free posting time instead of `scheduledFor`.")
  .meta({ examples: [true] });

const platformSetId = id.describe(
  "The platform set whose accounts publish the post, from `GET /api/v1/platform-sets` (platform_sets_list).",
);

export const accountIds = z
  .array(id)
  .min(1)
  .max(PLATFORM_NAMES.length)
  .describe("Accounts of the set to use from now on.");

export const createBody = z.strictObject({
  content,
  platforms,
  scheduledFor,
  timeZone,
  nextPostingTime,
  spread,
  publishBy,
  onPause,
  platformSetId,
});
export const patchBody = z.strictObject({
  content: content
    .partial()
    .describe("Content fields to change.")
    .meta({ examples: [{ text: "A better text" }] })
    .optional(),
  platforms: platforms.optional(),
  scheduledFor,
  timeZone,
  nextPostingTime,
  spread,
  publishBy,
  onPause,
  platformSetId: platformSetId.optional(),
  accountIds: accountIds.optional(),
});

/** Media after invalid fields are removed: an invalid entry is left empty. */
const mediaDraft = z.array(mediaEntrySchema.optional().transform((entry) => entry ?? {})).nullish();

/** Overrides after invalid fields are removed. */
export const overridesDraft = z
  .partialRecord(z.enum(PLATFORM_NAMES), platformOverride.extend({ media: mediaDraft }))
  .nullish();

/** The rest of a create or update body after its invalid fields are removed: any field can be missing. */
export const postDraft = createBody
  .extend({
    content: content.extend({ media: mediaDraft, platformOverrides: overridesDraft }).partial().optional(),
    platforms: z
      .array(platform.optional())
      .transform((names) => [...new Set(names.filter((name) => name !== undefined))]),
    accountIds,
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
    .describe("URL of the published post, once the platform has returned it.")
    .meta({ examples: ["https://www.threads.com/@ampost/post/DRcQ1aXk7Zm"] }),
  sandboxUrl: z
    .string()
    .nullable()
    .describe("In test mode, where a browser can open the published post: nothing is at `publishedUrl`.")
    .meta({ examples: [null] }),
  accountId: id.nullable().describe("The account that publishes the post."),
  platformPostId: z
    .string()
    .nullable()
    .describe("The platform's ID for the post.")
    .meta({ examples: ["17900000000000001"] }),
  parts: z
    .array(
      z.object({
        platformPostId: z.string().meta({ examples: ["17900000000000002"] }),
        publishedUrl: z
          .string()
          .nullable()
          .meta({ examples: ["https://www.threads.com/@ampost/post/DRcQ1aXk7Zn"] }),
        sandboxUrl: z
          .string()
          .nullable()
          .meta({ examples: [null] }),
      }),
    )
    .describe("Of a thread: its parts after the first that are live, in order, each with its own ID and URLs.")
    .meta({ examples: [[]] }),
  publishedAt: time.nullable().describe("When it went live, as far as can be known."),
  attemptCount: z
    .int()
    .describe("Number of publish attempts so far, including the one that is in progress or succeeded.")
    .meta({ examples: [1] }),
  nextAttemptAt: time
    .nullable()
    .describe(
      "When Ampost continues with it, or checks an unknown outcome again. " +
        "Null while a step is running or if nothing is left.",
    )
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
      .describe("Media as they were sent. Stored media also have their measured properties and a signed URL.")
      .meta({ examples: [[]] }),
    linkUrl: z
      .string()
      .nullable()
      .meta({ examples: [null] }),
    platformOverrides: z.looseObject({}).describe("Overrides as they were sent."),
  }),
  platformPosts: z.array(platformPost),
  status: z.enum(POST_STATUSES).meta({ examples: ["published"] }),
  scheduledFor: time.nullable().meta({ examples: [null] }),
  publishBy: time
    .nullable()
    .describe("Latest time to publish the post automatically. Null for the instance's default.")
    .meta({ examples: [null] }),
  onPause: z
    .enum(ON_PAUSE)
    .describe("What happens if the post's time comes while publishing is paused.")
    .meta({ examples: ["late"] }),
  createdAt: time,
  updatedAt: time,
  platformSetId: id,
  mode,
  publishedAt: time.nullable(),
  approval: z
    .object({
      state: z
        .enum(APPROVAL_STATES)
        .describe("`sent_back` if a person wants it changed first: then an edit by a key makes it `pending` again.")
        .meta({ examples: ["pending"] }),
      reason: z
        .string()
        .nullable()
        .describe("Why a person has sent it back.")
        .meta({ examples: [null] }),
      approvedAt: time
        .nullable()
        .describe("When a person approved the current version.")
        .meta({ examples: [null] }),
      url: z
        .string()
        .describe("Where a person approves the current version.")
        .meta({
          examples: [
            "https://ampost.io/posts/01980b7a-6c00-7000-8000-000000000001/approve?workspace=01980b7a-6c00-7000-8000-00000000000a",
          ],
        }),
    })
    .nullable()
    .describe(
      "Whether the post is approved, if its key or writer needs that. " +
        "Null once it is published, and after a writer's edit until they try again.",
    )
    .meta({ examples: [null] }),
});
export type Post = z.output<typeof post>;
export type PlatformPost = z.output<typeof platformPost>;

export const postSummary = z.object({
  id,
  status: z.enum(POST_STATUSES).meta({ examples: ["published"] }),
  textPreview: z
    .string()
    .describe("First 100 characters of the text, or of a platform's own text or title.")
    .meta({ examples: [TEXT] }),
  platforms: z.array(platform),
  mediaCount: z.int().meta({ examples: [0] }),
  publishedCount: z
    .int()
    .describe("Number of published platform posts.")
    .meta({ examples: [1] }),
  failedCount: z
    .int()
    .describe("Number of failed platform posts, including those whose outcome is unknown.")
    .meta({ examples: [0] }),
  unknownCount: z
    .int()
    .describe("Of those, the number that may be live.")
    .meta({ examples: [0] }),
  blockedCount: z
    .int()
    .describe("Scheduled platform posts that wait for somebody to act.")
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
  .describe("Problems that do not prevent publishing.")
  .meta({ examples: [[]] });

const fees = z
  .array(
    z.object({
      platform,
      microUsd: z
        .int()
        .describe("In millionths of a US dollar.")
        .meta({ examples: [15_000] }),
    }),
  )
  .describe("What platforms charge the app's owner for publishing the post; empty if all are free.")
  .meta({ examples: [[]] });

const limits = z
  .array(
    platformLimit.extend({
      platform,
      needed: z
        .int()
        .describe("How much of it the post uses.")
        .meta({ examples: [1] }),
    }),
  )
  .describe("What is left of each platform limit that the post uses, at its time, or now if it has none.");

/** The codes of a body that violates a rule of the product or of a platform. */
const VALIDATION_CODES = [
  "NO_PLATFORMS_SELECTED",
  "PLATFORM_NOT_CONNECTED",
  "CONTENT_TOO_LONG",
  "UNSUPPORTED_MEDIA_TYPE",
  "UNSUPPORTED_MEDIA_CONFIG",
  "INVALID_PLACEMENT",
  "MIXED_MEDIA_NOT_SUPPORTED",
  "POLICY_VIOLATION",
  "APPROVAL_REQUIRED",
  "RATE_LIMITED",
] as const;

export const postsCreate = operation({
  ...plain,
  name: "posts_create",
  method: "POST",
  path: "/api/v1/posts",
  summary: "Create a post",
  description:
    "Creates a draft, or a scheduled post if you set `scheduledFor`. " +
    "Send JSON, or multipart/form-data with `data` (the same JSON) and `files`. An error lists every problem. " +
    "Nothing is published until the scheduled time or until you call publish.",
  rateClass: "createPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Creates a draft, or a scheduled post if you set `scheduledFor`. " +
      "Refer to media by `url`, or by the `id` of a stored object (media_create). " +
      "platforms_describe has what platforms accept. " +
      "Nothing is published before the scheduled time or posts_publish.",
  },
  body: postDraft,
  form: createBody,
  takes: "multipart",
  writes: true,
  answer: z.object({ post, warnings, fees }),
  status: 201,
  errors: VALIDATION_CODES,
});

export const postsValidate = operation({
  ...plain,
  name: "posts_validate",
  method: "POST",
  path: "/api/v1/posts/validate",
  summary: "Validate a post",
  description:
    "Accepts the same body as creating a post and returns every issue and warning, without storing anything. " +
    "Always returns 200.",
  tool: {
    readOnly: true,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "Returns every issue and warning of a post, each with its fix, without storing anything. " +
      "platforms_describe has what platforms accept.",
  },
  body: postDraft,
  form: createBody,
  takes: "required",
  answer: z.object({
    valid: z.boolean().meta({ examples: [false] }),
    issues: z.array(issue),
    warnings,
    scheduledFor: time
      .nullable()
      .describe("When it would be published: with `spread`, the next free time. Null for a draft.")
      .meta({ examples: [null] }),
    limits,
    fees,
    quotas: z
      .array(
        quotaLeft.extend({
          needed: z
            .int()
            .describe("How much of it the post uses.")
            .meta({ examples: [1] }),
        }),
      )
      .describe(
        "What is left of the user's limits that creating the post counts against. What does not fit is an issue.",
      ),
  }),
});

export const postsList = operation({
  ...plain,
  name: "posts_list",
  method: "GET",
  path: "/api/v1/posts",
  summary: "List posts",
  description:
    "Returns posts in short form, newest first, or by time with `scheduledFrom`, `scheduledTo`, `timeFrom` or `timeTo`. " +
    "`total` is the number that match the filters.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  query: z.strictObject({
    status: z
      .enum(POST_STATUSES)
      .optional()
      .describe("Only posts with this status.")
      .meta({ examples: ["scheduled"] }),
    outcome: z
      .enum(["unknown", "blocked"])
      .optional()
      .describe("`blocked`: waits for somebody to act. `unknown`: may be live.")
      .meta({ examples: ["unknown"] }),
    platform: platform.optional().describe("Only posts that target this platform."),
    platformSetId: id.optional().describe("Only posts of this platform set."),
    limit,
    offset,
    cursor: cursor.describe("`nextCursor` from the previous page. Use it instead of `offset`."),
    from: timeInput.optional().describe("Only posts created at or after this time."),
    to: timeInput.optional().describe("Only posts created before this time."),
    scheduledFrom: timeInput
      .optional()
      .describe("Only posts scheduled for this time or later, the earliest first. Use `offset` for the next page."),
    scheduledTo: timeInput.optional().describe("Only posts scheduled before this time, the earliest first."),
    timeFrom: timeInput
      .optional()
      .describe(
        "Only posts published at or after this time, or scheduled for then if not published; the earliest first.",
      ),
    timeTo: timeInput.optional().describe("Like `timeFrom`, but before this time."),
    search: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe(
        "Only posts that contain this in one of their texts, also within a word. Not case-sensitive. " +
          "`total` counts 1,000 at most.",
      )
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
  description:
    "Returns a post with all its platform posts. The `ETag` changes whenever anything visible in the post changes. " +
    "With `Prefer: wait=N`, it responds once nothing is in progress and a pending approval is given or the post " +
    "discarded, or after N seconds.",
  tool: {
    readOnly: true,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "Returns a post with all its platform posts: the status and URL of each, and why it failed and what to do. " +
      "In test mode, nothing is at `publishedUrl`: pass on `sandboxUrl`. " +
      "With `wait`, it also waits while a person has neither approved nor discarded a post that needs approval.",
  },
  params: idParam,
  waits: true,
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
    'Streams server-sent events: a `post` event with `{"post"}` as data, immediately and after every change, ' +
    "until the post is published, partial, failed or discarded. " +
    "A comment line every 15 seconds keeps the connection alive.",
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
    "Updates a draft or scheduled post. Send any subset of the fields for creating a post. " +
    "Fields you send inside `content` replace the stored ones entirely, " +
    "including `media` and `platformOverrides`; the others are kept. " +
    "`scheduledFor: null` turns a scheduled post into a draft. " +
    "With `If-Match`, the update fails if the post has changed since you read its ETag.",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "Updates a draft or scheduled post. Send any subset of the fields of posts_create (see platforms_describe). " +
      "Fields inside `content` replace the stored ones as a whole, `media` and `platformOverrides` too. " +
      "`scheduledFor: null` turns a scheduled post into a draft.",
  },
  params: idParam,
  body: postDraft,
  form: patchBody,
  takes: "required",
  writes: true,
  answer: z.object({ post, warnings, fees }),
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED", ...VALIDATION_CODES],
});

const DISCARDS =
  "Discards a draft, scheduled, queued, partial or failed post. What is published stays; " + "nothing else will be.";

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
  description: `${DISCARDS} Same as DELETE.`,
  body: z.strictObject({}).optional(),
  takes: "optional",
  tool: {
    readOnly: false,
    destructive: true,
    idempotent: true,
    openWorld: false,
    description: "Discards a post, as posts_delete does.",
  },
});

export const postsPublish = operation({
  ...plain,
  name: "posts_publish",
  method: "POST",
  path: "/api/v1/posts/:id/publish",
  summary: "Publish a post",
  description:
    "Starts publishing a draft or scheduled post on all its platforms and responds immediately, " +
    "with the post in `queued` or later. With `Prefer: wait=N`, it responds once every platform post is settled, " +
    "or after N seconds.",
  rateClass: "publishPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: true,
    description:
      "Publishes a draft or scheduled post on all its platforms. Returns immediately, with the post in `queued` or " +
      "later; with `wait`, once every platform post is settled, or after that many seconds. If the post is still `posting` then, check later with posts_get; " +
      "do not publish again. If the client supports it, a person may be asked to confirm first.",
  },
  params: idParam,
  body: z.strictObject({}).optional(),
  takes: "optional",
  writes: true,
  waits: true,
  answer: onePost,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED", ...VALIDATION_CODES],
});

export const postsRetry = operation({
  ...plain,
  name: "posts_retry",
  method: "POST",
  path: "/api/v1/posts/:id/retry",
  summary: "Retry a post",
  description:
    "Retries failed platform posts of a partial or failed post: those in `platforms`, or all. " +
    "One whose outcome is `unknown` may be live, so it is retried only if you list it and set `force: true`.",
  rateClass: "publishPost",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: true,
    description:
      "Retries failed platform posts of a partial or failed post without changes: those in `platforms`, or all. " +
      "If the platform rejected the content (`category` is `content`), " +
      "create a new post for that platform instead. One that is `unknown` may be live: " +
      "it is retried only if you list it and set `force: " +
      "true`, which a person should decide after checking the account.",
  },
  params: idParam,
  body: z
    .strictObject({
      platforms: platforms.optional().describe("Platforms to retry. Defaults to all failed ones."),
      force: z
        .boolean()
        .optional()
        .describe("Even if its outcome is unknown and it may be live.")
        .meta({ examples: [true] }),
      accountIds: accountIds.optional(),
    })
    .optional(),
  takes: "optional",
  writes: true,
  waits: true,
  answer: onePost,
  errors: [
    "POST_NOT_FOUND",
    "INVALID_STATUS_TRANSITION",
    "OUTCOME_UNKNOWN",
    "PRECONDITION_FAILED",
    ...VALIDATION_CODES,
  ],
});

export const postsResolve = operation({
  ...plain,
  name: "posts_resolve",
  method: "POST",
  path: "/api/v1/posts/:id/resolve",
  summary: "Resolve an unknown outcome",
  description:
    "Reports what a person found of an `unknown` platform post: with its link, it becomes `published`; " +
    "if it is not live, `failed`. The status changes right after the response.",
  rateClass: "publishPost",
  params: idParam,
  body: z.strictObject({
    platform,
    isLive: z
      .boolean()
      .describe("Whether it is on the account.")
      .meta({ examples: [true] }),
    publishedUrl: webUrl
      .optional()
      .describe("Its link, or in test mode its `sandboxUrl`. That of another post is rejected.")
      .meta({ examples: ["https://www.threads.com/@ampost/post/DRcQ1aXk7Zm"] }),
  }),
  takes: "required",
  writes: true,
  answer: onePost,
  errors: ["POST_NOT_FOUND", "INVALID_STATUS_TRANSITION", "PRECONDITION_FAILED"],
});
