import type { z } from "zod";

import { cutText } from "../../model/cut-text.ts";
import type { BrokerCode, PlatformErrorDetail, PublicCode } from "../../model/errors.ts";
import type { HttpAnswer, HttpClient, HttpRequest } from "../kit/http.ts";
import { redact } from "../kit/redaction.ts";
import { BrokerError } from "../platform.ts";
import { envelope } from "./wire.ts";

/** What a refusal means. The first row that fits counts. */
export interface ErrorRow {
  /** `error.code`, or of a failed post its `fail_reason`. */
  codes: readonly string[];
  /** In the message, where one code stands for several things. */
  sentence?: RegExp;
  meaning: string;
  becomes: BrokerCode;
  surfacesAs?: PublicCode;
  /** Whether the answer proves that the call published nothing. */
  notPublished: boolean;
  retryable?: false;
  retryAfterSeconds?: number;
  says: string;
}

const DAY_SECONDS = 86_400;
const BANNED = "TikTok has banned the account from posting.";
const TOO_MANY = "The account has reached TikTok's number of posts for 24 hours.";

/**
 * Refusals by `error.code`. Some come with status 200, and the same ones with 403 elsewhere.
 * Source: TikTok docs, direct post, photo post, creator info and error handling, 2025 and 2026-09-11.
 */
export const errors: readonly ErrorRow[] = [
  {
    codes: ["access_token_invalid"],
    meaning: "the access token is unknown or has expired",
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "The TikTok account's access has expired.",
  },
  {
    codes: ["scope_not_authorized", "scope_permission_missed"],
    meaning: "the person has not granted a scope",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The TikTok connection lacks a permission. Reconnect the account and grant everything.",
  },
  {
    // TikTok tells no time; its limits are those of a sliding minute.
    codes: ["rate_limit_exceeded"],
    meaning: "too many calls in a minute",
    becomes: "RATE_LIMITED",
    notPublished: true,
    retryAfterSeconds: 60,
    says: "TikTok limits the number of calls at the moment.",
  },
  {
    codes: ["spam_risk_too_many_posts"],
    meaning: "about 15 posts in 24 hours",
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    says: TOO_MANY,
  },
  {
    codes: ["reached_active_user_cap"],
    meaning: "the app's number of creators in 24 hours",
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    says: "The TikTok app has reached its number of creators for 24 hours.",
  },
  {
    codes: ["spam_risk_too_many_pending_share"],
    meaning: "five drafts wait in the inbox",
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    says: "Too many drafts wait in the account's TikTok inbox.",
  },
  {
    codes: ["spam_risk_user_banned_from_posting"],
    meaning: "banned from posting",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: BANNED,
  },
  {
    codes: ["unaudited_client_can_only_post_to_private_accounts"],
    meaning: "the app is not audited, and the account is public or the level is not SELF_ONLY",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "Until TikTok has audited the app, it posts only to private accounts, and only with SELF_ONLY.",
  },
  {
    codes: ["privacy_level_option_mismatch"],
    meaning: "the creator does not offer the level",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "The TikTok account does not offer this privacyLevel.",
  },
  {
    codes: ["url_ownership_unverified"],
    meaning: "the media's address is on no verified domain",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "TikTok does not fetch from this address: whoever runs this instance has to verify its media domain at TikTok.",
  },
  {
    codes: ["invalid_param", "invalid_params"],
    sentence: /chunk|file/i,
    meaning: "a bad file or bad chunks",
    becomes: "MEDIA_FAILED",
    notPublished: true,
    retryable: false,
    says: "TikTok did not take in the media.",
  },
  {
    codes: ["invalid_param", "invalid_params"],
    // A limit of the title or description, or their characters. From the start on, so that it is read once.
    sentence:
      /^(?=.*\b(?:title|description)\b).*\b(?:length|long|exceed\w*|limit)\b|^(?:(?!\b(?:title|description)\b).)*\b(?:title|description)\b.*\bcharacters?\b/is,
    meaning: "a text that is too long",
    becomes: "CONTENT_REJECTED",
    surfacesAs: "CONTENT_TOO_LONG",
    notPublished: true,
    says: "The text is longer than TikTok takes.",
  },
  {
    codes: ["invalid_param", "invalid_params"],
    meaning: "bad content",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "TikTok refused the post's content.",
  },
  {
    codes: ["invalid_file_upload"],
    meaning: "a bad file",
    becomes: "MEDIA_FAILED",
    notPublished: true,
    retryable: false,
    says: "TikTok did not take in the file.",
  },
  {
    codes: ["app_version_check_failed"],
    meaning: "the person's TikTok app is too old for drafts of photos",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "The person has to update their TikTok app first.",
  },
  {
    codes: ["invalid_publish_id", "token_not_authorized_for_specified_publish_id"],
    meaning: "TikTok does not know the post, or it is another account's",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: false,
    says: "TikTok does not know the post by the id that it gave itself.",
  },
  {
    codes: ["internal_error"],
    meaning: "a fault on TikTok's side",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    says: "TikTok has a fault at the moment.",
  },
];

