import { OPERATIONS } from "../contract/index.ts";
import { type JsonObject, tagOf } from "../contract/openapi/openapi.ts";
import { type Tool, TOOLS } from "../contract/openapi/tools.ts";
import type { Operation } from "../contract/operation.ts";
import { LEAST_ROLES } from "../contract/roles.ts";
import { BOUNDS } from "../model/bounds.ts";
import { type Countable, COUNTABLES, MAX_FILE_BYTES, MIME_TYPES } from "../model/capabilities.ts";
import { EVENT_TYPES } from "../model/events.ts";
import { NOTIFICATION_KINDS, type NotificationKind, NOTIFIED } from "../model/notifications.ts";
import { PLANS, QUOTAS, RATE_CLASSES, RATES } from "../model/plans.ts";
import { mayAs, ROLES } from "../model/roles.ts";
import { PLATFORM_POST_STATUS_MEANINGS, POST_STATUS_MEANINGS } from "../model/status.ts";
import { OPEN_LIMITS, type UserLimits } from "../model/user-limits.ts";
import ampost from "../package.json" with { type: "json" };
import { catalog } from "../platforms/catalog.ts";
import { describeBytes, describePlacement } from "../platforms/describe.ts";
import { describeScheduling, type Scheduling } from "../platforms/scheduling.ts";
import { errorTable } from "./error-pages.ts";
import { code, table } from "./markdown.ts";
import { operationOverview } from "./operation-pages.ts";
import { platformOverview } from "./platform-reference.ts";
import { fieldRows, jsonSchema } from "./schema-fields.ts";

/** The shared setup of the TypeScript and Python samples in a guide. */
export const CLIENT_AND_CALL =
  "The TypeScript and Python samples use `client` and `call` from the " +
  "[Quickstart](/docs/quickstart#choose-a-platform-set).";

/** What the line `<!-- print: name -->` inserts into a guide, so that no table is written by hand. */
export const PRINTS: Readonly<Record<string, (instance: Scheduling) => string[]>> = {
  "client and call": () => [CLIENT_AND_CALL],
  // Until they are on npm and PyPI, where a name is enough.
  "install the client": () => [
    "```sh",
    `npm install http://localhost:3000/packages/ampost-client-${ampost.version}.tgz`,
    "```",
  ],
  "install the Python client": () => [
    "```sh",
    `pip install http://localhost:3000/packages/ampost-${ampost.version}-py3-none-any.whl`,
    "```",
  ],
  operations: operationOverview,
  errors: errorTable,
  platforms: (instance) => platformOverview(instance, (label, platform) => `[${label}](/docs/platforms/${platform})`),
  scheduling: schedulingLines,
  placements: () =>
    Object.values(catalog)
      .map(({ capabilities }) => capabilities)
      .filter(({ placements }) => placements.length > 1)
      .flatMap(({ label, placements }) => placements.map((placement) => `- ${describePlacement(label, placement)}.`)),
  "post statuses": () =>
    table(
      ["Status", "Meaning"],
      Object.entries(POST_STATUS_MEANINGS).map(([status, meaning]) => [code(status), meaning]),
    ),
  "platform post statuses": () =>
    table(
      ["Status", "Meaning"],
      Object.entries(PLATFORM_POST_STATUS_MEANINGS).map(([status, meaning]) => [code(status), meaning]),
    ),
  events: () =>
    table(
      ["Event", "Data"],
      EVENT_TYPES.map((type) => [code(type), EVENT_DATA[type.split(".")[0] ?? ""] ?? ""]),
    ),
  "media types": () => [`${MIME_TYPES.map(code).join(", ")}; at most ${describeBytes(MAX_FILE_BYTES)} per file.`],
  "rate classes": () =>
    table(
      ["Class", "Endpoints"],
      Object.keys(RATES).map((rateClass) => [
        code(rateClass),
        listCalls(
          OPERATIONS.filter(
            (operation) =>
              operation.rateClass === rateClass &&
              operation.successor === undefined &&
              operation.auth !== "session" &&
              operation.auth !== "operator",
          ),
        ),
      ]),
    ),
  plans: () =>
    table(
      ["", ...Object.keys(PLANS)],
      [
        ...RATE_CLASSES.map((name) => [`${code(name)} per ${RATES[name] === 60 ? "minute" : "hour"}`, name] as const),
        ...QUOTAS.map((name) => [code(name), name] as const),
      ].map(([title, name]) => [title, ...Object.values(PLANS).map(({ limits }) => amountOf(limits[name]))]),
    ),
  "user limits": () =>
    table(
      ["Limit", "Default with open sign-up", "Setting"],
      USER_LIMITS.map(({ name, what, setting }) => [
        `${code(name)}: ${what}`,
        String(OPEN_LIMITS[name]),
        code(setting),
      ]),
    ),
  bounds: () =>
    table(
      ["What", "Limit"],
      BOUND_ROWS.map(({ what, bound, then }) => [what, `${BOUNDS[bound]}${then}`]),
    ),
  quotas: () =>
    table(
      ["Platform", "What", "Limit", "Source"],
      Object.values(catalog).flatMap(({ capabilities: { label, quotas } }) =>
        quotas.map(({ name, max, windowSeconds, timeZone, per, source, confidence }) => [
          label,
          `${name} per ${per}`,
          timeZone === undefined ? `${max} in ${spanOf(windowSeconds)}` : `${max} per day (${timeZone})`,
          confidence === "contradictory" ? `${source}, which names others too` : source,
        ]),
      ),
    ),
  prices: () =>
    table(
      ["Platform", "What", "Price in US dollars", "Source"],
      Object.values(catalog).flatMap(({ capabilities: { label, prices } }) =>
        prices === undefined
          ? []
          : COUNTABLES.flatMap((what) => {
              const microUsd = prices.microUsd[what];
              return microUsd === undefined
                ? []
                : [[label, PRICED[what] ?? what, String(microUsd / 1e6), prices.source]];
            }),
      ),
    ),
  roles: () =>
    table(
      ["Operation", ...ROLES],
      OPERATIONS.filter(({ name, successor }) => successor === undefined && LEAST_ROLES[name] !== undefined).flatMap(
        (operation) => {
          const least = LEAST_ROLES[operation.name] ?? "owner";
          if (least === "self") return [];
          const link = `[${operation.summary}](/docs/api/${tagOf(operation)}#${operation.name})`;
          return [[link, ...ROLES.map((role) => (mayAs(role, least) ? "yes" : ""))]];
        },
      ),
    ),
  notifications: () =>
    table(
      ["Email", ...ROLES],
      NOTIFICATION_KINDS.map((kind) => [
        NOTIFICATION_WORDS[kind],
        ...ROLES.map((role) => ({ true: "on", false: "off", undefined: "" })[`${NOTIFIED[kind][role]}`]),
      ]),
    ),
  tools: () =>
    table(
      ["Tool", "Description", "Parameters", "Hints"],
      TOOLS.map(({ name, title, inputSchema, annotations }) => [
        code(name),
        title,
        argumentsOf(inputSchema),
        hintsOf(annotations),
      ]),
    ),
};

