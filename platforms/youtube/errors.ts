import type { z } from "zod";

import { cutText } from "../../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode } from "../../model/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import { redact } from "../kit/redaction.ts";
import { BrokerError } from "../platform.ts";
import { untilPacificMidnight } from "./pacific-midnight.ts";
import { refusal } from "./wire.ts";

/**
 * What YouTube's refusals mean, told apart by their reason. The first row that fits counts.
 * Source: YouTube docs, errors and videos.insert, 2026-10; answers seen by open clients, 2026-05.
 */
export interface ErrorRow {
  meaning: string;
  reasons?: readonly string[];
  statuses?: readonly number[];
  /** Only YouTube's sentence tells the limit of a day from that of a minute. */
  sentence?: RegExp;
  becomes: BrokerCode;
  surfacesAs?: PublicCode;
  /** Whether this answer to the call that sends the last bytes proves that no video was made. */
  notPublished: boolean;
  /** When trying again makes sense, where the answer does not say. */
  again?: "pacificMidnight" | number;
  maxAttempts?: number;
  /** Whose calls are limited; the account's where it is left out. */
  limitOf?: "app";
  says: string;
}

const DAY_SECONDS = 86_400;

export const errors: readonly ErrorRow[] = [
  {
    meaning: "the access token has expired or is not known",
    reasons: ["authError", "expired", "required", "authorizationRequired"],
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "The YouTube account's access has expired.",
  },
  {
    meaning: "the Google account has no channel",
    reasons: ["youtubeSignupRequired"],
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The Google account has no YouTube channel.",
  },
  {
    meaning: "a scope is missing",
    reasons: ["insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"],
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The YouTube account was connected without all permissions.",
  },
  {
    meaning: "the account or channel is closed, suspended, or not the person's own",
    reasons: [
      "authenticatedUserAccountClosed",
      "authenticatedUserAccountSuspended",
      "authenticatedUserNotChannel",
      "accountDelegationForbidden",
      "channelClosed",
      "channelSuspended",
    ],
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "YouTube says that this account or channel is closed, suspended or not allowed to publish.",
  },
  {
    meaning: "the project's quota of the day is used up",
    reasons: ["quotaExceeded", "dailyLimitExceeded"],
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    again: "pacificMidnight",
    says: "Quota exceeded (quotaExceeded)",
  },
  {
    meaning: "the project's uploads of the day are used up",
    reasons: ["rateLimitExceeded"],
    sentence: /\bper day\b/i,
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    again: "pacificMidnight",
    says: "Quota exceeded (rateLimitExceeded)",
  },
  {
    meaning: "too many calls of the project within a minute",
    reasons: ["rateLimitExceeded"],
    becomes: "RATE_LIMITED",
    limitOf: "app",
    notPublished: true,
    again: 60,
    says: "YouTube limits the number of calls at the moment.",
  },
  {
    meaning: "too many calls of the person within a minute",
    reasons: ["userRateLimitExceeded"],
    becomes: "RATE_LIMITED",
    notPublished: true,
    again: 60,
    says: "YouTube limits the number of calls at the moment.",
  },
  {
    meaning: "the channel's uploads of the day are used up",
    reasons: ["uploadLimitExceeded"],
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    again: DAY_SECONDS,
    says: "The channel has uploaded as many videos as YouTube allows it in a day.",
  },
  {
    meaning: "the channel's thumbnails of the day are used up",
    reasons: ["uploadRateLimitExceeded"],
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    again: DAY_SECONDS,
    says: "The channel has set as many thumbnails as YouTube allows it in a day.",
  },
  {
    meaning: "the title",
    reasons: ["invalidTitle"],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not take the video's title.",
  },
  {
    meaning: "the description",
    reasons: ["invalidDescription"],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not take the video's description.",
  },
  {
    meaning: "the tags",
    reasons: ["invalidTags"],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not take the video's tags.",
  },
  {
    meaning: "the category",
    reasons: ["invalidCategoryId"],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not know the video's category.",
  },
  {
    meaning: "publishAt",
    reasons: ["invalidPublishAt"],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not take the time at which the video is to become public.",
  },
  {
    meaning: "other metadata",
    reasons: [
      "invalidVideoMetadata",
      "invalidFilename",
      "invalidRecordingDetails",
      "invalidVideoGameRating",
      "defaultLanguageNotSet",
    ],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not take what was said about the video.",
  },
  {
    meaning: "a privacy or licence that this channel may not set",
    reasons: ["forbiddenPrivacySetting", "forbiddenLicenseSetting"],
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "YouTube does not let this channel set this privacy or licence.",
  },
  {
    meaning: "no bytes came",
    reasons: ["mediaBodyRequired"],
    becomes: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    says: "YouTube received no bytes of the file.",
  },
  {
    meaning: "a picture that cannot be used",
    reasons: ["invalidImage"],
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "YouTube does not take this picture.",
  },
  {
    meaning: "a request of the wrong form",
    reasons: [
      "badRequest",
      "invalidValue",
      "missingRequiredParameter",
      "unexpectedParameter",
      "incompatibleParameters",
    ],
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "YouTube refused the form of the request.",
  },
  {
    meaning: "not allowed, without saying why",
    reasons: ["forbidden"],
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "YouTube does not allow this to the channel.",
  },
  {
    meaning: "the API is not switched on",
    reasons: ["accessNotConfigured"],
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "The Google project that this instance uses has no access to the YouTube API; whoever runs it has to enable it.",
  },
  {
    meaning: "the video is not there",
    reasons: ["videoNotFound", "notFound", "playlistNotFound"],
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: false,
    says: "YouTube does not know the video.",
  },
  {
    meaning: "the token, without a reason",
    statuses: [401],
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "The YouTube account's access has expired.",
  },
  {
    meaning: "too fast, without a reason",
    statuses: [429],
    becomes: "RATE_LIMITED",
    notPublished: true,
    again: 60,
    says: "YouTube limits the number of calls at the moment.",
  },
  {
    meaning: "a fault on Google's side",
    reasons: ["backendError", "internalError"],
    statuses: [500, 502, 503, 504],
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    says: "YouTube has a fault at the moment.",
  },
];

const unknown: ErrorRow = {
  meaning: "nobody has documented it",
  becomes: "UNEXPECTED_RESPONSE",
  notPublished: false,
  says: "YouTube gave an answer that is not known.",
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
  const retryAfterSeconds =
    retryAfter(answer) ?? (row.again === "pacificMidnight" ? untilPacificMidnight(now) : row.again);
  return new BrokerError(row.becomes, row.says, {
    notPublished: row.notPublished,
    platformError,
    ...(row.surfacesAs === undefined ? {} : { publicCode: row.surfacesAs }),
    ...(row.maxAttempts === undefined ? {} : { maxAttempts: row.maxAttempts }),
    ...(row.limitOf === undefined ? {} : { limitOf: row.limitOf }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

function fits(
  { reasons, statuses, sentence }: ErrorRow,
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
      message: typeof message === "string" ? cutText(redact(message), 500) : null,
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
