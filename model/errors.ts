import type { PlatformName } from "./platform-names.ts";

/**
 * The two error lists. Public codes are what callers see, each with its HTTP status; broker codes are
 * internal and determine what the engine does about a platform's error.
 */

/**
 * Public codes. `status` is the HTTP status of a rejected request; PAGE_IDENTITY_CONFIRMATION_REQUIRED and
 * those with 502 only occur on platform posts.
 */
export const PUBLIC_CODES = {
  VALIDATION_FAILED: { status: 400, meaning: "The request failed validation." },
  WARNING: { status: 200, meaning: "Something to know about a post. Nothing failed." },
  NO_PLATFORMS_SELECTED: { status: 400, meaning: "The request does not specify any platforms." },
  PLATFORM_NOT_CONNECTED: {
    status: 400,
    meaning: "A requested platform has no connected account in the platform set.",
  },
  CONTENT_TOO_LONG: { status: 400, meaning: "A text exceeds the platform's limit." },
  UNSUPPORTED_MEDIA_TYPE: { status: 400, meaning: "The format of a media file is not supported." },
  UNSUPPORTED_MEDIA_CONFIG: {
    status: 400,
    meaning: "The platform does not support the number, size, aspect ratio or duration of the media.",
  },
  INVALID_PLACEMENT: { status: 400, meaning: "The selected placement does not support this combination of content." },
  MIXED_MEDIA_NOT_SUPPORTED: { status: 400, meaning: "The platform does not support images and video in one post." },
  UNAUTHORIZED: {
    status: 401,
    meaning: "The API key is missing, invalid, expired or revoked, or its user is suspended.",
  },
  POLICY_VIOLATION: {
    status: 403,
    meaning: "A policy of the API key, or the role in the workspace, does not allow this.",
  },
  APPROVAL_REQUIRED: {
    status: 403,
    meaning: "The API key or role can publish only approved posts, and this version of the post is not approved.",
  },
  PAGE_IDENTITY_CONFIRMATION_REQUIRED: {
    status: 403,
    meaning: "Facebook requires the Page manager to confirm their identity in the Facebook mobile app.",
  },
  NOT_FOUND: { status: 404, meaning: "The object does not exist, or it belongs to another user." },
  POST_NOT_FOUND: { status: 404, meaning: "The post does not exist, or it belongs to another user." },
  INVALID_STATUS_TRANSITION: { status: 409, meaning: "The post's status does not allow this." },
  OUTCOME_UNKNOWN: {
    status: 409,
    meaning: "The platform's response was lost, and checking could not determine whether the post is live.",
  },
  IDEMPOTENCY_IN_PROGRESS: {
    status: 409,
    meaning: "The first request with this Idempotency-Key is still in progress.",
  },
  PRECONDITION_FAILED: { status: 412, meaning: "The post or tenant has changed since you read the ETag in If-Match." },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: "The request body or a file is too large." },
  IDEMPOTENCY_KEY_REUSED: { status: 422, meaning: "This Idempotency-Key was already used with a different request." },
  RATE_LIMITED: { status: 429, meaning: "A rate limit or quota has been reached. Try again after it resets." },
  AUTH_EXPIRED: { status: 400, meaning: "Access to the account has expired. Reconnect the account." },
  AUTH_REVOKED: { status: 400, meaning: "The platform refused access, to the account or only for this post." },
  INTERNAL_ERROR: { status: 500, meaning: "Something went wrong on the server. The request itself may be fine." },
  MEDIA_UPLOAD_FAILED: { status: 502, meaning: "The media could not be fetched or uploaded to the platform." },
  BROKER_ERROR: { status: 502, meaning: "The platform failed, or Ampost could not understand its response." },
  PUBLISH_MISSED: {
    status: 502,
    meaning: "The post could not be published in time and was not published late.",
  },
  UNAVAILABLE: { status: 503, meaning: "The service is temporarily unavailable. Try again shortly." },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type PublicCode = keyof typeof PUBLIC_CODES;

/** Codes of warnings on platform posts that are no errors, with their meaning. Others are public codes. */
export const WARNING_CODES = {
  NO_LINK: "The post is published, but the platform has not returned its ID or link.",
  FIRST_COMMENT_NOT_ADDED: "The first comment was not added: the platform did not return the post's ID.",
  FIRST_COMMENT_UNKNOWN: "Whether the first comment was added cannot be checked.",
  THUMBNAIL_NOT_SET: "The video is published, but the platform did not accept its thumbnail.",
  STILL_PROCESSING: "The platform has the video, but is still processing it.",
  PRIVACY_FORCED: "The video is published with another privacy than requested.",
  PREPARATION_FAILED: "Preparing the post failed. It is tried again at its time.",
  PARTS_LIVE: "Parts of the cancelled thread are live and stay.",
  ACCOUNT_DISCONNECTED: "The account is disconnected: choose another with `accountIds`, or reconnect it.",
  PUBLISHING_HELD: "The operator has held publishing. The post is published once it is released.",
  PUBLISHING_PAUSED: "Publishing is paused. `onPause` says what happens to the post.",
} as const;

export type WarningCode = keyof typeof WARNING_CODES;

