import { z } from "zod";

import { cursor, id, limit, mode, nextCursor, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const auditEvent = z.object({
  id,
  action: z
    .string()
    .describe("What was done.")
    .meta({ examples: ["api_key.created"] }),
  target: z
    .string()
    .nullable()
    .describe("The id of what was changed.")
    .meta({ examples: ["01980b7a-6c00-7000-8000-000000000001"] }),
  mode: mode.nullable().describe("`null` where it belongs to no mode."),
  actor: z.object({
    kind: z
      .enum(["key", "session", "connect_link", "instance", "visitor"])
      .describe("Who did it; `instance`: its operator or itself, `visitor`: somebody who had not signed in.")
      .meta({ examples: ["session"] }),
    id: z
      .string()
      .nullable()
      .describe("The id of the key, session or connect link.")
      .meta({ examples: ["01980b7a-6c00-7000-8000-000000000002"] }),
  }),
  data: z.looseObject({}).describe("What is worth knowing beside, without secrets."),
  address: z
    .string()
    .nullable()
    .describe("The network address it came from.")
    .meta({ examples: ["203.0.113.7"] }),
  requestId: id.nullable().describe("The X-Request-Id of the request."),
  createdAt: time,
});
export type AuditEvent = z.output<typeof auditEvent>;

export const auditList = operation({
  ...plain,
  name: "audit_list",
  method: "GET",
  path: "/api/audit",
  summary: "List what was done",
  description:
    "What was done in the user's things in both modes, the newest first: sign-ins, keys, connections, platform sets and settings, each with who, from where and in which request. Entries are never changed and never deleted.",
  auth: "session",
  query: z.strictObject({ limit, cursor }),
  answer: z.object({ events: z.array(auditEvent), nextCursor }),
});
