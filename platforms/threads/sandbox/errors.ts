import { SCOPE_UNAPPROVED } from "../../../sandbox/authorize.ts";
import { Refusal, type GraphError as CommonError } from "../../../sandbox/meta/graph.ts";
import {
  jsonAnswer,
  OPERATIONS,
  type Call,
  type FaultSwitch,
  type Operation,
  type PlatformAnswer,
} from "../../../sandbox/platform.ts";

/**
 * Threads' error bodies, and the faults that tests can request.
 * Source: Threads docs, troubleshooting and reference, 2026; if Meta documents no body, the sandbox returns 400 with
 * type OAuthException.
 */
export interface GraphError extends CommonError {
  headers?: Record<string, string>;
}

export { Refusal };

export function graphError(call: Call, error: GraphError): PlatformAnswer {
  const { message, code, subcode, type = "OAuthException", transient, title, userMessage } = error;
  const body = {
    message,
    type,
    code,
    ...(subcode !== undefined && { error_subcode: subcode }),
    ...(transient !== undefined && { is_transient: transient }),
    ...(title !== undefined && { error_user_title: title }),
    ...(userMessage !== undefined && { error_user_msg: userMessage }),
    fbtrace_id: `SBT${call.number}`,
  };
  const challenge: Record<string, string> =
    code === 190 ? { "www-authenticate": `OAuth "Facebook Platform" "invalid_token" "${message}"` } : {};
  return jsonAnswer(
    { error: body },
    { status: error.status ?? 400, headers: { ...graphHeaders(call), ...challenge, ...error.headers } },
  );
}

export function graphHeaders(call: Call): Record<string, string> {
  return {
    "cache-control": "private, no-cache, no-store, must-revalidate",
    "x-fb-request-id": `sandbox-${call.number}`,
    "x-fb-trace-id": `SBT${call.number}`,
    "x-fb-rev": "1030000000",
    ...(call.behaviour?.name === "usage-{n}" && {
      "x-app-usage": JSON.stringify({ call_count: call.behaviour.number ?? 0, total_time: 1, total_cputime: 1 }),
    }),
  };
}

export const ERRORS = {
  badParameter: { message: "Invalid parameter", code: 100 },
  missing: (name: string): GraphError => ({ message: `The parameter ${name} is required.`, code: 100 }),
  invalid: (message: string): GraphError => ({ message, code: 100 }),
  noObject: (id: string): GraphError => ({
    message:
      `Unsupported request. Object with ID '${id}' does not exist, cannot be loaded due to missing permissions, ` +
      "or does not support this operation",
    code: 100,
    subcode: 33,
  }),
  notFound: {
    message: "The requested resource does not exist",
    code: 24,
    subcode: 4279009,
    transient: false,
    title: "Media Not Found",
    userMessage: "The media cannot be found. It may not be ready yet or was used already.",
  },
  badToken: { message: "Invalid OAuth access token - Cannot parse access token", code: 190 },
  expired: { message: "Error validating access token: Session has expired.", code: 190, subcode: 463 },
  revoked: {
    message: "Error validating access token: The user has not authorized the application.",
    code: 190,
    subcode: 458,
  },
  checkpoint: {
    message:
      "Error validating access token: You cannot access the app till you log in to www.threads.net and follow the " +
      "instructions given.",
    code: 190,
    subcode: 459,
  },
  noScope: (scope: string): GraphError => ({
    message: `Application does not have permission for this action: ${scope} is missing.`,
    code: 10,
  }),
  textTooLong: { message: "Param text must be at most 500 characters long.", code: 100, transient: false },
  linkLimit: {
    message: "THREADS_API__LINK_LIMIT_EXCEEDED: a post can have at most 5 different links.",
    code: 100,
    transient: false,
  },
  noFeature: {
    message: "Invalid parameter",
    code: 100,
    transient: false,
    title: "THREADS_API__FEATURE_NOT_AVAILABLE",
    userMessage: "This feature is not available to this account.",
  },
  badCountry: {
    message: "Invalid parameter",
    code: 100,
    transient: false,
    title: "Country codes",
    userMessage: "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES: a country code is not supported.",
  },
  notFetched: {
    message: "The media could not be fetched from this URI.",
    code: 9004,
    subcode: 2207052,
    transient: false,
  },
  imageSize: {
    message: "The image is too large. It can be at most 8 MiB.",
    code: 36000,
    subcode: 2207004,
    transient: false,
  },
  imageFormat: {
    message: "The image format is not supported. Use JPEG or PNG.",
    code: 36001,
    subcode: 2207005,
    transient: false,
  },
  imageRatio: {
    message: "The submitted image's aspect ratio is not supported.",
    code: 36003,
    subcode: 2207009,
    transient: false,
  },
  videoFormat: {
    message: "The video format is not supported. Use MP4 or MOV.",
    code: 352,
    subcode: 2207026,
    transient: false,
  },
  quotaFull: { message: "Publishing limit reached. Try again when the 24 hour window has moved on.", code: 9 },
  callLimit: { message: "Application request limit reached", code: 4, transient: true },
  unknown: { message: "An unknown error has occurred.", code: 1, status: 500 },
} as const;

