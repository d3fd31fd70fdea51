import type { PublicCode } from "../../model/errors.ts";
import { testPlatform } from "../conformance/index.ts";
import { passing, refusals } from "../conformance/refusals.ts";
import type { Operation, Refusal } from "../conformance/subject.ts";

testPlatform({
  name: "linkedin",
  features: { firstComment: "First." },
  readsBack: false,
  refusals: [
    ...everywhere("upload"),
    ...everywhere("publish"),
    ...whilePublishing(),
    { error: "processing-failed", operation: "upload", code: "MEDIA_UPLOAD_FAILED", times: 50, with: "video" },
    { error: "EXPIRED_UPLOAD_URL", operation: "upload", code: "MEDIA_UPLOAD_FAILED", times: 50 },
    { error: "part-url-expired", operation: "upload", code: "MEDIA_UPLOAD_FAILED", times: 50, with: "video" },
    { error: "part-url-expired", operation: "upload", code: "BROKER_ERROR", with: "video", isLive: true },
    { error: "part-arrives-twice", operation: "upload", code: "MEDIA_UPLOAD_FAILED", times: 50, with: "video" },
    { error: "part-arrives-twice", operation: "upload", code: "BROKER_ERROR", with: "video", isLive: true },
    { error: "processing-slow-60s", operation: "upload", code: "BROKER_ERROR", with: "video", isLive: true },
  ],
});

/** Rows of the table of errors that any call may meet. */
function everywhere(operation: Operation): Refusal[] {
  const codes: Record<string, PublicCode> = {
    INVALID_ACCESS_TOKEN: "AUTH_REVOKED",
    REVOKED_ACCESS_TOKEN: "AUTH_REVOKED",
    EXPIRED_ACCESS_TOKEN: "AUTH_EXPIRED",
    EMPTY_ACCESS_TOKEN: "AUTH_EXPIRED",
    "65604": "AUTH_EXPIRED",
    RESTRICTED_MEMBER: "AUTH_REVOKED",
    "65608": "AUTH_REVOKED",
    ACCESS_DENIED: "AUTH_REVOKED",
    "100": "AUTH_REVOKED",
    "author-forbidden": "AUTH_REVOKED",
    NONEXISTENT_VERSION: "BROKER_ERROR",
    VERSION_MISSING: "BROKER_ERROR",
    ILLEGAL_ARGUMENT: "VALIDATION_FAILED",
    MISSING_FIELD: "VALIDATION_FAILED",
    INVALID_URN_ID: "VALIDATION_FAILED",
    NOT_FOUND: "VALIDATION_FAILED",
    "411": "BROKER_ERROR",
    REQUEST_ENTITY_TOO_LARGE: "UNSUPPORTED_MEDIA_CONFIG",
    UNSUPPORTED_MEDIA_TYPE: "UNSUPPORTED_MEDIA_CONFIG",
    CONFLICT: "BROKER_ERROR",
    "422": "VALIDATION_FAILED",
    TOO_MANY_REQUESTS: "RATE_LIMITED",
    "101": "RATE_LIMITED",
    "rate-member": "RATE_LIMITED",
    "rate-app": "RATE_LIMITED",
    "rate-protection": "RATE_LIMITED",
  };
  return refusals(codes, { operation, times: 50 });
}

function whilePublishing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    FIELD_LENGTH_TOO_LONG: "CONTENT_TOO_LONG",
    INVALID_VALUE_FOR_FIELD: "VALIDATION_FAILED",
    INVALID_VALUE_BLANK_FIELD: "VALIDATION_FAILED",
    INVALID_URN_TYPE: "VALIDATION_FAILED",
    INVALID_IMAGE_ID: "MEDIA_UPLOAD_FAILED",
    INVALID_VIDEO_ID: "MEDIA_UPLOAD_FAILED",
    MEDIA_ASSET_WAITING_UPLOAD: "MEDIA_UPLOAD_FAILED",
    MEDIA_ASSET_PROCESSING_FAILED: "MEDIA_UPLOAD_FAILED",
    UPDATING_ASSET_FAILED: "MEDIA_UPLOAD_FAILED",
    DUPLICATE_POST: "VALIDATION_FAILED",
  };
  const once: readonly string[] = [
    "CONFLICT",
    "MEDIA_ASSET_WAITING_UPLOAD",
    "INVALID_IMAGE_ID",
    "version-retired",
    "REVOKED_ACCESS_TOKEN",
    "commit-then-drop",
    "commit-then-504",
    "500-without-commit",
  ];
  return [...refusals(codes, { operation: "publish", times: 50 }), ...passing(once, { operation: "publish" })];
}
