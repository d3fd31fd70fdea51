import { SCOPE_UNAPPROVED } from "../../../sandbox/authorize.ts";
import {
  jsonAnswer,
  OPERATIONS,
  type Call,
  type FaultSwitch,
  type Operation,
  type PlatformAnswer,
} from "../../../sandbox/platform.ts";

/**
 * LinkedIn's error bodies, and the faults that tests can request.
 * Source: LinkedIn docs, error-handling and rate-limits, 2026; bodies from field reports are as reported.
 */
export interface RestError {
  status: number;
  message: string;
  code?: string;
  serviceErrorCode?: number;
  details?: Record<string, unknown>;
}

/** Thrown by a route to return an error. */
export class Refusal extends Error {
  readonly error: RestError;

  constructor(error: RestError) {
    super(error.message);
    this.error = error;
  }
}

export function restError(call: Call, { status, serviceErrorCode, code, message, details }: RestError): PlatformAnswer {
  const body = {
    status,
    ...(serviceErrorCode !== undefined && { serviceErrorCode }),
    ...(code !== undefined && { code }),
    message,
    ...details,
  };
  return jsonAnswer(body, { status, headers: restHeaders(call) });
}

export function restHeaders(call: Call): Record<string, string> {
  return {
    "x-li-uuid": `AAY${call.number.toString(36).padStart(10, "0")}==`,
    "x-li-request-id": `sandbox-${call.number}`,
    "x-li-fabric": "prod-lva1",
    "x-restli-protocol-version": "2.0.0",
  };
}

/** Errors of the token endpoint. */
export function tokenError(status: number, error: string, error_description: string): PlatformAnswer {
  return jsonAnswer({ error, error_description }, { status });
}

const day = (whose: "APPLICATION" | "MEMBER"): RestError => ({
  status: 429,
  serviceErrorCode: 101,
  code: "TOO_MANY_REQUESTS",
  message: `Resource level throttle ${whose} DAY limit for calls to this resource is reached.`,
});

/** Every error with a fixed format. */
export const ERRORS = {
  invalidToken: { status: 401, serviceErrorCode: 65600, code: "INVALID_ACCESS_TOKEN", message: "Invalid access token" },
  revoked: {
    status: 401,
    serviceErrorCode: 65601,
    code: "REVOKED_ACCESS_TOKEN",
    message: "The token used in the request has been revoked by the user",
  },
  expired: {
    status: 401,
    serviceErrorCode: 65602,
    code: "EXPIRED_ACCESS_TOKEN",
    message: "The token used in the request has expired",
  },
  noToken: { status: 401, serviceErrorCode: 65604, code: "EMPTY_ACCESS_TOKEN", message: "Empty oauth2_access_token" },
  restricted: {
    status: 403,
    serviceErrorCode: 65608,
    code: "RESTRICTED_MEMBER",
    message: "The member account is restricted",
  },
  noVersion: {
    status: 400,
    code: "VERSION_MISSING",
    message: "A version must be present. Please specify a version by adding the LinkedIn-Version header.",
  },
  notAuthor: {
    status: 403,
    serviceErrorCode: 100,
    code: "ACCESS_DENIED",
    message:
      "Field Value validation failed in REQUEST_BODY: Data Processing Exception while processing fields [/author]",
  },
  noMap: { status: 400, code: "ILLEGAL_ARGUMENT", message: "Request body could not be converted to data map" },
  tooLong: {
    status: 400,
    code: "FIELD_LENGTH_TOO_LONG",
    message: "The length of a field is longer than the allowed maximum",
  },
  blank: { status: 400, code: "INVALID_VALUE_BLANK_FIELD", message: "The value of the field commentary is blank" },
  badImage: { status: 400, code: "INVALID_IMAGE_ID", message: "The image id is invalid" },
  badDocument: { status: 400, code: "INVALID_DOCUMENT_ID", message: "The document id is invalid" },
  badVideo: { status: 400, code: "INVALID_VIDEO_ID", message: "The video id is invalid" },
  waitingUpload: {
    status: 400,
    code: "MEDIA_ASSET_WAITING_UPLOAD",
    message: "The media asset is waiting for its upload",
  },
  processingFailed: {
    status: 400,
    code: "MEDIA_ASSET_PROCESSING_FAILED",
    message: "The media asset could not be processed",
  },
  expiredUrl: { status: 400, code: "EXPIRED_UPLOAD_URL", message: "The upload URL has expired" },
  updateFailed: { status: 400, code: "UPDATING_ASSET_FAILED", message: "The media asset could not be updated" },
  notFound: { status: 404, code: "NOT_FOUND", message: "The requested resource was not found" },
  conflict: { status: 409, code: "CONFLICT", message: "Conflict while writing. Please retry." },
  noLength: { status: 411, message: "A Content-Length header is required" },
  tooLarge: { status: 413, code: "REQUEST_ENTITY_TOO_LARGE", message: "The upload is too large" },
  unsupported: { status: 415, code: "UNSUPPORTED_MEDIA_TYPE", message: "The media type is not supported" },
  memberDay: day("MEMBER"),
  applicationDay: day("APPLICATION"),
  protection: { status: 429, code: "TOO_MANY_REQUESTS", message: "Too many requests. Please slow down." },
  server: { status: 500, code: "INTERNAL_SERVER_ERROR", message: "Internal Server Error" },
  unavailable: { status: 503, code: "SERVICE_UNAVAILABLE", message: "Service Unavailable" },
  maintenance: { status: 503, code: "UNDER_MAINTENANCE", message: "The service is under maintenance" },
} as const satisfies Record<string, RestError>;

