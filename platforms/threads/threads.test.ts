import type { PublicCode } from "../../model/errors.ts";
import { GRAPH_CODES, GRAPH_OPEN } from "../conformance/graph.ts";
import { testPlatform } from "../conformance/index.ts";
import { passing, refusals } from "../conformance/refusals.ts";
import type { Refusal } from "../conformance/subject.ts";

testPlatform({
  name: "threads",
  readsBack: true,
  refusals: [
    ...whilePreparing(),
    ...whilePublishing(),
    ...leftOpen(),
    { error: "quota-full", operation: "read", code: "RATE_LIMITED" },
    { error: "fetch-404", operation: "create", code: "MEDIA_UPLOAD_FAILED", times: 50 },
    { error: "parent-lag", operation: "create", code: "BROKER_ERROR", isLive: true },
    { error: "permalink-missing", operation: "read", code: "BROKER_ERROR", isLive: true, hasNoLink: true },
    { error: "list-lag-60s", operation: "publish", code: "BROKER_ERROR", isLive: true },
  ],
});

/** Every row of the table of errors, at the call that makes the container. */
function whilePreparing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    ...GRAPH_CODES,
    "4279013": "AUTH_REVOKED",
    "25/2207050": "AUTH_REVOKED",
    "24/4279009": "BROKER_ERROR",
    "4/2207051": "RATE_LIMITED",
    "9": "RATE_LIMITED",
    "9/2207042": "RATE_LIMITED",
    "9004/2207052": "MEDIA_UPLOAD_FAILED",
    "-2/2207003": "MEDIA_UPLOAD_FAILED",
    "-2/2207020": "MEDIA_UPLOAD_FAILED",
    "-1/2207032": "MEDIA_UPLOAD_FAILED",
    "-1/2207053": "MEDIA_UPLOAD_FAILED",
    "36000/2207004": "UNSUPPORTED_MEDIA_CONFIG",
    "36001/2207005": "UNSUPPORTED_MEDIA_CONFIG",
    "36003/2207009": "UNSUPPORTED_MEDIA_CONFIG",
    "352/2207026": "UNSUPPORTED_MEDIA_CONFIG",
    "9007/2207027": "MEDIA_UPLOAD_FAILED",
    "text-too-long": "CONTENT_TOO_LONG",
    THREADS_API__LINK_LIMIT_EXCEEDED: "VALIDATION_FAILED",
    THREADS_API__FEATURE_NOT_AVAILABLE: "INVALID_PLACEMENT",
    THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES: "VALIDATION_FAILED",
    "100/33": "VALIDATION_FAILED",
    "2500": "VALIDATION_FAILED",
  };
  const containers: Record<string, PublicCode> = {
    "video-FAILED_DOWNLOADING_VIDEO": "MEDIA_UPLOAD_FAILED",
    "video-FAILED_PROCESSING_AUDIO": "MEDIA_UPLOAD_FAILED",
    "video-FAILED_PROCESSING_VIDEO": "MEDIA_UPLOAD_FAILED",
    "video-INVALID_ASPEC_RATIO": "UNSUPPORTED_MEDIA_CONFIG",
    "video-INVALID_BIT_RATE": "UNSUPPORTED_MEDIA_CONFIG",
    "video-INVALID_DURATION": "UNSUPPORTED_MEDIA_CONFIG",
    "video-INVALID_FRAME_RATE": "UNSUPPORTED_MEDIA_CONFIG",
    "video-INVALID_AUDIO_CHANNELS": "UNSUPPORTED_MEDIA_CONFIG",
    "video-INVALID_AUDIO_CHANNEL_LAYOUT": "UNSUPPORTED_MEDIA_CONFIG",
    "video-UNKNOWN": "MEDIA_UPLOAD_FAILED",
  };
  return [
    ...refusals(codes, { operation: "create", times: 50 }),
    ...refusals(containers, { operation: "create", times: 50, with: "video" }),
  ];
}

/** What proves at the publishing call that nothing was published. */
function whilePublishing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    "190/463": "AUTH_EXPIRED",
    "190/458": "AUTH_REVOKED",
    "10": "AUTH_REVOKED",
    "4279013": "AUTH_REVOKED",
    "25/2207050": "AUTH_REVOKED",
    "4/2207051": "RATE_LIMITED",
    "368": "RATE_LIMITED",
    "613": "RATE_LIMITED",
    "9": "RATE_LIMITED",
    "quota-full": "RATE_LIMITED",
    "100": "VALIDATION_FAILED",
    "2500": "VALIDATION_FAILED",
    "3": "BROKER_ERROR",
  };
  return refusals(codes, { operation: "publish" });
}

/** What proves nothing there: the container is read, and the post goes out in the end, once. */
function leftOpen(): Refusal[] {
  const errors = [
    ...GRAPH_OPEN,
    "24/4279009",
    "100/33",
    "9007/2207027",
    "publish-4279009-n-times",
    "spam-2207051-but-live",
  ];
  return passing(errors, { operation: "publish" });
}
