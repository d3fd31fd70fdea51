import { z } from "zod";

import { id, idParam, mode, platform, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";

export const account = z.object({
  id,
  platform,
  platformSetId: id,
  platformAccountId: z
    .string()
    .describe("The platform's own id of the account.")
    .meta({ examples: ["17841400000000001"] }),
  username: z
    .string()
    .nullable()
    .meta({ examples: ["ampost"] }),
  displayName: z
    .string()
    .nullable()
    .meta({ examples: ["Ampost"] }),
  avatarUrl: z
    .string()
    .nullable()
    .meta({ examples: ["https://cdn.example.com/avatar.jpg"] }),
  status: z.enum(["active", "revoked"]).meta({ examples: ["active"] }),
  scopes: z
    .array(z.string())
    .describe("What was granted, by the platform's own names.")
    .meta({ examples: [["threads_basic", "threads_content_publish"]] }),
  tokenExpiresAt: time.nullable(),
  tokenHealth: z
    .enum(["healthy", "expiring", "expired", "revoked", "reconnect_required"])
    .meta({ examples: ["healthy"] }),
  tokenHealthReason: z
    .string()
    .nullable()
    .meta({ examples: [null] }),
  platformMetadata: z.looseObject({}).describe("What the platform told about the account, without secrets."),
  externalId: z
    .string()
    .nullable()
    .describe("Your own id of whom the account belongs to, where it was connected by a connect link that had one.")
    .meta({ examples: ["customer-4711"] }),
  connectedAt: time,
  mode,
});
export type Account = z.output<typeof account>;

export const accountsList = operation({
  ...plain,
  name: "accounts_list",
  method: "GET",
  path: "/api/v1/accounts",
  summary: "List accounts",
  description: "The connected accounts, by platform and platform set if asked.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  query: z.strictObject({
    platform: platform.optional().describe("Only accounts of this platform."),
    platformSetId: id.optional().describe("Only accounts in this platform set."),
  }),
  answer: z.object({ accounts: z.array(account) }),
});

export const accountsGet = operation({
  ...plain,
  name: "accounts_get",
  method: "GET",
  path: "/api/v1/accounts/:id",
  summary: "Get an account",
  description: "One account, with the health of its token. Accounts that are no longer connected answer too.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  params: idParam,
  answer: z.object({ account }),
  errors: ["NOT_FOUND"],
});
