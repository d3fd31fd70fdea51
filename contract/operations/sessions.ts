import { z } from "zod";

import { id, idParam, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const session = z.object({
  id,
  isCurrent: z
    .boolean()
    .describe("Whether this is the session that made the request.")
    .meta({ examples: [true] }),
  address: z
    .string()
    .nullable()
    .describe("IP address that signed in.")
    .meta({ examples: ["203.0.113.7"] }),
  userAgent: z
    .string()
    .nullable()
    .describe("User agent of the browser.")
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
  description: "Returns the user's sessions, newest first. Session tokens are never included.",
  auth: "session",
  answer: z.object({ sessions: z.array(session) }),
});

export const sessionsRevoke = operation({
  ...plain,
  name: "sessions_revoke",
  method: "DELETE",
  path: "/api/sessions/:id",
  summary: "End a session",
  description: "Signs out a session of the user, effective from its next request.",
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
  description: "Signs out all sessions of the user except the current one.",
  auth: "session",
  writes: true,
  answer: z.object({
    revoked: z
      .int()
      .describe("Number of sessions that were ended.")
      .meta({ examples: [2] }),
  }),
});
