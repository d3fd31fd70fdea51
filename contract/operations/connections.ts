import { z } from "zod";

import { catalog, EXAMPLE_PLATFORM, EXAMPLE_PLATFORMS } from "../../platforms/catalog.ts";
import { FIRST, id, idParam, mode, platform, time } from "../fields.ts";
import { operation, plain } from "../operation.ts";
import { account } from "./accounts.ts";

const login = z
  .string()
  .max(50)
  .describe("An alternative login: `facebook` for instagram.")
  .meta({ examples: [EXAMPLE_PLATFORMS.asOtherLogin] });

const returnTo = z
  .string()
  .max(2000, FIRST)
  .refine(isOwnPath, { error: "must be a path of the dashboard, such as /platforms" })
  .describe("Dashboard page to open once the account is connected.")
  .meta({ examples: ["/platforms"] });

const platformAccountId = z
  .string()
  .describe("The platform's ID for the account.")
  .meta({ examples: ["17841400000000001"] });
const name = {
  username: z
    .string()
    .nullable()
    .meta({ examples: ["ampost"] }),
  displayName: z
    .string()
    .nullable()
    .meta({ examples: ["Ampost"] }),
};

const scheduledPosts = z
  .int()
  .describe("Number of its scheduled posts. Without it, they are not published until somebody acts.")
  .meta({ examples: [0] });

const choices = z.object({
  id,
  platform,
  platformSetId: id,
  mode,
  accounts: z.array(
    z.object({
      platformAccountId,
      ...name,
      avatarUrl: z
        .string()
        .nullable()
        .meta({ examples: [null] }),
      isConnected: z
        .boolean()
        .describe("Whether this account is currently connected.")
        .meta({ examples: [false] }),
    }),
  ),
  connected: z
    .object({ id, platformAccountId, ...name, scheduledPosts })
    .nullable()
    .describe("The account on this platform that is currently connected to the platform set and would be replaced.")
    .meta({ examples: [null] }),
});
export type Choices = z.output<typeof choices>;

const replaced = z.object({ id, scheduledPosts });
export type Replaced = z.output<typeof replaced>;

const APP_LIMITS = Object.values(catalog)
  .flatMap(({ capabilities }) => capabilities.quotas)
  .filter(({ per }) => per === "app")
  .map(({ name: limit }) => limit);
const appLimits = z.partialRecord(z.enum(APP_LIMITS), z.int().min(1).max(1_000_000_000).nullable());

/** An app of a user, for all of their platform sets in a mode. */
export const ownApp = z.object({
  platform,
  clientId: z.string().meta({ examples: ["1234567890"] }),
  redirectUri: z
    .string()
    .describe("Redirect URI to register on the platform's developer portal.")
    .meta({ examples: [`https://ampost.io/api/platforms/${EXAMPLE_PLATFORM}/callback`] }),
  scopes: z
    .array(z.string())
    .nullable()
    .describe("Permissions that the app asks for; null: those that the platform's page lists.")
    .meta({ examples: [null] }),
  configId: z
    .string()
    .nullable()
    .describe("Facebook only: the app's configuration of Facebook Login for Business.")
    .meta({ examples: [null] }),
  limits: appLimits
    .describe("What the platform limits for each app, and has granted to this one; null: its documented limit.")
    .meta({ examples: [{}] }),
  createdAt: time,
  mode,
});
export type OwnApp = z.output<typeof ownApp>;

const app = ownApp.extend({ platformSetId: id });
export type OAuthAppOfSet = z.output<typeof app>;

const common = { ...plain, auth: "session" } as const;

export const connectionsStart = operation({
  ...common,
  name: "connections_start",
  method: "POST",
  path: "/api/platforms/:platform/connect",
  summary: "Start connecting an account",
  description:
    "Returns the URL of the platform's consent page for the browser of this session. " +
    "It works once, for ten minutes. A GET request to the same path, with the same values in the query, " +
    "redirects the browser there.",
  rateClass: "connectPlatform",
  params: z.strictObject({ platform }),
  body: z.strictObject({
    platformSetId: id.describe("The platform set to connect the account to."),
    login: login.optional(),
    returnTo: returnTo.optional(),
  }),
  takes: "required",
  answer: z.object({
    authorizeUrl: z
      .string()
      .meta({ examples: ["https://threads.net/oauth/authorize?client_id=1234567890&state=Qn7…"] }),
  }),
  errors: ["NOT_FOUND"],
});

const connectOption = z.object({
  platform,
  logins: z
    .array(
      z.object({
        login: z
          .string()
          .describe("What to pass as `login`; empty for the platform's own login.")
          .meta({ examples: [""] }),
        label: z.string().meta({ examples: ["Threads"] }),
      }),
    )
    .describe("The logins for which there is an app: yours or the instance's. Empty if there is none."),
  ownApp: z
    .object({
      portalUrl: z
        .string()
        .nullable()
        .describe("The platform's developer portal.")
        .meta({ examples: ["https://developers.example.com/apps"] }),
      redirectUri: ownApp.shape.redirectUri,
      scopes: z
        .array(
          z.object({
            name: z.string().meta({ examples: ["threads_content_publish"] }),
            why: z.string().meta({ examples: ["To publish posts."] }),
            without: z
              .string()
              .nullable()
              .describe("What is not possible without it. `null` if publishing requires it.")
              .meta({ examples: [null] }),
            isDefault: z
              .boolean()
              .describe("Whether it is asked for if the app's `scopes` are `null`.")
              .meta({ examples: [true] }),
          }),
        )
        .describe("The permissions that the app can ask for."),
      hasConfigId: z
        .boolean()
        .describe("Whether the app can have a `configId`.")
        .meta({ examples: [false] }),
      limits: z
        .array(
          z.object({
            name: z.string().meta({ examples: ["uploads"] }),
            documented: z.int().meta({ examples: [100] }),
          }),
        )
        .describe("What the platform limits for each app in a day.")
        .meta({ examples: [[]] }),
    })
    .describe("What an app of your own needs on the platform's developer portal."),
});
export type ConnectOption = z.output<typeof connectOption>;

