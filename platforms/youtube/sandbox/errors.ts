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
 * The Data API's error bodies, and the faults that tests can request.
 * Source: YouTube docs, errors and core_errors, 2026-10; bodies from field reports are as reported.
 */
export interface ApiError {
  status: number;
  reason: string;
  message: string;
  domain: string;
  location?: string;
  locationType?: "header" | "parameter" | "other";
  /** What newer Google servers return in addition to the list of errors. */
  more?: Record<string, unknown>;
  headers?: Record<string, string>;
}

/** Thrown by a route to return an error. */
export class Refusal extends Error {
  readonly answer: PlatformAnswer;

  constructor(answer: ApiError | PlatformAnswer) {
    super("refused");
    this.answer = "reason" in answer ? apiError(answer) : answer;
  }
}

export function apiError({
  status,
  reason,
  message,
  domain,
  location,
  locationType,
  more,
  headers,
}: ApiError): PlatformAnswer {
  const error = {
    message,
    domain,
    reason,
    ...(location !== undefined && { location, locationType: locationType ?? "other" }),
  };
  return jsonAnswer(
    { error: { code: status, message, errors: [error], ...more } },
    { status, ...(headers && { headers }) },
  );
}

/** Errors of the token endpoints. */
export function tokenError(status: number, error: string, error_description: string): PlatformAnswer {
  return jsonAnswer({ error, error_description }, { status });
}

/** Errors of the upload server are plain text. */
export function plainError(status: number, message: string): PlatformAnswer {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body: message };
}

const video = (status: number, reason: string, message: string, location?: string): ApiError => ({
  status,
  reason,
  message,
  domain: "youtube.video",
  ...(location !== undefined && { location, locationType: "other" }),
});
const thread = (status: number, reason: string, message: string, location?: string): ApiError => ({
  ...video(status, reason, message, location),
  domain: "youtube.commentThread",
});
const common = (status: number, reason: string, message: string): ApiError => ({
  status,
  reason,
  message,
  domain: "youtube.common",
});
const global = (status: number, reason: string, message: string): ApiError => ({
  status,
  reason,
  message,
  domain: "global",
});
const authorization = (reason: string, message: string): ApiError => ({
  status: 401,
  reason,
  message,
  domain: "global",
  location: "Authorization",
  locationType: "header",
  more: { status: "UNAUTHENTICATED" },
});

const QUOTA =
  "The request cannot be completed because you have exceeded your <a " +
  'href="/youtube/v3/getting-started#quota">quota</a>.';

