import { z } from "zod";

import { mode, time, userId } from "../fields.ts";
import { platformLimit } from "../limits.ts";
import { operation, plain } from "../operation.ts";
import { apiKey } from "./api-keys.ts";
import { plan, quotaLeft } from "./usage.ts";

export const accountContext = operation({
  ...plain,
  name: "account_context",
  method: "GET",
  path: "/api/v1/account-context",
  summary: "Get account context",
  description:
    "Returns the user, the key and its policies, the plan and its remaining quotas, " +
    "the user's time zone and the current time. Call it before calculating dates and times.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  answer: z.object({
    userId,
    name: z.string().meta({ examples: ["Ada"] }),
    mode,
    plan,
    timeZone: z
      .string()
      .describe("The user's time zone as an IANA name.")
      .meta({ examples: ["Europe/Berlin"] }),
    currentTime: time.describe("Current server time in UTC."),
    localTime: z
      .string()
      .describe("Current time in the user's time zone, with its offset.")
      .meta({ examples: ["2026-12-01T10:30:00.000+01:00"] }),
    quotas: z.array(quotaLeft).describe("What limits the key in its mode."),
    fees: platformLimit
      .omit({ name: true, per: true, windowSeconds: true })
      .describe("What platforms charge for the user's posts of this month, in millionths of a US dollar.")
      .meta({
        examples: [{ limit: null, used: 215_000, remaining: null, resetsAt: "2027-01-01T00:00:00.000Z" }],
      }),
    policies: apiKey.shape.policies,
  }),
  errors: ["NOT_FOUND"],
});
export type AccountContext = z.output<typeof accountContext.answer>;
