import { z } from "zod";

import { time } from "./fields.ts";

/** A limit of a platform, or of what may be spent there. */
export const platformLimit = z.object({
  name: z
    .string()
    .describe("What is limited, as in `GET /api/v1/platforms`; `feesMicroUsd` for what platforms charge in a month.")
    .meta({ examples: ["posts"] }),
  per: z
    .enum(["account", "app", "user", "key"])
    .describe("Whose limit it is.")
    .meta({ examples: ["account"] }),
  windowSeconds: z
    .int()
    .nullable()
    .describe("The length of the time that it counts. Null for a calendar month.")
    .meta({ examples: [86_400] }),
  limit: z
    .int()
    .nullable()
    .meta({ examples: [250] }),
  used: z
    .int()
    .describe("What is published and scheduled in the fullest window that includes this time.")
    .meta({ examples: [3] }),
  remaining: z
    .int()
    .nullable()
    .meta({ examples: [247] }),
  resetsAt: time.nullable().describe("When more is left. Null if nothing is used."),
});
