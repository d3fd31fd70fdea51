import { z } from "zod";

import { CONNECT_LINK_STATUSES } from "../../model/status.ts";
import { FIRST, id, idParam, limit, mode, offset, platform, time, total, webUrl } from "../fields.ts";
import { operation, plain } from "../operation.ts";

const DAY_SECONDS = 86_400;

const status = z
  .enum(CONNECT_LINK_STATUSES)
  .describe(
    "`pending` until an account is connected, or the link expires or is revoked. One for several platforms stays " +
      "`pending` until then.",
  )
  .meta({ examples: ["pending"] });

const EXTERNAL_ID = "Your ID for the account's owner, 1 to 255 characters.";
const externalId = z
  .string()
  .min(1)
  .max(255)
  .describe(EXTERNAL_ID)
  .meta({ examples: ["customer-4711"] });

const RETURN_URL =
  "Where to send the browser afterwards, with the result in the query. If omitted, a page of Ampost shows it, and " +
  "without a `platform` it lists all of them: the person can connect an account on each.";
const returnUrl = webUrl
  .max(2048, FIRST)
  .refine(isReturnUrl, {
    error: "must be an https URL, or an http URL on localhost, such as https://app.example.com/connected",
  })
  .describe(RETURN_URL)
  .meta({ examples: ["https://app.example.com/connected"] });

const connectLink = z.object({
  id,
  url: z
    .string()
    .nullable()
    .describe("The link to share. Returned only when the link is created. Anyone who has it can use it.")
    .meta({ examples: ["https://ampost.io/connect/kQ3v…"] }),
  status,
  platformSetId: id,
  platform: platform.nullable().describe("`null` if the person who opens the link chooses the platform."),
  externalId: externalId.nullable(),
  returnUrl: z.string().meta({ examples: ["https://app.example.com/connected"] }),
  accountId: id
    .nullable()
    .describe("The account that was connected, the last one if there are several.")
    .meta({ examples: [null] }),
  accountIds: z.array(id).describe("All accounts that were connected."),
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
    "Creates a link that lets someone without an Ampost login, such as your customer, " +
    "connect an account to one of your platform sets. It works once, until it expires; " +
    "without `platform` and `returnUrl`, once on each platform. " +
    "The browser returns to `returnUrl` with the result in the query (`status`, `reason`, `connectLinkId`, " +
    "`accountId`, `platform`, `externalId`), and the event `account.connected` carries `externalId` " +
    "and the ID of the link. A response replayed by its Idempotency-Key has no `url`.",
  rateClass: "connectPlatform",
  tool: {
    readOnly: false,
    destructive: false,
    idempotent: false,
    openWorld: false,
    description:
      "Creates a link with which a person connects an account to a platform set: send them its `url`. " +
      "It works once (without platform and returnUrl, once on each platform), until it expires, and is shown only in " +
      "this result. A set has one account of each platform: " +
      "for a second one, create another set first.",
    shownOnce: "Only the first result had the `url`. If it is lost, revoke this link and create another.",
  },
  body: z.strictObject({
    platformSetId: id.describe("The platform set to connect the account to."),
    platform: platform
      .nullish()
      .describe("The platform to connect. If omitted, the person who opens the link chooses."),
    externalId: externalId.nullish().describe(EXTERNAL_ID),
    returnUrl: returnUrl.nullish().describe(RETURN_URL),
    expiresInSeconds: z
      .int()
      .min(60)
      .max(30 * DAY_SECONDS)
      .default(DAY_SECONDS)
      .describe("How long the link works: 1 minute to 30 days. Defaults to 1 day.")
      .meta({ examples: [3600] }),
  }),
  takes: "required",
  writes: true,
  answer: oneLink,
  status: 201,
  errors: ["POLICY_VIOLATION"],
});

export const connectLinksList = operation({
  ...plain,
  name: "connect_links_list",
  method: "GET",
  path: "/api/v1/connect-links",
  summary: "List connect links",
  description: "Returns connect links, newest first.",
  tool: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  query: z.strictObject({ status: status.optional(), externalId: externalId.optional(), limit, offset }),
  answer: z.object({ connectLinks: z.array(connectLink), total }),
});

export const connectLinksGet = operation({
  ...plain,
  name: "connect_links_get",
  method: "GET",
  path: "/api/v1/connect-links/:id",
  summary: "Get a connect link",
  description: "Returns a connect link and its result.",
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
  description: "Revokes a link that can still be used. Accounts that were connected through it stay connected.",
  tool: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  params: idParam,
  writes: true,
  answer: oneLink,
  errors: ["NOT_FOUND"],
});

/** Over http, only the browser's own machine can read the response. */
function isReturnUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol !== "http:" || /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
}
