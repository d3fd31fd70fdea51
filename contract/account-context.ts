import { z } from "zod";

import { apiKey } from "./api-keys.ts";
import { mode, time, userId } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const quota = z.object({
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
  limit: z
    .int()
    .nullable()
    .describe("`null`: nothing limits it.")
    .meta({ examples: [500] }),
  remaining: z
    .int()
    .nullable()
    .describe("What is left of it; `null` where nothing limits it.")
    .meta({ examples: [488] }),
});

export const accountContext = operation({
  ...plain,
  name: "account_context",
  method: "GET",
  path: "/api/v1/account-context",
  summary: "Get the account's context",
  description:
    "Who calls, with which key and what that may not do, on which plan and what is left of its quotas, in which time zone times are meant, and what time it is now. Ask it before reckoning with days and hours.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  answer: z.object({
    userId,
    name: z.string().meta({ examples: ["Ada"] }),
    mode,
    plan: z.enum(["free", "creator", "pro", "scale", "self-hosted"]).meta({ examples: ["creator"] }),
    timeZone: z
      .string()
      .describe("The user's time zone, by its IANA name.")
      .meta({ examples: ["Europe/Berlin"] }),
    currentTime: time.describe("The server's clock, UTC."),
    localTime: z
      .string()
      .describe("The same moment in the user's time zone, with its offset.")
      .meta({ examples: ["2026-12-01T10:30:00.000+01:00"] }),
    quotas: z.array(quota),
    policies: apiKey.shape.policies,
  }),
  errors: ["NOT_FOUND"],
});
export type AccountContext = z.output<typeof accountContext.answer>;
