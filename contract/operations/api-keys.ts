import { z } from "zod";

import { id, idParam, mode, platform, time, timeInput } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const draftOnly = z
  .boolean()
  .describe("Whether the key can only create and edit drafts, and cannot schedule or publish.")
  .meta({ examples: [false] });
const platforms = z
  .array(platform)
  .min(1)
  .transform((names) => [...new Set(names)])
  .nullable()
  .describe("Platforms the key can post to. `null` for all.");
const postsPerDay = z
  .int()
  .min(1)
  .max(1_000_000)
  .nullable()
  .describe("Maximum number of posts per day, starting at 00:00 UTC. `null` for no limit.")
  .meta({ examples: [50] });
const feesPerMonthMicroUsd = z
  .int()
  .min(0)
  .max(1_000_000_000_000)
  .nullable()
  .describe(
    "Maximum that platforms may charge for the key's posts in a calendar month (UTC), in millionths of a US dollar. " +
      "`null` for no limit.",
  )
  .meta({ examples: [5_000_000] });
const approvalRequired = z
  .boolean()
  .describe("Whether a person must approve each post before the key can publish it. Such a key cannot schedule.")
  .meta({ examples: [false] });

const oauthApps = z
  .boolean()
  .describe("Whether the key can list and replace the user's own OAuth apps. Other keys cannot.")
  .meta({ examples: [false] });

/**
 * A key's restrictions, off by default: a key can do everything its user can over the API, except for what `oauthApps`
 * allows.
 */
export const keyPolicies = z.strictObject({
  draftOnly: draftOnly.default(false),
  platforms: platforms.default(null),
  postsPerDay: postsPerDay.default(null),
  feesPerMonthMicroUsd: feesPerMonthMicroUsd.default(null),
  approvalRequired: approvalRequired.default(false),
  oauthApps: oauthApps.default(false),
});
export type KeyPolicies = z.output<typeof keyPolicies>;

const name = z
  .string()
  .max(1000)
  .trim()
  .min(1, { error: "must have at least 1 character that is not whitespace" })
  .max(100, { error: "must have at most 100 characters" })
  .describe("Name of the key, 1 to 100 characters.")
  .meta({ examples: ["production"] });

export const apiKey = z.object({
  id,
  name: z.string().meta({ examples: ["production"] }),
  mode,
  prefix: z
    .string()
    .nullable()
    .describe("First 12 characters of the raw key. `null` for a grant, which has no key.")
    .meta({ examples: ["amp_live_3fQ"] }),
  clientId: z
    .string()
    .nullable()
    .describe("For a grant, the client ID of the MCP client that a person authorized. `null` for a key.")
    .meta({ examples: [null] }),
  policies: z
    .object({
      draftOnly,
      platforms: z
        .array(platform)
        .nullable()
        .meta({ examples: [null] }),
      postsPerDay,
      feesPerMonthMicroUsd,
      approvalRequired,
      oauthApps,
    })
    .describe("Restrictions on the key."),
  createdAt: time,
  lastUsedAt: time.nullable().describe("Accurate to the minute."),
  expiresAt: time.nullable().meta({ examples: [null] }),
  revokedAt: time.nullable().meta({ examples: [null] }),
  replacedBy: id
    .nullable()
    .describe("The key that replaced it when it was rolled: it works until `expiresAt`, unless it is revoked.")
    .meta({ examples: [null] }),
});
export type ApiKey = z.output<typeof apiKey>;

/** The input for a key. */
export const newKey = z.strictObject({
  name,
  mode,
  expiresAt: timeInput
    .nullish()
    .describe(
      "When the key expires: ISO 8601 with an offset or `Z`, in the future. " +
        "If omitted, the key works until it is revoked.",
    ),
  policies: keyPolicies.optional(),
});

export const createdKey = apiKey.extend({
  apiKey: z
    .string()
    .nullable()
    .describe("The raw key. Store it securely.")
    .meta({ examples: ["amp_live_3fQ…"] }),
});

export const keysList = operation({
  ...plain,
  name: "keys_list",
  method: "GET",
  path: "/api/keys",
  summary: "List API keys",
  description:
    "Lists all keys in both modes, newest first, including revoked and expired ones. Raw keys are never included. " +
    "The list includes grants: MCP clients that a person authorized without a key, " +
    "under the name the client gives itself.",
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
    "Creates a key. The raw key is returned only in this response: " +
    "if the response is replayed by its Idempotency-Key, `apiKey` is `null`.",
  auth: "session",
  body: newKey,
  takes: "required",
  writes: true,
  answer: z.object({ key: createdKey }),
  status: 201,
});

/** How long a rolled key still works. */
export const rollBody = z
  .strictObject({
    overlapSeconds: z
      .int()
      .min(0)
      .max(604_800)
      .default(0)
      .describe("How long the old key still works: up to a week. By default, it is revoked immediately.")
      .meta({ examples: [3600] }),
  })
  .optional();

export const ROLLS_KEY =
  "Creates a key with the same name, mode, policies and expiry, and ends the old one, which can work a little longer " +
  "so that nothing is rejected meanwhile. The raw key is returned only in this response, as when creating one.";

export const keysRoll = operation({
  ...plain,
  name: "keys_roll",
  method: "POST",
  path: "/api/keys/:id/roll",
  summary: "Roll an API key",
  description: ROLLS_KEY,
  auth: "session",
  params: idParam,
  body: rollBody,
  takes: "optional",
  writes: true,
  answer: z.object({ key: createdKey }),
  status: 201,
  errors: ["NOT_FOUND"],
});

export const keysRevoke = operation({
  ...plain,
  name: "keys_revoke",
  method: "DELETE",
  path: "/api/keys/:id",
  summary: "Revoke an API key",
  description: "Revokes a key, or a grant with all its tokens, effective within a second. It stays in the list.",
  auth: "session",
  params: idParam,
  writes: true,
  answer: z.object({ key: apiKey }),
  errors: ["NOT_FOUND"],
});