export const platformSetsConnectOptions = operation({
  ...common,
  name: "platform_sets_connect_options",
  method: "GET",
  path: "/api/platform-sets/:id/connect-options",
  summary: "List ways to connect accounts",
  description:
    "Returns, for each platform, the logins with which accounts can be connected to the platform set, " +
    "and what an app of your own needs.",
  params: idParam,
  answer: z.object({ connectOptions: z.array(connectOption) }),
  errors: ["NOT_FOUND"],
});

export const connectionsChoices = operation({
  ...common,
  name: "connections_choices",
  method: "GET",
  path: "/api/connections/:id/choices",
  summary: "List accounts to connect",
  description: "Returns the accounts a person granted access to, if there are several or if one would replace another.",
  params: idParam,
  answer: z.object({ choices }),
  errors: ["NOT_FOUND"],
});

export const connectionsChoose = operation({
  ...common,
  name: "connections_choose",
  method: "POST",
  path: "/api/connections/:id/choose",
  summary: "Choose an account to connect",
  description: "Connects one of the accounts that the person granted access to.",
  params: idParam,
  body: z.strictObject({
    platformAccountId: platformAccountId.max(500),
    replace: z
      .boolean()
      .optional()
      .describe("Whether to replace the account that is currently connected.")
      .meta({ examples: [true] }),
  }),
  takes: "required",
  writes: true,
  answer: z.object({
    account,
    replaced: replaced
      .nullable()
      .describe("The account that it has replaced.")
      .meta({ examples: [null] }),
  }),
  errors: ["NOT_FOUND"],
});

export const accountsRefresh = operation({
  ...common,
  name: "accounts_refresh",
  method: "POST",
  path: "/api/accounts/:id/refresh",
  summary: "Refresh an account",
  description: "Renews the account's access, if the platform supports it, and refreshes its profile.",
  params: idParam,
  writes: true,
  answer: z.object({ account }),
  errors: ["NOT_FOUND", "AUTH_REVOKED", "BROKER_ERROR"],
});

export const accountsDisconnect = operation({
  ...common,
  name: "accounts_disconnect",
  method: "DELETE",
  path: "/api/accounts/:id",
  summary: "Disconnect an account",
  description: "Deletes the account's access, and revokes it on the platform if the platform supports that.",
  params: idParam,
  writes: true,
  answer: z.object({ account, scheduledPosts }),
  errors: ["NOT_FOUND"],
});

export const oauthAppsList = operation({
  ...common,
  name: "oauth_apps_list",
  method: "GET",
  path: "/api/platform-sets/:id/apps",
  summary: "List a platform set's custom apps",
  description:
    "Returns the developer apps through which accounts connect to this platform set. " +
    "Without one, the instance's app is used. Secrets are never returned.",
  params: idParam,
  answer: z.object({ apps: z.array(app) }),
  errors: ["NOT_FOUND"],
});

/** The input for an app. */
export const newApp = z.strictObject({
  clientId: z
    .string()
    .trim()
    .min(1)
    .max(500)
    .describe("Client ID of the app, as shown on the platform's developer portal.")
    .meta({ examples: ["1234567890"] }),
  clientSecret: z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .describe("Client secret of the app. It is encrypted and never returned.")
    .meta({ examples: ["the app's secret"] }),
  scopes: z
    .array(z.string().max(200))
    .max(50)
    .nullable()
    .optional()
    .describe("Permissions to ask for, with all that publishing requires. By default, those on the platform's page.")
    .meta({ examples: [["threads_basic", "threads_content_publish"]] }),
  configId: z
    .string()
    .regex(/^\d{1,30}$/, "must be a number")
    .nullable()
    .optional()
    .describe("Facebook only: a configuration of Facebook Login for Business, which replaces scopes.")
    .meta({ examples: ["1234567890"] }),
  limits: appLimits
    .optional()
    .describe(
      "Limits that the platform has granted to this app, by the names of its `quotas` per app in " +
        "`GET /api/v1/platforms`. `null` for the documented limit. Those left out stay as they are.",
    )
    .meta({ examples: [{ uploads: 10_000 }] }),
});

const appParams = z.strictObject({ id: idParam.shape.id, platform });

export const oauthAppsSave = operation({
  ...common,
  name: "oauth_apps_save",
  method: "PUT",
  path: "/api/platform-sets/:id/apps/:platform",
  summary: "Set a platform set's custom app",
  description:
    "Connects future accounts through this app. " +
    "Accounts that are already connected keep the app they were connected with.",
  params: appParams,
  body: newApp,
  takes: "required",
  writes: true,
  answer: z.object({ app }),
  errors: ["NOT_FOUND"],
});

export const oauthAppsDelete = operation({
  ...common,
  name: "oauth_apps_delete",
  method: "DELETE",
  path: "/api/platform-sets/:id/apps/:platform",
  summary: "Remove a platform set's custom app",
  description:
    "Connects future accounts through the instance's app. " +
    "Accounts that are already connected keep the app they were connected with.",
  params: appParams,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});

/**
 * Whether it leads to a page of the dashboard. Browsers read a backslash as a slash and ignore control characters.
 */
export function isOwnPath(text: string): boolean {
  if (!text.startsWith("/") || /[\\\p{Cc}]/u.test(text)) return false;
  const url = URL.parse(text, "http://own.invalid");
  return url !== null && url.host === "own.invalid" && !url.pathname.startsWith("//");
}
