import { z } from "zod";

import { id, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const pause = z.object({
  scope: z
    .enum(["instance", "user", "platform_set", "account"])
    .describe("What is paused: the whole instance, everything of yours in this mode, a platform set or an account.")
    .meta({ examples: ["platform_set"] }),
  platformSetId: id.nullable(),
  accountId: id.nullable().meta({ examples: [null] }),
  since: time,
  byOperator: z
    .boolean()
    .describe("Whether the operator of the instance paused it. Then only the operator can resume it.")
    .meta({ examples: [false] }),
});
export type Pause = z.output<typeof pause>;

export const publishing = z.object({
  status: z
    .enum(["running", "paused", "held"])
    .describe(
      "`paused` if everything in this mode is; `held` if the database was restored or copied and the operator has " +
        "not released publishing yet. If it is `running`, single platform sets and accounts can be paused.",
    )
    .meta({ examples: ["running"] }),
  pauses: z.array(pause).describe("Every pause that concerns you, the widest first."),
});
export type Publishing = z.output<typeof publishing>;

const answer = z.object({ publishing });

const ownTarget = {
  platformSetId: id.optional().describe("Only this platform set."),
  accountId: id.optional().describe("Only this account."),
};

const target = {
  ...ownTarget,
  instance: z
    .boolean()
    .optional()
    .describe("The whole instance. Only for its owner, with a dashboard session.")
    .meta({ examples: [false] }),
};

const WHAT =
  "Everything in this mode, unless you name a platform set or an account. The owner of the instance can also do it for all users.";

export const publishingGet = operation({
  ...plain,
  name: "publishing_get",
  method: "GET",
  path: "/api/v1/publishing",
  summary: "See whether publishing is paused",
  description: "Returns whether posts are published, and what is paused.",
  auth: "either",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  answer,
});

export const publishingPause = operation({
  ...plain,
  name: "publishing_pause",
  method: "POST",
  path: "/api/v1/publishing/pause",
  summary: "Pause publishing",
  description:
    `Stops publishing immediately. ${WHAT} Requests already on their way to a platform are completed. ` +
    "Posts can still be created and scheduled. " +
    'After a resume, posts whose time has passed are published late, or not at all if their `onPause` is "skip".',
  auth: "either",
  tool: {
    form: z.strictObject(ownTarget),
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Stops publishing immediately: of everything in this mode, or of the platform set or account you name. " +
      "Requests already on their way to a platform are completed. Only a person can resume it.",
  },
  body: z.strictObject(target).optional(),
  takes: "optional",
  writes: true,
  answer,
  errors: ["NOT_FOUND"],
});

export const publishingResume = operation({
  ...plain,
  name: "publishing_resume",
  method: "POST",
  path: "/api/v1/publishing/resume",
  summary: "Resume publishing",
  description:
    `Ends a pause that was started for the same target. ${WHAT} ` +
    'Posts whose time has passed are published now, unless their `onPause` is "skip" or they are too late. ' +
    "What the operator paused stays paused.",
  auth: "either",
  body: z.strictObject(target).optional(),
  takes: "optional",
  writes: true,
  answer,
  errors: ["NOT_FOUND", "POLICY_VIOLATION"],
});
