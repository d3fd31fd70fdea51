import type { PublicCode } from "../../model/errors.ts";
import { testPlatform } from "../conformance/index.ts";
import { passing, refusals } from "../conformance/refusals.ts";
import type { Operation, Refusal } from "../conformance/subject.ts";

testPlatform({
  name: "youtube",
  features: { privacyStatus: "public", firstComment: "First." },
  redundant: ["https://www.googleapis.com/auth/youtube.upload"],
  readsBack: true,
  refusals: [...refusedAt("upload"), ...refusedAt("publish"), ...leftOpen(), ...afterTheLastByte()],
});

/** Every row of the error table, for opening a session and for the last bytes. */
function refusedAt(operation: Operation): Refusal[] {
  const codes: Record<string, PublicCode> = {
    youtubeSignupRequired: "AUTH_REVOKED",
    insufficientPermissions: "AUTH_REVOKED",
    authenticatedUserAccountClosed: "AUTH_REVOKED",
    authenticatedUserAccountSuspended: "AUTH_REVOKED",
    authenticatedUserNotChannel: "AUTH_REVOKED",
    accountDelegationForbidden: "AUTH_REVOKED",
    channelClosed: "AUTH_REVOKED",
    channelSuspended: "AUTH_REVOKED",
    quotaExceeded: "RATE_LIMITED",
    dailyLimitExceeded: "RATE_LIMITED",
    rateLimitExceeded: "RATE_LIMITED",
    userRateLimitExceeded: "RATE_LIMITED",
    "uploads-per-day": "RATE_LIMITED",
    uploadLimitExceeded: "RATE_LIMITED",
    "uploadLimitExceeded-403": "RATE_LIMITED",
    uploadRateLimitExceeded: "RATE_LIMITED",
    invalidTitle: "VALIDATION_FAILED",
    invalidDescription: "VALIDATION_FAILED",
    invalidTags: "VALIDATION_FAILED",
    invalidCategoryId: "VALIDATION_FAILED",
    invalidPublishAt: "VALIDATION_FAILED",
    invalidVideoMetadata: "VALIDATION_FAILED",
    invalidFilename: "VALIDATION_FAILED",
    invalidRecordingDetails: "VALIDATION_FAILED",
    invalidVideoGameRating: "VALIDATION_FAILED",
    defaultLanguageNotSet: "VALIDATION_FAILED",
    forbiddenPrivacySetting: "VALIDATION_FAILED",
    forbiddenLicenseSetting: "VALIDATION_FAILED",
    badRequest: "BROKER_ERROR",
    invalidValue: "BROKER_ERROR",
    missingRequiredParameter: "BROKER_ERROR",
    unexpectedParameter: "BROKER_ERROR",
    incompatibleParameters: "BROKER_ERROR",
    forbidden: "BROKER_ERROR",
    accessNotConfigured: "BROKER_ERROR",
    ...(operation === "upload"
      ? {
          videoNotFound: "BROKER_ERROR",
          backendError: "BROKER_ERROR",
          internalError: "BROKER_ERROR",
          "html-502": "BROKER_ERROR",
          "unheard-of": "BROKER_ERROR",
        }
      : {}),
  };
  const tokens = ["authError", "expired", "required", "authorizationRequired"];
  return [
    ...refusals(codes, { operation, times: 50 }),
    // The token is refreshed, and rejected anyway.
    ...tokens.map((error): Refusal => ({ error, operation, code: "AUTH_EXPIRED", times: 50 })),
    { error: "mediaBodyRequired", operation, code: "MEDIA_UPLOAD_FAILED", times: 50 },
  ];
}

/** The session's response to a query, or its final one. */
function leftOpen(): Refusal[] {
  const errors = [
    "backendError",
    "html-502",
    "unheard-of",
    "final-200",
    "session-expired",
    "session-gone",
    "cut-at-300000",
  ];
  return [
    ...passing(errors, { operation: "publish" }),
    { error: "session-expired", operation: "upload", code: "BROKER_ERROR", isLive: true },
    { error: "unavailable-retry-after", operation: "upload", code: "BROKER_ERROR", isLive: true },
  ];
}

/** The bytes have arrived, and YouTube cannot or will not turn them into a video. */
function afterTheLastByte(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    "failed-codec": "UNSUPPORTED_MEDIA_CONFIG",
    "failed-conversion": "UNSUPPORTED_MEDIA_CONFIG",
    "failed-emptyFile": "UNSUPPORTED_MEDIA_CONFIG",
    "failed-invalidFile": "UNSUPPORTED_MEDIA_CONFIG",
    "failed-tooSmall": "UNSUPPORTED_MEDIA_CONFIG",
    "failed-uploadAborted": "MEDIA_UPLOAD_FAILED",
    "rejected-length": "UNSUPPORTED_MEDIA_CONFIG",
    "rejected-copyright": "BROKER_ERROR",
    "rejected-duplicate": "BROKER_ERROR",
    "rejected-inappropriate": "BROKER_ERROR",
    "rejected-uploaderAccountSuspended": "BROKER_ERROR",
    "processing-uploadFailed": "MEDIA_UPLOAD_FAILED",
    "processing-transcodeFailed": "BROKER_ERROR",
    "processing-streamingFailed": "BROKER_ERROR",
    "processing-other": "BROKER_ERROR",
  };
  return refusals(codes, { operation: "publish" });
}
