import { metaErrors } from "../kit/meta/errors.ts";
import type { Graph, GraphErrorRow } from "../kit/meta/graph.ts";
import { GRAPH_VERSION } from "../kit/meta/versions.ts";
import type { BrokerError } from "../platform.ts";

const DAY_SECONDS = 86_400;

/**
 * What Facebook's errors mean, by subcode first. Source: Facebook docs, photo and Page videos references, publishing
 * reels and Page stories, 2026-09-11; the seven-digit numbers were observed by open-source clients and in Meta's own
 * SDKs, some as code and some as subcode.
 */
const publishingErrors: readonly GraphErrorRow[] = [
  {
    name: "REVOKED_ACCESS_TOKEN",
    about: "the token was revoked",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The user has revoked the app's access to the Facebook Page.",
  },
  {
    codes: [368],
    subcodes: [1390008],
    about: "posting too fast",
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryable: false,
    retryAfterSeconds: 3 * DAY_SECONDS,
    message: "Facebook says that this Page posts too often. Stop posting for a few days.",
  },
  {
    codes: [368],
    subcodes: [1404112],
    about: "the account is limited for a few days",
    brokerCode: "RATE_LIMITED",
    notPublished: true,
    retryable: false,
    retryAfterSeconds: 3 * DAY_SECONDS,
    message: "Facebook has limited this account for a few days. Check the Facebook app.",
  },
  {
    codes: [368],
    subcodes: [1404082],
    about: "the same content was posted before",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Facebook rejects content that the Page has posted before.",
  },
  {
    codes: [368],
    subcodes: [1346003, 1404102],
    about: "reported as abusive, or violates the Community Standards",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Facebook says that the content violates its Community Standards.",
  },
  {
    either: [1455006, 506],
    about: "identical to the Page's previous post",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Facebook rejects a post that is identical to the Page's previous one.",
  },
  {
    either: [1366046],
    about: "the photo is too large, or its format is not supported",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook does not support this photo's size or format.",
  },
  {
    either: [1366051],
    about: "these photos were already posted",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Facebook says that these photos have already been posted.",
  },
  {
    either: [2069019, 324],
    about: "the image file is missing or invalid",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 2,
    message: "Facebook could not read the image.",
  },
  {
    either: [1609005, 1609008, 2061006, 1500],
    about: "the link cannot be read or is invalid",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Facebook could not read the post's link.",
  },
  {
    either: [1349125, 197],
    about: "the content is empty or invalid",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "Facebook does not allow posts without content.",
  },
  {
    codes: [321],
    about: "the album is full",
    brokerCode: "CONTENT_REJECTED",
    notPublished: true,
    message: "The Page's photo album is full.",
  },
  {
    either: [1363040],
    about: "the video's aspect ratio",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook supports reels between 16:9 and 9:16.",
  },
  {
    either: [1363127],
    about: "the video's resolution",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook supports reels of at least 540 × 960 pixels.",
  },
  {
    either: [1363128],
    about: "the reel's duration",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook supports reels of 3 to 90 seconds.",
  },
  {
    either: [1363129],
    about: "the video's frame rate",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook supports reels with 24 to 60 frames per second.",
  },
  {
    either: [1363019, 1363021, 1363030, 1363033, 1363041, 1363037],
    about: "a chunk or the upload session was rejected",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 3,
    message: "Facebook did not accept the video data.",
  },
  {
    either: [1363047, 1609010],
    about: "an error at Meta",
    brokerCode: "PLATFORM_UNAVAILABLE",
    notPublished: false,
    message: "Facebook is having problems right now.",
  },
  {
    codes: [352],
    about: "the video's format",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook does not support this video format.",
  },
  {
    codes: [382],
    about: "the video file is too small",
    brokerCode: "MEDIA_REJECTED",
    notPublished: true,
    message: "Facebook says that the video file is too small.",
  },
  {
    codes: [389],
    about: "the video could not be fetched",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    passes: true,
    message: "Facebook could not fetch the video.",
  },
  {
    codes: [6000],
    about: "the file could not be uploaded",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    retryable: false,
    message: "Facebook could not process this video file. Re-encode it as H.264 and AAC.",
  },
  {
    codes: [6001],
    about: "the upload failed",
    brokerCode: "MEDIA_FAILED",
    notPublished: true,
    maxAttempts: 3,
    message: "Facebook could not process the video.",
  },
  {
    codes: [483, 490],
    about: "the session was rejected",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "Facebook has ended the session of the user who connected the Page.",
  },
  {
    codes: [100],
    sentence: /No permission to publish the video/,
    about: "no permission to publish videos",
    brokerCode: "AUTH_REVOKED",
    notPublished: true,
    message: "The Facebook connection lacks the permission to publish videos.",
  },
  {
    codes: [100],
    subcodes: [33],
    about: "the object is gone or not accessible",
    brokerCode: "CONTENT_REJECTED",
    notPublished: false,
    message: "Facebook cannot find what the post refers to.",
  },
];

export const errors: readonly GraphErrorRow[] = [...publishingErrors, ...metaErrors("Facebook")];

export const graph: Graph = { label: "Facebook", baseUrl: `https://graph.facebook.com/${GRAPH_VERSION}`, errors };

/** Takes the bytes of feed videos. Source: Facebook docs, Page videos, 2026-09-11. */
export const videoGraph: Graph = { ...graph, baseUrl: `https://graph-video.facebook.com/${GRAPH_VERSION}` };

const REPEATS = new Set(["506", "1455006", "1366051", "1404082"]);

/** Whether Facebook rejects it as a duplicate. */
export function isRepeat({ platformError }: BrokerError): boolean {
  return platformError?.code?.split("/").some((number) => REPEATS.has(number)) === true;
}

/** The response for an object that is gone, or not visible yet. */
export const NOT_THERE = "100/33";

/** The response to bytes at a wrong offset; it contains the right one. */
export const WRONG_OFFSET = 1363037;
