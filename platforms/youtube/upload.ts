import { z } from "zod";

import type { HttpAnswer, HttpRequest } from "../kit/http.ts";
import { fileFor, renditionFor } from "../kit/rendition.ts";
import { videoOf } from "../kit/steps.ts";
import { BrokerError, type Checkpoint, type PublishMedia, type QuietStep, type StepContext } from "../platform.ts";
import { bearer, readYoutube } from "./api.ts";
import { capabilities } from "./capabilities.ts";
import { resourceOf, settingsOf } from "./content.ts";
import { errorOf } from "./errors.ts";
import { isShort } from "./preview.ts";
import { video, type Video } from "./wire.ts";

/**
 * YouTube's resumable upload: a session is opened and receives bytes in order; queried after its end, it returns the
 * same response again, so a lost response costs only a query. Source: YouTube docs, resumable uploads, 2026-10.
 */
export interface Session {
  url: string;
  sizeBytes: number;
  /** The file's name there, which is unique. */
  fileName: string;
}

/** The state of a session: its number of bytes, or the video that it became. */
export type Standing = { storedBytes: number } | { video: Video };

/** URLs that a token can be sent to. */
const sessionUrl = z.url({ protocol: /^https$/, hostname: /^[a-z0-9-]+\.googleapis\.com$/ });

/** Every chunk but the last must be a multiple of 256 KiB. */
export const PIECE_BYTES = 8 * 1024 * 1024;

export const stepNames = { open: "open", upload: "upload", publish: "publish" } as const;

export function openSession(): QuietStep {
  return {
    name: stepNames.open,
    effect: "hidden",
    async run(context) {
      const media = videoOf(context);
      const { notifySubscribers } = settingsOf(context);
      const fileName = fileNameFor(media, context.now);
      const answer = await context.http.send({
        method: "POST",
        url: "https://www.googleapis.com/upload/youtube/v3/videos",
        query: { uploadType: "resumable", part: "snippet,status", notifySubscribers: notifySubscribers?.toString() },
        headers: {
          ...bearer(context),
          "x-upload-content-length": String(media.sizeBytes),
          "x-upload-content-type": media.mimeType,
          slug: fileName,
        },
        json: resourceOf(context),
      });
      return { done: { session: readSessionUrl(answer), sizeBytes: media.sizeBytes, fileName } };
    },
  };
}

/** This many chunks can be rejected in a row before a new session is opened. */
const MOST_STALLS = 3;

/** Sends all chunks but the last. Queries the session's progress first, because this may be a repeat. */
export function sendBytes(): QuietStep {
  return {
    name: stepNames.upload,
    effect: "hidden",
    async run(context) {
      const { sizeBytes } = sessionOf(context.checkpoint);
      let stored = storedOf(await askStanding(context), sizeBytes);
      for (let stalls = 0; sizeBytes - stored > PIECE_BYTES;) {
        const answer = await context.http.send(pieceRequest(context, { start: stored, end: stored + PIECE_BYTES }));
        const now = storedOf(readStanding(answer), sizeBytes);
        stalls = now > stored ? 0 : stalls + 1;
        if (stalls > MOST_STALLS) {
          const message = "YouTube did not accept the video data.";
          throw new BrokerError("MEDIA_FAILED", message, { redoFrom: stepNames.open, maxAttempts: 3 });
        }
        stored = now;
      }
      return { done: { storedBytes: stored } };
    },
  };
}

/** A session that has become a video has all bytes. */
function storedOf(standing: Standing, sizeBytes: number): number {
  return "video" in standing ? sizeBytes : standing.storedBytes;
}

const OUR_FILES = "ampost-";

/** A unique name for an upload. */
export function fileNameFor(media: PublishMedia, now: Date): string {
  return `${OUR_FILES}${media.id}-${now.getTime().toString(36)}.${media.mimeType === "video/quicktime" ? "mov" : "mp4"}`;
}

export function isNamedByUs(fileName: string): boolean {
  return fileName.startsWith(OUR_FILES);
}

/** Whether it is an upload of this very file, whenever it began. */
export function isNamedFor(fileName: string, { id }: PublishMedia): boolean {
  return fileName.startsWith(`${OUR_FILES}${id}-`);
}