/**
 * As when the app's request limit is exceeded. Only this response has the usage headers, so that no client relies on
 * them.
 */
export function callLimitReached(call: Call): PlatformAnswer {
  const used = { call_count: 100, total_time: 41, total_cputime: 37 };
  return graphError(call, {
    ...ERRORS.callLimit,
    headers: {
      "x-app-usage": JSON.stringify(used),
      "x-business-use-case-usage": JSON.stringify({
        "990602627938098": [{ type: "threads", ...used, estimated_time_to_regain_access: 1 }],
      }),
    },
  });
}

/** Errors of the token exchange, which have their own format. */
export function exchangeError(message: string): PlatformAnswer {
  return jsonAnswer({ error_type: "OAuthException", code: 400, error_message: message }, { status: 400 });
}

export const CODE_USED = "Matching code was not found or was already used";

/** Container messages. Source: Threads docs, troubleshooting. */
export const CONTAINER_ERRORS = [
  "FAILED_DOWNLOADING_VIDEO",
  "FAILED_PROCESSING_AUDIO",
  "FAILED_PROCESSING_VIDEO",
  "INVALID_ASPEC_RATIO",
  "INVALID_BIT_RATE",
  "INVALID_DURATION",
  "INVALID_FRAME_RATE",
  "INVALID_AUDIO_CHANNELS",
  "INVALID_AUDIO_CHANNEL_LAYOUT",
  "UNKNOWN",
] as const;

const CALLS: readonly Operation[] = OPERATIONS.filter((operation) => operation !== "authorize");
const POSTING: readonly Operation[] = ["create", "publish"];

