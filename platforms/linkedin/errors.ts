import { cutText } from "../../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode } from "../../model/errors.ts";
import type { HttpAnswer } from "../kit/http.ts";
import { redact } from "../kit/redaction.ts";
import { BrokerError } from "../platform.ts";
import { errorBody } from "./wire.ts";

/** One row of the table of errors. The first whose every member matches decides. */
export interface ErrorRow {
  /** Absent: any. */
  statuses?: readonly number[];
  /** LinkedIn's names or service numbers; absent: any, and none. */
  keys?: readonly string[];
  meaning: string;
  becomes: BrokerCode;
  surfacesAs?: PublicCode;
  /** Whether this answer to the publishing call proves that nothing was published. */
  notPublished: boolean;
  retryable?: boolean;
  retryAfterSeconds?: number;
  /** Tries in all. */
  maxAttempts?: number;
  /** Begins again with the media's upload, or with the choice of the API's version. */
  redo?: "upload" | "version";
  /** The public sentence. */
  says: string;
}

/**
 * What LinkedIn's refusals mean. Source: LinkedIn docs, error-responses and error-handling, 2026-09; the 656xx family,
 * 100, 101 and the duplicate from answers that open clients have seen, 2026.
 */
export const errors: readonly ErrorRow[] = [
  {
    statuses: [401],
    keys: ["EXPIRED_ACCESS_TOKEN", "65602"],
    meaning: "the token's 60 days are over",
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "The LinkedIn account's access has expired.",
  },
  {
    // Just renewed, a token may be called revoked for some seconds.
    statuses: [401],
    keys: ["REVOKED_ACCESS_TOKEN", "65601"],
    meaning: "the member removed the app, or its permissions were changed",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    retryable: true,
    retryAfterSeconds: 5,
    maxAttempts: 2,
    says: "The person has removed the app from their LinkedIn account.",
  },
  {
    statuses: [401],
    keys: ["INVALID_ACCESS_TOKEN", "65600"],
    meaning: "the token is malformed, or another app's",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "LinkedIn does not accept the account's connection any more.",
  },
  {
    statuses: [401, 403],
    keys: ["RESTRICTED_MEMBER", "65608"],
    meaning: "LinkedIn has restricted the account",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "LinkedIn has restricted this account. The person has to look into LinkedIn.",
  },
  {
    statuses: [401],
    meaning: "no token was given, or one that nothing is said about",
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "LinkedIn asks for the account to be connected again.",
  },
  {
    statuses: [403],
    meaning: "a permission is missing, or the author is not the token's member",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The LinkedIn connection lacks a permission that the post needs.",
  },
  {
    statuses: [426],
    meaning: "the version of the API is retired",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: true,
    maxAttempts: 2,
    redo: "version",
    says: "LinkedIn has retired the version of its API that this instance uses. The operator has to raise LINKEDIN_API_VERSION.",
  },
  {
    statuses: [400],
    keys: ["VERSION_MISSING"],
    meaning: "the version's header is missing",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "LinkedIn did not see which version of its API was meant.",
  },
  {
    statuses: [400, 422],
    keys: ["FIELD_LENGTH_TOO_LONG"],
    meaning: "a text is too long",
    becomes: "CONTENT_REJECTED",
    surfacesAs: "CONTENT_TOO_LONG",
    notPublished: true,
    says: "LinkedIn found a text of the post too long.",
  },
  {
    statuses: [400],
    keys: ["MEDIA_ASSET_WAITING_UPLOAD"],
    meaning: "the media is not ready yet",
    becomes: "MEDIA_FAILED",
    notPublished: true,
    says: "LinkedIn had not finished taking in the media.",
  },
  {
    statuses: [400],
    keys: ["MEDIA_ASSET_PROCESSING_FAILED"],
    meaning: "the file cannot be used",
    becomes: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 1,
    says: "LinkedIn could not process the media.",
  },
  {
    statuses: [400],
    keys: ["INVALID_IMAGE_ID", "INVALID_VIDEO_ID", "EXPIRED_UPLOAD_URL", "UPDATING_ASSET_FAILED"],
    meaning: "the media is unknown, broken, or took too long to arrive",
    becomes: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    redo: "upload",
    says: "LinkedIn did not find the media that was uploaded.",
  },
  {
    statuses: [422],
    keys: ["DUPLICATE_POST"],
    meaning: "the same was posted a moment ago",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "LinkedIn refuses to publish the same content twice.",
  },
  {
    statuses: [400, 422],
    meaning: "a wrong or missing member of the post",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "LinkedIn refused the post's content.",
  },
  {
    statuses: [404],
    meaning: "a wrong address, or a permission that is not told of",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "LinkedIn cannot find what the post refers to.",
  },
  {
    statuses: [409],
    meaning: "another write at the same moment",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: true,
    maxAttempts: 2,
    retryAfterSeconds: 2,
    says: "LinkedIn was busy with the same account.",
  },
  {
    statuses: [411],
    meaning: "the length of the body was missing",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "LinkedIn did not see how long the request was.",
  },
  {
    statuses: [413, 415],
    meaning: "the file is too large, or of a type that is not taken",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "LinkedIn does not take this file.",
  },
  {
    statuses: [429],
    keys: ["DAY_LIMIT"],
    meaning: "the member's or the app's calls of the day are used up, until midnight UTC",
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    says: "LinkedIn's calls of the day are used up; they come back at midnight UTC.",
  },
  {
    statuses: [429],
    meaning: "too many calls at the moment",
    becomes: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    says: "LinkedIn limits the number of calls at the moment.",
  },
  {
    statuses: [500, 502, 503, 504],
    meaning: "a fault on LinkedIn's side",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    says: "LinkedIn has a fault at the moment.",
  },
];

