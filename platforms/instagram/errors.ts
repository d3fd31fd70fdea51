import { metaErrors } from "../kit/meta/errors.ts";
import type { Graph, GraphErrorRow } from "../kit/meta/graph.ts";
import { GRAPH_VERSION } from "../kit/meta/versions.ts";

/**
 * What Instagram's errors mean, by subcode first. Source: Instagram docs, error codes, 2026-06-02; those marked
 * "observed" are known only from open-source clients.
 */
const publishingErrors: readonly GraphErrorRow[] = [
  {
    name: "INSTAGRAM_PLATFORM_API__INVALID_LOCATION_ID",
    about: "the location is a Page without location data",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Instagram does not know the location: locationId must be a Facebook Page with an address.",
  },
  {
    subcodes: [2207001],
    about: "an error at Instagram",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "Instagram is having problems right now.",
  },
  {
    subcodes: [2207003, 2207020],
    about: "fetching the media took too long, or the media has expired",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    passes: true,
    message: "Instagram could not process the media in time.",
  },
  {
    subcodes: [2207004],
    about: "the image is over 8 MiB",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Instagram supports images of at most 8 MB.",
  },
  {
    subcodes: [2207005],
    about: "the image's format",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Instagram does not support this image format.",
  },
  {
    subcodes: [2207009],
    about: "the image's aspect ratio",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Instagram supports images between 4:5 and 1.91:1.",
  },
  {
    // It does not say whether the container did not exist yet, is gone or was used before: its state must be read.
    subcodes: [2207006, 2207008],
    about: "the container does not exist yet, is gone, or has expired",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "Instagram could not find something that the post needs.",
  },
  {
    subcodes: [2207010],
    about: "the caption is too long",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "CONTENT_TOO_LONG",
    notPublished: true,
    message: "Instagram allows at most 2,200 characters of text.",
  },
  {
    subcodes: [2207023],
    about: "the media type is unknown",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "INVALID_PLACEMENT",
    notPublished: true,
    message: "Instagram does not support this type of post.",
  },
  {
    subcodes: [2207026],
    about: "the video's format",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Instagram does not support this video format.",
  },
  {
    // It can also be the response to a container that was published before.
    subcodes: [2207027],
    about: "the container is not ready",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    message: "Instagram had not finished processing the media.",
  },
  {
    subcodes: [2207028],
    about: "a carousel with fewer than 2 or more than 10 items",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Instagram allows 2 to 10 items in a carousel.",
  },
  {
    subcodes: [2207032],
    about: "creating the container failed",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 2,
    message: "Instagram could not process the media.",
  },
  {
    subcodes: [2207035, 2207036, 2207037],
    about: "product tags",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Instagram rejected the post's product tags.",
  },
  {
    subcodes: [2207040],
    about: "more than 20 tags",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Instagram allows at most 20 tagged accounts and mentions.",
  },
  {
    subcodes: [2207042],
    about: "the daily posts are used up",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    message: "The Instagram account has used up its posts for the last 24 hours.",
  },
  {
    subcodes: [2207050],
    about: "the account is restricted, inactive or at a checkpoint",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "Instagram has restricted this account. Its owner must check the Instagram app.",
  },
  {
    // Such a post may be live anyway (observed).
    subcodes: [2207051],
    about: "held back as suspected spam",
    brokerCode: "RATE_LIMITED",
    notPublished: false,
    retryable: false,
    retryAfterSeconds: 86_400,
    message: "Instagram held the post back as suspected spam. Wait a day before you retry.",
  },
  {
    subcodes: [2207052],
    about: "the media URL could not be fetched",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    passes: true,
    message: "Instagram could not fetch the media.",
  },
  {
    subcodes: [2207053],
    about: "importing the video failed",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 3,
    message: "Instagram could not process the video.",
  },
  {
    subcodes: [2207057],
    about: "the cover frame is outside the video",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "The cover frame (thumbOffsetMs) is after the end of the video.",
  },
  {
    subcodes: [2207067],
    about: "a single video must be a reel",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "INVALID_PLACEMENT",
    notPublished: true,
    message: "Instagram supports a single video only as a reel.",
  },
  {
    subcodes: [2207076],
    about: "processing the video failed (observed)",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 2,
    message: "Instagram could not process the video. If it fails again, re-encode it as H.264 and AAC.",
  },
  {
    subcodes: [2207077],
    about: "fetching the video failed (observed)",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    passes: true,
    message: "Instagram could not fetch the video.",
  },
  {
    subcodes: [2207081],
    about: "the account cannot use trial reels (observed)",
    brokerCode: "CONTENT_REJECTED",
    publicCode: "INVALID_PLACEMENT",
    notPublished: true,
    message: "This Instagram account cannot use trial reels.",
  },
  {
    subcodes: [2207082],
    about: "the media could not be uploaded (observed)",
    brokerCode: "MEDIA_FAILED",
    notPublished: false,
    maxAttempts: 2,
    message: "Instagram could not process the media. If it fails again, make the file smaller.",
  },
  {
    codes: [9],
    about: "the daily posts are used up",
    brokerCode: "QUOTA_EXCEEDED",
    notPublished: true,
    message: "The Instagram account has used up its posts for the last 24 hours.",
  },
  {
    codes: [9009],
    about: "the Instagram user is not available",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "Instagram says that this account is not available. Its owner must check the Instagram app.",
  },
  {
    // Right after publishing, and occasionally with Page tokens, it only means "not found".
    codes: [100],
    subcodes: [33],
    about: "the object is gone or not accessible",
    brokerCode: "AUTH_REVOKED",
    notPublished: false,
    message: "Instagram does not allow this connection to access the account or something that the post needs.",
  },
];

export const errors: readonly GraphErrorRow[] = [...publishingErrors, ...metaErrors("Instagram")];

/** How the user signed in decides the host; its responses are the same. Source: Instagram docs, 2026-09-11. */
export const graphs: Readonly<Record<"instagram" | "facebook", Graph>> = {
  instagram: { label: "Instagram", baseUrl: `https://graph.instagram.com/${GRAPH_VERSION}`, errors },
  facebook: { label: "Instagram", baseUrl: `https://graph.facebook.com/${GRAPH_VERSION}`, errors },
};

export type Login = keyof typeof graphs;

/**
 * Responses that only say "not found": while preparing, this means wait; for a publishing request, read the container's
 * state.
 */
export const NOT_THERE: ReadonlySet<string> = new Set(["24/2207006", "24/2207008", "100/33", "9007/2207027"]);

/** Meta names no reason that is known. */
export const unknownContainerError: GraphErrorRow = {
  about: "the container failed for an unknown reason",
  brokerCode: "MEDIA_FAILED",
  notPublished: false,
  maxAttempts: 2,
  message: "Instagram could not process the post.",
};