export function sessionOf(checkpoint: Checkpoint): Session {
  return {
    url: sessionUrl.parse(checkpoint.session),
    sizeBytes: Number(checkpoint.sizeBytes),
    fileName: String(checkpoint.fileName),
  };
}

/** The URL of the new session. */
export function readSessionUrl(answer: HttpAnswer): string {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  const url = sessionUrl.safeParse(answer.headers.location);
  if (!url.success)
    throw new BrokerError("PLATFORM_UNAVAILABLE", "YouTube started an upload without returning its URL.", {
      cause: url.error,
    });
  return url.data;
}

/**
 * Sends bytes from `start`, at most to `end`, or, if there are none, only queries the session's progress.
 */
export function pieceRequest(context: StepContext, { start, end }: { start: number; end: number }): HttpRequest {
  const { url, sizeBytes } = sessionOf(context.checkpoint);
  const media = videoOf(context);
  const isQuestion = start >= end;
  const open = isQuestion ? async () => new Blob([]).stream() : () => context.media.open(media, { start, end });
  return {
    method: "PUT",
    url,
    headers: {
      ...bearer(context),
      "content-range": isQuestion ? `bytes */${sizeBytes}` : `bytes ${start}-${end - 1}/${sizeBytes}`,
    },
    bytes: { contentType: media.mimeType, sizeBytes: isQuestion ? 0 : end - start, open },
    // Must also work on a slow connection: 256 kB a second.
    timeoutSeconds: 30 + Math.ceil((end - start) / 262_144),
  };
}

export async function askStanding(context: StepContext): Promise<Standing> {
  return readStanding(await context.http.send(pieceRequest(context, { start: 0, end: 0 })));
}

/** Throws for an error response; a session that no longer exists is `isGone`. */
export function readStanding(answer: HttpAnswer): Standing {
  if (answer.status === 308) return { storedBytes: storedBytes(answer) };
  if (answer.status === 404 || answer.status === 410) throw sessionGone(answer);
  return { video: readYoutube(video, answer) };
}

/** Without the header, nothing is stored. */
function storedBytes({ headers }: HttpAnswer): number {
  const last = /^bytes=0-(\d{1,15})$/.exec(headers.range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

const GONE = "session";

/** If not all bytes had been sent, no video was created. */
function sessionGone(answer: HttpAnswer): BrokerError {
  const platformError = { status: answer.status, code: GONE, message: null, requestId: null };
  return new BrokerError("MEDIA_FAILED", "YouTube's upload has expired.", {
    notPublished: true,
    redoFrom: stepNames.open,
    maxAttempts: 3,
    platformError,
  });
}

export function isGone(error: unknown): boolean {
  return error instanceof BrokerError && error.platformError?.code === GONE;
}

/** A Short accepts a custom thumbnail only after processing. Source: YouTube docs, thumbnails.set, 2026-11-03. */
export function setThumbnail(): QuietStep {
  return {
    name: "thumbnail",
    effect: "hidden",
    cosmetic: true,
    async run(context) {
      const media = videoOf(context);
      const picture = media.thumbnail;
      if (picture === null) return { done: {} };
      if (isShort(media) && context.checkpoint.processed !== true) {
        const message = "The thumbnail was not set: YouTube accepts a Short's thumbnail only after processing.";
        throw new BrokerError("MEDIA_FAILED", message, { retryable: false });
      }
      const bytes = await fileFor(context, picture, renditionFor(picture, capabilities.thumbnail));
      const answer = await context.http.send({
        method: "POST",
        url: "https://www.googleapis.com/upload/youtube/v3/thumbnails/set",
        query: { videoId: String(context.checkpoint.video), uploadType: "media" },
        headers: bearer(context),
        bytes,
        timeoutSeconds: 60 + Math.ceil(bytes.sizeBytes / 262_144),
      });
      if (answer.status > 299) throw notSet(errorOf(answer));
      return { done: {} };
    },
  };
}

function notSet(error: BrokerError): BrokerError {
  const hint =
    error.platformError?.code === "forbidden" ? " The channel's phone number may need to be verified first." : "";
  return error.with({ message: `The thumbnail was not set. ${error.message}${hint}` });
}