/** Every row of the platform's error table, by its code and subcode. */
const NAMED_ERRORS: readonly (GraphError & { name: string })[] = [
  { name: "190", message: "Invalid OAuth 2.0 Access Token", code: 190 },
  {
    name: "190/460",
    message: "Error validating access token: The session has been invalidated because the user changed their password.",
    code: 190,
    subcode: 460,
  },
  { name: "190/463", ...ERRORS.expired },
  {
    name: "190/467",
    message: "Error validating access token: The session is invalid because the user logged out.",
    code: 190,
    subcode: 467,
  },
  { name: "102", message: "Session key invalid or no longer valid", code: 102 },
  { name: "190/458", ...ERRORS.revoked },
  { name: "190/459", ...ERRORS.checkpoint },
  {
    name: "190/464",
    message:
      "Error validating access token: Sessions for the user are not allowed because the user is not a confirmed user.",
    code: 190,
    subcode: 464,
  },
  { name: "10", message: "Application does not have permission for this action", code: 10 },
  { name: "200", message: "Permissions error", code: 200 },
  { name: "299", message: "Permissions error", code: 299 },
  { name: "24/4279009", ...ERRORS.notFound },
  {
    name: "4/2207051",
    message: "We restrict certain activity to protect our community.",
    code: 4,
    subcode: 2207051,
    transient: false,
    title: "Action is blocked",
  },
  { name: "368", message: "The action attempted has been deemed abusive or is otherwise disallowed", code: 368 },
  { name: "17", message: "User request limit reached", code: 17 },
  { name: "32", message: "Page request limit reached", code: 32 },
  { name: "341", message: "Application limit reached", code: 341 },
  { name: "613", message: "Calls to this api have exceeded the rate limit.", code: 613 },
  { name: "9", ...ERRORS.quotaFull },
  { name: "9004/2207052", ...ERRORS.notFetched },
  {
    name: "-2/2207003",
    message: "It takes too long to download the media.",
    code: -2,
    subcode: 2207003,
    transient: true,
  },
  {
    name: "-2/2207020",
    message: "The media you are trying to access has expired.",
    code: -2,
    subcode: 2207020,
    transient: false,
  },
  {
    name: "-1/2207032",
    message: "Create media fail, please try to re-create media",
    code: -1,
    subcode: 2207032,
    transient: true,
  },
  { name: "-1/2207053", message: "Unknown upload error", code: -1, subcode: 2207053, transient: true },
  { name: "36000/2207004", ...ERRORS.imageSize },
  { name: "36001/2207005", ...ERRORS.imageFormat },
  { name: "36003/2207009", ...ERRORS.imageRatio },
  { name: "352/2207026", ...ERRORS.videoFormat },
  {
    name: "9007/2207027",
    message: "The media is not ready for publishing, please wait for a moment",
    code: 9007,
    subcode: 2207027,
    transient: false,
  },
  {
    name: "9/2207042",
    message: "User has reached the maximum number of posts permitted to be created.",
    code: 9,
    subcode: 2207042,
    transient: false,
  },
  { name: "25/2207050", message: "The account is restricted.", code: 25, subcode: 2207050, transient: false },
  { name: "text-too-long", ...ERRORS.textTooLong },
  { name: "THREADS_API__LINK_LIMIT_EXCEEDED", ...ERRORS.linkLimit },
  { name: "THREADS_API__FEATURE_NOT_AVAILABLE", ...ERRORS.noFeature },
  { name: "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES", ...ERRORS.badCountry },
  { name: "100/33", ...ERRORS.noObject("0") },
  { name: "100", ...ERRORS.badParameter },
  { name: "2500", message: "Error parsing graph query", code: 2500 },
  { name: "3", message: "Application does not have the capability to make this API call.", code: 3 },
  { name: "1", message: "An unknown error occurred", code: 1, transient: false },
  {
    name: "2",
    message: "An unexpected error has occurred. Please retry your request later.",
    code: 2,
    transient: true,
    status: 500,
  },
  { name: "503", message: "Service temporarily unavailable", code: 2, transient: true, status: 503 },
  { name: "unheard-of", message: "An undocumented error", code: 987654 },
];

/**
 * A person's restriction; the notes give the number without saying whether it is a code or a subcode, so it is both.
 */
const RESTRICTED: GraphError = {
  message: "User is restricted from performing this action.",
  code: 4279013,
  subcode: 4279013,
  transient: false,
};

const SPAM = NAMED_ERRORS.find((error) => error.name === "4/2207051");