/**
 * One broken rule. All eight fields are always present; `path` is a JSON Pointer into the request, "" for the whole
 * request.
 */
export interface Issue {
  rule: string;
  code: PublicCode;
  platform: PlatformName | null;
  path: string;
  message: string;
  actual: unknown;
  limit: unknown;
  /** A sentence that says what to do. */
  fix: string;
}

/** An issue about the request as a whole, unless it says otherwise. */
export function issueOf(given: Pick<Issue, "rule" | "message" | "fix"> & Partial<Issue>): Issue {
  const { rule, message, ...others } = given;
  return { rule, code: "VALIDATION_FAILED", platform: null, path: "", message, actual: null, limit: null, ...others };
}

/**
 * An error meant for the caller. Any other error is a bug and surfaces as INTERNAL_ERROR.
 */
export class PublicError extends Error {
  readonly code: PublicCode;
  readonly issues: Issue[];
  readonly headers: Record<string, string>;
  /** Additional fields of the error body, such as `limit` of a 429. */
  readonly extra: Record<string, unknown>;

  constructor(
    code: PublicCode,
    message: string,
    options: { issues?: Issue[]; headers?: Record<string, string>; extra?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.name = "PublicError";
    this.code = code;
    this.issues = options.issues ?? [];
    this.headers = options.headers ?? {};
    this.extra = options.extra ?? {};
  }

  /** An error with a single reason. */
  static of(
    given: Parameters<typeof issueOf>[0],
    options: { headers?: Record<string, string>; extra?: Record<string, unknown> } = {},
  ): PublicError {
    const issue = issueOf(given);
    return new PublicError(issue.code, issue.message, { ...options, issues: [issue] });
  }

  get status(): number {
    return PUBLIC_CODES[this.code].status;
  }
}

/** The `category` of a platform post's error: who has to fix it. */
export type ErrorCategory = "content" | "account" | "rate_limit" | "platform" | "network" | "internal";

/**
 * Broker codes: what a platform's error means to the engine. `retryable` is whether the engine can retry automatically
 * (only if the step's effect allows it); `publicCode` is how it surfaces unless the platform's table is more specific.
 */
export const BROKER_CODES = {
  AUTH_EXPIRED: {
    category: "account",
    retryable: false,
    publicCode: "AUTH_EXPIRED",
    action: "Reconnect the account, then retry the post.",
  },
  AUTH_REVOKED: {
    category: "account",
    retryable: false,
    publicCode: "AUTH_REVOKED",
    action: "Reconnect the account with all permissions, then retry the post.",
  },
  RATE_LIMITED: {
    category: "rate_limit",
    retryable: true,
    publicCode: "RATE_LIMITED",
    action: "Wait until the platform's limit resets, then retry the post.",
  },
  QUOTA_EXCEEDED: {
    category: "rate_limit",
    retryable: false,
    publicCode: "RATE_LIMITED",
    action: "Wait until the platform's quota resets, then retry the post.",
  },
  CONTENT_REJECTED: {
    category: "content",
    retryable: false,
    publicCode: "VALIDATION_FAILED",
    action: "Change the content as the platform's message says, and create a new post for this platform.",
  },
  MEDIA_REJECTED: {
    category: "content",
    retryable: false,
    publicCode: "UNSUPPORTED_MEDIA_CONFIG",
    action: "Change the media as the platform's message says, and create a new post for this platform.",
  },
  MEDIA_FAILED: {
    category: "platform",
    retryable: true,
    publicCode: "MEDIA_UPLOAD_FAILED",
    action: "Check that the media is accessible, then retry the post.",
  },
  IDENTITY_CONFIRMATION_REQUIRED: {
    category: "account",
    retryable: false,
    publicCode: "PAGE_IDENTITY_CONFIRMATION_REQUIRED",
    action: "Complete the Page's identity confirmation in the Facebook mobile app, then retry the post.",
  },
  PLATFORM_UNAVAILABLE: {
    category: "platform",
    retryable: true,
    publicCode: "BROKER_ERROR",
    action: "Retry the post later.",
  },
  OUTCOME_UNKNOWN: {
    category: "network",
    retryable: false,
    publicCode: "OUTCOME_UNKNOWN",
    action: "Check the account. If the post is not there, retry with force.",
  },
  UNEXPECTED_RESPONSE: {
    category: "platform",
    retryable: false,
    publicCode: "BROKER_ERROR",
    action: "Retry the post. If it fails again, report it with the request ID.",
  },
} as const satisfies Record<
  string,
  { category: ErrorCategory; retryable: boolean; publicCode: PublicCode; action: string }
>;

export type BrokerCode = keyof typeof BROKER_CODES;

/** The platform's own error message, redacted. */
export interface PlatformErrorDetail {
  status: number | null;
  code: string | null;
  message: string | null;
  requestId: string | null;
}

/** The public `error` of a platform post. */
export interface PlatformPostError {
  code: PublicCode;
  message: string;
  category: ErrorCategory;
  retryable: boolean;
  /** ISO 8601, null if unknown. */
  retryAt: string | null;
  action: string;
  platformError: PlatformErrorDetail | null;
}