export function noPermission(resource: string): RestError {
  return {
    status: 403,
    serviceErrorCode: 100,
    code: "ACCESS_DENIED",
    message: `Not enough permissions to access: ${resource}`,
  };
}

export function forbidden(kind: "image" | "video" | "document"): RestError {
  return {
    status: 403,
    serviceErrorCode: 100,
    code: "ACCESS_DENIED",
    message: `Accessing this ${kind} resource is forbidden. Please check your permissions for this resource`,
  };
}

export function forbiddenPost(): RestError {
  return {
    status: 403,
    serviceErrorCode: 100,
    code: "ACCESS_DENIED",
    message: "Accessing the UGC resource is forbidden. Please check your permissions for this resource",
  };
}

export function inactiveVersion(version: string): RestError {
  return {
    status: 426,
    code: "NONEXISTENT_VERSION",
    message: `Requested version ${/^\d{6}$/.test(version) ? `${version}01` : version} is not active`,
  };
}

export function badValue(message: string): RestError {
  return { status: 400, code: "INVALID_VALUE_FOR_FIELD", message };
}

/** The schema violations of a body, one line per field. */
export function schemaError(problems: readonly string[]): RestError {
  return { status: 422, message: problems.map((problem) => `ERROR :: ${problem}\n`).join("") };
}

/** Verbatim from the live service. */
export function duplicateOf(urn: string): RestError {
  return {
    status: 422,
    message: `com.linkedin.content.common.exception.BadRequestResponseException: Content is a duplicate of ${urn}`,
    details: {
      errorDetailType: "com.linkedin.common.error.BadRequest",
      errorDetails: { inputErrors: [{ description: "Duplicate post is detected", input: {}, code: "DUPLICATE_POST" }] },
    },
  };
}

const CALLS: readonly Operation[] = OPERATIONS.filter((operation) => operation !== "authorize");
const GATEWAY_TIMEOUT: PlatformAnswer = {
  status: 504,
  headers: { "content-type": "text/html" },
  body: "<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1></body></html>",
};

