import { z } from "zod";

import { PLANS, type PlanName } from "../../model/plans.ts";
import { time } from "../fields.ts";
import { operation, plain } from "../operation.ts";

/** The name of a user's plan. */
export const plan = z.enum(Object.keys(PLANS) as [PlanName, ...PlanName[]]).meta({ examples: ["creator"] });

const limit = z
  .int()
  .nullable()
  .describe("`null` if unlimited.")
  .meta({ examples: [500] });
const remaining = z
  .int()
  .nullable()
  .describe("Amount remaining. `null` if unlimited.")
  .meta({ examples: [488] });

const monthly = z.object({
  used: z.int().meta({ examples: [12] }),
  limit,
  remaining,
  resetsAt: time.describe("When the next month begins.").meta({ examples: ["2027-01-01T00:00:00.000Z"] }),
});

/** What is left of a limit. */
export const quotaLeft = z.object({
  name: z
    .enum([
      "postsPerMonth",
      "mediaUploadsPerMonth",
      "apiRequestsPerMonth",
      "postsPerDay",
      "contentBytesPerDay",
      "maxScheduledPosts",
      "maxStorageBytes",
    ])
    .meta({ examples: ["postsPerMonth"] }),
  limit,
  remaining,
});

/** It is free again as soon as something is published or deleted. */
const standing = monthly.extend({
  resetsAt: z
    .null()
    .describe("Always `null`: it does not reset.")
    .meta({ examples: [null] }),
});

const rate = z.object({
  limit: limit.meta({ examples: [60] }),
  remaining: remaining.meta({ examples: [59] }),
  windowSeconds: z
    .int()
    .describe("Length of the window in which requests are counted.")
    .meta({ examples: [60] }),
  resetsAt: time.describe("When the current window ends.").meta({ examples: ["2026-12-01T09:31:00.000Z"] }),
});

export const usage = z.object({
  plan,
  periodStartsAt: time.describe("Start of the calendar month (UTC).").meta({ examples: ["2026-12-01T00:00:00.000Z"] }),
  periodEndsAt: time.describe("End of the calendar month (UTC).").meta({ examples: ["2027-01-01T00:00:00.000Z"] }),
  quotas: z
    .object({
      postsPerMonth: monthly.describe("Posts created. A draft or scheduled post that is discarded no longer counts."),
      mediaUploadsPerMonth: monthly.describe("Files and URLs sent to `/api/v1/media`, and files of forms."),
      apiRequestsPerMonth: monthly.describe("Requests with an API key."),
      maxScheduledPosts: standing.describe("Scheduled posts."),
      maxStorageBytes: standing.describe("Stored media, including uploads in progress."),
    })
    .describe("Live mode only: in test mode, quotas do not apply."),
  rates: z
    .object({
      createPost: rate,
      publishPost: rate,
      connectPlatform: rate,
      mediaUpload: rate,
      apiRead: rate,
    })
    .describe("Requests of each rate class, in both modes together."),
});
export type Usage = z.output<typeof usage>;

export const usageGet = operation({
  ...plain,
  name: "usage_get",
  method: "GET",
  path: "/api/v1/usage",
  summary: "Get usage",
  description:
    "Returns the plan, how much of its quotas has been used this month, and what is left of each rate limit.",
  auth: "either",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  answer: z.object({ usage }),
});
