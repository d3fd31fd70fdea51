import type { HttpRequest } from "../kit/http.ts";
import { multipartBytes } from "../kit/multipart.ts";
import { renditionFor } from "../kit/rendition.ts";
import {
  BrokerError,
  type PublishMedia,
  type QuietStep,
  type StepContext,
  type StepDone,
  type StepOutcome,
} from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { callX } from "./errors.ts";
import { namesOf, type Part } from "./parts.ts";
import { anything, uploaded, type Processing } from "./wire.ts";

const MEDIA = "https://api.x.com/2/media";

/** Official examples and both SDKs send chunks of this size. Source: X docs, chunked media upload, 2026-08-22. */
const CHUNK_BYTES = 1_048_576;

/** So much goes in one step, so that an upload that breaks off does not begin again from the start. */
const CHUNKS_A_STEP = 16;

/** An uploaded file may be attached for 24 hours. Source: X docs, media best practices, 2026-09-01. */
const USABLE_MILLISECONDS = 20 * 3600 * 1000;

/** X names no number; ten minutes are plenty for the largest file that is taken here. */
const GIVE_UP_SECONDS = 600;

/**
 * The steps that hand over a part's media. Those of a whole thread run before its first post, since nothing is public
 * yet; `again` before a later part hands over anew what X has forgotten since, or has refused.
 */
export function uploadSteps(part: Part, when: "first" | "again"): QuietStep[] {
  return part.media.flatMap((media, index) => {
    const file: File = { part, media, prefix: when === "again" ? "again-" : "", key: `${part.number}-${index + 1}` };
    const steps =
      media.type === "image" && media.mimeType !== "image/gif"
        ? [sendWhole(file), awaitProcessing(file, `${file.prefix}send-${file.key}`)]
        : sendInChunks(file);
    const unlessThere = steps.map((step): QuietStep => ({
      ...step,
      run: async (context) => (isUsable(file, context) ? { done: {} } : step.run(context)),
    }));
    return media.type === "image" && media.altText !== null && media.altText !== ""
      ? [...unlessThere, describe(file, media.altText)]
      : unlessThere;
  });
}

/** The ids to attach, in the caller's order. */
export function attachedIds({ checkpoint }: Pick<StepContext, "checkpoint">, part: Part): string[] {
  return part.media.map((_, index) => String(checkpoint[`media-${part.number}-${index + 1}`]));
}

interface File {
  part: Part;
  media: PublishMedia;
  prefix: string;
  /** Part and place: "1-2". */
  key: string;
}

/** Ready to be attached, young enough, and not attached already in a call that came to nothing. */
function isUsable({ part, key }: File, { checkpoint, now }: StepContext): boolean {
  const uploadedAt = checkpoint[`uploaded-${key}`];
  const isYoung = typeof uploadedAt === "string" && now.getTime() - Date.parse(uploadedAt) < USABLE_MILLISECONDS;
  return isYoung && typeof checkpoint[`media-${key}`] === "string" && checkpoint[namesOf(part).begun] === undefined;
}

function ready({ key }: File, id: string, now: Date): StepDone {
  return { done: { [`media-${key}`]: id, [`uploaded-${key}`]: now.toISOString(), [`processing-${key}`]: false } };
}

/** An image goes in one call. */
function sendWhole(file: File): QuietStep {
  const { prefix, key, media } = file;
  return {
    name: `${prefix}send-${key}`,
    effect: "hidden",
    async run(context) {
      const rendition = renditionFor(media, imageRule());
      const { mimeType, sizeBytes } = await context.media.describe(media, rendition);
      const bytes = multipartBytes(
        { media_category: "tweet_image" },
        {
          name: "media",
          filename: `image.${mimeType.replace(/^.*\//, "")}`,
          contentType: mimeType,
          sizeBytes,
          open: () => context.media.open(media, rendition === undefined ? {} : { rendition }),
        },
      );
      const { data } = await callX(context.http, uploaded, post(context, "upload", { bytes }), "upload");
      if (data.processing_info === null || data.processing_info === undefined) return ready(file, data.id, context.now);
      return { done: { [`session-${key}`]: data.id, [`processing-${key}`]: true } };
    },
  };
}

function sendInChunks(file: File): QuietStep[] {
  const { prefix, key, media } = file;
  const chunks = Math.ceil(media.sizeBytes / CHUNK_BYTES);
  const batches = Math.ceil(chunks / CHUNKS_A_STEP);
  const from = `${prefix}open-${key}`;
  const open: QuietStep = {
    name: from,
    effect: "hidden",
    async run(context) {
      const json = {
        media_type: media.mimeType,
        total_bytes: media.sizeBytes,
        media_category: media.type === "video" ? "tweet_video" : "tweet_gif",
      };
      const { data } = await callX(context.http, uploaded, post(context, "upload/initialize", { json }), "upload");
      return { done: { [`session-${key}`]: data.id, [`processing-${key}`]: true } };
    },
  };
  const appends = Array.from({ length: batches }, (_, batch) =>
    append(file, from, batch * CHUNKS_A_STEP, Math.min(chunks, (batch + 1) * CHUNKS_A_STEP)),
  );
  return [open, ...appends, finalize(file, from), awaitProcessing(file, from)];
}

