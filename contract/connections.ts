import { z } from "zod";

import { PLATFORM_NAMES } from "../model/platform-names.ts";
import { account } from "./accounts.ts";
import { id, idParam, mode, platform, time } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const login = z
  .string()
  .max(50)
  .describe("Another way to sign in than the platform's usual one: `facebook` on instagram.")
  .meta({ examples: PLATFORM_NAMES.slice(1, 2) });

const returnTo = z
  .string()
  .max(2000)
  .refine(isOwnPath, { error: "must be a path of the dashboard, such as /connections" })
  .describe("The page of the dashboard to go to when the account is connected.")
  .meta({ examples: ["/connections"] });

const platformAccountId = z
  .string()
  .describe("The platform's own id of the account.")
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
        .describe("Whether it is the one that is connected now.")
        .meta({ examples: [false] }),
    }),
  ),
  connected: z
    .object({ id, platformAccountId, ...name })
    .nullable()
    .describe("The platform set's connected account of this platform, which another one would replace.")
    .meta({ examples: [null] }),
});
export type Choices = z.output<typeof choices>;

const app = z.object({
  platform,
  platformSetId: id,
  clientId: z.string().meta({ examples: ["1234567890"] }),
  redirectUri: z
    .string()
    .describe("What to register on the platform's developer portal.")
    .meta({ examples: [`https://ampost.io/api/platforms/${PLATFORM_NAMES.at(-1)}/callback`] }),
  createdAt: time,
  mode,
});
export type OAuthAppOfSet = z.output<typeof app>;

const common = { ...plain, auth: "session" } as const;

export const connectionsStart = operation({
  ...common,
  name: "connections_start",
  method: "POST",
  path: "/api/platforms/:platform/connect",
  summary: "Start connecting an account",
  description:
    "Answers the address of the platform's consent page, for the browser whose session this is. It is good for ten minutes and once. A GET of the same path, with the members in its query, sends the browser there.",
  rateClass: "connectPlatform",
  params: z.strictObject({ platform }),
  body: z.strictObject({
    platformSetId: id.describe("The platform set that the account is for."),
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

export const connectionsChoices = operation({
  ...common,
  name: "connections_choices",
  method: "GET",
  path: "/api/connections/:id/choices",
  summary: "List what may be connected",
  description:
    "After signing in at the platform: the accounts that were given access to, where there are several or where one would replace another.",
  params: idParam,
  answer: z.object({ choices }),
  errors: ["NOT_FOUND"],
});

export const connectionsChoose = operation({
  ...common,
  name: "connections_choose",
  method: "POST",
  path: "/api/connections/:id/choose",
  summary: "Choose the account to connect",
  description: "Connects one of the accounts that were given access to.",
  params: idParam,
  body: z.strictObject({
    platformAccountId: platformAccountId.max(500),
    replace: z
      .boolean()
      .optional()
      .describe("Whether it may take the place of the account that is connected now.")
      .meta({ examples: [true] }),
  }),
  takes: "required",
  writes: true,
  answer: z.object({ account }),
  errors: ["NOT_FOUND"],
});

export const accountsRefresh = operation({
  ...common,
  name: "accounts_refresh",
  method: "POST",
  path: "/api/accounts/:id/refresh",
  summary: "Refresh an account",
  description: "Renews the account's access where the platform renews it, and reads its profile anew.",
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
  description: "Forgets the account's access, and asks the platform to take it back where it has a call for that.",
  params: idParam,
  writes: true,
  answer: z.object({ account }),
  errors: ["NOT_FOUND"],
});

export const oauthAppsList = operation({
  ...common,
  name: "oauth_apps_list",
  method: "GET",
  path: "/api/platform-sets/:id/apps",
  summary: "List a platform set's own apps",
  description:
    "The apps of the platforms' developer portals by which accounts are connected to this platform set. Where it has none, the instance's are used. Secrets are never shown.",
  params: idParam,
  answer: z.object({ apps: z.array(app) }),
  errors: ["NOT_FOUND"],
});

const appParams = z.strictObject({ id: idParam.shape.id, platform });

export const oauthAppsSave = operation({
  ...common,
  name: "oauth_apps_save",
  method: "PUT",
  path: "/api/platform-sets/:id/apps/:platform",
  summary: "Set a platform set's own app",
  description:
    "Accounts are connected by this app from now on. Those that are connected already go on by the app they were connected with.",
  params: appParams,
  body: z.strictObject({
    clientId: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .describe("The app's id, as the platform's developer portal shows it.")
      .meta({ examples: ["1234567890"] }),
    clientSecret: z
      .string()
      .trim()
      .min(1)
      .max(2000)
      .describe("The app's secret. It is sealed, and never shown again.")
      .meta({ examples: ["the app's secret"] }),
  }),
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
  summary: "Take a platform set's own app away",
  description:
    "Accounts are connected by the instance's app from now on. Those that are connected already go on by the app they were connected with.",
  params: appParams,
  writes: true,
  answer: z.object({ success: z.literal(true) }),
  errors: ["NOT_FOUND"],
});

/** Whether it leads to a page of the dashboard. Browsers read a backslash as a slash and leave out control characters. */
export function isOwnPath(text: string): boolean {
  if (!text.startsWith("/") || /[\\\p{Cc}]/u.test(text)) return false;
  const url = URL.parse(text, "http://own.invalid");
  return url !== null && url.host === "own.invalid" && !url.pathname.startsWith("//");
}