/** Every error with a fixed format. */
export const ERRORS = {
  authError: {
    ...authorization("authError", "Invalid Credentials"),
    message:
      "Request had invalid authentication credentials. " +
      "Expected OAuth 2 access token, login cookie or other valid authentication credential.",
  },
  expired: authorization("expired", "The access token expired"),
  required: authorization("required", "Login Required."),
  authorizationRequired: authorization(
    "authorizationRequired",
    "The request uses the mine parameter but is not properly authorized.",
  ),
  youtubeSignupRequired: {
    status: 401,
    reason: "youtubeSignupRequired",
    message: "Unauthorized",
    domain: "youtube.header",
    location: "Authorization",
    locationType: "header",
  },
  insufficientPermissions: {
    ...global(403, "insufficientPermissions", "Request had insufficient authentication scopes."),
    more: {
      status: "PERMISSION_DENIED",
      details: [
        {
          "@type": "type.googleapis.com/google.rpc.ErrorInfo",
          reason: "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
          domain: "googleapis.com",
          metadata: { service: "youtube.googleapis.com" },
        },
      ],
    },
  },
  authenticatedUserAccountClosed: common(
    403,
    "authenticatedUserAccountClosed",
    "The YouTube account of the authenticated user is closed.",
  ),
  authenticatedUserAccountSuspended: common(
    403,
    "authenticatedUserAccountSuspended",
    "The YouTube account of the authenticated user is suspended.",
  ),
  authenticatedUserNotChannel: common(
    403,
    "authenticatedUserNotChannel",
    "The API server couldn't identify the channel associated with the API request.",
  ),
  accountDelegationForbidden: common(
    403,
    "accountDelegationForbidden",
    "The authenticated user can't act on behalf of the specified Google Account.",
  ),
  channelClosed: common(403, "channelClosed", "The channel has been closed."),
  channelSuspended: common(403, "channelSuspended", "The channel has been suspended."),
  quotaExceeded: { status: 403, reason: "quotaExceeded", message: QUOTA, domain: "youtube.quota" },
  dailyLimitExceeded: {
    status: 403,
    reason: "dailyLimitExceeded",
    message: "Daily Limit Exceeded",
    domain: "usageLimits",
  },
  rateLimitExceeded: {
    ...global(
      429,
      "rateLimitExceeded",
      "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute' of service " +
        "'youtube.googleapis.com' for consumer 'project_number:123456789012'.",
    ),
    more: { status: "RESOURCE_EXHAUSTED" },
  },
  userRateLimitExceeded: {
    status: 403,
    reason: "userRateLimitExceeded",
    message: "User Rate Limit Exceeded",
    domain: "usageLimits",
  },
  uploadLimitExceeded: video(400, "uploadLimitExceeded", "The user has exceeded the number of videos they may upload."),
  uploadRateLimitExceeded: {
    status: 429,
    reason: "uploadRateLimitExceeded",
    message: "The channel has uploaded too many thumbnails recently. Please try the request again later.",
    domain: "youtube.thumbnail",
  },
  invalidTitle: video(
    400,
    "invalidTitle",
    "The request metadata specifies an invalid or empty video title.",
    "body.snippet.title",
  ),
  invalidDescription: video(
    400,
    "invalidDescription",
    "The request metadata specifies an invalid video description.",
    "body.snippet.description",
  ),
  invalidTags: video(400, "invalidTags", "The request metadata specifies invalid video keywords.", "body.snippet.tags"),
  invalidCategoryId: video(
    400,
    "invalidCategoryId",
    "The snippet.categoryId property specifies an invalid category ID.",
    "body.snippet.categoryId",
  ),
  invalidPublishAt: video(
    400,
    "invalidPublishAt",
    "The request metadata specifies an invalid scheduled publishing time.",
    "body.status.publishAt",
  ),
  invalidVideoMetadata: video(400, "invalidVideoMetadata", "The request metadata is invalid.", "body"),
  invalidFilename: video(400, "invalidFilename", "The video filename specified in the Slug header is invalid."),
  invalidRecordingDetails: video(
    400,
    "invalidRecordingDetails",
    "The recordingDetails object in the API request specifies invalid recording details.",
  ),
  invalidVideoGameRating: video(
    400,
    "invalidVideoGameRating",
    "The request metadata specifies an invalid video game rating.",
  ),
  defaultLanguageNotSet: video(
    400,
    "defaultLanguageNotSet",
    "The API request is trying to add localized video details without specifying the default language of " +
      "the video details.",
  ),
  forbiddenPrivacySetting: video(
    403,
    "forbiddenPrivacySetting",
    "The request metadata specifies an invalid privacy setting.",
  ),
  forbiddenLicenseSetting: video(
    403,
    "forbiddenLicenseSetting",
    "The request attempts to set an invalid license for the video.",
  ),
  mediaBodyRequired: {
    status: 400,
    reason: "mediaBodyRequired",
    message: "The request does not include the video content.",
    domain: "youtube.video",
  },
  invalidImage: {
    status: 400,
    reason: "invalidImage",
    message: "The provided image content is invalid.",
    domain: "youtube.thumbnail",
  },
  channelOrVideoIdMissing: thread(
    400,
    "channelOrVideoIdMissing",
    "Each comment thread must be linked to a video.",
    "body.snippet.videoId",
  ),
  commentTextRequired: thread(
    400,
    "commentTextRequired",
    "The comment thread must specify a text, which cannot be empty.",
    "body.snippet.topLevelComment.snippet.textOriginal",
  ),
  commentTextTooLong: thread(
    400,
    "commentTextTooLong",
    "The comment has too many characters.",
    "body.snippet.topLevelComment.snippet.textOriginal",
  ),
  processingFailure: thread(400, "processingFailure", "The API server failed to successfully process the request."),
  commentsDisabled: thread(
    403,
    "commentsDisabled",
    'The video identified by the <code><a href="/youtube/v3/docs/commentThreads/list#videoId">videoId</a></code> ' +
      "parameter has disabled comments.",
    "videoId",
  ),
  ineligibleAccount: thread(
    403,
    "ineligibleAccount",
    "The YouTube account must be merged with the user's Google account to insert a comment.",
  ),
  badRequest: global(400, "badRequest", "Bad Request"),
  invalidValue: global(400, "invalidValue", "Invalid value"),
  missingRequiredParameter: global(400, "missingRequiredParameter", "A required parameter is missing."),
  unexpectedParameter: global(400, "unexpectedParameter", "The request contains a parameter that is not expected."),
  incompatibleParameters: global(400, "incompatibleParameters", "Incompatible parameters specified in the request."),
  forbidden: common(403, "forbidden", "The request is not properly authorized."),
  accessNotConfigured: {
    ...global(
      403,
      "accessNotConfigured",
      "YouTube Data API v3 has not been used in project 123456789012 before or it is disabled.",
    ),
    domain: "usageLimits",
  },
  videoNotFound: video(404, "videoNotFound", "The video that you are trying to access cannot be found."),
  notFound: global(404, "notFound", "Not Found"),
  playlistNotFound: {
    status: 404,
    reason: "playlistNotFound",
    message: "The playlist identified with the request's playlistId parameter cannot be found.",
    domain: "youtube.playlistItem",
    location: "playlistId",
    locationType: "parameter",
  },
  backendError: global(500, "backendError", "Backend Error"),
  internalError: { ...global(500, "internalError", "Internal error encountered."), more: { status: "INTERNAL" } },
} as const satisfies Record<string, ApiError>;

