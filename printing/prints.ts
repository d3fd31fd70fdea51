import { OPERATIONS } from "../contract/index.ts";
import type { JsonObject } from "../contract/openapi/openapi.ts";
import { type Tool, TOOLS } from "../contract/openapi/tools.ts";
import { type Operation, RATE_CLASSES } from "../contract/operation.ts";
import { BOUNDS } from "../model/bounds.ts";
import { MAX_FILE_BYTES, MIME_TYPES } from "../model/capabilities.ts";
import { EVENT_TYPES } from "../model/events.ts";
import { PLATFORM_POST_STATUS_MEANINGS, POST_STATUS_MEANINGS } from "../model/status.ts";
import { OPEN_LIMITS, type UserLimits } from "../model/user-limits.ts";
import { catalog } from "../platforms/catalog.ts";
import { describePlacement } from "../platforms/describe.ts";
import { errorTable } from "./error-pages.ts";
import { code, table } from "./markdown.ts";
import { operationOverview } from "./operation-pages.ts";
import { platformOverview } from "./platform-reference.ts";
import { fieldRows, jsonSchema } from "./schema-fields.ts";

/** Where samples of a guide in other languages than curl go on from. */
export const CLIENT_AND_CALL =
  "The TypeScript and Python samples use `client` and `call` from the [Quickstart](/docs/quickstart#choose-a-platform-set).";

/** What a guide asks for by a line `<!-- print: name -->`, so that no table of the guides is written by hand. */
export const PRINTS: Readonly<Record<string, () => string[]>> = {
  "client and call": () => [CLIENT_AND_CALL],
  operations: operationOverview,
  errors: errorTable,
  platforms: () => platformOverview((label, platform) => `[${label}](/docs/platforms/${platform})`),
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
  "media types": () => [`${MIME_TYPES.map(code).join(", ")}; at most ${MAX_FILE_BYTES} bytes (200 MB) a file.`],
  "rate classes": () =>
    table(
      ["Class", "Calls"],
      RATE_CLASSES.map((rateClass) => [
        code(rateClass),
        listCalls(
          OPERATIONS.filter(
            (operation) =>
              operation.rateClass === rateClass && operation.successor === undefined && operation.auth !== "session",
          ),
        ),
      ]),
    ),
  "user limits": () =>
    table(
      ["Limit", "Where sign-up is open", "Setting"],
      USER_LIMITS.map(({ name, what, setting }) => [
        `${code(name)}: ${what}`,
        String(OPEN_LIMITS[name]),
        code(setting),
      ]),
    ),
  bounds: () =>
    table(
      ["What", "How far"],
      BOUND_ROWS.map(({ what, bound, then }) => [what, `${BOUNDS[bound]}${then}`]),
    ),
  quotas: () =>
    table(
      ["Platform", "What", "Limit", "Source"],
      Object.values(catalog).flatMap(({ capabilities: { label, quotas } }) =>
        quotas.map(({ name, max, windowSeconds, per, source }) => [
          label,
          `${name} of an ${per}`,
          `${max} in ${spanOf(windowSeconds)}`,
          source,
        ]),
      ),
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

const USER_LIMITS: readonly { name: keyof UserLimits; what: string; setting: string }[] = [
  { name: "maxStorageBytes", what: "media stored, uploads that go on included", setting: "AMPOST_USER_STORAGE" },
  { name: "postsPerDay", what: "posts made in a day (UTC)", setting: "AMPOST_USER_POSTS_PER_DAY" },
  {
    name: "contentBytesPerDay",
    what: "bytes of content (texts and settings, not media) of posts made or changed in a day (UTC)",
    setting: "AMPOST_USER_CONTENT_PER_DAY",
  },
  { name: "maxScheduledPosts", what: "posts that wait for their time", setting: "AMPOST_USER_SCHEDULED_POSTS" },
  {
    name: "callsPerMinute",
    what: "calls of each class in a minute; in a 429 it goes by the class's name",
    setting: "AMPOST_USER_CALLS_PER_MINUTE",
  },
];

const BOUND_ROWS: readonly { what: string; bound: keyof typeof BOUNDS; then: string }[] = [
  { what: "Sessions of a person", bound: "sessions", then: "; a new one ends the oldest" },
  { what: "Passkeys of a person", bound: "passkeys", then: "" },
  { what: "API keys and connected apps of a person that work", bound: "activeKeys", then: "" },
  {
    what: "Keys, connected apps and connect links of a person that work no more",
    bound: "pastOnes",
    then: " of each, the newest",
  },
  { what: "…and for how long they are listed", bound: "pastDays", then: " days" },
  { what: "Connect links that can still be used, in each mode", bound: "pendingConnectLinks", then: "" },
  { what: "Resumable uploads in progress per user", bound: "uploadsUnderWay", then: "; 24 hours each" },
  {
    what: "Idempotency keys of a post that are older than 30 days",
    bound: "keysOfPost",
    then: ", the newest, and the one that made it",
  },
  {
    what: "Deliveries that wait for a webhook",
    bound: "pendingDeliveries",
    then: "; beyond, the oldest are dropped, and the delivery log says so",
  },
  { what: "Deliveries in the log of a webhook", bound: "keptDeliveries", then: ", the newest" },
  { what: "Bytes of these deliveries", bound: "keptDeliveryBytes", then: ", the newest" },
  {
    what: "Changes of a person that the audit log takes in 24 hours",
    bound: "notedChanges",
    then: "; what takes something away is never refused",
  },
  {
    what: "Calls of a person in a mode, or from an address, that wait for their turn in an API process",
    bound: "waitingCalls",
    then: "; beyond, the answer is 429",
  },
  {
    what: "Calls of all that wait there",
    bound: "waitingCallsOfAll",
    then: "; beyond, and after ten seconds, the answer is 503",
  },
  { what: "Failed sign-ins in the audit log, of an account in an hour", bound: "notedFailures", then: "" },
  { what: "Accounts with an unconfirmed email", bound: "unconfirmedDays", then: " days" },
];

const EVENT_DATA: Readonly<Record<string, string>> = {
  post: "`post`",
  platform_post: "`post`, and `platformPostId`, the `id` of the one meant in its `platformPosts`",
  account: "`account`; for one connected by a connect link also `externalId` and `connectLinkId`",
  media: "what could not be fetched, and why",
};

function listCalls(operations: readonly Operation[]): string {
  return operations.length > 6
    ? "all other reads and changes"
    : operations.map(({ method, path }) => code(`${method} ${path}`)).join(", ");
}

/** What has to be given stands in bold. */
function argumentsOf(inputSchema: JsonObject): string {
  const names = fieldRows(jsonSchema.parse(inputSchema), { closed: () => true }).map(({ path, isRequired }) =>
    isRequired ? `**${code(path)}**` : code(path),
  );
  return names.length === 0 ? "nothing" : names.join(", ");
}

function hintsOf({ readOnlyHint, destructiveHint, idempotentHint, openWorldHint }: Tool["annotations"]): string {
  return [
    readOnlyHint ? "reads only" : "writes",
    destructiveHint && "destructive",
    idempotentHint && "idempotent",
    openWorldHint && "reaches the platforms",
  ]
    .filter(Boolean)
    .join(", ");
}

function spanOf(seconds: number): string {
  if (seconds % 86_400 === 0) return seconds === 86_400 ? "24 hours" : `${seconds / 86_400} days`;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