const NOTIFICATION_WORDS: Readonly<Record<NotificationKind, string>> = {
  failed: "a post failed",
  unknown: "the outcome of a post is unknown",
  accountAccess: "an account needs to be reconnected",
  approval: "a post waits for approval",
  decided: "a post for which they asked for approval was approved or sent back",
};

/** Where scheduling is possible, and what to do elsewhere. */
function schedulingLines(instance: Scheduling): string[] {
  const where = describeScheduling(instance).replace("scheduledFor", code("scheduledFor"));
  if (instance.scheduling === "all") return [where];
  const allow =
    instance.signUp === "open"
      ? ""
      : " To schedule on every platform, the operator of the instance sets `AMPOST_SCHEDULING=all`.";
  return [
    `${where} The others reject it with an error such as \`LinkedIn posts cannot be scheduled yet.\`${allow} ` +
      "Otherwise, create a draft and publish it when its time has come.",
  ];
}

const USER_LIMITS: readonly { name: keyof UserLimits; what: string; setting: string }[] = [
  { name: "maxStorageBytes", what: "stored media, including uploads in progress", setting: "AMPOST_USER_STORAGE" },
  { name: "postsPerDay", what: "posts created per day (UTC)", setting: "AMPOST_USER_POSTS_PER_DAY" },
  {
    name: "contentBytesPerDay",
    what: "bytes of content (texts and settings, not media) in posts created or edited per day (UTC)",
    setting: "AMPOST_USER_CONTENT_PER_DAY",
  },
  { name: "maxScheduledPosts", what: "scheduled posts", setting: "AMPOST_USER_SCHEDULED_POSTS" },
  {
    name: "callsPerMinute",
    what: "requests per rate class and minute; in a 429, the limit has the name of the class",
    setting: "AMPOST_USER_CALLS_PER_MINUTE",
  },
];