/** The upload quota bucket is empty. Source: google-api-python-client issue 2753, 2026-05-27. */
export function uploadsUsedUp(clientId: string): ApiError {
  const project = /^\d+/.exec(clientId)?.[0] ?? "123456789012";
  return {
    status: 429,
    reason: "rateLimitExceeded",
    domain: "global",
    message:
      "Quota exceeded for quota metric 'Video Uploads' and limit 'Video Uploads per day' of service " +
      `'youtube.googleapis.com' for consumer 'project_number:${project}'.`,
  };
}

export function needs(parameter: string): ApiError {
  return {
    ...ERRORS.missingRequiredParameter,
    message: `The request is missing the required parameter "${parameter}".`,
    location: parameter,
    locationType: "parameter",
  };
}

export function badValue(message: string, location: string, locationType: "parameter" | "other" = "other"): ApiError {
  return { ...ERRORS.invalidValue, message, location, locationType };
}

export const FAILURES = ["codec", "conversion", "emptyFile", "invalidFile", "tooSmall", "uploadAborted"] as const;
export const REJECTIONS = [
  "claim",
  "copyright",
  "duplicate",
  "inappropriate",
  "legal",
  "length",
  "termsOfUse",
  "trademark",
  "uploaderAccountClosed",
  "uploaderAccountSuspended",
] as const;
export const PROCESSING_FAILURES = ["other", "streamingFailed", "transcodeFailed", "uploadFailed"] as const;

const CALLS: readonly Operation[] = OPERATIONS.filter((operation) => operation !== "authorize");
const BYTES: readonly Operation[] = ["upload", "publish"];
const HTML =
  "<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title><p><b>502.</b> <ins>That’s an error.</ins>";

const fates: readonly FaultSwitch[] = [
  ...FAILURES.map((reason) => ({
    name: `failed-${reason}`,
    about: `The video ends as failed, failureReason ${reason}.`,
  })),
  ...REJECTIONS.map((reason) => ({
    name: `rejected-${reason}`,
    about: `The video ends as rejected, rejectionReason ${reason}.`,
  })),
  ...PROCESSING_FAILURES.map((reason) => ({
    name: `processing-${reason}`,
    about: `Processing fails, processingFailureReason ${reason}.`,
  })),
].map((one) => ({ ...one, operations: ["upload", "publish", "status"] }));

