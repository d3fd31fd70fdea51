import type { ErrorOutcome } from "../kit/errors.ts";
import { appErrors } from "../kit/meta/errors.ts";
import type { Graph, GraphErrorRow } from "../kit/meta/graph.ts";

/**
 * What Threads' errors mean. The texts and codes are Meta's; "same as Instagram" marks codes not observed on Threads
 * itself. Source: Threads docs, troubleshooting and reference/publishing, 2026, and responses observed by open-source
 * clients.
 */
export const errors: readonly GraphErrorRow[] = [
  ...appErrors("Threads"),
  {
    name: "THREADS_API__LINK_LIMIT_EXCEEDED",
    about: "more than 5 links",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Threads allows at most 5 different links in a post.",
  },
  {
    name: "THREADS_API__FEATURE_NOT_AVAILABLE",
    about: "the account cannot use this feature",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "INVALID_PLACEMENT",
    notPublished: true,
    message: "This Threads account cannot use one of the post's features.",
  },
  {
    name: "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES",
    about: "a country code is not supported",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Threads does not support one of the post's country codes.",
  },
  {
    exchange: true,
    about: "the code was used, has expired, or belongs to another redirect URI",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "Threads rejected the sign-in. Start it again.",
  },
  {
    codes: [190],
    subcodes: [458],
    about: "the user removed the app",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The user has removed the app from their Threads account.",
  },
  {
    codes: [190],
    subcodes: [459, 464],
    about: "checkpoint, or an unconfirmed account",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The user must confirm something in the Threads or Instagram app first.",
  },
  {
    codes: [190, 102],
    about: "the token has expired, the password was changed, or the session has ended",
    brokerCode: "AUTH_EXPIRED",
    notPublished: true,
    message: "The Threads account's access has expired.",
  },
  {
    // It does not say whether the container did not exist yet, is gone or was used before: its state must be read.
    codes: [24],
    subcodes: [4279009],
    about: "not visible yet, gone, or already used",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "Threads could not find something that the post needs.",
  },
  {
    subcodes: [4279013],
    about: "the user is restricted or blocked from this action",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "Threads has restricted this account. Its owner must check the Threads app.",
  },
  {
    // Such a post may be live anyway.
    codes: [4],
    subcodes: [2207051],
    about: "held back as suspected spam",
    brokerCode: "RATE_LIMITED",
    notPublished: false,
    retryable: false,
    retryAfterSeconds: 86_400,
    message: "Threads held the post back as suspected spam. Wait a day before you retry.",
  },
  {
    codes: [9004],
    subcodes: [2207052],
    about: "the media URL could not be fetched",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    passes: true,
    message: "Threads could not fetch the media.",
  },
  {
    // As on Instagram.
    codes: [-2],
    subcodes: [2207003, 2207020],
    about: "fetching took too long, or the media has expired",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    passes: true,
    message: "Threads could not process the media in time.",
  },
  {
    // As on Instagram.
    codes: [-1],
    subcodes: [2207032, 2207053],
    about: "creating the container failed",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 3,
    message: "Threads could not process the media.",
  },
  {
    // As on Instagram.
    codes: [9007],
    subcodes: [2207027],
    about: "the container is not ready",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    message: "Threads had not finished processing the media.",
  },
  {
    // As on Instagram.
    codes: [25],
    subcodes: [2207050],
    about: "the account is restricted",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "Threads has restricted this account. Its owner must check the Threads app.",
  },
  {
    // As on Instagram.
    codes: [[36000, 36003], 352],
    about: "image size, format or aspect ratio, or video format",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Threads does not support this media format, size or aspect ratio.",
  },
  {
    // As on Instagram.
    subcodes: [2207004, 2207005, 2207009, 2207026],
    about: "image size, format or aspect ratio, or video format",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Threads does not support this media format, size or aspect ratio.",
  },
  {
    codes: [10, [200, 299]],
    about: "a permission is missing",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The Threads connection is missing a permission that the post needs.",
  },
  {
    codes: [368],
    about: "temporarily blocked for a policy violation",
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryable: false,
    retryAfterSeconds: 86_400,
    message: "Threads has temporarily blocked this account from posting. Wait a day and check the Threads app.",
  },
  {
    codes: [4, 17, 32, 341, 613],
    about: "rate limits",
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    message: "Threads is rate limiting requests right now.",
  },
  {
    codes: [9],
    about: "the limit of 250 posts or 1,000 replies in 24 hours is used up",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    message: "The Threads account has used up its posts for the last 24 hours.",
  },
  {
    // Meta has no separate code for it.
    codes: [100],
    sentence: /at most 500 characters/,
    about: "the text is too long",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "CONTENT_TOO_LONG",
    notPublished: true,
    message: "Threads allows at most 500 characters of text.",
  },
  {
    // For a publishing request, it can mean that the container was used before.
    codes: [100],
    subcodes: [33],
    about: "the object is gone or not accessible",
    brokerCode: "CONTENT_REJECTED",
    notPublished: false,
    message: "Threads cannot find what the post refers to.",
  },
  {
    codes: [100, 2500],
    about: "a bad or missing parameter",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Threads rejected the post's content.",
  },
  {
    codes: [3],
    about: "the app is missing a capability",
    brokerCode: "UNEXPECTED_RESPONSE",
    notPublished: true,
    message: "The Threads app of this instance is missing a capability.",
  },
  {
    codes: [1, 2],
    about: "an error at Meta",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "Threads is having problems right now.",
  },
];

