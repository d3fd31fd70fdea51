import { SCOPE_UNAPPROVED } from "../../../sandbox/authorize.ts";
import {
  jsonAnswer,
  OPERATIONS,
  type Call,
  type FaultSwitch,
  type Operation,
  type PlatformAnswer,
} from "../../../sandbox/platform.ts";
import { dayHeaders, responseHeaders } from "./rates.ts";

/**
 * X's error bodies, and the faults that tests can request.
 * Source: X docs, response codes and errors, 2026-08-22; if X documents no body, one from field reports.
 */
export interface Problem {
  status: number;
  body: Record<string, unknown>;
}

/** Thrown by a route to return a problem. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(what: Problem) {
    super(JSON.stringify(what.body));
    this.problem = what;
  }
}

const TYPES = "https://api.twitter.com/2/problems/";

/** `type` is the last part of X's URL for it; without it, X writes `about:blank`. */
function plain(
  status: number,
  title: string,
  detail: string,
  type?: string,
  more: Record<string, unknown> = {},
): Problem {
  return { status, body: { title, detail, type: type === undefined ? "about:blank" : TYPES + type, status, ...more } };
}

/** A request that violates the schema or references something that does not exist. */
export function invalid(message: string, parameters: Record<string, readonly string[]> = {}): Problem {
  return {
    status: 400,
    body: {
      errors: [{ parameters, message }],
      title: "Invalid Request",
      detail: "One or more parameters to your request was invalid.",
      type: `${TYPES}invalid-request`,
    },
  };
}

const forbidden = (detail: string): Problem => plain(403, "Forbidden", detail);
const legacy = (status: number, code: number, message: string): Problem => ({
  status,
  body: { errors: [{ code, message }] },
});

export const PROBLEMS = {
  unauthorized: plain(401, "Unauthorized", "Unauthorized"),
  forbidden: forbidden("Forbidden"),
  oauth1Permissions: plain(
    403,
    "Forbidden",
    "Your client app is not configured with the appropriate oauth1 app permissions for this endpoint.",
    "oauth1-permissions",
  ),
  notPermitted: forbidden("You are not permitted to perform this action."),
  duplicate: forbidden("You are not allowed to create a Tweet with duplicate content."),
  replyRestricted: forbidden(
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the " +
      "author of the post you are replying to.",
  ),
  replyGone: forbidden("You attempted to reply to a Tweet that is deleted or not visible to you."),
  cashtags: forbidden("Your post exceeds the maximum of one cashtag."),
  invalidUrl: forbidden("The Tweet contains an invalid URL."),
  videoTooLong: (minutes: number): Problem =>
    forbidden(`This user is not allowed to post a video longer than ${minutes} minutes.`),
  userSuspended: plain(403, "Forbidden", "The user used for authentication is suspended", "user-suspended"),
  mediaIds: (ids: readonly string[]): Problem => invalid("Your media IDs are invalid.", { "media.media_ids": ids }),
  tooLarge: plain(413, "Request Entity Too Large", "Request Entity Too Large"),
  notFound: plain(404, "Not Found", "Not Found"),
  serverError: plain(500, "Internal Server Error", "Internal Server Error"),
  tooMany: plain(429, "Too Many Requests", "Too Many Requests"),
} as const;

export function problem(call: Call, { status, body }: Problem, headers: Record<string, string> = {}): PlatformAnswer {
  return jsonAnswer(body, {
    status,
    headers: {
      ...responseHeaders(call, { usedUp: status === 429 }),
      "content-type": "application/problem+json",
      ...headers,
    },
  });
}

export function answer(call: Call, value: unknown, status = 200): PlatformAnswer {
  return jsonAnswer(value, { status, headers: responseHeaders(call) });
}

/** The token endpoints use OAuth's own error format. */
export function oauthError(status: number, error: string, description: string): PlatformAnswer {
  return jsonAnswer({ error, error_description: description }, { status, headers: { "cache-control": "no-store" } });
}

export const CODE_INVALID = "Value passed for the authorization code was invalid.";
export const TOKEN_INVALID = "Value passed for the token was invalid.";

const CALLS = OPERATIONS.filter(
  (operation) =>
    operation !== "authorize" && operation !== "token" && operation !== "refresh" && operation !== "revoke",
);
const GRANTS: readonly Operation[] = ["token", "refresh", "revoke"];

