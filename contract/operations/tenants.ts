import { z } from "zod";

import { isSupportAddress, refuseColor, refuseLogo, type SURFACES } from "../../model/brand.ts";
import { LIMIT_NAMES, PLANS, type PlanName } from "../../model/plans.ts";
import { cursor, email, FIRST, id, limit, mode, nextCursor, platform, time, userId } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { apiKey, createdKey, newKey, rollBody, ROLLS_KEY } from "./api-keys.ts";
import { newApp, ownApp } from "./connections.ts";
import { usage } from "./usage.ts";

const externalId = z
  .string()
  .max(1000)
  .trim()
  .min(1, { error: "must have at least 1 character that is not whitespace" })
  .max(200, { error: "must have at most 200 characters" });
const name = z
  .string()
  .max(1000)
  .trim()
  .min(1, { error: "must have at least 1 character that is not whitespace" })
  .max(100, { error: "must have at most 100 characters" });
const plan = z
  .enum(Object.keys(PLANS) as [PlanName, ...PlanName[]])
  .nullable()
  .describe("Plan of the tenant. `null` for the instance's default.")
  .meta({ examples: ["pro"] });
const limits = z
  .partialRecord(z.enum(LIMIT_NAMES), z.int().min(0).max(Number.MAX_SAFE_INTEGER).nullable())
  .describe("Limits that differ from the plan's, by name. `null` for no limit.")
  .meta({ examples: [{ postsPerMonth: 20_000, maxPlatformSets: 100 }] });
const status = z
  .enum(["active", "suspended"])
  .describe("A suspended tenant's keys, sessions and tokens are rejected, and nothing of it is published.")
  .meta({ examples: ["active"] });
const BRANDING = {
  name: "Name on pages and in emails, instead of the instance's.",
  color: "Color of the main buttons on light pages.",
  darkColor: "The same on dark pages.",
  supportAddress: "Email address or https URL for questions.",
};

const branding = z
  .object({
    name: z
      .string()
      .nullable()
      .describe(BRANDING.name)
      .meta({ examples: ["Acme"] }),
    hasLogo: z.boolean().meta({ examples: [true] }),
    color: z
      .string()
      .nullable()
      .describe(BRANDING.color)
      .meta({ examples: ["#0a58b8"] }),
    darkColor: z
      .string()
      .nullable()
      .describe(BRANDING.darkColor)
      .meta({ examples: ["#8ab8ff"] }),
    supportAddress: z
      .string()
      .nullable()
      .describe(BRANDING.supportAddress)
      .meta({ examples: ["help@example.com"] }),
  })
  .describe("How the tenant looks on pages and in emails. `null`: as the instance.");

const newColor = (name: keyof typeof SURFACES) =>
  z
    .string()
    .max(100, FIRST)
    .toLowerCase()
    .superRefine((color, context) => tellIf(refuseColor(name, color), context));

const newBranding = z
  .strictObject({
    name: z
      .string()
      .max(1000)
      .trim()
      .min(1, { error: "must have at least 1 character that is not whitespace" })
      .max(60, { error: "must have at most 60 characters" })
      .nullish()
      .describe(BRANDING.name)
      .meta({ examples: ["Acme"] }),
    logo: z
      .string()
      .max(100_000, FIRST)
      .superRefine((logo, context) => tellIf(refuseLogo(logo), context))
      .nullish()
      .describe("A PNG as a data URL (`data:image/png;base64,…`): at most 64 kB, and 1024 pixels wide and high.")
      .meta({ examples: [null] }),
    color: newColor("color")
      .nullish()
      .describe(`${BRANDING.color} It must stand out from white.`)
      .meta({ examples: ["#0a58b8"] }),
    darkColor: newColor("darkColor")
      .nullish()
      .describe(`${BRANDING.darkColor} It must stand out from #181818. By default, \`color\` if it does.`)
      .meta({ examples: ["#8ab8ff"] }),
    supportAddress: z
      .string()
      .max(500, FIRST)
      .refine(isSupportAddress, { error: "must be an email address, or an https URL such as https://example.com/help" })
      .nullish()
      .describe(BRANDING.supportAddress)
      .meta({ examples: ["help@example.com"] }),
  })
  .describe("How the tenant looks on pages and in emails. Fields that are not given are kept.");

