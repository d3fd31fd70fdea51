import { z } from "zod";

import { platform, time, timeZoneName } from "../fields.ts";
import { operation, plain } from "../operation.ts";

export const MAX_STATS_DAYS = 90;

const stats = z.object({
  from: time.describe("Start of the first day."),
  timeZone: timeZoneName.describe("The time zone of the days.").meta({ examples: ["Europe/Berlin"] }),
  days: z
    .array(
      z.object({
        date: z.iso
          .date()
          .describe("The day in the time zone.")
          .meta({ examples: ["2026-12-01"] }),
        platform,
        publishedCount: z
          .int()
          .describe("Number of platform posts that went live.")
          .meta({ examples: [12] }),
        medianLatenessSeconds: z
          .number()
          .describe("How long after its time half of them were live: the scheduled time, or the publish request.")
          .meta({ examples: [1.9] }),
        maxLatenessSeconds: z
          .number()
          .describe("How long after its time the last of them was live.")
          .meta({ examples: [8.4] }),
      }),
    )
    .describe("Days on which something was published, by platform, oldest first."),
  isComplete: z
    .boolean()
    .describe("Whether all are counted. If not, only the latest 100,000 are.")
    .meta({ examples: [true] }),
});
export type PublishingStats = z.output<typeof stats>;

export const publishingStats = operation({
  ...plain,
  name: "publishing_stats",
  method: "GET",
  path: "/api/v1/publishing/stats",
  summary: "Get publishing statistics",
  description: "Returns how many platform posts went live on each of the last days, and how late, by platform.",
  auth: "either",
  query: z.strictObject({
    days: z
      .int()
      .min(1)
      .max(MAX_STATS_DAYS)
      .default(30)
      .describe(`Number of days, including today: 1 to ${MAX_STATS_DAYS}. Defaults to 30.`)
      .meta({ examples: [30] }),
    timeZone: timeZoneName.default("UTC").describe("IANA time zone of the days. Defaults to UTC."),
  }),
  answer: z.object({ stats }),
});
