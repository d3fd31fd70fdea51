import type { PlatformErrorDetail } from "../../model/errors.ts";
import { platformWords, toBrokerError, type ErrorRow } from "../kit/errors.ts";
import type { HttpAnswer } from "../kit/http.ts";
import type { BrokerError } from "../platform.ts";
import { envelope } from "./wire.ts";

/** A row of TikTok's tables of errors. */
export interface TiktokErrorRow extends ErrorRow {
  /** `error.code`, or of a failed post its `fail_reason`. */
  codes: readonly string[];
  /** In the message, if one code stands for several things. */
  sentence?: RegExp;
}

const DAY_SECONDS = 86_400;
const BANNED = "TikTok has banned the account from posting.";
const TOO_MANY = "The account has reached TikTok's limit of posts for 24 hours.";

/**
 * Refusals by `error.code`. Some come with status 200, and the same ones with 403 elsewhere.
 * Source: TikTok docs, direct post, photo post, creator info and error handling, 2025 and 2026-09-11.
 */
export const errors: readonly TiktokErrorRow[] = [
  {
    codes: ["access_token_invalid"],
    about: "the access token is unknown or has expired",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The TikTok account's access has expired.",
  },
  {
    codes: ["scope_not_authorized", "scope_permission_missed"],
    about: "the user has not granted a scope",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The TikTok connection is missing a permission. Reconnect the account and grant all permissions.",
  },
  {
    // TikTok returns no time; its limits are per sliding minute.
    codes: ["rate_limit_exceeded"],
    about: "too many requests in a minute",
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    message: "TikTok is rate limiting requests right now.",
  },
  {
    codes: ["spam_risk_too_many_posts"],
    about: "about 15 posts in 24 hours",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: TOO_MANY,
  },
  {
    codes: ["reached_active_user_cap"],
    about: "the app's limit of creators in 24 hours",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: "The TikTok app has reached its limit of creators for 24 hours.",
  },
  {
    codes: ["spam_risk_too_many_pending_share"],
    about: "five drafts are in the inbox",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: "The account has too many drafts in its TikTok inbox.",
  },
  {
    codes: ["spam_risk_user_banned_from_posting"],
    about: "banned from posting",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: BANNED,
  },
  {
    codes: ["unaudited_client_can_only_post_to_private_accounts"],
    about: "the app is not audited, and the account is public or the level is not SELF_ONLY",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Until TikTok has audited the app, it can post only to private accounts, and only with SELF_ONLY.",
  },
  {
    codes: ["privacy_level_option_mismatch"],
    about: "the creator does not offer the privacy level",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "The TikTok account does not offer this privacyLevel.",
  },
  {
    codes: ["url_ownership_unverified"],
    about: "the media's URL is not on a verified domain",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "TikTok does not fetch media from this domain. The operator must verify it with TikTok.",
  },
  {
    codes: ["invalid_param", "invalid_params"],
    sentence: /chunk|file/i,
    about: "an invalid file or chunks",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    retryable: false,
    message: "TikTok could not process the media.",
  },
  {
    codes: ["invalid_param", "invalid_params"],
    // A limit of the title or description, or their characters. From the start on, so that it is read once.
    sentence:
      /^(?=.*\b(?:title|description)\b).*\b(?:length|long|exceed\w*|limit)\b|^(?:(?!\b(?:title|description)\b).)*\b(?:title|description)\b.*\bcharacters?\b/is,
    about: "a text that is too long",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "CONTENT_TOO_LONG",
    notPublished: true,
    message: "The text is longer than TikTok allows.",
  },
  {
    codes: ["invalid_param", "invalid_params"],
    about: "invalid content",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "TikTok rejected the post's content.",
  },
  {
    codes: ["invalid_file_upload"],
    about: "an invalid file",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    retryable: false,
    message: "TikTok could not process the file.",
  },
  {
    codes: ["app_version_check_failed"],
    about: "the user's TikTok app is too old for photo drafts",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "The user must update their TikTok app first.",
  },
  {
    codes: ["invalid_publish_id", "token_not_authorized_for_specified_publish_id"],
    about: "TikTok does not know the post, or it is another account's",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: false,
    message: "TikTok does not recognize the ID it gave the post.",
  },
  {
    codes: ["internal_error"],
    about: "an error at TikTok",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "TikTok is having problems right now.",
  },
];

