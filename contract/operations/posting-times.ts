import { z } from "zod";

import { WEEKDAYS } from "../../model/posting-times.ts";
import { idParam, time, timeZoneName } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const weekday = z.enum(WEEKDAYS);
const TIMES = { examples: [{ monday: ["09:30", "17:00"], thursday: ["09:30"] }] };

/** Those of a platform set or an account. */
const postingTimes = z.object({
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

const newPostingTimes = z.strictObject({
  timeZone: timeZoneName.describe("IANA time zone of the times. Daylight saving time applies."),
  times: z
    .partialRecord(weekday, timesOfDay)
    .describe("Local times, by day: at most 24 on each. Days that are missing have none.")
    .meta(TIMES),
});

export const platformSetsGetPostingTimes = operation({
  ...plain,
  name: "platform_sets_get_posting_times",
  method: "GET",
  path: "/api/v1/platform-sets/:id/posting-times",
  summary: "Get posting times",
  description: "Returns the weekly posting times of a platform set, and the next one that is free.",
  params: idParam,
  answer: z.object({ postingTimes }),
  errors: ["NOT_FOUND"],
});

export const platformSetsSetPostingTimes = operation({
  ...plain,
  name: "platform_sets_set_posting_times",
  method: "PUT",
  path: "/api/v1/platform-sets/:id/posting-times",
  summary: "Set posting times",
  description:
    "Replaces the weekly posting times of a platform set. A post that is created or updated with " +
    "`nextPostingTime` is scheduled for the next one that is free. Accounts can have their own instead. Scheduled " +
    "posts keep their times.",
  params: idParam,
  body: newPostingTimes,
  takes: "required",
  writes: true,
  answer: z.object({ postingTimes }),
  errors: ["NOT_FOUND"],
});

const ownPostingTimes = postingTimes.extend({
  isOwn: z
    .boolean()
    .describe("Whether they are the account's own, not its platform set's.")
    .meta({ examples: [true] }),
});
export type AccountPostingTimesAnswer = z.output<typeof ownPostingTimes>;

export const accountsGetPostingTimes = operation({
  ...plain,
  name: "accounts_get_posting_times",
  method: "GET",
  path: "/api/v1/accounts/:id/posting-times",
  summary: "Get account posting times",
  description:
    "Returns the weekly posting times of an account, its own or its platform set's, and the next one that is free.",
  params: idParam,
  answer: z.object({ postingTimes: ownPostingTimes }),
  errors: ["NOT_FOUND"],
});

export const accountsSetPostingTimes = operation({
  ...plain,
  name: "accounts_set_posting_times",
  method: "PUT",
  path: "/api/v1/accounts/:id/posting-times",
  summary: "Set account posting times",
  description:
    "Gives an account posting times of its own instead of its platform set's. A post with `nextPostingTime` takes the " +
    "next free time that all of its accounts have. Scheduled posts keep their times.",
  params: idParam,
  body: z.strictObject({
    postingTimes: newPostingTimes
      .refine(({ times }) => Object.values(times).some((each) => each.length > 0), {
        error: "must have at least one time. Send null to follow the platform set",
      })
      .nullable()
      .describe("`null`: the account follows its platform set."),
  }),
  takes: "required",
  writes: true,
  answer: z.object({ postingTimes: ownPostingTimes }),
  errors: ["NOT_FOUND"],
});
