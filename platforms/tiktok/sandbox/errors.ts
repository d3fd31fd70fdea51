import { SCOPE_UNAPPROVED } from "../../../sandbox/authorize.ts";
import {
  jsonAnswer,
  OPERATIONS,
  type Call,
  type FaultSwitch,
  type Operation,
  type PlatformAnswer,
} from "../../../sandbox/platform.ts";

/**
 * TikTok's error bodies, and the faults that tests can request.
 * Source: TikTok docs, direct post, photo post and media transfer guide, 2026-09-11; messages from client reports.
 */
export interface Problem {
  status: number;
  code: string;
  message: string;
}

/** Thrown by a route to return a problem. */
export class Refusal extends Error {
  readonly problem: Problem;

  constructor(what: Problem) {
    super(what.code);
    this.problem = what;
  }
}

const GUIDELINES =
  "Please review our integration guidelines at https://developers.tiktok.com/doc/content-sharing-guidelines/";

export const PROBLEMS = {
  tokenInvalid: {
    status: 401,
    code: "access_token_invalid",
    message: "The access token is invalid or not found in the request.",
  },
  scopeMissing: {
    status: 401,
    code: "scope_not_authorized",
    message: "The user did not authorize the scope required for completing this request.",
  },
  scopeMissed: {
    status: 400,
    code: "scope_permission_missed",
    message: "The fields asked for are not within the scopes that were granted.",
  },
  rateLimited: {
    status: 429,
    code: "rate_limit_exceeded",
    message: "The API rate limit was exceeded. Please try again later.",
  },
  tooManyPosts: { status: 403, code: "spam_risk_too_many_posts", message: GUIDELINES },
  tooManyCreators: { status: 403, code: "reached_active_user_cap", message: GUIDELINES },
  tooManyDrafts: { status: 403, code: "spam_risk_too_many_pending_share", message: GUIDELINES },
  banned: { status: 403, code: "spam_risk_user_banned_from_posting", message: GUIDELINES },
  unaudited: { status: 403, code: "unaudited_client_can_only_post_to_private_accounts", message: GUIDELINES },
  privacyMismatch: {
    status: 403,
    code: "privacy_level_option_mismatch",
    message: "The privacy level is not among those that the creator may choose.",
  },
  notOwned: {
    status: 403,
    code: "url_ownership_unverified",
    message: "The ownership of the URL has not been verified.",
  },
  appTooOld: { status: 400, code: "app_version_check_failed", message: "The user's TikTok app is too old for this." },
  badFile: { status: 400, code: "invalid_file_upload", message: "The file does not meet the requirements." },
  unknownPublishId: { status: 400, code: "invalid_publish_id", message: "The publish_id does not exist." },
  foreignPublishId: {
    status: 400,
    code: "token_not_authorized_for_specified_publish_id",
    message: "The access token does not belong to the publish_id.",
  },
  notCancellable: { status: 400, code: "publish_not_cancellable", message: "The publish can no longer be cancelled." },
  internal: {
    status: 500,
    code: "internal_error",
    message: "Something went wrong on our side. Please try again later.",
  },
} as const satisfies Record<string, Problem>;

export function invalid(message: string): Problem {
  return { status: 400, code: "invalid_params", message };
}

export const CHUNK_SIZE_INVALID = invalid("The chunk size is invalid");
export const CHUNK_COUNT_INVALID = invalid("The total chunk count is invalid");

/** These three have status 200 from creator info, and 403 from the calls that start a post. */
const QUIET: readonly string[] = [PROBLEMS.tooManyPosts.code, PROBLEMS.tooManyCreators.code, PROBLEMS.banned.code];

export function problem(call: Call, { status, code, message }: Problem): PlatformAnswer {
  if (isUpload(call)) return uploadAnswer(status);
  const isQuiet = call.path.startsWith("/v2/post/publish/creator_info") && QUIET.includes(code);
  return jsonAnswer({ data: {}, error: { code, message, log_id: logId(call) } }, { status: isQuiet ? 200 : status });
}

export function answer(call: Call, data: unknown): PlatformAnswer {
  return jsonAnswer({ data, error: success(call) });
}

export function success(call: Call): Record<string, string> {
  return { code: "ok", message: "", log_id: logId(call) };
}

/** The date, followed by a unique part for each call. */
export function logId({ now, number }: Call): string {
  const date = new Date(now).toISOString().replace(/\D/g, "").slice(0, 14);
  return date + number.toString(16).toUpperCase().padStart(20, "0");
}

/** For a PUT of bytes, whose responses have no body. */
export function uploadAnswer(status: number, headers: Record<string, string> = {}): PlatformAnswer {
  return { status, headers, body: "" };
}

export function isUpload({ method }: Call): boolean {
  return method === "PUT";
}

