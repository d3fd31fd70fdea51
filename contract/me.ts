import { z } from "zod";

import { time, userId } from "./fields.ts";
import { operation, plain } from "./operation.ts";

/** What a person may be called; empty where they don't say. */
export const personName = z
  .string()
  .max(1000)
  .trim()
  .max(100, { error: "must have at most 100 characters" })
  .describe("What to call the person, at most 100 characters.")
  .meta({ examples: ["Ada"] });

const timeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, { error: "must be a time zone of the IANA database, such as Europe/Berlin" })
  .describe("The time zone in which times are shown.")
  .meta({ examples: ["Europe/Berlin"] });

const user = z.object({
  id: userId,
  email: z.string().meta({ examples: ["ada@example.com"] }),
  emailVerified: z
    .boolean()
    .describe("Whether they have shown that the address is theirs.")
    .meta({ examples: [true] }),
  name: z.string().meta({ examples: ["Ada"] }),
  timeZone: z.string().meta({ examples: ["Europe/Berlin"] }),
  isOwner: z
    .boolean()
    .describe("Whether the instance is theirs: they invite others.")
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
  summary: "Get the person who is signed in",
  description: "The user whose session it is.",
  auth: "session",
  answer: z.object({ user }),
  errors: ["NOT_FOUND"],
});

export const meUpdate = operation({
  ...plain,
  name: "me_update",
  method: "PATCH",
  path: "/api/me",
  summary: "Change name or time zone",
  description:
    "Changes what is given and leaves the rest. Address, password and second factor have ways of their own below /api/auth.",
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
  summary: "Delete the account of the person who is signed in",
  description:
    "Deletes the user and all that is theirs in both modes: posts, media, platform sets, connections and keys; the platforms are asked to forget the grants. What is live on the platforms stays there. Asks for the password; whoever signs in by passkeys alone has to have done so within the last 15 minutes.",
  auth: "session",
  body: z
    .strictObject({
      password: z
        .string()
        .min(1)
        .max(1000)
        .optional()
        .describe("Their password.")
        .meta({ examples: ["the password of the account"] }),
    })
    .optional(),
  takes: "optional",
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return !/^[+-]/.test(name);
  } catch {
    return false;
  }
}
