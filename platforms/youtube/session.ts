import { z } from "zod";

import type { HttpAnswer, HttpRequest } from "../kit/http.ts";
import { BrokerError, type Checkpoint, type PublishMedia, type StepContext } from "../platform.ts";
import { errorOf, readYoutube } from "./errors.ts";
import { video, type Video } from "./wire.ts";

/**
 * YouTube's resumable upload: a session is opened, bytes go to it in order, and asked after its end it gives the same
 * answer again, so that no lost answer costs more than a question. Source: YouTube docs, resumable uploads, 2026-10.
 */
export interface Session {
  url: string;
  sizeBytes: number;
  /** What the file is called there, unlike any other. */
  fileName: string;
}

/** What the session has: the number of its bytes, or the video that it became. */
export type Standing = { storedBytes: number } | { video: Video };

/** Addresses that a token may be sent to. */
const sessionUrl = z.url({ protocol: /^https$/, hostname: /^[a-z0-9-]+\.googleapis\.com$/ });

/** Each piece but the last has to be a multiple of 256 KiB. */
export const PIECE_BYTES = 8 * 1024 * 1024;

export const stepNames = { open: "open", upload: "upload", publish: "publish" } as const;

const OUR_FILES = "ampost-";

/** A name that no other upload has. */
export function fileNameFor(media: PublishMedia, now: Date): string {
  return `${OUR_FILES}${media.id}-${now.getTime().toString(36)}.${media.mimeType === "video/quicktime" ? "mov" : "mp4"}`;
}

export function isNamedByUs(fileName: string): boolean {
  return fileName.startsWith(OUR_FILES);
}

export function videoOf({ content }: Pick<StepContext, "content">): PublishMedia {
  const media = content.media[0];
  if (media === undefined) throw new BrokerError("MEDIA_REJECTED", "A YouTube post needs exactly one video.");
  return media;
}

export function sessionOf(checkpoint: Checkpoint): Session {
  return {
    url: sessionUrl.parse(checkpoint.session),
    sizeBytes: Number(checkpoint.sizeBytes),
    fileName: String(checkpoint.fileName),
  };
}

/** The address of the session that was opened. */
export function readSessionUrl(answer: HttpAnswer): string {
  if (answer.status < 200 || answer.status > 299) throw errorOf(answer);
  const url = sessionUrl.safeParse(answer.headers.location);
  if (!url.success)
    throw new BrokerError("PLATFORM_UNAVAILABLE", "YouTube opened an upload without telling its address.", {
      cause: url.error,
    });
  return url.data;
}

/** Sends bytes from `start`, at most to `end`, or nothing but the question how far the session is where there are none. */
export function pieceRequest(context: StepContext, { start, end }: { start: number; end: number }): HttpRequest {
  const { url, sizeBytes } = sessionOf(context.checkpoint);
  const media = videoOf(context);
  const isQuestion = start >= end;
  const open = isQuestion ? async () => new Blob([]).stream() : () => context.media.open(media, { start, end });
  return {
    method: "PUT",
    url,
    headers: {
      authorization: `Bearer ${context.accessToken}`,
      "content-range": isQuestion ? `bytes */${sizeBytes}` : `bytes ${start}-${end - 1}/${sizeBytes}`,
    },
    bytes: { contentType: media.mimeType, sizeBytes: isQuestion ? 0 : end - start, open },
    // A slow line has to get through as well: 256 kB a second.
    timeoutSeconds: 30 + Math.ceil((end - start) / 262_144),
  };
}

export async function askStanding(context: StepContext): Promise<Standing> {
  return readStanding(await context.http.send(pieceRequest(context, { start: 0, end: 0 })));
}

/** Throws what a refusal means; a session that is not there any more is `isGone`. */
export function readStanding(answer: HttpAnswer): Standing {
  if (answer.status === 308) return { storedBytes: storedBytes(answer) };
  if (answer.status === 404 || answer.status === 410) throw sessionGone(answer);
  return { video: readYoutube(video, answer) };
}

/** Without the header nothing is stored. */
function storedBytes({ headers }: HttpAnswer): number {
  const last = /^bytes=0-(\d{1,15})$/.exec(headers.range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

const GONE = "session";

/** Where not all bytes had been sent, it has made no video. */
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
