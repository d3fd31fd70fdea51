import { z } from "zod";

import { MODES } from "../../model/platform-names.ts";
import { cursor, id, limit, mode, nextCursor, time, timeInput } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const actorKind = z
  .enum(["key", "session", "connect_link", "instance", "visitor"])
  .describe("Who did it. `instance` is the operator or Ampost itself; `visitor` is someone who was not signed in.")
  .meta({ examples: ["session"] });

const auditEvent = z.object({
  id,
  action: z
    .string()
    .describe("What happened.")
    .meta({ examples: ["api_key.created"] }),
  target: z
    .string()
    .nullable()
    .describe("ID of the object that was changed.")
    .meta({ examples: ["01980b7a-6c00-7000-8000-000000000001"] }),
  targetName: z
    .string()
    .nullable()
    .describe("Its name, the email address or platform that it is about, or the beginning of its text.")
    .meta({ examples: ["laptop"] }),
  mode: mode.nullable().describe("`null` if it does not belong to a mode."),
  actor: z.object({
    kind: actorKind,
    id: z
      .string()
      .nullable()
      .describe("ID of the key, session, connect link or operator key.")
      .meta({ examples: ["01980b7a-6c00-7000-8000-000000000002"] }),
    name: z
      .string()
      .nullable()
      .describe(
        "Name of the key, or of the member of the workspace, who then is `memberUserId` in `data`. " +
          "`null` for anyone else, and for members who have left.",
      )
      .meta({ examples: [null] }),
  }),
  data: z.looseObject({}).describe("Additional details, without secrets."),
  address: z
    .string()
    .nullable()
    .describe("IP address of the request.")
    .meta({ examples: ["203.0.113.7"] }),
  requestId: id.nullable().describe("The X-Request-Id of the request."),
  createdAt: time,
});
export type AuditEvent = z.output<typeof auditEvent>;

/** Which events are listed. */
export const auditFilter = {
  action: z
    .string()
    .regex(/^[a-z_]{1,50}(\.[a-z_]{1,50})?$/, { error: "must be an action, such as api_key.created, or api_key" })
    .optional()
    .describe("Only this action, or all of a kind: `api_key` for `api_key.created`, `api_key.revoked` and so on.")
    .meta({ examples: ["api_key"] }),
  actor: actorKind.optional().describe("Only what these did."),
  // `mode` is of the session.
  eventMode: z
    .enum(MODES)
    .optional()
    .describe("Only what was done in this mode.")
    .meta({ examples: ["live"] }),
  from: timeInput.optional().describe("Only what was done at this time or later."),
  to: timeInput.optional().describe("Only what was done before this time."),
};

export const auditList = operation({
  ...plain,
  name: "audit_list",
  method: "GET",
  path: "/api/audit",
  summary: "List audit events",
  description:
    "Returns the user's audit log in both modes, newest first: sign-ins and changes to keys, connections, " +
    "platform sets and settings, each with the actor, address and request. Entries are never changed, and are kept " +
    "for at least a year.",
  auth: "session",
  query: z.strictObject({ ...auditFilter, limit, cursor }),
  answer: z.object({ events: z.array(auditEvent), nextCursor }),
});
