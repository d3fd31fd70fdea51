import type { PlatformName } from "./platform-names.ts";

/**
 * The two error lists. Public codes are what callers see, each with its HTTP status; broker codes are
 * internal and say what the engine does about a platform's refusal.
 */

/** Public codes. `status` is the HTTP status of a refused call; those marked 403 and 502 stand on platform posts only. */
export const PUBLIC_CODES = {
  VALIDATION_FAILED: { status: 400, meaning: "The request failed validation." },
  NO_PLATFORMS_SELECTED: { status: 400, meaning: "No platforms were named in the request." },
  PLATFORM_NOT_CONNECTED: {
    status: 400,
    meaning: "A requested platform has no connected account in the platform set.",
  },
  CONTENT_TOO_LONG: { status: 400, meaning: "A text is longer than the platform takes." },
  UNSUPPORTED_MEDIA_TYPE: { status: 400, meaning: "A media file's format is not supported." },
  UNSUPPORTED_MEDIA_CONFIG: {
    status: 400,
    meaning: "The number, size, ratio or duration of the media is not supported by the platform.",
  },
  INVALID_PLACEMENT: { status: 400, meaning: "The selected placement does not take this combination." },
  MIXED_MEDIA_NOT_SUPPORTED: { status: 400, meaning: "The platform does not take images and video in one post." },
  UNAUTHORIZED: { status: 401, meaning: "The API key is missing, wrong, expired or revoked." },
  PAGE_IDENTITY_CONFIRMATION_REQUIRED: {
    status: 403,
    meaning: "Facebook wants the Page manager to confirm their identity in the Facebook mobile app.",
  },
  NOT_FOUND: { status: 404, meaning: "There is no such thing, or it belongs to someone else." },
  POST_NOT_FOUND: { status: 404, meaning: "There is no such post, or it belongs to someone else." },
  INVALID_STATUS_TRANSITION: { status: 409, meaning: "The post's status does not allow this." },
  OUTCOME_UNKNOWN: {
    status: 409,
    meaning: "The platform's answer was lost and reading back cannot tell whether the post is live.",
  },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, meaning: "The first call with this Idempotency-Key is still under way." },
  PRECONDITION_FAILED: { status: 412, meaning: "The post has changed since the ETag in If-Match was read." },
  PAYLOAD_TOO_LARGE: { status: 413, meaning: "The body or a file is larger than allowed." },
  IDEMPOTENCY_KEY_REUSED: { status: 422, meaning: "This Idempotency-Key was used before with a different body." },
  RATE_LIMITED: { status: 429, meaning: "A rate limit or a quota is used up; try again after the window resets." },
  AUTH_EXPIRED: { status: 400, meaning: "The account's token has expired; reconnect the account." },
  AUTH_REVOKED: { status: 400, meaning: "The platform withdrew access; reconnect the account." },
  INTERNAL_ERROR: { status: 500, meaning: "A fault of the server. Nothing is known to be wrong with the request." },
  MEDIA_UPLOAD_FAILED: { status: 502, meaning: "The media could not be fetched or handed to the platform." },
  BROKER_ERROR: { status: 502, meaning: "The platform, or what talks to it, failed." },
  PUBLISH_MISSED: {
    status: 502,
    meaning: "The post's time had passed for too long when it could be published; it was not published late.",
  },
  UNAVAILABLE: { status: 503, meaning: "The database is away; try again shortly." },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type PublicCode = keyof typeof PUBLIC_CODES;

/** One broken rule. All eight members are always there; `path` is a JSON Pointer into the request, "" for the whole of it. */
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

/** A refusal that the caller is meant to read. Everything else that is thrown is a fault and surfaces as INTERNAL_ERROR. */
export class PublicError extends Error {
  readonly code: PublicCode;
  readonly issues: Issue[];
  readonly headers: Record<string, string>;
  /** Further members of the error body, such as `limit` of a 429. */
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

  get status(): number {
    return PUBLIC_CODES[this.code].status;
  }
}

/** What a broken rule's `category` says on a platform post: whose matter it is. */
export type ErrorCategory = "content" | "account" | "rate_limit" | "platform" | "network" | "internal";

/**
 * Broker codes: what a platform's refusal means to the engine. `retryable` is whether the engine may try again by
 * itself (only where the step's effect allows); `publicCode` is how it surfaces unless the platform's table is more exact.
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
    action: "Change the content as the platform's words say, and create a new post for this platform.",
  },
  MEDIA_REJECTED: {
    category: "content",
    retryable: false,
    publicCode: "UNSUPPORTED_MEDIA_CONFIG",
    action: "Change the media as the platform's words say, and create a new post for this platform.",
  },
  MEDIA_FAILED: {
    category: "platform",
    retryable: true,
    publicCode: "MEDIA_UPLOAD_FAILED",
    action: "Check that the media can be read, then retry the post.",
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
    action: "Look at the account. If the post is not there, retry with force.",
  },
  UNEXPECTED_RESPONSE: {
    category: "platform",
    retryable: false,
    publicCode: "BROKER_ERROR",
    action: "Retry the post; if it fails again, report it with the request id.",
  },
} as const satisfies Record<
  string,
  { category: ErrorCategory; retryable: boolean; publicCode: PublicCode; action: string }
>;

export type BrokerCode = keyof typeof BROKER_CODES;

/** The platform's own words about a failure, redacted. */
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
  /** ISO 8601, null where no time is known. */
  retryAt: string | null;
  action: string;
  platformError: PlatformErrorDetail | null;
}