const BOUND_ROWS: readonly { what: string; bound: keyof typeof BOUNDS; then: string }[] = [
  { what: "Sessions per user", bound: "sessions", then: "; a new one ends the oldest" },
  { what: "Passkeys per user", bound: "passkeys", then: "" },
  { what: "Members of a workspace, with open invitations", bound: "members", then: "" },
  { what: "Active API keys and connected apps per user", bound: "activeKeys", then: "" },
  {
    what: "Expired or revoked keys, connected apps and connect links per user",
    bound: "pastOnes",
    then: " of each, the newest",
  },
  { what: "How long they are listed", bound: "pastDays", then: " days" },
  { what: "Unused connect links per user and mode", bound: "pendingConnectLinks", then: "" },
  { what: "Bytes of a post's `content` as JSON, with all overrides", bound: "contentBytes", then: "" },
  { what: "Resumable uploads in progress per user", bound: "uploadsUnderWay", then: "; 24 hours each" },
  {
    what: "Idempotency keys of a post older than 30 days",
    bound: "keysOfPost",
    then: ", the newest, and the one that created the post",
  },
  {
    what: "Pending deliveries per webhook",
    bound: "pendingDeliveries",
    then: "; beyond that, the oldest are dropped, which the delivery log shows",
  },
  { what: "Deliveries in a webhook's log", bound: "keptDeliveries", then: ", the newest" },
  {
    what: "Bytes of these deliveries, of all webhooks of a user and mode",
    bound: "keptDeliveryBytes",
    then: ", the newest of each",
  },
  { what: "Entries in the request log of a user and mode", bound: "keptRequests", then: ", the newest" },
  { what: "Bytes of these entries", bound: "keptRequestBytes", then: ", the newest" },
  {
    what: "Emails that an instance without a mail server keeps as files",
    bound: "keptEmails",
    then: ", the newest; 30 days each",
  },
  {
    what: "Audited changes per user in 24 hours",
    bound: "notedChanges",
    then: "; deleting, disconnecting and revoking is always possible",
  },
  {
    what: "Queued requests per user and mode, or per IP address without a key, in each API process",
    bound: "waitingCalls",
    then: "; beyond that, the response is 429",
  },
  {
    what: "Queued requests in each API process",
    bound: "waitingCallsOfAll",
    then: "; beyond that, or after ten seconds, the response is 503",
  },
  { what: "Failed sign-ins in the audit log per account and hour", bound: "notedFailures", then: "" },
  { what: "Accounts with an unconfirmed email", bound: "unconfirmedDays", then: " days" },
];

const EVENT_DATA: Readonly<Record<string, string>> = {
  post: "`post`",
  platform_post: "`post`, and `platformPostId`: the `id` of the entry in its `platformPosts`",
  account: "`account`; if it was connected with a connect link, also `externalId` and `connectLinkId`",
  media: "the file that could not be fetched, and the reason",
  usage:
    "`quota`, `percent` (80 or 100), `used`, `limit`, and `resetsAt`, which is `null` for quotas that do not reset",
  publishing: "`pause`: its scope, and when and by whom it was started",
};

function listCalls(operations: readonly Operation[]): string {
  return operations.length > 6
    ? "everything else"
    : operations.map(({ method, path }) => code(`${method} ${path}`)).join(", ");
}

/** Required parameters are in bold. */
function argumentsOf(inputSchema: JsonObject): string {
  const names = fieldRows(jsonSchema.parse(inputSchema), { closed: () => true }).map(({ path, isRequired }) =>
    isRequired ? `**${code(path)}**` : code(path),
  );
  return names.length === 0 ? "none" : names.join(", ");
}

function hintsOf({ readOnlyHint, destructiveHint, idempotentHint, openWorldHint }: Tool["annotations"]): string {
  return [
    readOnlyHint ? "read-only" : "writes",
    destructiveHint && "destructive",
    idempotentHint && "idempotent",
    openWorldHint && "calls the platforms",
  ]
    .filter(Boolean)
    .join(", ");
}

/** What is paid for, in words. */
const PRICED: Partial<Record<Countable, string>> = {
  plainPart: "a post, or a part of a thread, without a link",
  linkedPart: "a post, or a part of a thread, with a link",
  altText: "an alt text",
};
function amountOf(limit: number | null): string {
  return limit === null ? "unlimited" : limit.toLocaleString("en");
}

function spanOf(seconds: number): string {
  if (seconds % 86_400 === 0) return seconds === 86_400 ? "24 hours" : `${seconds / 86_400} days`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
