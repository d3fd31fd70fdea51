import type { BrokerCode, PublicCode } from "../../model/errors.ts";
import type { Graph, GraphErrorRow } from "../kit/meta-graph.ts";

/**
 * What Threads' refusals mean. The texts are Meta's, the codes too; "as on Instagram" marks codes that were not seen on
 * Threads itself. Source: Threads docs, troubleshooting and reference/publishing, 2026, and answers seen by open clients.
 */
export const errors: readonly GraphErrorRow[] = [
  {
    name: "THREADS_API__LINK_LIMIT_EXCEEDED",
    meaning: "more than 5 links",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "Threads takes at most 5 different links in a post.",
  },
  {
    name: "THREADS_API__FEATURE_NOT_AVAILABLE",
    meaning: "the account may not use this feature",
    becomes: "CONTENT_REJECTED",
    surfacesAs: "INVALID_PLACEMENT",
    notPublished: true,
    says: "This Threads account may not use one of the post's extras.",
  },
  {
    name: "THREADS_API__GEO_GATING_INVALID_COUNTRY_CODES",
    meaning: "a country code is not supported",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "Threads does not know one of the post's country codes.",
  },
  {
    exchange: true,
    meaning: "the code was used, has expired, or belongs to another redirect address",
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "Threads did not accept the sign-in. Start it again.",
  },
  {
    codes: [190],
    subcodes: [458],
    meaning: "the person removed the app",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The person has removed the app from their Threads account.",
  },
  {
    codes: [190],
    subcodes: [459, 464],
    meaning: "checkpoint, or an account that is not confirmed",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "Threads wants the person to confirm something in the Threads or Instagram app first.",
  },
  {
    codes: [190, 102],
    meaning: "the token has expired, the password was changed, or the session has ended",
    becomes: "AUTH_EXPIRED",
    notPublished: true,
    says: "The Threads account's access has expired.",
  },
  {
    // Whether the container was not there yet, has gone or was used before is not said: its state has to be read.
    codes: [24],
    subcodes: [4279009],
    meaning: "not visible yet, gone, or already used",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    says: "Threads could not find something that the post needs.",
  },
  {
    subcodes: [4279013],
    meaning: "the person is restricted or blocked from this action",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "Threads has restricted this account. The person has to look into the Threads app.",
  },
  {
    // Such a post may be live nevertheless.
    codes: [4],
    subcodes: [2207051],
    meaning: "held back as suspected spam",
    becomes: "RATE_LIMITED",
    notPublished: false,
    retryable: false,
    retryAfterSeconds: 86_400,
    says: "Threads held the post back as suspected spam. Wait a day before trying again.",
  },
  {
    codes: [9004],
    subcodes: [2207052],
    meaning: "the media address could not be fetched",
    becomes: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 3,
    says: "Threads could not fetch the media.",
  },
  {
    // As on Instagram.
    codes: [-2, -1],
    subcodes: [2207003, 2207020, 2207032, 2207053],
    meaning: "fetching took too long, the media has expired, or creating failed",
    becomes: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 3,
    says: "Threads could not take in the media.",
  },
  {
    // As on Instagram.
    codes: [9007],
    subcodes: [2207027],
    meaning: "the container is not ready",
    becomes: "MEDIA_FAILED",
    notPublished: false,
    says: "Threads had not finished processing the media.",
  },
  {
    // As on Instagram.
    codes: [25],
    subcodes: [2207050],
    meaning: "the account is restricted",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "Threads has restricted this account. The person has to look into the Threads app.",
  },
  {
    // As on Instagram.
    codes: [[36000, 36003], 352],
    meaning: "image size, format or ratio, or video format",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "Threads does not take this media format, size or ratio.",
  },
  {
    // As on Instagram.
    subcodes: [2207004, 2207005, 2207009, 2207026],
    meaning: "image size, format or ratio, or video format",
    becomes: "MEDIA_REJECTED",
    notPublished: true,
    says: "Threads does not take this media format, size or ratio.",
  },
  {
    codes: [10, [200, 299]],
    meaning: "a permission is missing",
    becomes: "AUTH_REVOKED",
    notPublished: true,
    says: "The Threads connection lacks a permission that the post needs.",
  },
  {
    codes: [368],
    meaning: "blocked for a time because of a policy",
    becomes: "RATE_LIMITED",
    notPublished: true,
    retryable: false,
    retryAfterSeconds: 86_400,
    says: "Threads has blocked this account's posts for a time. Wait a day and look into the Threads app.",
  },
  {
    codes: [4, 17, 32, 341, 613],
    meaning: "call limits",
    becomes: "RATE_LIMITED",
    notPublished: true,
    says: "Threads limits the number of calls at the moment.",
  },
  {
    codes: [9],
    meaning: "250 posts or 1,000 replies of the last 24 hours are used up",
    becomes: "QUOTA_EXCEEDED",
    notPublished: true,
    says: "The Threads account has used up its posts for the last 24 hours.",
  },
  {
    // Meta has no code of its own for it.
    codes: [100],
    message: /at most 500 characters/,
    meaning: "the text is too long",
    becomes: "CONTENT_REJECTED",
    surfacesAs: "CONTENT_TOO_LONG",
    notPublished: true,
    says: "Threads takes at most 500 characters of text.",
  },
  {
    // At a publishing call it may mean that the container was used before.
    codes: [100],
    subcodes: [33],
    meaning: "the object is gone or cannot be seen",
    becomes: "CONTENT_REJECTED",
    notPublished: false,
    says: "Threads cannot find what the post refers to.",
  },
  {
    codes: [100, 2500],
    meaning: "a bad or missing parameter",
    becomes: "CONTENT_REJECTED",
    notPublished: true,
    says: "Threads refused the post's content.",
  },
  {
    codes: [3],
    meaning: "the app lacks a capability",
    becomes: "UNEXPECTED_RESPONSE",
    notPublished: true,
    says: "The Threads app that this instance uses lacks a capability.",
  },
  {
    codes: [1, 2],
    meaning: "a fault on Meta's side",
    becomes: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    says: "Threads has a fault at the moment.",
  },
];

