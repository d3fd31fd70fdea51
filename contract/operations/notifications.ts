import { z } from "zod";

import { operation, plain } from "../operation.ts";

const notifications = z.object({
  failed: z
    .boolean()
    .describe("A post could not be published on a platform.")
    .meta({ examples: [true] }),
  unknown: z
    .boolean()
    .describe("Nobody knows whether a platform has published a post.")
    .meta({ examples: [true] }),
  accountAccess: z
    .boolean()
    .describe("Access to an account expires soon, or has ended.")
    .meta({ examples: [true] }),
  approval: z
    .boolean()
    .describe("A post waits for approval.")
    .meta({ examples: [true] }),
  decided: z
    .boolean()
    .describe("A post for which the person asked for approval was approved or sent back.")
    .meta({ examples: [false] }),
});
export type Notifications = z.output<typeof notifications>;

export const notificationsGet = operation({
  ...plain,
  name: "notifications_get",
  method: "GET",
  path: "/api/notifications",
  summary: "Get notification settings",
  description:
    "Returns which emails the signed-in person gets about the workspace in the mode that `?mode=` names. At first, " +
    "that is nothing in test mode; in live mode everything for the owner, `approval` for a publisher, and `decided` " +
    "for a writer. What a role cannot get is `false`. More than five of a kind within five minutes are one email.",
  auth: "session",
  answer: z.object({ notifications }),
});

export const notificationsUpdate = operation({
  ...plain,
  name: "notifications_update",
  method: "PATCH",
  path: "/api/notifications",
  summary: "Update notification settings",
  description:
    "Turns the given emails to the signed-in person about the workspace on or off, in the mode that `?mode=` names. " +
    "The others stay as they are.",
  auth: "session",
  body: z.strictObject(notifications.partial().shape),
  takes: "required",
  writes: true,
  answer: z.object({ notifications }),
});
