import { z } from "zod";

import { id, idParam, platform, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const upstreamRequest = z
  .object({
    method: z.string().meta({ examples: ["POST"] }),
    url: z
      .string()
      .describe("The platform's own address, without tokens.")
      .meta({ examples: ["https://graph.threads.net/v1.0/17841400000000001/threads_publish"] }),
    startedAt: time,
    durationMilliseconds: z.number().meta({ examples: [412.6] }),
    request: z
      .string()
      .nullable()
      .describe("The beginning of what was sent, without secrets; null for bytes.")
      .meta({ examples: ["creation_id=17889455560051444"] }),
    status: z
      .int()
      .nullable()
      .describe("The HTTP status; null where no whole answer came.")
      .meta({ examples: [200] }),
    answer: z
      .string()
      .nullable()
      .describe("The beginning of the answer, without secrets.")
      .meta({ examples: ['{"id":"17900000000000001"}'] }),
    failure: z
      .string()
      .nullable()
      .describe("Why no answer came; null where one did.")
      .meta({ examples: [null] }),
    reached: z
      .boolean()
      .describe("False only where the platform surely saw nothing of it.")
      .meta({ examples: [true] }),
  })
  .describe("One call to the platform.");

const attempt = z
  .object({
    id,
    platformPostId: id.describe("The id of the platform post, as in `platformPosts`."),
    platform,
    attempt: z
      .int()
      .describe("Which attempt of the platform post; 0 for what was prepared ahead of the time.")
      .meta({ examples: [1] }),
    step: z.string().meta({ examples: ["publish"] }),
    effect: z
      .enum(["read", "hidden", "visible"])
      .describe("`visible` is the call that publishes; nothing else can be seen by an audience.")
      .meta({ examples: ["visible"] }),
    verdict: z
      .enum(["done", "failed", "unknown", "open"])
      .describe(
        "`failed`: surely nothing came of it. `unknown`: nobody can tell. `open`: under way, or being read back.",
      )
      .meta({ examples: ["done"] }),
    remoteId: z
      .string()
      .nullable()
      .describe("The platform's id of what the step made live.")
      .meta({ examples: ["17900000000000001"] }),
    startedAt: time,
    endedAt: time.nullable(),
    requests: z.array(upstreamRequest),
    readBacks: z
      .int()
      .describe("How often the outcome of a publishing call was looked up afterwards.")
      .meta({ examples: [0] }),
    readBackRequests: z
      .array(upstreamRequest)
      .describe("The calls of the latest look.")
      .meta({ examples: [[]] }),
  })
  .describe("One step towards publishing a platform post, with every call it made.");
export type PostAttempt = z.output<typeof attempt>;

export const postsAttempts = operation({
  ...plain,
  name: "posts_attempts",
  method: "GET",
  path: "/api/v1/posts/:id/attempts",
  summary: "List the attempts of a post",
  description:
    "Everything that was done to publish the post, oldest first: each step with its calls to the platform, without secrets, how long they took and what came of them. It shows why a post failed, or why its outcome is unknown. Once a post has been settled for a while (30 days, unless the instance keeps them longer), only its publishing calls are left, with `verdict` and `remoteId` and without `requests`.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  params: idParam,
  answer: z.object({ attempts: z.array(attempt) }),
  errors: ["POST_NOT_FOUND"],
});