/** Errors by name, each of which every endpoint can return. */
const NAMED: readonly { name: string; about: string; problem: Problem; operations?: readonly Operation[] }[] = [
  { name: "unauthorized", about: "401, even though the token is valid", problem: PROBLEMS.unauthorized },
  {
    name: "credits",
    about: "402 `CreditsDepleted`",
    problem: plain(
      402,
      "CreditsDepleted",
      "Your enrolled account does not have any credits to fulfill this request.",
      "credits",
    ),
  },
  {
    name: "credits-depleted",
    about: "402 `Payment Required`",
    problem: plain(402, "Payment Required", "Your credits are used up.", "credits-depleted"),
  },
  { name: "duplicate-content", about: "403, the same text was posted before", problem: PROBLEMS.duplicate },
  { name: "not-permitted", about: "403, X's catch-all", problem: PROBLEMS.notPermitted },
  { name: "video-too-long", about: "403, longer than this person can post", problem: PROBLEMS.videoTooLong(2) },
  {
    name: "reply-restricted",
    about: "403, the author of the post replied to has not mentioned this person",
    problem: PROBLEMS.replyRestricted,
  },
  { name: "cashtag", about: "403, more than one cashtag", problem: PROBLEMS.cashtags },
  { name: "invalid-url", about: "403, a blocked link", problem: PROBLEMS.invalidUrl },
  {
    name: "unsupported-authentication",
    about: "403, as with an app-only token",
    problem: plain(
      403,
      "Unsupported Authentication",
      "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.",
      "unsupported-authentication",
    ),
  },
  {
    name: "client-not-enrolled",
    about: "403 `client-forbidden`",
    problem: plain(
      403,
      "Client Forbidden",
      "When authenticating requests to the X API v2 endpoints, you must use keys and tokens from a developer App " +
        "that is attached to a Project.",
      "client-forbidden",
      { reason: "client-not-enrolled" },
    ),
  },
  {
    name: "official-client-forbidden",
    about: "403 `client-forbidden`",
    problem: plain(
      403,
      "Client Forbidden",
      "This request must be made using an approved developer account.",
      "client-forbidden",
      { reason: "official-client-forbidden" },
    ),
  },
  { name: "user-suspended", about: "403, the account is suspended", problem: PROBLEMS.userSuspended },
  {
    name: "app-suspended",
    about: "403, the app is suspended",
    problem: plain(403, "Forbidden", "This app is suspended.", "app-suspended"),
  },
  { name: "forbidden", about: "generic 403, as for a missing scope", problem: PROBLEMS.forbidden },
  {
    name: "forbidden-other",
    about: "undocumented 403",
    problem: forbidden("An undocumented error."),
  },
  { name: "invalid-request", about: "400, a malformed request", problem: invalid("$.text: is not a valid value") },
  {
    name: "exclusivity",
    about: "400, incompatible attachments",
    problem: invalid("You can only provide one of media, poll, quote_tweet_id, card_uri, direct_message_deep_link."),
  },
  { name: "media-ids", about: "400 `Your media IDs are invalid.`", problem: PROBLEMS.mediaIds(["1"]) },
  { name: "not-found", about: "404", problem: PROBLEMS.notFound },
  { name: "too-large", about: "413", problem: PROBLEMS.tooLarge },
  {
    name: "too-many-requests-88",
    about: "429 with the legacy body of code 88",
    problem: legacy(429, 88, "Rate limit exceeded"),
  },
  {
    name: "usage-capped",
    about: "429, the plan's cap",
    problem: plain(429, "UsageCapExceeded", "Usage cap exceeded: Monthly product cap", "usage-capped", {
      period: "Monthly",
      scope: "Product",
    }),
  },
  { name: "500", about: "500, nothing done", problem: PROBLEMS.serverError },
  { name: "502", about: "502, nothing done", problem: plain(502, "Bad Gateway", "Bad Gateway") },
  { name: "503", about: "503, nothing done", problem: plain(503, "Service Unavailable", "Service Unavailable") },
  { name: "504", about: "504, nothing done", problem: plain(504, "Gateway Timeout", "Gateway Timeout") },
  {
    name: "code-32",
    about: "401 with legacy code 32, could not authenticate",
    problem: legacy(401, 32, "Could not authenticate you."),
  },
  {
    name: "code-89",
    about: "401 with legacy code 89, bad token",
    problem: legacy(401, 89, "Invalid or expired token."),
  },
  {
    name: "code-185",
    about: "403 with legacy code 185, daily posts used up",
    problem: legacy(403, 185, "User is over daily status update limit."),
  },
  {
    name: "code-186",
    about: "403 with legacy code 186, too long",
    problem: legacy(403, 186, "Tweet needs to be a bit shorter."),
  },
  {
    name: "code-187",
    about: "403 with legacy code 187, duplicate",
    problem: legacy(403, 187, "Status is a duplicate."),
  },
  {
    name: "code-226",
    about: "403 with legacy code 226, looks automated",
    problem: legacy(403, 226, "This request looks like it might be automated."),
  },
  {
    name: "code-324",
    about: "400 with legacy code 324, bad media ids",
    problem: legacy(400, 324, "The validation of media ids failed."),
  },
  {
    name: "code-326",
    about: "403 with legacy code 326, account locked",
    problem: legacy(
      403,
      326,
      "To protect our users from spam and other malicious activity, this account is temporarily locked.",
    ),
  },
  {
    name: "code-385",
    about: "403 with legacy code 385, reply to a missing post",
    problem: legacy(403, 385, "You attempted to reply to a Tweet that is deleted or not visible to you."),
  },
  {
    name: "code-433",
    about: "403 with legacy code 433, replies restricted",
    problem: legacy(403, 433, "The original Tweet author restricted who can reply to this Tweet."),
  },
];

