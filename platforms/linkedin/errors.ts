import type { PlatformErrorDetail } from "../../model/errors.ts";
import { platformWords, toBrokerError, type ErrorRow } from "../kit/errors.ts";
import type { HttpAnswer } from "../kit/http.ts";
import type { BrokerError, BrokerErrorOptions } from "../platform.ts";
import { errorBody } from "./wire.ts";

/** A row of LinkedIn's table of errors. */
export interface LinkedinErrorRow extends ErrorRow {
  /** Absent: any. */
  statuses?: readonly number[];
  /** LinkedIn's names or service numbers; absent: any, and none. */
  keys?: readonly string[];
  /** Begins again with the media's upload, or with the choice of the API's version. */
  redo?: "upload" | "version";
}

/**
 * What LinkedIn's errors mean. Source: LinkedIn docs, error-responses and error-handling, 2026-09; the 656xx family,
 * 100, 101 and the duplicate from responses observed by open-source clients, 2026.
 */
export const errors: readonly LinkedinErrorRow[] = [
  {
    statuses: [401],
    keys: ["EXPIRED_ACCESS_TOKEN", "65602"],
    about: "the token expired after 60 days",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The LinkedIn account's access has expired.",
  },
  {
    // A new token can be reported as revoked for a few seconds.
    statuses: [401],
    keys: ["REVOKED_ACCESS_TOKEN", "65601"],
    about: "the member removed the app, or its permissions were changed",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    retryable: true,
    retryAfterSeconds: 5,
    maxAttempts: 2,
    message: "The user has removed the app from their LinkedIn account.",
  },
  {
    statuses: [401],
    keys: ["INVALID_ACCESS_TOKEN", "65600"],
    about: "the token is malformed, or another app's",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "LinkedIn no longer accepts the account's connection.",
  },
  {
    statuses: [401, 403],
    keys: ["RESTRICTED_MEMBER", "65608"],
    about: "LinkedIn has restricted the account",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "LinkedIn has restricted this account. Its owner must check LinkedIn.",
  },
  {
    statuses: [401],
    about: "no token, or a token rejected without a reason",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "LinkedIn requires the account to be reconnected.",
  },
  {
    statuses: [403],
    about: "a permission is missing, or the author is not the token's member",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The LinkedIn connection is missing a permission that the post needs.",
  },
  {
    statuses: [426],
    about: "the API version is retired",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: true,
    redo: "version",
    message:
      "LinkedIn has retired the API version that this instance uses. The operator must update LINKEDIN_API_VERSION.",
  },
  {
    statuses: [400],
    keys: ["VERSION_MISSING"],
    about: "the version header is missing",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "LinkedIn received no API version.",
  },
  {
    statuses: [400, 422],
    keys: ["FIELD_LENGTH_TOO_LONG"],
    about: "a text is too long",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "CONTENT_TOO_LONG",
    notPublished: true,
    message: "LinkedIn rejected a text of the post as too long.",
  },
  {
    statuses: [400],
    keys: ["MEDIA_ASSET_WAITING_UPLOAD"],
    about: "the media is not ready yet",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    message: "LinkedIn had not finished processing the media.",
  },
  {
    statuses: [400],
    keys: ["MEDIA_ASSET_PROCESSING_FAILED"],
    about: "the file cannot be used",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 1,
    message: "LinkedIn could not process the media.",
  },
  {
    statuses: [400],
    keys: ["INVALID_IMAGE_ID", "INVALID_VIDEO_ID", "EXPIRED_UPLOAD_URL", "UPDATING_ASSET_FAILED"],
    about: "the media is unknown, broken, or took too long to arrive",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    redo: "upload",
    message: "LinkedIn could not find the uploaded media.",
  },
  {
    statuses: [422],
    keys: ["DUPLICATE_POST"],
    about: "the same content was just posted",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "LinkedIn does not publish the same content twice.",
  },
  {
    statuses: [400, 422],
    about: "an invalid or missing field of the post",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "LinkedIn rejected the post's content.",
  },
  {
    statuses: [404],
    about: "a wrong URL, or a missing permission that is not named",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "LinkedIn cannot find what the post refers to.",
  },
  {
    statuses: [409],
    about: "a concurrent write",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: true,
    maxAttempts: 2,
    retryAfterSeconds: 2,
    message: "LinkedIn was busy with another request for this account.",
  },
  {
    statuses: [411],
    about: "the body's length is missing",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "LinkedIn received a request without a length.",
  },
  {
    statuses: [413, 415],
    about: "the file is too large, or its type is not supported",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "LinkedIn does not support this file.",
  },
  {
    statuses: [429],
    keys: ["DAY_LIMIT"],
    about: "the daily requests of the member or app are used up until midnight UTC",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    message: "The daily number of LinkedIn requests is used up; it resets at midnight UTC.",
  },
  {
    statuses: [429],
    about: "too many requests",
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "LinkedIn is rate limiting requests right now.",
  },
  {
    statuses: [500, 502, 503, 504],
    about: "an error at LinkedIn",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "LinkedIn is having problems right now.",
  },
];