/** Why a post that TikTok had accepted failed. Nothing is published then. Source: TikTok docs, get video status, confirmed 2026-09-30. */
export const failReasons: readonly ErrorRow[] = [
  {
    codes: ["file_format_check_failed"],
    meaning: "the format",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "TikTok does not take the media's format.",
  },
  {
    codes: ["duration_check_failed"],
    meaning: "the duration",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "TikTok does not take a video of this duration.",
  },
  {
    codes: ["frame_rate_check_failed"],
    meaning: "the frame rate",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "TikTok does not take the video's frame rate.",
  },
  {
    codes: ["picture_size_check_failed"],
    meaning: "the size in pixels",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "TikTok does not take media of this size.",
  },
  {
    codes: ["internal"],
    meaning: "a fault on TikTok's side",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: true,
    retryAfterSeconds: 60,
    says: "TikTok could not process the post because of a fault of its own.",
  },
  {
    codes: ["video_pull_failed", "photo_pull_failed"],
    meaning: "the media could not be fetched",
    becomes: "MEDIA_FAILED",
    notPublished: true,
    retryAfterSeconds: 60,
    says: "TikTok could not fetch the media.",
  },
  {
    codes: ["publish_cancelled"],
    meaning: "cancelled",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "The post was cancelled at TikTok.",
  },
  {
    codes: ["auth_removed"],
    meaning: "the person has removed the app",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The person has removed the app from their TikTok account.",
  },
  {
    codes: ["spam_risk_too_many_posts"],
    meaning: "about 15 posts in 24 hours",
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    retryAfterSeconds: DAY_SECONDS,
    says: TOO_MANY,
  },
  {
    codes: ["spam_risk_user_banned_from_posting"],
    meaning: "banned from posting",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: BANNED,
  },
  {
    codes: ["spam_risk_text"],
    meaning: "a text taken for spam",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "TikTok took the text for spam. It will not take this text again.",
  },
  {
    codes: ["spam_risk"],
    meaning: "taken for spam",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "TikTok took the post for spam.",
  },
];

/** A 4xx in TikTok's own form did nothing, whatever its code. */
const REFUSED: ErrorRow = {
  codes: [],
  meaning: "a refusal that nobody has documented",
  becomes: "UNEXPECTED_RESPONSE",
  notPublished: true,
  says: "TikTok refused the post.",
};
const UNKNOWN: ErrorRow = {
  codes: [],
  meaning: "an answer that nobody has documented",
  becomes: "UNEXPECTED_RESPONSE",
  notPublished: false,
  says: "TikTok gave an answer that is not known.",
};
const UNAVAILABLE: ErrorRow = {
  codes: [],
  meaning: "a fault on TikTok's side",
  becomes: "PLATFORM_UNAVAILABLE",
  notPublished: false,
  says: "TikTok has a fault at the moment.",
};

const API = "https://open.tiktokapis.com";

/** A call with the account's token; paths end with a slash. */
export function apiRequest(accessToken: string, path: string, json: unknown): HttpRequest {
  return {
    method: "POST",
    url: `${API}${path}`,
    headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json; charset=UTF-8" },
    json,
  };
}

/** Sends a request and reads its answer. Throws a BrokerError where TikTok refuses, a TransportError where no answer came. */
export async function callTikTok<T>(http: HttpClient, schema: z.ZodType<T>, request: HttpRequest): Promise<T> {
  return readTikTok(schema, await http.send(request));
}

/** What the answer says, in the schema's form. Throws a BrokerError for every answer that is not a good one. */
export function readTikTok<T>(schema: z.ZodType<T>, answer: HttpAnswer): T {
  const parsed = envelope.safeParse(answer.json());
  if (!parsed.success || parsed.data.error.code !== "ok" || answer.status > 299) throw classifyTikTok(answer);
  const data = schema.safeParse(parsed.data.data);
  if (data.success) return data.data;
  throw new BrokerError("UNEXPECTED_RESPONSE", "TikTok gave an answer that could not be read.", {
    platformError: { status: answer.status, code: null, message: null, requestId: parsed.data.error.log_id ?? null },
    cause: data.error,
  });
}

export function classifyTikTok(answer: HttpAnswer): BrokerError {
  const error = envelope.safeParse(answer.json()).data?.error;
  const detail: PlatformErrorDetail = {
    status: answer.status,
    code: error?.code ?? null,
    message: error?.message === null || error?.message === undefined ? null : cutText(redact(error.message), 500),
    requestId: error?.log_id ?? error?.logid ?? null,
  };
  if (answer.status >= 500) return errorOf(UNAVAILABLE, detail);
  const row =
    error === undefined
      ? undefined
      : errors.find(
          ({ codes, sentence }) => codes.includes(error.code) && (sentence?.test(error.message ?? "") ?? true),
        );
  if (row !== undefined) return errorOf(row, detail);
  return errorOf(error !== undefined && error.code !== "ok" && answer.status >= 400 ? REFUSED : UNKNOWN, detail);
}

/** A post that TikTok had accepted has failed, for this reason. Where it is begun anew, from `redoFrom`; else the person has to. */
export function failureOf(reason: string | null | undefined, redoFrom?: string): BrokerError {
  const code = reason ?? "unknown";
  const row = failReasons.find(({ codes }) => codes.includes(code));
  const detail = { status: 200, code, message: null, requestId: null };
  const known = row ?? { ...UNKNOWN, notPublished: true, says: "TikTok could not publish the post." };
  return redoFrom === undefined
    ? errorOf({ ...known, retryable: false }, detail, { neverLive: true })
    : errorOf(known, detail, { redoFrom });
}

function errorOf(
  row: ErrorRow,
  detail: PlatformErrorDetail,
  options: { redoFrom?: string; neverLive?: true } = {},
): BrokerError {
  const said = detail.message === null || detail.message === "" ? "" : ` TikTok says: ${detail.message}`;
  return new BrokerError(row.becomes, `${row.says}${said}`, {
    notPublished: row.notPublished,
    platformError: detail,
    ...(row.surfacesAs === undefined ? {} : { publicCode: row.surfacesAs }),
    ...(row.retryable === undefined ? {} : { retryable: row.retryable }),
    ...(row.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: row.retryAfterSeconds }),
    ...(options.redoFrom === undefined ? {} : { redoFrom: options.redoFrom, maxAttempts: 3 }),
    ...(options.neverLive === undefined ? {} : { neverLive: options.neverLive }),
  });
}
