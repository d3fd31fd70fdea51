import type { z } from "zod";

import type { PlatformErrorDetail } from "../../model/errors.ts";
import { platformWords, toBrokerError, type ErrorRow } from "../kit/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import type { BrokerError } from "../platform.ts";
import { untilPacificMidnight } from "./pacific-midnight.ts";
import { refusal } from "./wire.ts";

/** A row of YouTube's table of errors. */
export interface YoutubeErrorRow extends ErrorRow {
  reasons?: readonly string[];
  statuses?: readonly number[];
  /** Only YouTube's sentence tells the limit of a day from that of a minute. */
  sentence?: RegExp;
  /** It may be tried again on Google's next day, which begins at midnight Pacific time. */
  untilNextDay?: true;
}

const DAY_SECONDS = 86_400;

/**
 * What YouTube's refusals mean, told apart by their reason.
 * Source: YouTube docs, errors and videos.insert, 2026-10; answers seen by open clients, 2026-05.
 */
export const errors: readonly YoutubeErrorRow[] = [
  {
    about: "the access token has expired or is not known",
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
    message: "The YouTube account was connected without all permissions.",
  },
  {
    about: "the account or channel is closed, suspended, or not the person's own",
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
    about: "the project's quota of the day is used up",
    reasons: ["quotaExceeded", "dailyLimitExceeded"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    untilNextDay: true,
    message: "Quota exceeded (quotaExceeded)",
  },
  {
    about: "the project's uploads of the day are used up",
    reasons: ["rateLimitExceeded"],
    sentence: /\bper day\b/i,
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    untilNextDay: true,
    message: "Quota exceeded (rateLimitExceeded)",
  },
  {
    about: "too many calls of the project within a minute",
    reasons: ["rateLimitExceeded"],
    brokerCode: "RATE_LIMITED",
    limitOf: "app",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "YouTube limits the number of calls at the moment.",
  },
  {
    about: "too many calls of the person within a minute",
    reasons: ["userRateLimitExceeded"],
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "YouTube limits the number of calls at the moment.",
  },
  {
    about: "the channel's uploads of the day are used up",
    reasons: ["uploadLimitExceeded"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: "The channel has uploaded as many videos as YouTube allows it in a day.",
  },
  {
    about: "the channel's thumbnails of the day are used up",
    reasons: ["uploadRateLimitExceeded"],
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: "The channel has set as many thumbnails as YouTube allows it in a day.",
  },
  {
    about: "the title",
    reasons: ["invalidTitle"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not take the video's title.",
  },
  {
    about: "the description",
    reasons: ["invalidDescription"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not take the video's description.",
  },
  {
    about: "the tags",
    reasons: ["invalidTags"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not take the video's tags.",
  },
  {
    about: "the category",
    reasons: ["invalidCategoryId"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not know the video's category.",
  },
  {
    about: "publishAt",
    reasons: ["invalidPublishAt"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not take the time at which the video is to become public.",
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
    message: "YouTube does not take what was said about the video.",
  },
  {
    about: "a privacy or licence that this channel may not set",
    reasons: ["forbiddenPrivacySetting", "forbiddenLicenseSetting"],
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "YouTube does not let this channel set this privacy or licence.",
  },
  {
    about: "no bytes came",
    reasons: ["mediaBodyRequired"],
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    message: "YouTube received no bytes of the file.",
  },
  {
    about: "a picture that cannot be used",
    reasons: ["invalidImage"],
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "YouTube does not take this picture.",
  },
  {
    about: "a request of the wrong form",
    reasons: [
      "badRequest",
      "invalidValue",
      "missingRequiredParameter",
      "unexpectedParameter",
      "incompatibleParameters",
    ],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "YouTube refused the form of the request.",
  },
  {
    about: "not allowed, without saying why",
    reasons: ["forbidden"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "YouTube does not allow this to the channel.",
  },
  {
    about: "the API is not switched on",
    reasons: ["accessNotConfigured"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message:
      "The Google project that this instance uses has no access to the YouTube API; whoever runs it has to enable it.",
  },
  {
    about: "the video is not there",
    reasons: ["videoNotFound", "notFound", "playlistNotFound"],
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: false,
    message: "YouTube does not know the video.",
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
    message: "YouTube limits the number of calls at the moment.",
  },
  {
    about: "a fault on Google's side",
    reasons: ["backendError", "internalError"],
    statuses: [500, 502, 503, 504],
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "YouTube has a fault at the moment.",
  },
];

const unknown: YoutubeErrorRow = {
  about: "nobody has documented it",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: false,
  message: "YouTube gave an answer that is not known.",
};

/** Sends one request and reads its answer. Throws the BrokerError that a refusal means. */
export async function callYoutube<T>(http: HttpClient, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  return readYoutube(schema, await http.send(request));
}

/** Throws the BrokerError that a refusal means, or another error where a success cannot be read. */
export function readYoutube<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  return schema.parse(answer.json());
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

/** Faults of the upload server may be plain text or HTML. */
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
