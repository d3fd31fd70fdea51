import { z } from "zod";

import { email } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { personName } from "./me.ts";

/** Entry points for people without an account. They are not API operations, but are parsed the same way. */

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
    .describe("What happens next: an email with a link has been sent, or the user is signed in."),
});

export const signUpForm = operation({
  ...visitorsRoute,
  name: "sign_up",
  path: "/api/auth/sign-up/email",
  summary: "Sign up",
  body: z.strictObject({
    email: email.optional().describe("Omit it with an invitation, which already has one."),
    password,
    name: personName.default(""),
    invite: token.optional().describe("Token from the invitation link."),
    join: token.optional().describe("Token from the link of an invitation to a workspace."),
  }),
  answer: signedUp,
});

export const setUpForm = operation({
  ...visitorsRoute,
  name: "set_up",
  path: "/api/auth/set-up",
  summary: "Set up a new instance",
  body: z.strictObject({
    token: token.describe("Token from the setup link printed at startup."),
    email,
    password,
    name: personName.default(""),
  }),
  answer: signedUp,
});