export const SWITCHES: readonly FaultSwitch[] = [
  answering("fetch-404", ["create"], "The media URL cannot be fetched: 9004/2207052.", ERRORS.notFetched, (call) =>
    hasMediaUrl(call),
  ),
  {
    name: "fetch-slow",
    operations: ["create"],
    about: "The media loads slowly: the response takes `delayMs`.",
    as: "slow",
  },
  ...CONTAINER_ERRORS.map((message): FaultSwitch => ({
    name: `video-${message}`,
    operations: ["create"],
    about: `The container ends as ERROR with ${message}.`,
  })),
  {
    name: "stuck-in-progress",
    operations: ["create", "status", "publish"],
    about: "The container stays IN_PROGRESS: `process_forever`.",
    as: "process_forever",
  },
  answering(
    "publish-4279009-n-times",
    ["publish"],
    "Publishing fails with 24/4279009 even though the container is FINISHED; `times` says how often.",
    ERRORS.notFound,
  ),
  {
    name: "publish-500-not-live",
    operations: ["publish"],
    about: "500, not published: `http_500`.",
    as: "http_500",
  },
  {
    name: "publish-500-but-live",
    operations: ["publish"],
    about: "Published, then a 500: `error_after`.",
    as: "error_after",
  },
  {
    name: "publish-drop-connection-but-live",
    operations: ["publish"],
    about: "Published, then the connection drops: `drop_after`.",
    as: "drop_after",
  },
  answering("spam-2207051", POSTING, "Held back as suspected spam: 4/2207051.", SPAM ?? ERRORS.badParameter),
  {
    ...answering(
      "spam-2207051-but-live",
      ["publish"],
      "Published, but returns 4/2207051.",
      SPAM ?? ERRORS.badParameter,
    ),
    done: true,
  },
  answering("restricted-4279013", POSTING, "The person is restricted: 4279013.", RESTRICTED),
  answering("4279013", POSTING, "As restricted-4279013.", RESTRICTED),
  {
    name: "quota-full",
    operations: ["publish", "read"],
    about: "The daily 250 posts are used up: publishing fails with code 9, and the quota shows 250.",
    applies: (call) => aboutQuota(call),
  },
  {
    name: "reply-quota-full",
    operations: ["publish", "read"],
    about: "The daily 1,000 replies are used up.",
    applies: (call) => aboutQuota(call),
  },
  {
    name: "rate-4",
    operations: CALLS,
    about: "The app's requests are used up: `rate_limit`, code 4.",
    as: "rate_limit",
  },
  { name: "4", operations: CALLS, about: "As rate-4.", as: "rate_limit" },
  {
    name: "token-463",
    operations: CALLS,
    about: "The token has expired, starting with this request: `expire_token`.",
    as: "expire_token",
  },
  {
    name: "token-458",
    operations: CALLS,
    about: "The person has removed the app: `revoke_token`.",
    as: "revoke_token",
  },
  { name: "usage-{n}", operations: CALLS, about: "A normal response whose x-app-usage is N of 100." },
  SCOPE_UNAPPROVED,
  {
    name: "permalink-missing",
    operations: ["read"],
    about: "The post is read without its permalink.",
    applies: (call) => (call.params["fields"] ?? "").includes("permalink"),
  },
  {
    name: "list-lag-{n}s",
    operations: ["publish"],
    about: "The post shows in /me/threads and /me/replies only N seconds later.",
  },
  {
    name: "parent-lag",
    operations: ["create"],
    about: "Creating a reply fails with 24/4279009; set `times` to 2 for the usual lag.",
    applies: (call) => call.params["reply_to_id"] !== undefined,
    answer: (call) => graphError(call, ERRORS.notFound),
  },
  {
    name: "chain-break-at-{n}",
    operations: ["create"],
    about: "The container of the Nth part of a thread ends as ERROR with UNKNOWN.",
    applies: (call, part) => partNumber(call) === part,
  },
  {
    name: "republish-accepts",
    operations: ["publish"],
    about: "A second publish of the same container makes a duplicate.",
    applies: isPublished,
  },
  {
    name: "exchange-400",
    operations: ["token"],
    about: "The code is rejected, in the exchange's own format.",
    answer: () => exchangeError(CODE_USED),
  },
  ...NAMED_ERRORS.map((error) => answering(error.name, CALLS, `Returns ${error.name}: ${error.message}`, error)),
];

/** The part of a chain that a create call would make; 1 for a post that is not a reply. */
export function partNumber(call: Call): number {
  const parent = call.params["reply_to_id"];
  if (parent === undefined) return 1;
  const row = call.world.store.get("SELECT depth FROM threads_media WHERE id = ?", parent);
  return typeof row?.["depth"] === "number" ? row["depth"] + 1 : 1;
}

function isPublished(call: Call): boolean {
  return (
    call.world.store.get(
      "SELECT 1 FROM threads_containers WHERE id = ? AND published = 1",
      call.params["creation_id"] ?? "",
    ) !== undefined
  );
}

function answering(
  name: string,
  operations: readonly Operation[],
  about: string,
  error: GraphError,
  applies?: FaultSwitch["applies"],
): FaultSwitch {
  return { name, operations, about, answer: (call) => graphError(call, error), ...(applies && { applies }) };
}

function hasMediaUrl(call: Call): boolean {
  return call.params["image_url"] !== undefined || call.params["video_url"] !== undefined;
}

function aboutQuota(call: Call): boolean {
  return call.operation === "publish" || call.path.endsWith("/threads_publishing_limit");
}