/** OAuth has its own error format, and a rejected refresh has status 200. */
export function oauthError(
  call: Call,
  error: string,
  description: string,
  status = call.operation === "refresh" ? 200 : 400,
): PlatformAnswer {
  return jsonAnswer(
    { error, error_description: description, log_id: logId(call) },
    { status, headers: { "cache-control": "no-store" } },
  );
}

/** The reasons a task can fail with, each also a fault switch. */
export const FAIL_REASONS = [
  "file_format_check_failed",
  "duration_check_failed",
  "frame_rate_check_failed",
  "picture_size_check_failed",
  "internal",
  "video_pull_failed",
  "photo_pull_failed",
  "publish_cancelled",
  "auth_removed",
  "spam_risk_too_many_posts",
  "spam_risk_user_banned_from_posting",
  "spam_risk_text",
  "spam_risk",
] as const;

const CALLS = OPERATIONS.filter(
  (operation) => !["authorize", "token", "refresh", "revoke", "delete"].includes(operation),
);
const BEGINS: readonly Operation[] = ["create", "publish"];

const refusals = [
  ...Object.values(PROBLEMS),
  invalid("The request parameters are invalid."),
  { ...invalid("The request parameters are invalid."), code: "invalid_param" },
];

export const SWITCHES: readonly FaultSwitch[] = [
  SCOPE_UNAPPROVED,
  ...refusals.map((one): FaultSwitch => ({
    name: one.code,
    operations: CALLS,
    about: `${one.status} \`${one.code}\`.`,
    answer: (call) => problem(call, one),
  })),
  {
    name: "chunk-size-invalid",
    operations: ["create"],
    about: "400 `invalid_params`: The chunk size is invalid.",
    answer: (call) => problem(call, CHUNK_SIZE_INVALID),
  },
  {
    name: "title-too-long",
    operations: BEGINS,
    about: "400 `invalid_params`: The title length exceeds the limit.",
    answer: (call) => problem(call, TITLE_TOO_LONG),
  },
  ...FAIL_REASONS.map((reason): FaultSwitch => ({
    name: `fail-${reason}`,
    operations: BEGINS,
    about: `The task ends as FAILED with ${reason}.`,
  })),
  {
    name: "moderation-{n}s",
    operations: BEGINS,
    about: "The public post's ID is available N seconds after the last byte.",
  },
  { name: "moderation-never", operations: BEGINS, about: "The public post never gets its ID." },
  { name: "slow-processing", operations: BEGINS, about: "Processing takes a minute." },
  { name: "expired-fails", operations: ["create"], about: "A task older than an hour is FAILED/internal." },
  {
    name: "upload-expired",
    operations: ["upload", "publish"],
    about: "403 to a PUT: its URL has expired.",
    applies: isUpload,
    answer: () => uploadAnswer(403),
  },
  {
    name: "upload-unknown",
    operations: ["upload", "publish"],
    about: "404 to a PUT: there is no such upload.",
    applies: isUpload,
    answer: () => uploadAnswer(404),
  },
  {
    name: "upload-malformed",
    operations: ["upload", "publish"],
    about: "400 to a PUT.",
    applies: isUpload,
    answer: () => uploadAnswer(400),
  },
  {
    name: "upload-416",
    operations: ["upload", "publish"],
    about: "416 to a valid PUT.",
    applies: isUpload,
    answer: () => uploadAnswer(416),
  },
  {
    name: "chunk-502",
    operations: ["upload", "publish"],
    about: "502 to a PUT, whose bytes are lost.",
    applies: isUpload,
    answer: () => uploadAnswer(502),
  },
  {
    name: "chunk-502-but-stored",
    operations: ["upload", "publish"],
    about: "502 to a PUT, whose bytes are stored.",
    applies: isUpload,
    done: true,
    answer: () => uploadAnswer(502),
  },
  {
    name: "500-empty",
    operations: CALLS,
    about: "500 without a body, without doing anything.",
    answer: () => uploadAnswer(500),
  },
  ...[
    "invalid_grant",
    "invalid_client",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
    "unsupported_grant_type",
    "server_error",
    "temporarily_unavailable",
  ].map((error): FaultSwitch => ({
    name: error,
    operations: ["token", "refresh", "revoke"],
    about: `\`${error}\` in OAuth's form.`,
    answer: (call) => oauthError(call, error, "The request was refused."),
  })),
  {
    name: "invalid_grant-400",
    operations: ["refresh"],
    about: "`invalid_grant` with status 400.",
    answer: (call) => oauthError(call, "invalid_grant", "Refresh token is invalid or expired.", 400),
  },
  {
    name: "rotated-and-lost",
    operations: ["refresh"],
    about: "The tokens are renewed, but the response never arrives: `timeout`.",
    as: "timeout",
  },
];

export const TITLE_TOO_LONG = invalid("The title length exceeds the limit.");