const tokenErrors: readonly FaultSwitch[] = [
  ["invalid_grant", 400, "Token has been expired or revoked."],
  ["redirect_uri_mismatch", 400, "Bad Request"],
  ["invalid_client", 401, "Unauthorized"],
  ["deleted_client", 401, "The OAuth client was deleted."],
  ["invalid_request", 400, "Bad Request"],
  ["unsupported_grant_type", 400, "Invalid grant_type"],
  ["invalid_scope", 400, "Bad Request"],
  ["admin_policy_enforced", 400, "Access to your account data is restricted by policies within your organization."],
  ["org_internal", 403, "This client is restricted to users within its organization."],
].map(([name, status, about]) => ({
  name: String(name),
  operations: ["token", "refresh"],
  about: `${status}: ${about}`,
  answer: () => tokenError(Number(status), String(name), String(about)),
}));

export const SWITCHES: readonly FaultSwitch[] = [
  SCOPE_UNAPPROVED,
  {
    name: "session-expired",
    operations: [...BYTES, "status"],
    about: "The session has expired: 404 from now on.",
    applies: isSession,
  },
  {
    name: "session-gone",
    operations: [...BYTES, "status"],
    about: "As session-expired, with 410.",
    applies: isSession,
  },
  {
    name: "cut-at-{n}",
    operations: BYTES,
    about: "The connection drops after N bytes of the body, which are kept in multiples of 262,144.",
    applies: isSession,
    cuts: true,
  },
  { name: "final-200", operations: ["publish"], about: "The finished upload returns 200 instead of 201." },
  {
    name: "gap-400",
    operations: BYTES,
    about: "A chunk that leaves a gap or overlaps returns 400 instead of 308.",
    applies: isSession,
  },
  {
    name: "unavailable-retry-after",
    operations: [...CALLS],
    about: "503 with Retry-After of 5 seconds, without doing anything.",
    answer: () => ({
      ...apiError(ERRORS.backendError),
      status: 503,
      headers: { "content-type": "application/json; charset=UTF-8", "retry-after": "5" },
    }),
  },
  {
    name: "html-502",
    operations: [...CALLS],
    about: "A gateway's 502 in HTML, without doing anything.",
    answer: () => ({ status: 502, headers: { "content-type": "text/html; charset=UTF-8" }, body: HTML }),
  },
  {
    name: "private-lock",
    operations: ["upload"],
    about: "The former rule for unaudited apps: the video is private, regardless of the request.",
  },
  {
    name: "playlist-lag-{n}s",
    operations: BYTES,
    about: "The video shows in the playlist of uploads N seconds later.",
  },
  {
    name: "uploads-per-day",
    operations: CALLS,
    about: "429 rateLimitExceeded, as if the project's daily uploads are used up.",
    answer: (call) => apiError(uploadsUsedUp(clientOf(call))),
  },
  {
    name: "thumbnail-forbidden",
    operations: ["upload"],
    about: "403 forbidden on the thumbnail only.",
    applies: isThumbnail,
    answer: () => apiError(ERRORS.forbidden),
  },
  {
    name: "uploadLimitExceeded-403",
    operations: CALLS,
    about: "uploadLimitExceeded with 403, as some clients observed.",
    answer: () => apiError({ ...ERRORS.uploadLimitExceeded, status: 403 }),
  },
  ...fates,
  ...tokenErrors,
  ...Object.entries(ERRORS).map(([name, error]): FaultSwitch => ({
    name,
    operations: CALLS,
    about: `${error.status}: ${error.message}`,
    answer: () => apiError(error),
  })),
  {
    name: "unheard-of",
    operations: CALLS,
    about: "400 with an undocumented reason.",
    answer: () => apiError({ ...ERRORS.badRequest, reason: "somethingNew", message: "An undocumented error" }),
  },
];

export function clientOf(call: Call): string {
  const token = call.accessToken === null ? undefined : call.world.identity.token("youtube", call.accessToken);
  return token?.clientId ?? "";
}

/** Calls to a session's URL, as opposed to the one that opens it. */
function isSession(call: Call): boolean {
  return call.method === "PUT" && call.query.has("upload_id");
}

function isThumbnail(call: Call): boolean {
  return call.path.endsWith("/thumbnails/set");
}
