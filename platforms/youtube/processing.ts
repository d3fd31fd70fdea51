import type { ErrorOutcome } from "../kit/errors.ts";
import {
  BrokerError,
  type PublishMedia,
  type QuietStep,
  type Rendition,
  type StepContext,
  type StepOutcome,
} from "../platform.ts";
import { callYoutube, errorOf } from "./errors.ts";
import { videoOf } from "./session.ts";
import { processing, type Processing } from "./wire.ts";

/**
 * What YouTube does with a video after its last byte. It can be seen and linked to from then on, so the post counts as
 * published unless processing fails soon. Source: YouTube docs, videos resource, 2026-10.
 */

/** Until the post counts as published although it is still processed; later failures are told as warnings. */
const WAITS = [10, 30, 60];
const LATER_WAITS = [120, 300];
const GIVE_UP_SECONDS = 3600;

export function awaitProcessed(): QuietStep {
  return {
    name: "processed",
    effect: "read",
    async run(context) {
      const waitSeconds = WAITS[context.polls];
      if (context.polls === 0 && waitSeconds !== undefined) return { waitSeconds };
      if (isProcessed(await readProcessing(context))) return { done: { processed: true } };
      return waitSeconds === undefined ? { done: { processed: false } } : { waitSeconds };
    },
  };
}

/** What took longer is looked at for an hour, once the post is published. */
export function watchProcessing(): QuietStep {
  return {
    name: "processing",
    effect: "read",
    cosmetic: true,
    async run(context): Promise<StepOutcome> {
      if (context.checkpoint.processed === true) return { done: {} };
      if (context.polls === 0) return { waitSeconds: LATER_WAITS[0] ?? 120 };
      const state = await readProcessing(context);
      if (isProcessed(state)) return { done: { processed: true } };
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: waitFor(state, context) };
      return {
        done: {},
        warnings: [
          { code: "STILL_PROCESSING", message: "YouTube has not finished processing the video within an hour." },
        ],
      };
    },
  };
}

/** Guided by what YouTube says is left. */
function waitFor(state: Processing, { polls }: StepContext): number {
  const planned = LATER_WAITS[polls] ?? 300;
  const left = Number(state.processingDetails?.processingProgress?.timeLeftMs ?? NaN) / 1000;
  return Number.isFinite(left) && left > 0 ? Math.min(Math.max(Math.ceil(left), 60), 300) : planned;
}

const WATCHED = "status,processingDetails";

async function readProcessing(context: StepContext): Promise<Processing> {
  const { items } = await callYoutube(context.http, processing, {
    method: "GET",
    url: "https://www.googleapis.com/youtube/v3/videos",
    query: { part: WATCHED, id: String(context.checkpoint.video) },
    headers: { authorization: `Bearer ${context.accessToken}` },
  });
  // One that is not listed yet, or was deleted: neither says that processing failed.
  return items?.[0] ?? {};
}

/** Throws where processing has failed for good. */
function isProcessed({ status, processingDetails }: Processing): boolean {
  const told = [
    { state: status?.uploadStatus, reason: status?.failureReason ?? status?.rejectionReason },
    { state: `processing ${processingDetails?.processingStatus}`, reason: processingDetails?.processingFailureReason },
  ];
  // One of the two may say that it failed, and only the other why.
  const failed = told
    .toSorted((left, right) => Number(!left.reason) - Number(!right.reason))
    .map(({ state, reason }) => failureOf(state, reason))
    .find((error) => error !== null);
  if (failed !== undefined) throw failed;
  return status?.uploadStatus === "processed" || processingDetails?.processingStatus === "succeeded";
}

