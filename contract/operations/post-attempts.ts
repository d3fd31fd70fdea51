import { z } from "zod";

import { id, idParam, platform, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const upstreamRequest = z
  .object({
    method: z.string().meta({ examples: ["POST"] }),
    url: z
      .string()
      .describe("URL on the platform, without tokens.")
      .meta({ examples: ["https://graph.threads.net/v1.0/17841400000000001/threads_publish"] }),
    startedAt: time,
    durationMilliseconds: z.number().meta({ examples: [412.6] }),
    request: z
      .string()
      .nullable()
      .describe("Beginning of the request body, without secrets. Null for binary data.")
      .meta({ examples: ["creation_id=17889455560051444"] }),
    status: z
      .int()
      .nullable()
      .describe("HTTP status. Null if no complete response arrived.")
      .meta({ examples: [200] }),
    answer: z
      .string()
      .nullable()
      .describe("Beginning of the response, without secrets.")
      .meta({ examples: ['{"id":"17900000000000001"}'] }),
    failure: z
      .string()
      .nullable()
      .describe("Why no response arrived. Null if one did.")
      .meta({ examples: [null] }),
    reached: z
      .boolean()
      .describe("False only if the request certainly never reached the platform.")
      .meta({ examples: [true] }),
  })
  .describe("A request to the platform.");

const attempt = z
  .object({
    id,
    platformPostId: id.describe("ID of the platform post, as in `platformPosts`."),
    platform,
    attempt: z
      .int()
      .describe("Number of the publish attempt. 0 for steps prepared before the scheduled time.")
      .meta({ examples: [1] }),
    step: z.string().meta({ examples: ["publish"] }),
    effect: z
      .enum(["read", "hidden", "visible"])
      .describe("`visible` is the step that publishes. No other step is visible to an audience.")
      .meta({ examples: ["visible"] }),
    verdict: z
      .enum(["done", "failed", "unknown", "open"])
      .describe(
        "`failed`: it certainly had no effect. `unknown`: the outcome cannot be determined. " +
          "`open`: in progress, or being checked.",
      )
      .meta({ examples: ["done"] }),
    remoteId: z
      .string()
      .nullable()
      .describe("The platform's ID for what the step published.")
      .meta({ examples: ["17900000000000001"] }),
    repeatOf: id
      .nullable()
      .describe(
        "Only of posts that were published with an earlier version: ID of the step whose identical request this one " +
          "sent once more. Now a step on LinkedIn whose response was lost has both requests.",
      )
      .meta({ examples: [null] }),
    reason: z
      .string()
      .nullable()
      .describe("Why a step before publishing failed, or why the outcome could not be determined.")
      .meta({ examples: [null] }),
    startedAt: time,
    endedAt: time.nullable(),
    requests: z.array(upstreamRequest),
    readBacks: z
      .int()
      .describe("How often the outcome of a publishing request was checked afterwards.")
      .meta({ examples: [0] }),
    readBackRequests: z
      .array(upstreamRequest)
      .describe("Requests of the latest check.")
      .meta({ examples: [[]] }),
  })
  .describe("A step in publishing a platform post, with every request it made.");
export type PostAttempt = z.output<typeof attempt>;

export const postsAttempts = operation({
  ...plain,
  name: "posts_attempts",
  method: "GET",
  path: "/api/v1/posts/:id/attempts",
  summary: "List a post's attempts",
  description:
    "Returns everything Ampost did to publish the post, oldest first: " +
    "each step with its requests to the platform, their duration and result, without secrets. " +
    "Use it to see why a post failed or why its outcome is unknown. " +
    "Once a post has been settled for 30 days (or longer, if the instance is configured so), " +
    "only its publishing steps are kept, with `verdict` and `remoteId` but without `requests`.",
  tool: {
    readOnly: true,
    destructive: false,
    idempotent: true,
    openWorld: false,
    description:
      "Returns everything Ampost did to publish the post, oldest first: each step with its requests to the platform " +
      "and its result, without secrets. It shows why a post failed or why its outcome is unknown. " +
      "After 30 days or longer, only publishing steps are kept, without `requests`.",
  },
  params: idParam,
  answer: z.object({ attempts: z.array(attempt) }),
  errors: ["POST_NOT_FOUND"],
});