function tellIf(refused: string | null, context: z.core.$RefinementCtx): void {
  if (refused !== null) context.addIssue({ code: "custom", message: `must ${refused}` });
}

const EXTERNAL_ID = { examples: ["customer-4711"] };

const tenant = z.object({
  id: userId,
  externalId: z.string().nullable().describe("Your ID for the tenant.").meta(EXTERNAL_ID),
  name: z.string().meta({ examples: ["Acme"] }),
  email: z
    .string()
    .nullable()
    .describe("Email address with which a person can sign in.")
    .meta({ examples: [null] }),
  plan,
  limits,
  status,
  branding,
  createdAt: time,
});
export type AdminTenant = z.output<typeof tenant>;

const newTenant = {
  externalId: externalId.nullish().describe("Your ID for the tenant, unique on this instance.").meta(EXTERNAL_ID),
  name: name.describe("Name of the tenant, 1 to 100 characters. Connect pages show it.").meta({ examples: ["Acme"] }),
  email: email.nullish().describe("Email address with which a person can sign in, after setting a password by email."),
  plan: plan.optional(),
  limits: limits.optional(),
  status: status.optional(),
  branding: newBranding.optional(),
};

const tenantParams = z.strictObject({
  id: z
    .string()
    .max(200)
    .describe("ID of the tenant.")
    .meta(userId.meta() ?? {}),
});
const common = { ...plain, auth: "operator" } as const;

export const tenantsList = operation({
  ...common,
  name: "tenants_list",
  method: "GET",
  path: "/admin/v1/tenants",
  summary: "List tenants",
  description: "Lists the instance's users, newest first, including those who signed up themselves.",
  query: z.strictObject({
    externalId: externalId.optional().describe("Only the tenant with this ID of yours.").meta(EXTERNAL_ID),
    status: status.optional(),
    limit,
    cursor,
  }),
  answer: z.object({ tenants: z.array(tenant), nextCursor }),
});

export const tenantsCreate = operation({
  ...common,
  name: "tenants_create",
  method: "POST",
  path: "/admin/v1/tenants",
  summary: "Create a tenant",
  description:
    "Creates a user with a default platform set in each mode. It needs neither a password nor an email address: " +
    "create keys for it.",
  body: z.strictObject(newTenant),
  takes: "required",
  writes: true,
  answer: z.object({ tenant }),
  status: 201,
});

export const tenantsGet = operation({
  ...common,
  name: "tenants_get",
  method: "GET",
  path: "/admin/v1/tenants/:id",
  summary: "Get a tenant",
  description: "Returns a tenant.",
  params: tenantParams,
  answer: z.object({ tenant }),
  errors: ["NOT_FOUND"],
});