/** No audience ever sees a video that has failed so: a caller's retry uploads it anew. Rows for `uploadStatus` and for `processing` with `processingStatus`; without reasons for any other. */
export const outcomes: readonly (ErrorOutcome & { state: string; reasons?: readonly string[] })[] = [
  {
    state: "failed",
    reasons: ["codec", "conversion", "emptyFile", "invalidFile", "tooSmall"],
    brokerCode: "MEDIA_REJECTED",
    message: "YouTube cannot use the video's file.",
  },
  {
    state: "failed",
    reasons: ["uploadAborted"],
    brokerCode: "MEDIA_FAILED",
    message: "YouTube did not receive the whole video.",
  },
  { state: "failed", brokerCode: "UNEXPECTED_RESPONSE", message: "YouTube could not process the video." },
  {
    state: "rejected",
    reasons: ["length"],
    brokerCode: "MEDIA_REJECTED",
    message: "YouTube rejected the video because of its length.",
  },
  { state: "rejected", brokerCode: "UNEXPECTED_RESPONSE", message: "YouTube rejected the video." },
  {
    state: "processing failed",
    reasons: ["uploadFailed"],
    brokerCode: "MEDIA_FAILED",
    message: "YouTube did not receive the whole video.",
  },
  { state: "processing failed", brokerCode: "UNEXPECTED_RESPONSE", message: "YouTube could not process the video." },
];

function failureOf(state: string | null | undefined, reason: string | null | undefined): BrokerError | null {
  const row = outcomes.find(
    (one) => one.state === state && (one.reasons === undefined || one.reasons.includes(reason ?? "")),
  );
  if (row === undefined) return null;
  const message = row.reasons === undefined && reason ? row.message.replace(/\.$/, `: ${reason}.`) : row.message;
  return new BrokerError(row.brokerCode, message, {
    retryable: false,
    neverLive: true,
    platformError: { status: 200, code: reason ?? null, message: state ?? null, requestId: null },
  });
}

const THUMBNAIL_MAX_BYTES = 50 * 1024 * 1024;
/** Source: YouTube help 15424877: at most three minutes, square or upright. */
const SHORT_MAX_SECONDS = 180;

/** A Short takes its own picture only after it has been processed. Source: YouTube docs, thumbnails.set, 2026-11-03. */
export function setThumbnail(): QuietStep {
  return {
    name: "thumbnail",
    effect: "hidden",
    cosmetic: true,
    async run(context): Promise<StepOutcome> {
      const media = videoOf(context);
      const picture = media.thumbnail;
      if (picture === null) return { done: {} };
      if (isShort(media) && context.checkpoint.processed !== true) {
        throw new BrokerError(
          "MEDIA_FAILED",
          "The thumbnail was not set: YouTube takes that of a Short only after processing.",
          { retryable: false },
        );
      }
      const rendition = thumbnailRendition(picture);
      const { mimeType, sizeBytes } = await context.media.describe(picture, rendition);
      const answer = await context.http.send({
        method: "POST",
        url: "https://www.googleapis.com/upload/youtube/v3/thumbnails/set",
        query: { videoId: String(context.checkpoint.video), uploadType: "media" },
        headers: { authorization: `Bearer ${context.accessToken}` },
        bytes: {
          contentType: mimeType,
          sizeBytes,
          open: () => context.media.open(picture, rendition === undefined ? {} : { rendition }),
        },
        timeoutSeconds: 60 + Math.ceil(sizeBytes / 262_144),
      });
      if (answer.status > 299) throw notSet(errorOf(answer));
      return { done: {} };
    },
  };
}

function isShort({ width, height, durationSeconds }: PublishMedia): boolean {
  return (
    width !== null &&
    height !== null &&
    height >= width &&
    durationSeconds !== null &&
    durationSeconds <= SHORT_MAX_SECONDS
  );
}

function thumbnailRendition({ mimeType, sizeBytes, orientation }: PublishMedia): Rendition | undefined {
  const isTaken =
    (mimeType === "image/jpeg" || mimeType === "image/png") && sizeBytes <= THUMBNAIL_MAX_BYTES && orientation === 1;
  return isTaken ? undefined : { mimeType: "image/jpeg", maxSizeBytes: THUMBNAIL_MAX_BYTES };
}

function notSet(error: BrokerError): BrokerError {
  const hint =
    error.platformError?.code === "forbidden" ? " The channel's phone number may have to be verified first." : "";
  return error.with({ message: `The thumbnail was not set. ${error.message}${hint}` });
}