const unknown: ErrorRow = {
  meaning: "an answer that is not known",
  becomes: "UNEXPECTED_RESPONSE",
  notPublished: false,
  says: "LinkedIn gave an answer that is not known.",
};

/** What a refusal depends on beside the answer itself. */
export interface Circumstances {
  now: Date;
  /** Accounts come back at different seconds after midnight. */
  accountId: string;
  /** The step with which the media's upload begins; null where the post has none, or the step can't be gone back to. */
  uploadStep: string | null;
}

/** The step in which the version of the API is chosen. */
export const VERSION_STEP = "version";

export function classify(answer: HttpAnswer, circumstances: Circumstances): BrokerError {
  const body = errorBody.safeParse(answer.json()).data;
  const message = body?.message ?? null;
  const keys = keysOf(answer);
  const row =
    errors.find((candidate) => matches(candidate, answer.status, keys)) ??
    (answer.status >= 500 ? { ...unknown, becomes: "PLATFORM_UNAVAILABLE" } : unknown);
  const platformError: PlatformErrorDetail = {
    status: answer.status,
    code: keys[0] ?? null,
    message: message === null ? null : cutText(redact(message), 500),
    requestId: answer.headers["x-li-uuid"] ?? answer.headers["x-li-request-id"] ?? null,
  };
  return brokerErrorOf(row, platformError, circumstances);
}

/** The URN of the earlier post that a duplicate's refusal names; null for every other answer. */
export function duplicateOf(answer: HttpAnswer): string | null {
  if (answer.status !== 422 || !keysOf(answer).includes("DUPLICATE_POST")) return null;
  const message = errorBody.safeParse(answer.json()).data?.message ?? "";
  return /urn:li:(?:share|ugcPost|activity):\d+/.exec(message)?.[0] ?? null;
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

function matches({ statuses, keys }: ErrorRow, status: number, given: readonly string[]): boolean {
  return (
    (statuses === undefined || statuses.includes(status)) &&
    (keys === undefined || keys.some((key) => given.includes(key)))
  );
}

function brokerErrorOf(
  row: ErrorRow,
  platformError: PlatformErrorDetail,
  { now, accountId, uploadStep }: Circumstances,
): BrokerError {
  const redoFrom = row.redo === "version" ? VERSION_STEP : row.redo === "upload" ? uploadStep : null;
  const retryAfterSeconds =
    row.becomes === "QUOTA_EXCEEDED" ? secondsToMidnight(now) + spreadSeconds(accountId) : row.retryAfterSeconds;
  return new BrokerError(row.becomes, row.says, {
    notPublished: row.notPublished,
    platformError,
    ...(row.surfacesAs === undefined ? {} : { publicCode: row.surfacesAs }),
    ...(row.retryable === undefined ? {} : { retryable: row.retryable }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(row.maxAttempts === undefined ? {} : { maxAttempts: row.maxAttempts }),
    ...(redoFrom === null ? {} : { redoFrom }),
  });
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