/** A chunk that was sent already may be sent again under its number. */
function append({ prefix, key, media }: File, redoFrom: string, first: number, end: number): QuietStep {
  return {
    name: `${prefix}append-${key}-${first + 1}`,
    effect: "hidden",
    async run(context) {
      for (let chunk = first; chunk < end; chunk += 1) {
        const start = chunk * CHUNK_BYTES;
        const stop = Math.min(media.sizeBytes, start + CHUNK_BYTES);
        const file = {
          name: "media",
          filename: "chunk",
          contentType: "application/octet-stream",
          sizeBytes: stop - start,
          open: () => context.media.open(media, { start, end: stop }),
        };
        const request = post(context, `upload/${session(context, key)}/append`, {
          bytes: multipartBytes({ segment_index: String(chunk) }, file),
        });
        await sendingAnew(redoFrom, () => callX(context.http, anything, request, "upload"));
      }
      return { done: {} };
    },
  };
}

/** Where the answer to an earlier try was lost, X may refuse a second: it has all bytes if it is processing them. */
function finalize(file: File, redoFrom: string): QuietStep {
  const { prefix, key } = file;
  return {
    name: `${prefix}finalize-${key}`,
    effect: "hidden",
    async run(context) {
      try {
        const { data } = await callX(
          context.http,
          uploaded,
          post(context, `upload/${session(context, key)}/finalize`, {}),
          "upload",
        );
        return data.processing_info === null || data.processing_info === undefined
          ? ready(file, data.id, context.now)
          : { done: {} };
      } catch (error) {
        if (!(error instanceof BrokerError) || error.platformError?.status !== 400) throw error;
        const state = await readProcessing(context, key).catch(() => null);
        if (state !== null) return { done: {} };
        throw redoing(error, redoFrom);
      }
    },
  };
}

function awaitProcessing(file: File, redoFrom: string): QuietStep {
  const { prefix, key } = file;
  return {
    name: `${prefix}processed-${key}`,
    effect: "read",
    async run(context): Promise<StepOutcome> {
      if (context.checkpoint[`processing-${key}`] !== true) return { done: {} };
      const state = await sendingAnew(redoFrom, () => readProcessing(context, key));
      if (state === null || state.state === "succeeded") return ready(file, session(context, key), context.now);
      if (state.state === "failed") throw processingFailed(state, redoFrom);
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: Math.max(1, state.check_after_secs ?? 2) };
      throw new BrokerError("MEDIA_FAILED", "X did not finish processing the media within 10 minutes.", {
        redoFrom,
        maxAttempts: 2,
      });
    },
  };
}

/** Null where X says nothing of processing: the file is ready then. */
async function readProcessing(context: StepContext, key: string): Promise<Processing | null> {
  const query = { command: "STATUS", media_id: session(context, key) };
  const { data } = await callX(
    context.http,
    uploaded,
    { method: "GET", url: `${MEDIA}/upload`, query, headers: bearer(context) },
    "upload",
  );
  return data.processing_info ?? null;
}

function processingFailed({ error }: Processing, redoFrom: string): BrokerError {
  const message = error?.message ?? null;
  const platformError = { status: 200, code: error?.name ?? null, message, requestId: null };
  const isInternal = /internal/i.test(`${error?.name ?? ""} ${message ?? ""}`);
  return new BrokerError(
    "MEDIA_FAILED",
    `X could not process the media.${message === null ? "" : ` X says: ${message}`}`,
    {
      platformError,
      ...(isInternal ? { redoFrom, maxAttempts: 2 } : { retryable: false }),
    },
  );
}

/** The alternative text, before the post is out. */
function describe({ prefix, key }: File, altText: string): QuietStep {
  return {
    name: `${prefix}describe-${key}`,
    effect: "hidden",
    async run(context) {
      const id = context.checkpoint[`media-${key}`];
      if (typeof id !== "string" || context.checkpoint[`described-${key}`] === id) return { done: {} };
      await callX(
        context.http,
        anything,
        post(context, "metadata", { json: { id, metadata: { alt_text: { text: altText } } } }),
        "upload",
      );
      return { done: { [`described-${key}`]: id } };
    },
  };
}

/** What X knows no more of is handed over from its beginning. */
async function sendingAnew<T>(redoFrom: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof BrokerError && (error.platformError?.status === 400 || error.platformError?.status === 404))
      throw redoing(error, redoFrom);
    throw error;
  }
}

function redoing(error: BrokerError, redoFrom: string): BrokerError {
  return error.with({ code: "MEDIA_FAILED", redoFrom, maxAttempts: 2 });
}

function post(context: StepContext, path: string, body: Pick<HttpRequest, "json" | "bytes">): HttpRequest {
  return { method: "POST", url: `${MEDIA}/${path}`, headers: bearer(context), ...body, timeoutSeconds: 120 };
}

function bearer({ accessToken }: StepContext): Record<string, string> {
  return { authorization: `Bearer ${accessToken}` };
}

function session({ checkpoint }: StepContext, key: string): string {
  return String(checkpoint[`session-${key}`]);
}

function imageRule() {
  const [, images] = capabilities.placements[0].shapes;
  return images.image;
}
