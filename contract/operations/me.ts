import { z } from "zod";

import { time, timeZoneName, userId } from "../fields.ts";
import { operation, plain } from "../operation.ts";

/** A person's name; empty if not given. */
export const personName = z
  .string()
  .max(1000)
  .trim()
  .max(100, { error: "must have at most 100 characters" })
  .describe("Name of the user, at most 100 characters.")
  .meta({ examples: ["Ada"] });

const timeZone = timeZoneName.describe("Time zone in which times are shown.");

const user = z.object({
  id: userId,
  email: z.string().meta({ examples: ["ada@example.com"] }),
  emailVerified: z
    .boolean()
    .describe("Whether the email address is confirmed.")
    .meta({ examples: [true] }),
  name: z.string().meta({ examples: ["Ada"] }),
  timeZone: z.string().meta({ examples: ["Europe/Berlin"] }),
  isOwner: z
    .boolean()
    .describe("Whether the user owns the instance and can invite others.")
    .meta({ examples: [false] }),
  twoFactorEnabled: z.boolean().meta({ examples: [true] }),
  hasPassword: z.boolean().meta({ examples: [true] }),
  createdAt: time,
});
export type Me = z.output<typeof user>;

export const meGet = operation({
  ...plain,
  name: "me_get",
  method: "GET",
  path: "/api/me",
  summary: "Get the current user",
  description: "Returns the signed-in user.",
  auth: "session",
  answer: z.object({ user }),
  errors: ["NOT_FOUND"],
});

export const meUpdate = operation({
  ...plain,
  name: "me_update",
  method: "PATCH",
  path: "/api/me",
  summary: "Update the current user",
  description:
    "Updates the name or time zone. " +
    "Email, password and two-factor authentication have their own endpoints under /api/auth.",
  auth: "session",
  body: z.strictObject({ name: personName.optional(), timeZone: timeZone.optional() }),
  takes: "required",
  writes: true,
  answer: z.object({ user }),
  errors: ["NOT_FOUND"],
});

export const meDelete = operation({
  ...plain,
  name: "me_delete",
  method: "DELETE",
  path: "/api/me",
  summary: "Delete the current user",
  description:
    "Deletes the user and all their data in both modes: posts, media, platform sets, connections and keys. " +
    "Access to the platforms is revoked. Posts already published stay on the platforms. " +
    "Requires the password; a user who signs in only with passkeys must have signed in within the last 15 minutes.",
  auth: "session",
  body: z
    .strictObject({
      password: z
        .string()
        .min(1)
        .max(1000)
        .optional()
        .describe("The user's password.")
        .meta({ examples: ["the password of the account"] }),
    })
    .optional(),
  takes: "optional",
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});