export const tenantsUpdate = operation({
  ...common,
  name: "tenants_update",
  method: "PATCH",
  path: "/admin/v1/tenants/:id",
  summary: "Update a tenant",
  description:
    "Changes the given fields and keeps the rest; `limits` is replaced as a whole. " +
    "Suspending takes effect immediately: keys, sessions and tokens are rejected, and publishing is paused. Requests " +
    "already on their way to a platform are completed. When the tenant is active again, posts whose time has passed " +
    'are published late, or not at all if their `onPause` is "skip". The owner of the instance cannot be suspended.',
  params: tenantParams,
  body: z.strictObject({ ...newTenant, name: newTenant.name.optional() }),
  takes: "required",
  writes: true,
  answer: z.object({ tenant }),
  errors: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

export const tenantsDelete = operation({
  ...common,
  name: "tenants_delete",
  method: "DELETE",
  path: "/admin/v1/tenants/:id",
  summary: "Delete a tenant",
  description:
    "Deletes the user with everything of it in both modes: posts, media, accounts, keys. Posts that are already " +
    "published stay on the platforms. This cannot be undone. The owner of the instance cannot be deleted.",
  params: tenantParams,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

export const tenantsListKeys = operation({
  ...common,
  name: "tenants_list_keys",
  method: "GET",
  path: "/admin/v1/tenants/:id/keys",
  summary: "List a tenant's API keys",
  description:
    "Lists all keys in both modes, newest first, including revoked and expired ones. Raw keys are not included.",
  params: tenantParams,
  answer: z.object({ keys: z.array(apiKey) }),
  errors: ["NOT_FOUND"],
});

export const tenantsCreateKey = operation({
  ...common,
  name: "tenants_create_key",
  method: "POST",
  path: "/admin/v1/tenants/:id/keys",
  summary: "Create an API key for a tenant",
  description:
    "Creates a key that acts for the tenant. The raw key is returned only in this response: " +
    "if the response is replayed by its Idempotency-Key, `apiKey` is `null`.",
  params: tenantParams,
  body: newKey,
  takes: "required",
  writes: true,
  answer: z.object({ key: createdKey }),
  status: 201,
  errors: ["NOT_FOUND"],
});

export const tenantsRollKey = operation({
  ...common,
  name: "tenants_roll_key",
  method: "POST",
  path: "/admin/v1/tenants/:id/keys/:keyId/roll",
  summary: "Roll a tenant's API key",
  description: ROLLS_KEY,
  params: tenantParams.extend({ keyId: id.describe("ID of the key.") }),
  body: rollBody,
  takes: "optional",
  writes: true,
  answer: z.object({ key: createdKey }),
  status: 201,
  errors: ["NOT_FOUND"],
});

export const tenantsRevokeKey = operation({
  ...common,
  name: "tenants_revoke_key",
  method: "DELETE",
  path: "/admin/v1/tenants/:id/keys/:keyId",
  summary: "Revoke a tenant's API key",
  description: "Revokes a key, effective within a second. It stays in the list.",
  params: tenantParams.extend({ keyId: id.describe("ID of the key.") }),
  writes: true,
  answer: z.object({ key: apiKey }),
  errors: ["NOT_FOUND"],
});

const appParams = tenantParams.extend({ platform });
const KEEPS = "Accounts that are already connected keep the app they were connected with.";

export const tenantsUsage = operation({
  ...common,
  name: "tenants_usage",
  method: "GET",
  path: "/admin/v1/tenants/:id/usage",
  summary: "Get a tenant's usage",
  description:
    "Returns the tenant's plan, how much of its quotas has been used this month, and what is left of its rate limits.",
  params: tenantParams,
  answer: z.object({ usage }),
  errors: ["NOT_FOUND"],
});

export const tenantsListApps = operation({
  ...common,
  name: "tenants_list_apps",
  method: "GET",
  path: "/admin/v1/tenants/:id/oauth-apps",
  summary: "List a tenant's own apps",
  description:
    "Returns the developer apps through which accounts connect to the tenant's platform sets, unless a platform set " +
    "has its own. Without one, the instance's app is used. Secrets are never returned.",
  params: tenantParams,
  query: z.strictObject({ mode: mode.default("live") }),
  answer: z.object({ apps: z.array(ownApp) }),
  errors: ["NOT_FOUND"],
});

export const tenantsSaveApp = operation({
  ...common,
  name: "tenants_save_app",
  method: "PUT",
  path: "/admin/v1/tenants/:id/oauth-apps/:platform",
  summary: "Set a tenant's own app",
  description: `Connects the tenant's future accounts on the platform through this app. ${KEEPS}`,
  params: appParams,
  body: newApp.extend({ mode: mode.default("live") }),
  takes: "required",
  writes: true,
  answer: z.object({ app: ownApp }),
  errors: ["NOT_FOUND"],
});

export const tenantsDeleteApp = operation({
  ...common,
  name: "tenants_delete_app",
  method: "DELETE",
  path: "/admin/v1/tenants/:id/oauth-apps/:platform",
  summary: "Remove a tenant's own app",
  description: `Connects the tenant's future accounts on the platform through the instance's app. ${KEEPS}`,
  params: appParams,
  query: z.strictObject({ mode: mode.default("live") }),
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});
