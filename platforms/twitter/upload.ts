import type { HttpRequest } from "../kit/http.ts";
import { multipartBytes } from "../kit/multipart.ts";
import { fileFor, renditionFor, ruleFor } from "../kit/rendition.ts";
import { BrokerError, type QuietStep, type StepContext } from "../platform.ts";
import { bearer, callX, MEDIA_API } from "./api.ts";
import { capabilities } from "./capabilities.ts";
import { namesOf, type File, type Part } from "./content.ts";
import { awaitProcessing, readProcessing, ready, retryUpload, sessionOf, uploadAnew } from "./status.ts";
import { anything, uploaded } from "./wire.ts";

/** Official examples and both SDKs send chunks of this size. Source: X docs, chunked media upload, 2026-08-22. */
const CHUNK_BYTES = 1_048_576;

/** This much is sent in one step, so that an interrupted upload does not start over. */
const CHUNKS_A_STEP = 16;

/** An uploaded file can be attached for 24 hours. Source: X docs, media best practices, 2026-09-01. */
const USABLE_MILLISECONDS = 20 * 3600 * 1000;

/**
 * The steps that upload a part's media. Those of a whole thread run before its first post, since nothing is public yet;
 * `again`, before a later part, uploads what X has since forgotten or rejected.
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

/** Ready to be attached, recent enough, and not already attached in a failed request. */
function isUsable({ part, key }: File, { checkpoint, now }: StepContext): boolean {
  const uploadedAt = checkpoint[`uploaded-${key}`];
  const isYoung = typeof uploadedAt === "string" && now.getTime() - Date.parse(uploadedAt) < USABLE_MILLISECONDS;
  return isYoung && typeof checkpoint[`media-${key}`] === "string" && checkpoint[namesOf(part).begun] === undefined;
}

/** An image is uploaded in one request. */
function sendWhole(file: File): QuietStep {
  const { prefix, key, media } = file;
  return {
    name: `${prefix}send-${key}`,
    effect: "hidden",
    async run(context) {
      const image = await fileFor(context, media, renditionFor(media, ruleFor(capabilities, "image")));
      const filename = `image.${image.contentType.replace(/^.*\//, "")}`;
      const bytes = multipartBytes({ media_category: "tweet_image" }, { name: "media", filename, ...image });
      const { data } = await upload(context, "upload", { bytes });
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
      const { data } = await upload(context, "upload/initialize", { json });
      return { done: { [`session-${key}`]: data.id, [`processing-${key}`]: true } };
    },
  };
  const appends = Array.from({ length: batches }, (_, batch) =>
    append(file, from, batch * CHUNKS_A_STEP, Math.min(chunks, (batch + 1) * CHUNKS_A_STEP)),
  );
  return [open, ...appends, finalize(file, from), awaitProcessing(file, from)];
}

/** A chunk that was already sent can be sent again under its number. */
function append(file: File, redoFrom: string, first: number, end: number): QuietStep {
  const { prefix, key, media } = file;
  return {
    name: `${prefix}append-${key}-${first + 1}`,
    effect: "hidden",
    async run(context) {
      for (let chunk = first; chunk < end; chunk += 1) {
        const start = chunk * CHUNK_BYTES;
        const stop = Math.min(media.sizeBytes, start + CHUNK_BYTES);
        const piece = {
          name: "media",
          filename: "chunk",
          contentType: "application/octet-stream",
          sizeBytes: stop - start,
          open: () => context.media.open(media, { start, end: stop }),
        };
        const bytes = multipartBytes({ segment_index: String(chunk) }, piece);
        const request = post(context, `upload/${sessionOf(context, file)}/append`, { bytes });
        await retryUpload(redoFrom, () => callX(context.http, anything, request, "upload"));
      }
      return { done: {} };
    },
  };
}

/** If the response to an earlier attempt was lost, X may reject a second: it has all bytes if it is processing them. */
function finalize(file: File, redoFrom: string): QuietStep {
  const { prefix, key } = file;
  return {
    name: `${prefix}finalize-${key}`,
    effect: "hidden",
    async run(context) {
      try {
        const { data } = await upload(context, `upload/${sessionOf(context, file)}/finalize`, {});
        return data.processing_info === null || data.processing_info === undefined
          ? ready(file, data.id, context.now)
          : { done: {} };
      } catch (error) {
        if (!(error instanceof BrokerError) || error.platformError?.status !== 400) throw error;
        const state = await readProcessing(context, file).catch(() => null);
        if (state !== null) return { done: {} };
        throw uploadAnew(error, redoFrom);
      }
    },
  };
}

/** The alternative text, before the post is out. */
function describe({ prefix, key }: File, altText: string): QuietStep {
  return {
    name: `${prefix}describe-${key}`,
    effect: "hidden",
    async run(context) {
      const id = context.checkpoint[`media-${key}`];
      if (typeof id !== "string" || context.checkpoint[`described-${key}`] === id) return { done: {} };
      const json = { id, metadata: { alt_text: { text: altText } } };
      await callX(context.http, anything, post(context, "metadata", { json }), "upload");
      return { done: { [`described-${key}`]: id } };
    },
  };
}

function upload(context: StepContext, path: string, body: Pick<HttpRequest, "json" | "bytes">) {
  return callX(context.http, uploaded, post(context, path, body), "upload");
}

function post(context: StepContext, path: string, body: Pick<HttpRequest, "json" | "bytes">): HttpRequest {
  return { method: "POST", url: `${MEDIA_API}/${path}`, headers: bearer(context), ...body, timeoutSeconds: 120 };
}
