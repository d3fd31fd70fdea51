import { z } from "zod";

import { WEEKDAYS } from "../model/posting-times.ts";
import { time, timeZoneName } from "./fields.ts";

const weekday = z.enum(WEEKDAYS);
const TIMES = { examples: [{ monday: ["09:30", "17:00"], thursday: ["09:30"] }] };

/** Those of a platform set or an account. */
export const postingTimes = z.object({
  timeZone: timeZoneName.describe("IANA time zone of the times."),
  times: z
    .partialRecord(weekday, z.array(z.string()))
    .describe("Local times, by day; empty if none are set.")
    .meta(TIMES),
  nextFreeAt: time
    .nullable()
    .describe("The next of these times for which no other post is scheduled there. `null` if there is none.")
    .meta({ examples: ["2026-12-03T08:30:00.000Z"] }),
});
export type PostingTimesAnswer = z.output<typeof postingTimes>;

const timesOfDay = z
  .array(
    z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: "must be a time of day, such as 09:30" })
      .meta({ examples: ["09:30"] }),
  )
  .max(24)
  .transform((times) => [...new Set(times)].sort());

export const newPostingTimes = z.strictObject({
  timeZone: timeZoneName.describe("IANA time zone of the times. Daylight saving time applies."),
  times: z
    .partialRecord(weekday, timesOfDay)
    .describe("Local times, by day: at most 24 on each. Days that are missing have none.")
    .meta(TIMES),
});
