import { z } from "zod";

import { id, idParam, mode, platform, time } from "../fields.ts";
import { platformLimit } from "../limits.ts";
import { operation, plain } from "../operation.ts";

export const account = z.object({
  id,
  platform,
  platformSetId: id,
  platformAccountId: z
    .string()
    .describe("The platform's ID for the account.")
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
    .describe("Granted permissions, by the platform's names.")
    .meta({ examples: [["threads_basic", "threads_content_publish"]] }),
  tokenExpiresAt: time
    .nullable()
    .describe("When access ends unless the account is reconnected. Null if it renews automatically.")
    .meta({ examples: [null] }),
  dataAccessExpiresAt: time
    .nullable()
    .describe(
      "When the platform ends access to the user's data unless they reconnect, even if the token has no expiry.",
    )
    .meta({ examples: [null] }),
  tokenHealth: z
    .enum(["healthy", "expiring", "expired", "revoked", "reconnect_required"])
    .meta({ examples: ["healthy"] }),
  tokenHealthReason: z
    .string()
    .nullable()
    .meta({ examples: [null] }),
  platformMetadata: z.looseObject({}).describe("Details about the account from the platform, without secrets."),
  externalId: z
    .string()
    .nullable()
    .describe("Your ID for the account's owner, if the connect link that connected it had one.")
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
  description: "Returns connected accounts, optionally filtered by platform and platform set.",
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
  description:
    "Returns an account with its token health and what is left of its platform's limits, " +
    "even if it is no longer connected.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  params: idParam,
  answer: z.object({
    account: account.extend({
      scheduledPosts: z
        .int()
        .describe("Number of scheduled posts that are to be published through it.")
        .meta({ examples: [0] }),
      limits: z
        .array(platformLimit)
        .describe(
          "What is left now of the platform's limits for the account, and for the app it is connected with, " +
            "which other accounts use too.",
        ),
    }),
  }),
  errors: ["NOT_FOUND"],
});
