import { z } from "zod";

import { email } from "./fields.ts";
import { personName } from "./me.ts";
import { operation, plain } from "./operation.ts";

/** Ways in for people who have no account yet. They are no operations of the API, but are read as those are. */

const password = z
  .string()
  .min(10, { error: "must have at least 10 characters" })
  .max(200, { error: "must have at most 200 characters" })
  .describe("At least 10 characters.");
const token = z.string().min(1).max(200);

const visitorsRoute = { ...plain, method: "POST", description: "", auth: "session", takes: "required" } as const;

const signedUp = z.object({
  next: z
    .enum(["verify_email", "signed_in"])
    .describe("What happens now: a letter with a link is on its way, or a session has begun."),
});

export const signUpForm = operation({
  ...visitorsRoute,
  name: "sign_up",
  path: "/api/auth/sign-up/email",
  summary: "Make an account",
  body: z.strictObject({
    email: email.optional().describe("Not with an invitation, which has its own."),
    password,
    name: personName.default(""),
    invite: token.optional().describe("What the link of an invitation carries."),
  }),
  answer: signedUp,
});

export const setUpForm = operation({
  ...visitorsRoute,
  name: "set_up",
  path: "/api/auth/set-up",
  summary: "Make the owner of a new instance",
  body: z.strictObject({
    token: token.describe("What the link printed at the start carries."),
    email,
    password,
    name: personName.default(""),
  }),
  answer: signedUp,
});