/**
 * Why a post that TikTok had accepted failed. Nothing is published then. Source: TikTok docs, get video status,
 * confirmed 2026-09-30.
 */
export const failReasons: readonly TiktokErrorRow[] = [
  {
    codes: ["file_format_check_failed"],
    about: "the format",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "TikTok does not support the media's format.",
  },
  {
    codes: ["duration_check_failed"],
    about: "the duration",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "TikTok does not support videos of this duration.",
  },
  {
    codes: ["frame_rate_check_failed"],
    about: "the frame rate",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "TikTok does not support the video's frame rate.",
  },
  {
    codes: ["picture_size_check_failed"],
    about: "the dimensions",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "TikTok does not support media of this size.",
  },
  {
    codes: ["internal"],
    about: "an error at TikTok",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: true,
    retryAfterSeconds: 60,
    passes: true,
    message: "TikTok could not process the post because of an internal error.",
  },
  {
    codes: ["video_pull_failed", "photo_pull_failed"],
    about: "the media could not be fetched",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    retryAfterSeconds: 60,
    passes: true,
    message: "TikTok could not fetch the media.",
  },
  {
    codes: ["publish_cancelled"],
    about: "cancelled",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "The post was cancelled on TikTok.",
  },
  {
    codes: ["auth_removed"],
    about: "the user has removed the app",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The user has removed the app from their TikTok account.",
  },
  {
    codes: ["spam_risk_too_many_posts"],
    about: "about 15 posts in 24 hours",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    message: TOO_MANY,
  },
  {
    codes: ["spam_risk_user_banned_from_posting"],
    about: "banned from posting",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: BANNED,
  },
  {
    codes: ["spam_risk_text"],
    about: "the text is considered spam",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "TikTok classified the text as spam and will not accept it again.",
  },
  {
    codes: ["spam_risk"],
    about: "the post is considered spam",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "TikTok classified the post as spam.",
  },
];

/** A 4xx in TikTok's own format had no effect, whatever its code. */
const REFUSED: ErrorRow = {
  about: "an undocumented error",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: true,
  message: "TikTok rejected the post.",
};
const UNKNOWN: ErrorRow = {
  about: "an undocumented response",
  brokerCode: "UNEXPECTED_RESPONSE",
  notPublished: false,
  message: "TikTok returned an unexpected response.",
};
const UNAVAILABLE: ErrorRow = {
  about: "an error at TikTok",
  brokerCode: "PLATFORM_UNAVAILABLE",
  notPublished: false,
  message: "TikTok is having problems right now.",
};

export function classifyTikTok(answer: HttpAnswer): BrokerError {
  const error = envelope.safeParse(answer.json()).data?.error;
  const detail: PlatformErrorDetail = {
    status: answer.status,
    code: error?.code ?? null,
    message: platformWords(error?.message),
    requestId: error?.log_id ?? error?.logid ?? null,
  };
  if (answer.status >= 500) return toBrokerError("TikTok", UNAVAILABLE, detail);
  const row =
    error === undefined
      ? undefined
      : errors.find(
          ({ codes, sentence }) => codes.includes(error.code) && (sentence?.test(error.message ?? "") ?? true),
        );
  if (row !== undefined) return toBrokerError("TikTok", row, detail);
  return toBrokerError(
    "TikTok",
    error !== undefined && error.code !== "ok" && answer.status >= 400 ? REFUSED : UNKNOWN,
    detail,
  );
}

/**
 * A post that TikTok had accepted has failed, for this reason. It restarts from `redoFrom` if given; otherwise a person
 * must act, unless it is temporary.
 */
export function failureOf(reason: string | null | undefined, redoFrom?: string): BrokerError {
  const code = reason ?? "unknown";
  const row = failReasons.find(({ codes }) => codes.includes(code));
  const detail = { status: 200, code, message: null, requestId: null };
  const known = row ?? { ...UNKNOWN, notPublished: true, message: "TikTok could not publish the post." };
  return redoFrom === undefined
    ? toBrokerError("TikTok", known, detail, { retryable: known.passes === true, neverLive: true })
    : toBrokerError("TikTok", known, detail, { redoFrom, maxAttempts: known.passes === true ? null : 3 });
}
