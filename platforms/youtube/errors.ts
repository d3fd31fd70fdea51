import type { PlatformErrorDetail } from "../../model/errors.ts";
import { platformWords, toBrokerError, type ErrorOutcome, type ErrorRow } from "../kit/errors.ts";
import type { HttpAnswer } from "../kit/http.ts";
import { BrokerError } from "../platform.ts";
import { refusal } from "./wire.ts";

/** A row of YouTube's error table. */
export interface YoutubeErrorRow extends ErrorRow {
  reasons?: readonly string[];
  statuses?: readonly number[];
  /** Only YouTube's message distinguishes a daily limit from a per-minute one. */
  sentence?: RegExp;
  /** Can be retried on Google's next day, which starts at midnight Pacific time. */
  untilNextDay?: true;
}

const DAY_SECONDS = 86_400;

/**
 * What YouTube's errors mean, by reason.
 * Source: YouTube docs, errors and videos.insert, 2026-10; responses seen by open-source clients, 2026-05.
 */
export const errors: readonly YoutubeErrorRow[] = [
  {
    about: "the access token has expired or is unknown",
    reasons: ["authError", "expired", "required", "authorizationRequired"],
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The YouTube account's access has expired.",
  },
  {
    about: "the Google account has no channel",
    reasons: ["youtubeSignupRequired"],
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The Google account has no YouTube channel.",
  },
  {
    about: "a scope is missing",
    reasons: ["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"],
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The YouTube account was connected without all required permissions.",
  },
  {
    about: "the account or channel is closed, suspended, or not the user's own",
    reasons: [
      "authenticatedUserAccountClosed",
      "authenticatedUserAccountSuspended",
      "authenticatedUserNotChannel",
      "accountDelegationForbidden",
      "channelClosed",
      "channelSuspended",
    ],
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "YouTube says that this account or channel is closed, suspended or not allowed to publish.",
  },
  {
    about: "the project's daily quota is used up",
    reasons: ["quotaExceeded", "dailyLimitExceeded"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    untilNextDay: true,
    message: "Quota exceeded (quotaExceeded)",
  },
  {
    about: "the project's daily uploads are used up",
    reasons: ["rateLimitExceeded"],
    sentence: /\bper day\b/i,
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    untilNextDay: true,
    message: "Quota exceeded (rateLimitExceeded)",
  },
  {
    about: "too many requests of the project in a minute",
    reasons: ["rateLimitExceeded"],
    brokerCode: "RATE_LIMITED",
    limitOf: "app",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "YouTube is rate limiting requests right now.",
  },
  {
    about: "too many requests of the user in a minute",
    reasons: ["userRateLimitExceeded"],
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "YouTube is rate limiting requests right now.",
  },
  {
    about: "the channel's daily uploads are used up",
    reasons: ["uploadLimitExceeded"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: "The channel has reached YouTube's daily limit of uploads.",
  },
  {
    about: "the channel's daily thumbnails are used up",
    reasons: ["uploadRateLimitExceeded"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: "The channel has reached YouTube's daily limit of thumbnails.",
  },
  {
    about: "comments are turned off on the video",
    reasons: ["commentsDisabled"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube has no comments on this video.",
  },
  {
    about: "the title",
    reasons: ["invalidTitle"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube rejected the video's title.",
  },
  {
    about: "the description",
    reasons: ["invalidDescription"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube rejected the video's description.",
  },
  {
    about: "the tags",
    reasons: ["invalidTags"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube rejected the video's tags.",
  },
  {
    about: "the category",
    reasons: ["invalidCategoryId"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not recognize the video's category.",
  },
  {
    about: "publishAt",
    reasons: ["invalidPublishAt"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube rejected the time when the video should become public.",
  },
  {
    about: "other metadata",
    reasons: [
      "invalidVideoMetadata",
      "invalidFilename",
      "invalidRecordingDetails",
      "invalidVideoGameRating",
      "defaultLanguageNotSet",
    ],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube rejected the video's metadata.",
  },
  {
    about: "a privacy status or license that this channel cannot use",
    reasons: ["forbiddenPrivacySetting", "forbiddenLicenseSetting"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not allow this channel to use this privacy status or license.",
  },
  {
    about: "no data was received",
    reasons: ["mediaBodyRequired"],
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    message: "YouTube received no bytes of the file.",
  },
  {
    about: "an unusable image",
    reasons: ["invalidImage"],
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "YouTube rejected this image.",
  },
  {
    about: "a malformed request",
    reasons: [
      "badRequest",
      "invalidValue",
      "missingRequiredParameter",
      "unexpectedParameter",
      "incompatibleParameters",
    ],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "YouTube rejected the request as malformed.",
  },
  {
    about: "not allowed, without a reason",
    reasons: ["forbidden"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "YouTube does not allow this channel to do this.",
  },
  {
    about: "the API is not enabled",
    reasons: ["accessNotConfigured"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "This instance's Google project has no access to the YouTube API; the operator must enable it.",
  },
  {
    about: "the video does not exist",
    reasons: ["videoNotFound", "notFound", "playlistNotFound"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: false,
    message: "YouTube could not find the video.",
  },
  {
    about: "the token, without a reason",
    statuses: [401],
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The YouTube account's access has expired.",
  },
  {
    about: "too fast, without a reason",
    statuses: [429],
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "YouTube is rate limiting requests right now.",
  },
  {
    about: "an error at Google",
    reasons: ["backendError", "internalError"],
    statuses: [500, 502, 503, 504],
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "YouTube is having problems right now.",
  },
];

const unknown: YoutubeErrorRow = {
  about: "an undocumented error",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: false,
  message: "YouTube returned an unexpected response.",
};

/**
 * No audience ever sees a video that failed this way: a caller's retry uploads it again. Rows for
 * `uploadStatus` and for `processing` with `processingStatus`; those without reasons match any other.
 */
export const outcomes: readonly (ErrorOutcome & { state: string; reasons?: readonly string[] })[] = [
  {
    state: "failed",
    reasons: ["codec", "conversion", "emptyFile", "invalidFile", "tooSmall"],
    brokerCode: "MEDIA_REJECTED",
    message: "YouTube cannot use the video's file.",
  },
  {
    state: "failed",
    reasons: ["uploadAborted"],
    brokerCode: "MEDIA_FAILED",
    message: "YouTube did not receive the whole video.",
  },
  { state: "failed", brokerCode: "UNEXPECTED_RESPONSE", message: "YouTube could not process the video." },
  {
    state: "rejected",
    reasons: ["length"],
    brokerCode: "MEDIA_REJECTED",
    message: "YouTube rejected the video because of its length.",
  },
  { state: "rejected", brokerCode: "UNEXPECTED_RESPONSE", message: "YouTube rejected the video." },
  {
    state: "processing failed",
    reasons: ["uploadFailed"],
    brokerCode: "MEDIA_FAILED",
    message: "YouTube did not receive the whole video.",
  },
  { state: "processing failed", brokerCode: "UNEXPECTED_RESPONSE", message: "YouTube could not process the video." },
];

/** Why a video has failed; null if it has not. */
export function failureOf(state: string | null | undefined, reason: string | null | undefined): BrokerError | null {
  const row = outcomes.find(
    (one) => one.state === state && (one.reasons === undefined || one.reasons.includes(reason ?? "")),
  );
  if (row === undefined) return null;
  const message = row.reasons === undefined && reason ? row.message.replace(/\.$/, `: ${reason}.`) : row.message;
  return new BrokerError(row.brokerCode, message, {
    retryable: false,
    neverLive: true,
    platformError: { status: 200, code: reason ?? null, message: state ?? null, requestId: null },
  });
}

/** By reason first, then by status. */
export function errorOf(answer: HttpAnswer, now = new Date()): BrokerError {
  const { reasons, platformError } = readRefusal(answer);
  const row = errors.find((one) => fits(one, reasons, answer.status, platformError.message ?? "")) ?? unknown;
  const named = retryAfter(answer) ?? (row.untilNextDay === true ? untilPacificMidnight(now) : undefined);
  return toBrokerError("YouTube", row, platformError, named === undefined ? {} : { retryAfterSeconds: named });
}

function fits(
  { reasons, statuses, sentence }: YoutubeErrorRow,
  given: readonly string[],
  status: number,
  message: string,
): boolean {
  const isNamed = reasons?.some((reason) => given.includes(reason)) === true;
  const isStatus = statuses?.includes(status) === true;
  return (isNamed || isStatus) && (sentence === undefined || sentence.test(message));
}

/** Errors of the upload server can be plain text or HTML. */
function readRefusal(answer: HttpAnswer): { reasons: string[]; platformError: PlatformErrorDetail } {
  const error = refusal.safeParse(answer.json()).data?.error;
  const named = [...(error?.errors ?? []), ...(error?.details ?? [])]
    .map(({ reason }) => reason)
    .filter((reason) => typeof reason === "string");
  const message = error?.message ?? error?.errors?.[0]?.message;
  return {
    reasons: named,
    platformError: {
      status: answer.status,
      code: named[0] ?? error?.status ?? null,
      message: platformWords(message),
      requestId: answer.headers["x-goog-request-id"] ?? answer.headers["x-guploader-uploadid"] ?? null,
    },
  };
}

/** Seconds, or a date. */
function retryAfter({ headers }: HttpAnswer): number | undefined {
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : undefined;
}

/** Google's days end at midnight Pacific time; a few minutes later, the new day's quota is reliably available. */
const MARGIN_SECONDS = 300;

const PACIFIC = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/Los_Angeles",
  hourCycle: "h23",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** Seconds until the next day's quotas are available. Source: YouTube docs, quota costs, 2026-09-11. */
export function untilPacificMidnight(now: Date): number {
  const left = 86_400 - secondsOfDay(now);
  const there = secondsOfDay(new Date(now.getTime() + left * 1000));
  // On the two days a year with a clock change, the clock is an hour off then.
  const shift = there === 0 ? 0 : there > 43_200 ? 86_400 - there : -there;
  return left + shift + MARGIN_SECONDS;
}

function secondsOfDay(at: Date): number {
  const parts = new Map(PACIFIC.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return (parts.get("hour") ?? 0) * 3600 + (parts.get("minute") ?? 0) * 60 + (parts.get("second") ?? 0);
}
