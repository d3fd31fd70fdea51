import type { PublicCode } from "../../model/errors.ts";
import { testPlatform } from "../conformance/index.ts";
import { passing, refusals } from "../conformance/refusals.ts";
import type { Refusal } from "../conformance/subject.ts";

testPlatform({
  name: "twitter",
  beside: { poll: { durationMinutes: 60 } },
  readsBack: true,
  onlyListed: () => true,
  refusals: [
    ...whileUploading(),
    ...whilePublishing(),
    ...leftOpen(),
    { error: "unauthorized", operation: "publish", code: "AUTH_EXPIRED", isLive: true },
    { error: "append-without-body", operation: "upload", code: "BROKER_ERROR", isLive: true, with: "video" },
    { error: "media-failed", operation: "status", code: "MEDIA_UPLOAD_FAILED", with: "video" },
    { error: "media-failed-internal", operation: "status", code: "BROKER_ERROR", isLive: true, with: "video" },
    { error: "media-failed-internal", operation: "status", code: "MEDIA_UPLOAD_FAILED", times: 50, with: "video" },
  ],
});

/** The rows of the table of errors that an upload can meet. */
function whileUploading(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    unauthorized: "AUTH_EXPIRED",
    credits: "BROKER_ERROR",
    "credits-depleted": "BROKER_ERROR",
    forbidden: "AUTH_REVOKED",
    "unsupported-authentication": "AUTH_REVOKED",
    "client-not-enrolled": "BROKER_ERROR",
    "user-suspended": "AUTH_REVOKED",
    "app-suspended": "BROKER_ERROR",
    "invalid-request": "MEDIA_UPLOAD_FAILED",
    "too-large": "MEDIA_UPLOAD_FAILED",
    "too-many-requests-88": "RATE_LIMITED",
    "usage-capped": "RATE_LIMITED",
    "rate-24h": "RATE_LIMITED",
    "500": "BROKER_ERROR",
    "503": "BROKER_ERROR",
  };
  return refusals(codes, { operation: "upload", times: 50 });
}

/** What proves at the publishing call that nothing was published. */
function whilePublishing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    unauthorized: "AUTH_EXPIRED",
    credits: "BROKER_ERROR",
    "credits-depleted": "BROKER_ERROR",
    "duplicate-content": "VALIDATION_FAILED",
    "not-permitted": "VALIDATION_FAILED",
    "video-too-long": "UNSUPPORTED_MEDIA_CONFIG",
    "reply-restricted": "VALIDATION_FAILED",
    cashtag: "VALIDATION_FAILED",
    "invalid-url": "VALIDATION_FAILED",
    "unsupported-authentication": "AUTH_REVOKED",
    "client-not-enrolled": "BROKER_ERROR",
    "official-client-forbidden": "BROKER_ERROR",
    "user-suspended": "AUTH_REVOKED",
    "app-suspended": "BROKER_ERROR",
    "invalid-request": "VALIDATION_FAILED",
    exclusivity: "UNSUPPORTED_MEDIA_CONFIG",
    "media-ids": "MEDIA_UPLOAD_FAILED",
    "not-found": "VALIDATION_FAILED",
    "too-large": "MEDIA_UPLOAD_FAILED",
    "too-many-requests-88": "RATE_LIMITED",
    "usage-capped": "RATE_LIMITED",
    "rate-24h": "RATE_LIMITED",
    "code-32": "AUTH_EXPIRED",
    "code-89": "AUTH_EXPIRED",
    "code-185": "RATE_LIMITED",
    "code-186": "CONTENT_TOO_LONG",
    "code-187": "VALIDATION_FAILED",
    "code-226": "VALIDATION_FAILED",
    "code-324": "MEDIA_UPLOAD_FAILED",
    "code-326": "AUTH_REVOKED",
    "code-385": "VALIDATION_FAILED",
    "code-433": "VALIDATION_FAILED",
  };
  return refusals(codes, { operation: "publish", times: 50 });
}

/** What proves nothing there: what is live is found in the timeline, and of the rest nobody knows. */
function leftOpen(): Refusal[] {
  return [
    ...passing(["503-but-live", "drop-connection-but-live"], { operation: "publish" }),
    ...refusals(
      Object.fromEntries(["500", "502", "503", "504", "forbidden-other"].map((error) => [error, "OUTCOME_UNKNOWN"])),
      { operation: "publish" },
    ),
  ];
}
