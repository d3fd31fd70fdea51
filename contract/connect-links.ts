import { z } from "zod";

import { id, idParam, limit, mode, offset, platform, time, total, webUrl } from "./fields.ts";
import { operation, plain } from "./operation.ts";

const DAY_SECONDS = 86_400;

export const CONNECT_LINK_STATUSES = ["pending", "connected", "expired", "revoked"] as const;
export type ConnectLinkStatus = (typeof CONNECT_LINK_STATUSES)[number];

const status = z
  .enum(CONNECT_LINK_STATUSES)
  .describe("`pending` until an account has been connected by it, once.")
  .meta({ examples: ["pending"] });

const externalId = z
  .string()
  .min(1)
  .max(255)
  .describe("Your own id of whom the account belongs to, 1 to 255 characters.")
  .meta({ examples: ["customer-4711"] });

const returnUrl = webUrl
  .max(2048)
  .refine(isReturnUrl, {
    error: "must be an https URL, or an http URL of this machine, such as https://app.example.com/connected",
  })
  .describe(
    "Where the browser is sent afterwards, with the result in the query: `status`, `reason`, `connectLinkId`, `accountId`, `platform`, `externalId`.",
  )
  .meta({ examples: ["https://app.example.com/connected"] });

const connectLink = z.object({
  id,
  url: z
    .string()
    .nullable()
    .describe("The link to hand on. It is in the answer that creates it and never again; whoever has it can use it.")
    .meta({ examples: ["https://ampost.io/connect/kQ3v…"] }),
  status,
  platformSetId: id,
  platform: platform.nullable().describe("`null`: whoever opens the link chooses."),
  externalId: externalId.nullable(),
  returnUrl: z.string().meta({ examples: ["https://app.example.com/connected"] }),
  accountId: id
    .nullable()
    .describe("The account that was connected by it.")
    .meta({ examples: [null] }),
  createdAt: time,
  expiresAt: time,
  mode,
});
export type ConnectLink = z.output<typeof connectLink>;

const oneLink = z.object({ connectLink });

export const connectLinksCreate = operation({
  ...plain,
  name: "connect_links_create",
  method: "POST",
  path: "/api/v1/connect-links",
  summary: "Create a connect link",
  description:
    "A link by which somebody without an Ampost login, such as a customer of yours, connects an account into one of your platform sets. It works once and until it expires. The browser comes back to `returnUrl` with the result, and the event `account.connected` carries `externalId` and the link's id. A replay by Idempotency-Key shows no `url`.",
  rateClass: "connectPlatform",
  body: z.strictObject({
    platformSetId: id.describe("The platform set that the account is connected into."),
    platform: platform.nullish().describe("The platform to connect. Left out: whoever opens the link chooses."),
    externalId: externalId.nullish(),
    returnUrl,
    expiresInSeconds: z
      .int()
      .min(60)
      .max(30 * DAY_SECONDS)
      .default(DAY_SECONDS)
      .describe("For how long it works: a minute to 30 days, a day if left out.")
      .meta({ examples: [3600] }),
  }),
  takes: "required",
  writes: true,
  answer: oneLink,
  status: 201,
});

export const connectLinksList = operation({
  ...plain,
  name: "connect_links_list",
  method: "GET",
  path: "/api/v1/connect-links",
  summary: "List connect links",
  description: "The connect links, newest first.",
  query: z.strictObject({ status: status.optional(), externalId: externalId.optional(), limit, offset }),
  answer: z.object({ connectLinks: z.array(connectLink), total }),
});

export const connectLinksGet = operation({
  ...plain,
  name: "connect_links_get",
  method: "GET",
  path: "/api/v1/connect-links/:id",
  summary: "Get a connect link",
  description: "One connect link, with what came of it.",
  params: idParam,
  answer: oneLink,
  errors: ["NOT_FOUND"],
});

export const connectLinksRevoke = operation({
  ...plain,
  name: "connect_links_revoke",
  method: "DELETE",
  path: "/api/v1/connect-links/:id",
  summary: "Revoke a connect link",
  description: "Ends a link that has not been used. An account that was connected by it stays connected.",
  params: idParam,
  writes: true,
  answer: oneLink,
  errors: ["NOT_FOUND"],
});

/** What a browser is told over http, only its own machine may hear. */
function isReturnUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol !== "http:" || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}
