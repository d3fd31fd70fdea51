import { z } from "zod";

import { id, idParam, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const session = z.object({
  id,
  isCurrent: z
    .boolean()
    .describe("Whether it is the session that asks.")
    .meta({ examples: [true] }),
  address: z
    .string()
    .nullable()
    .describe("The network address that signed in.")
    .meta({ examples: ["203.0.113.7"] }),
  userAgent: z
    .string()
    .nullable()
    .describe("The browser, as it calls itself.")
    .meta({ examples: ["Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"] }),
  createdAt: time,
  expiresAt: time,
});
export type Session = z.output<typeof session>;

export const sessionsList = operation({
  ...plain,
  name: "sessions_list",
  method: "GET",
  path: "/api/sessions",
  summary: "List sessions",
  description: "Where the person is signed in, the newest first. Never what makes a session work.",
  auth: "session",
  answer: z.object({ sessions: z.array(session) }),
});

export const sessionsRevoke = operation({
  ...plain,
  name: "sessions_revoke",
  method: "DELETE",
  path: "/api/sessions/:id",
  summary: "End a session",
  description: "Ends a session of the person, from its next request on.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});

export const sessionsRevokeOthers = operation({
  ...plain,
  name: "sessions_revoke_others",
  method: "DELETE",
  path: "/api/sessions",
  summary: "End all other sessions",
  description: "Ends every session of the person but the one that asks.",
  auth: "session",
  writes: true,
  answer: z.object({
    revoked: z
      .int()
      .describe("How many were ended.")
      .meta({ examples: [2] }),
  }),
});