export const SWITCHES: readonly FaultSwitch[] = [
  SCOPE_UNAPPROVED,
  ...NAMED.map((one): FaultSwitch => ({
    name: one.name,
    operations: CALLS,
    about: `${one.about}.`,
    answer: (call) => problem(call, one.problem),
  })),
  {
    name: "rate-24h",
    operations: CALLS,
    about: "429, the daily limit is used up; the 24-hour headers say until when.",
    answer: dayUsedUp,
  },
  {
    name: "503-but-live",
    operations: ["publish"],
    about: "Published, then a 503.",
    done: true,
    answer: (call) => problem(call, plain(503, "Service Unavailable", "Service Unavailable")),
  },
  {
    name: "drop-connection-but-live",
    operations: ["publish"],
    about: "Published, then the connection drops: `drop_after`.",
    as: "drop_after",
  },
  { name: "hang", operations: CALLS, about: "Processes the request and never responds: `timeout`.", as: "timeout" },
  {
    name: "media-failed",
    operations: ["upload", "status"],
    about: "Processing ends as `failed` with `InvalidMedia`.",
    applies: aboutProcessing,
  },
  {
    name: "media-failed-internal",
    operations: ["upload", "status"],
    about: "Processing ends as `failed` with `InternalError`.",
    applies: aboutProcessing,
  },
  {
    name: "slow-processing",
    operations: ["upload", "status"],
    about: "Processing takes a minute.",
    applies: aboutProcessing,
  },
  {
    name: "append-without-body",
    operations: ["upload"],
    about: "A segment is accepted with 204 and no body.",
    applies: (call) => call.path.endsWith("/append"),
  },
  { name: "timeline-lag-{n}s", operations: ["publish"], about: "The post shows in timelines only N seconds later." },
  {
    name: "timeline-lag-{n}s-lost",
    operations: ["publish"],
    about: "The same, and the connection drops.",
    cuts: true,
  },
  {
    name: "fields-renamed",
    operations: ["read"],
    about: "`tweet.fields` is rejected; the name is `post.fields`.",
    applies: (call) => call.params["tweet.fields"] !== undefined,
    answer: (call) =>
      problem(
        call,
        invalid("The query parameter [tweet.fields] is not one of [id,post.fields,expansions]", {
          "tweet.fields": [call.params["tweet.fields"] ?? ""],
        }),
      ),
  },
  {
    name: "delete-404",
    operations: ["delete"],
    about: "404, as if the post was already deleted.",
    answer: (call) => problem(call, PROBLEMS.notFound),
  },
  {
    name: "token-invalid",
    operations: ["refresh"],
    about: "400 `invalid_request`, as for a used refresh token.",
    answer: () => oauthError(400, "invalid_request", TOKEN_INVALID),
  },
  {
    name: "invalid-grant",
    operations: ["token", "refresh"],
    about: "400 `invalid_grant`.",
    answer: (call) => oauthError(400, "invalid_grant", call.operation === "token" ? CODE_INVALID : TOKEN_INVALID),
  },
  {
    name: "code-invalid",
    operations: ["token"],
    about: "400 `invalid_request`, as for a used or expired code.",
    answer: () => oauthError(400, "invalid_request", CODE_INVALID),
  },
  {
    name: "invalid-client",
    operations: GRANTS,
    about: "401 `invalid_client`.",
    answer: () => oauthError(401, "invalid_client", "Invalid client."),
  },
  {
    name: "rotated-and-lost",
    operations: ["refresh"],
    about: "The token is rotated, but the response never arrives: `timeout`.",
    as: "timeout",
  },
];

/** Where processing starts, and where its status is read. */
function aboutProcessing(call: Call): boolean {
  return call.operation === "status" || call.path.endsWith("/finalize");
}

function dayUsedUp(call: Call): PlatformAnswer {
  return problem(call, PROBLEMS.tooMany, {
    ...responseHeaders(call),
    ...dayHeaders("user", 100, String(Math.ceil(call.now / 1000) + 86_400)),
  });
}