const unknown: LinkedinErrorRow = {
  about: "an unknown response",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: false,
  message: "LinkedIn returned an unexpected response.",
};

/** What an error depends on besides the response itself. */
export interface Circumstances {
  now: Date;
  /** Accounts come back at different seconds after midnight. */
  accountId: string;
  /** Replaces the API version of the request if that is retired; null if nothing newer is known. */
  newerVersion: string | null;
  /** The step that starts the media's upload; null if the post has none, or the step cannot be repeated. */
  uploadStep: string | null;
}

/** The step in which the version of the API is chosen. */
export const VERSION_STEP = "version";

export function classify(answer: HttpAnswer, circumstances: Circumstances): BrokerError {
  const body = errorBody.safeParse(answer.json()).data;
  const keys = keysOf(answer);
  const row =
    errors.find((candidate) => matches(candidate, answer.status, keys)) ??
    (answer.status >= 500 ? { ...unknown, brokerCode: "PLATFORM_UNAVAILABLE" } : unknown);
  const platformError: PlatformErrorDetail = {
    status: answer.status,
    code: keys[0] ?? null,
    message: platformWords(body?.message),
    requestId: answer.headers["x-li-uuid"] ?? answer.headers["x-li-request-id"] ?? null,
  };
  return brokerErrorOf(row, platformError, circumstances);
}

/** The URN of the earlier post in a duplicate error; null for every other response. */
export function duplicateOf(answer: HttpAnswer): string | null {
  if (answer.status !== 422 || !keysOf(answer).includes("DUPLICATE_POST")) return null;
  const message = errorBody.safeParse(answer.json()).data?.message ?? "";
  return /urn:li:(?:share|ugcPost|activity):\d{1,20}(?!\d)/.exec(message)?.[0] ?? null;
}

/** By falling exactness: the input error's code, the code, a known name inside the message, the service's number. */
function keysOf(answer: HttpAnswer): string[] {
  const body = errorBody.safeParse(answer.json()).data;
  if (body === undefined) return [];
  const named = body.message?.match(/\b[A-Z]{3,}(?:_[A-Z]{2,})+\b/g)?.filter((name) => KNOWN.has(name)) ?? [];
  const dayLimit = /\bDAY limit\b/.test(body.message ?? "") ? ["DAY_LIMIT"] : [];
  const codes = [body.errorDetails?.inputErrors?.[0]?.code, body.code].filter((code) => typeof code === "string");
  return [
    ...codes,
    ...named,
    ...dayLimit,
    ...(typeof body.serviceErrorCode === "string" ? [body.serviceErrorCode] : []),
  ];
}

const KNOWN: ReadonlySet<string> = new Set(errors.flatMap((row) => row.keys ?? []));

function matches({ statuses, keys }: LinkedinErrorRow, status: number, given: readonly string[]): boolean {
  return (
    (statuses === undefined || statuses.includes(status)) &&
    (keys === undefined || keys.some((key) => given.includes(key)))
  );
}

function brokerErrorOf(
  row: LinkedinErrorRow,
  detail: PlatformErrorDetail,
  { now, accountId, newerVersion, uploadStep }: Circumstances,
): BrokerError {
  const overrides: BrokerErrorOptions =
    row.redo === "version"
      ? // Each retry is in a newer version, so how often the post has failed before does not matter.
        { redoFrom: VERSION_STEP, maxAttempts: newerVersion === null ? 1 : Number.POSITIVE_INFINITY }
      : row.redo === "upload"
        ? { redoFrom: uploadStep }
        : row.brokerCode === "QUOTA_EXCEEDED"
          ? { retryAfterSeconds: secondsToMidnight(now) + spreadSeconds(accountId) }
          : {};
  return toBrokerError("LinkedIn", row, detail, overrides);
}

/** Both daily quotas are reset then. Source: LinkedIn docs, rate-limits, 2026. */
function secondsToMidnight(now: Date): number {
  return 86_400 - (Math.floor(now.getTime() / 1000) % 86_400);
}

function spreadSeconds(accountId: string): number {
  let sum = 0;
  for (const letter of accountId) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 300;
  return sum;
}