/** Threads has a Graph host of its own, and one version only. Source: Threads docs, overview, 2026. */
export const graph: Graph = { label: "Threads", baseUrl: "https://graph.threads.net/v1.0", errors };

/** Answers that say no more than "not there": while preparing it means wait, at a publishing call it means read the container's state. */
export const NOT_THERE: ReadonlySet<string> = new Set(["24/4279009", "100/33", "9007/2207027"]);

/** What becomes of a container that failed. Source: Threads docs, troubleshooting, 2026. */
export interface ContainerErrorRow {
  becomes: BrokerCode;
  surfacesAs?: PublicCode;
  /** Tries in all, each with a new container; absent: one. */
  maxAttempts?: number;
  says: string;
}

const REFUSED: ContainerErrorRow = { becomes: "MEDIA_REJECTED", says: "Threads does not take this media." };

export const containerErrors: Readonly<Record<string, ContainerErrorRow>> = {
  FAILED_DOWNLOADING_VIDEO: { becomes: "MEDIA_FAILED", maxAttempts: 2, says: "Threads could not fetch the video." },
  FAILED_PROCESSING_AUDIO: {
    becomes: "MEDIA_FAILED",
    maxAttempts: 2,
    says: "Threads could not process the video's sound.",
  },
  FAILED_PROCESSING_VIDEO: { becomes: "MEDIA_FAILED", maxAttempts: 2, says: "Threads could not process the video." },
  // The spelling is Meta's.
  INVALID_ASPEC_RATIO: { ...REFUSED, says: "Threads does not take this ratio of width to height." },
  INVALID_ASPECT_RATIO: { ...REFUSED, says: "Threads does not take this ratio of width to height." },
  INVALID_BIT_RATE: { ...REFUSED, says: "Threads does not take the video's bit rate." },
  INVALID_DURATION: { ...REFUSED, says: "Threads takes videos of at most 5 minutes." },
  INVALID_FRAME_RATE: { ...REFUSED, says: "Threads takes videos of 23 to 60 frames a second." },
  INVALID_AUDIO_CHANNELS: { ...REFUSED, says: "Threads takes one or two audio channels." },
  INVALID_AUDIO_CHANNEL_LAYOUT: { ...REFUSED, says: "Threads does not take the video's audio channel layout." },
};

export const unknownContainerError: ContainerErrorRow = {
  becomes: "MEDIA_FAILED",
  maxAttempts: 2,
  says: "Threads could not process the post.",
};
