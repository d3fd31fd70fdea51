import type { PublicCode } from "../../model/errors.ts";
import { GRAPH_CODES, GRAPH_OPEN } from "../conformance/graph.ts";
import { testPlatform } from "../conformance/index.ts";
import { passing, refusals } from "../conformance/refusals.ts";
import type { Refusal } from "../conformance/subject.ts";

testPlatform({
  name: "instagram",
  features: { firstComment: "First." },
  readsBack: true,
  refusals: [
    ...whilePreparing(),
    ...whilePublishing(),
    ...leftOpen(),
    { error: "quota-full", operation: "read", code: "RATE_LIMITED" },
    { error: "permalink-100-33", operation: "status", code: "BROKER_ERROR", isLive: true },
    { error: "list-lag-60s", operation: "publish", code: "BROKER_ERROR", isLive: true },
  ],
});

/** Every row of the table of errors, at the call that makes the container. */
function whilePreparing(): Refusal[] {
  const codes: Record<string, PublicCode> = {
    ...GRAPH_CODES,
    "-1/2207001": "BROKER_ERROR",
    "-2/2207003": "MEDIA_UPLOAD_FAILED",
    "36000/2207004": "UNSUPPORTED_MEDIA_CONFIG",
    "36001/2207005": "UNSUPPORTED_MEDIA_CONFIG",
    "24/2207006": "BROKER_ERROR",
    "24/2207008": "BROKER_ERROR",
    "36003/2207009": "UNSUPPORTED_MEDIA_CONFIG",
    "36004/2207010": "CONTENT_TOO_LONG",
    "-2/2207020": "MEDIA_UPLOAD_FAILED",
    "100/2207023": "INVALID_PLACEMENT",
    "352/2207026": "UNSUPPORTED_MEDIA_CONFIG",
    "9007/2207027": "MEDIA_UPLOAD_FAILED",
    "100/2207028": "UNSUPPORTED_MEDIA_CONFIG",
    "-1/2207032": "MEDIA_UPLOAD_FAILED",
    "100/2207035": "VALIDATION_FAILED",
    "100/2207036": "VALIDATION_FAILED",
    "100/2207037": "VALIDATION_FAILED",
    "100/2207040": "VALIDATION_FAILED",
    "9/2207042": "RATE_LIMITED",
    "25/2207050": "AUTH_REVOKED",
    "4/2207051": "RATE_LIMITED",
    "9004/2207052": "MEDIA_UPLOAD_FAILED",
    "-1/2207053": "MEDIA_UPLOAD_FAILED",
    "1/2207057": "VALIDATION_FAILED",
    "100/2207067": "INVALID_PLACEMENT",
    INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID: "VALIDATION_FAILED",
    "9009": "AUTH_REVOKED",
    "190/492": "AUTH_REVOKED",
    "80001": "RATE_LIMITED",
    "80002": "RATE_LIMITED",
    "368/4854002": "PAGE_IDENTITY_CONFIRMATION_REQUIRED",
    "200/1404078": "PAGE_IDENTITY_CONFIRMATION_REQUIRED",
    "100/33": "AUTH_REVOKED",
    "2500": "VALIDATION_FAILED",
    "fetch-404": "MEDIA_UPLOAD_FAILED",
    "fetch-timeout": "MEDIA_UPLOAD_FAILED",
    "bad-format": "UNSUPPORTED_MEDIA_CONFIG",
  };
  const containers: Record<string, PublicCode> = {
    "bad-format": "UNSUPPORTED_MEDIA_CONFIG",
    "processing-error-2207076": "MEDIA_UPLOAD_FAILED",
    "processing-error-2207077": "MEDIA_UPLOAD_FAILED",
    "processing-error-2207081": "INVALID_PLACEMENT",
    "processing-error-2207082": "MEDIA_UPLOAD_FAILED",
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
    "restricted-2207050": "AUTH_REVOKED",
    "identity-4854002": "PAGE_IDENTITY_CONFIRMATION_REQUIRED",
    "200/1404078": "PAGE_IDENTITY_CONFIRMATION_REQUIRED",
    "368": "RATE_LIMITED",
    "rate-80002": "RATE_LIMITED",
    "quota-full": "RATE_LIMITED",
    "spam-2207051": "RATE_LIMITED",
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
    "24/2207006",
    "24/2207008",
    "9007/2207027",
    "-1/2207001",
    "100/33",
    "republish-accepts",
    "spam-2207051-but-live",
  ];
  return passing(errors, { operation: "publish" });
}