/** Every row of the platform's error table, by its key or number. */
const NAMED_ERRORS: Readonly<Record<string, RestError>> = {
  ...byKeys(
    Object.values(ERRORS).filter(
      (error) => error !== ERRORS.memberDay && error !== ERRORS.protection && error !== ERRORS.notAuthor,
    ),
  ),
  ACCESS_DENIED: noPermission("partnerApiPostsExternal.CREATE.20260501"),
  "100": noPermission("partnerApiPostsExternal.CREATE.20260501"),
  "author-forbidden": ERRORS.notAuthor,
  "image-forbidden": forbidden("image"),
  "video-forbidden": forbidden("video"),
  NONEXISTENT_VERSION: inactiveVersion("202605"),
  "version-retired": inactiveVersion("202605"),
  MISSING_FIELD: { status: 400, code: "MISSING_FIELD", message: "A required field is missing" },
  INVALID_VALUE_FOR_FIELD: badValue("The value of a field is invalid"),
  INVALID_URN_TYPE: { status: 400, code: "INVALID_URN_TYPE", message: "The type of the URN is invalid" },
  INVALID_URN_ID: { status: 400, code: "INVALID_URN_ID", message: "The id of the URN is invalid" },
  RESOURCE_NOT_FOUND: { status: 404, code: "RESOURCE_NOT_FOUND", message: "No virtual resource found" },
  "411": ERRORS.noLength,
  DUPLICATE_POST: duplicateOf("urn:li:share:7295588489876647936"),
  "422": schemaError(["/content/media/id :: field is required but not found and has no default value"]),
  "rate-member": ERRORS.memberDay,
  "rate-app": ERRORS.applicationDay,
  "rate-protection": ERRORS.protection,
  "unheard-of": { status: 400, code: "SOMETHING_NEW", message: "An undocumented error" },
};

export const SWITCHES: readonly FaultSwitch[] = [
  SCOPE_UNAPPROVED,
  {
    name: "commit-then-drop",
    operations: ["publish"],
    about: "Published, then the connection drops.",
    as: "drop_after",
  },
  {
    name: "commit-then-504",
    operations: ["publish"],
    about: "Published, then a gateway's 504 in HTML.",
    done: true,
    answer: () => GATEWAY_TIMEOUT,
  },
  { name: "500-without-commit", operations: ["publish"], about: "500, not published.", as: "http_500" },
  {
    name: "201-without-id",
    operations: ["publish"],
    about: "Published, but the response has no x-restli-id.",
    done: true,
    answer: (call) => ({ status: 201, headers: restHeaders(call), body: "" }),
  },
  { name: "duplicate-unseen", operations: ["publish"], about: "The duplicate check ignores this request." },
  {
    name: "revoked-after-refresh",
    operations: CALLS,
    about: "Tokens less than 10 s old are treated as revoked.",
    applies: (call) => isYoung(call),
    answer: (call) => restError(call, ERRORS.revoked),
  },
  {
    name: "version-retired-{n}",
    operations: CALLS,
    about: "Requests with version N are refused as those with an ended one: `version-retired-202605`.",
    applies: (call, version) => call.headers["linkedin-version"] === String(version),
    answer: (call) => restError(call, inactiveVersion(call.headers["linkedin-version"] ?? "")),
  },
  {
    name: "processing-failed",
    operations: ["upload"],
    about: "The image, video or document ends as PROCESSING_FAILED.",
  },
  { name: "processing-slow-{n}s", operations: ["upload"], about: "Processing takes N seconds." },
  {
    name: "part-url-expired",
    operations: ["upload"],
    about: "The upload URL has expired: 401 on a part of a video, EXPIRED_UPLOAD_URL on an image.",
    applies: isPut,
  },
  {
    name: "part-arrives-twice",
    operations: ["upload"],
    about: "A part of a video arrives again after its response: its ETag is now another one.",
    applies: isPut,
  },
  {
    name: "token-expired",
    operations: CALLS,
    about: "The token has expired, starting with this request.",
    as: "expire_token",
  },
  { name: "token-revoked", operations: CALLS, about: "The member has removed the app.", as: "revoke_token" },
  ...Object.entries(NAMED_ERRORS).map(([name, error]): FaultSwitch => ({
    name,
    operations: CALLS,
    about: `${error.status}: ${error.message}`,
    answer: (call) => restError(call, error),
  })),
];

function byKeys(errors: readonly RestError[]): Record<string, RestError> {
  const entries = errors.flatMap((error) =>
    [error.code, error.serviceErrorCode].flatMap((key): [string, RestError][] =>
      key === undefined ? [] : [[String(key), error]],
    ),
  );
  return Object.fromEntries(entries);
}

function isPut(call: Call): boolean {
  return call.method === "PUT";
}

const YOUNG_MS = 10_000;

function isYoung(call: Call): boolean {
  const token = call.accessToken === null ? undefined : call.world.identity.token("linkedin", call.accessToken);
  return token !== undefined && call.now < token.issuedAt + YOUNG_MS;
}