/** Threads has its own Graph host, with only one version. Source: Threads docs, overview, 2026. */
export const graph: Graph = { label: "Threads", baseUrl: "https://graph.threads.net/v1.0", errors };

/**
 * Responses that only say "not found": while preparing, this means wait; for a publishing request, read the container's
 * state.
 */
export const NOT_THERE: ReadonlySet<string> = new Set(["24/4279009", "100/33", "9007/2207027"]);

const REFUSED = { brokerCode: "MEDIA_REJECTED" } as const;

/**
 * What a container's failure means, with a new container for each attempt. Source: Threads docs, troubleshooting, 2026.
 */
export const containerErrors: Readonly<Record<string, ErrorOutcome>> = {
  FAILED_DOWNLOADING_VIDEO: {
    brokerCode: "MEDIA_FAILED",
    passes: true,
    message: "Threads could not fetch the video.",
  },
  FAILED_PROCESSING_AUDIO: {
    brokerCode: "MEDIA_FAILED",
    maxAttempts: 2,
    message: "Threads could not process the video's audio.",
  },
  FAILED_PROCESSING_VIDEO: {
    brokerCode: "MEDIA_FAILED",
    maxAttempts: 2,
    message: "Threads could not process the video.",
  },
  // The spelling is Meta's.
  INVALID_ASPEC_RATIO: { ...REFUSED, message: "Threads does not support this aspect ratio." },
  INVALID_ASPECT_RATIO: { ...REFUSED, message: "Threads does not support this aspect ratio." },
  INVALID_BIT_RATE: { ...REFUSED, message: "Threads does not support the video's bit rate." },
  INVALID_DURATION: { ...REFUSED, message: "Threads supports videos of at most 5 minutes." },
  INVALID_FRAME_RATE: { ...REFUSED, message: "Threads supports videos with 23 to 60 frames per second." },
  INVALID_AUDIO_CHANNELS: { ...REFUSED, message: "Threads supports one or two audio channels." },
  INVALID_AUDIO_CHANNEL_LAYOUT: { ...REFUSED, message: "Threads does not support the video's audio channel layout." },
};

export const unknownContainerError: ErrorOutcome = {
  brokerCode: "MEDIA_FAILED",
  maxAttempts: 2,
  message: "Threads could not process the post.",
};
