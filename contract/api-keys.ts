import { z } from "zod";

import { id, idParam, mode, platform, time, timeInput } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const draftOnly = z
  .boolean()
  .describe("Whether it may only make and change drafts: it can neither schedule nor publish.")
  .meta({ examples: [false] });
const platforms = z
  .array(platform)
  .min(1)
  .transform((names) => [...new Set(names)])
  .nullable()
  .describe("The platforms it may post to; `null`: all.");
const postsPerDay = z
  .int()
  .min(1)
  .max(1_000_000)
  .nullable()
  .describe("How many posts it may create in a day, which begins at 00:00 UTC; `null`: any number.")
  .meta({ examples: [50] });
const approvalRequired = z
  .boolean()
  .describe("Whether it may publish only what a person has approved. It cannot schedule.")
  .meta({ examples: [false] });

/** What a key may not do. Off by default: a key may do all that its user may over the API. */
export const keyPolicies = z.strictObject({
  draftOnly: draftOnly.default(false),
  platforms: platforms.default(null),
  postsPerDay: postsPerDay.default(null),
  approvalRequired: approvalRequired.default(false),
});
export type KeyPolicies = z.output<typeof keyPolicies>;

const name = z
  .string()
  .max(1000)
  .trim()
  .min(1, { error: "must have at least 1 character that is not white space" })
  .max(100, { error: "must have at most 100 characters" })
  .describe("What to call the key, 1 to 100 characters.")
  .meta({ examples: ["production"] });

export const apiKey = z.object({
  id,
  name: z.string().meta({ examples: ["production"] }),
  mode,
  prefix: z
    .string()
    .nullable()
    .describe("The first 12 characters of the raw key; `null` of a grant, which has none.")
    .meta({ examples: ["amp_live_3fQ"] }),
  clientId: z
    .string()
    .nullable()
    .describe(
      "Of a grant: the client id of the MCP client that a person let act for them without a key. `null` of a key.",
    )
    .meta({ examples: [null] }),
  policies: z
    .object({
      draftOnly,
      platforms: z
        .array(platform)
        .nullable()
        .meta({ examples: [null] }),
      postsPerDay,
      approvalRequired,
    })
    .describe("What the key may not do."),
  createdAt: time,
  lastUsedAt: time.nullable().describe("To the minute."),
  expiresAt: time.nullable().meta({ examples: [null] }),
  revokedAt: time.nullable().meta({ examples: [null] }),
});
export type ApiKey = z.output<typeof apiKey>;

export const keysList = operation({
  ...plain,
  name: "keys_list",
  method: "GET",
  path: "/api/keys",
  summary: "List API keys",
  description:
    "Every key of both modes, the newest first; revoked and expired ones too. None of them shows what makes it work. Grants are among them: what MCP clients may do that a person has let in without a key, under the name that the client gives itself.",
  auth: "session",
  answer: z.object({ keys: z.array(apiKey) }),
});

export const keysCreate = operation({
  ...plain,
  name: "keys_create",
  method: "POST",
  path: "/api/keys",
  summary: "Create an API key",
  description:
    "Makes a key. The raw key is in this answer and never again: where the answer is replayed by its Idempotency-Key, `apiKey` is `null`.",
  auth: "session",
  body: z.strictObject({
    name,
    mode,
    expiresAt: timeInput
      .nullish()
      .describe(
        "When it stops to work: ISO 8601 with an offset or `Z`, in the future. Without it the key works until it is revoked.",
      ),
    policies: keyPolicies.optional(),
  }),
  takes: "required",
  writes: true,
  answer: z.object({
    key: apiKey.extend({
      apiKey: z
        .string()
        .nullable()
        .describe("The raw key, to be kept safe.")
        .meta({ examples: ["amp_live_3fQ…"] }),
    }),
  }),
  status: 201,
});

export const keysRevoke = operation({
  ...plain,
  name: "keys_revoke",
  method: "DELETE",
  path: "/api/keys/:id",
  summary: "Revoke an API key",
  description: "Ends a key, or a grant with all its tokens, from the next request on. It stays in the list.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: z.object({ key: apiKey }),
  errors: ["NOT_FOUND"],
});
