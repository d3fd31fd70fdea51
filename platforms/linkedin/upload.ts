import { TransportError, type HttpAnswer, type HttpRequest } from "../kit/http.ts";
import { fileFor, renditionFor, ruleFor } from "../kit/rendition.ts";
import { BrokerError, type PublishMedia, type QuietStep, type StepContext } from "../platform.ts";
import { callRest, restRequest, sendOrThrow } from "./api.ts";
import { capabilities } from "./capabilities.ts";
import { authorOf, imageStep, VIDEO } from "./content.ts";
import { awaitVideo, isClosed, videoAnew } from "./status.ts";
import { imageUpload, videoUpload } from "./wire.ts";

/** Uploads: nothing is visible before a post uses them. Source: LinkedIn docs, images API and videos API, 2026. */

const UPLOAD_TIMEOUT_SECONDS = 300;

/** One image: opened, and its bytes in one request, which carries the token. */
export function uploadImage(media: PublishMedia, index: number): QuietStep {
  return {
    name: imageStep(index),
    effect: "hidden",
    async run(context) {
      const json = { initializeUploadRequest: { owner: authorOf(context) } };
      const request = restRequest(context, "POST", "images?action=initializeUpload", json);
      const { image, uploadUrl: url } = (await callRest(context, imageUpload, request)).value;
      const bytes = await fileFor(context, media, renditionFor(media, ruleFor(capabilities, "image")));
      const headers = { authorization: `Bearer ${context.accessToken}` };
      await sendOrThrow(context, { method: "PUT", url, headers, bytes, timeoutSeconds: UPLOAD_TIMEOUT_SECONDS });
      return { done: { [imageStep(index)]: image } };
    },
  };
}

/** How much of a video is sent in one step: what a crash repeats. */
const STEP_BYTES = 16 * 1024 * 1024;

const PARTS = "video-parts";

/** Initializes, sends the parts, adds a cover if there is one, finalizes, and waits. */
export function uploadVideo(media: PublishMedia, cover: PublishMedia | null): QuietStep[] {
  const steps = Math.max(1, Math.ceil(media.sizeBytes / STEP_BYTES));
  return [
    openVideo(media, cover),
    ...Array.from({ length: steps }, (_, index) => sendParts(media, index, steps)),
    ...(cover === null ? [] : [sendCover(media, cover)]),
    closeVideo(steps),
    awaitVideo(media),
  ];
}

function videoFile(context: StepContext, media: PublishMedia) {
  return fileFor(context, media, videoRendition(media));
}

function videoRendition(media: PublishMedia) {
  return renditionFor(media, ruleFor(capabilities, "video"));
}

function openVideo(media: PublishMedia, cover: PublishMedia | null): QuietStep {
  return {
    name: VIDEO,
    effect: "hidden",
    async run(context) {
      const initializeUploadRequest = {
        owner: authorOf(context),
        fileSizeBytes: (await videoFile(context, media)).sizeBytes,
        uploadCaptions: false,
        uploadThumbnail: cover !== null,
      };
      const request = restRequest(context, "POST", "videos?action=initializeUpload", { initializeUploadRequest });
      const { value } = await callRest(context, videoUpload, request);
      return {
        done: {
          [VIDEO]: value.video,
          "video-token": value.uploadToken ?? "",
          "video-urls": value.uploadInstructions.map(({ uploadUrl }) => uploadUrl),
          "video-ranges": value.uploadInstructions.map(({ firstByte, lastByte }) => `${firstByte}-${lastByte}`),
          "video-cover": value.thumbnailUploadUrl ?? null,
        },
      };
    },
  };
}

/** The `index`th share of the parts. Their URLs are signed: no token is sent. */
function sendParts(media: PublishMedia, index: number, steps: number): QuietStep {
  const name = `${PARTS}-${index + 1}`;
  return {
    name,
    effect: "hidden",
    async run(context) {
      const urls = listAt(context, "video-urls");
      const ranges = listAt(context, "video-ranges");
      const { sizeBytes } = await videoFile(context, media);
      const beyond = Math.floor((urls.length * (index + 1)) / steps);
      const etags: string[] = [];
      for (let part = Math.floor((urls.length * index) / steps); part < beyond; part += 1) {
        const [start = 0, last = 0] = (ranges[part] ?? "").split("-").map(Number);
        // Both ends are inclusive; the last may be beyond the end of the file.
        etags.push(await sendPart(context, media, urls[part] ?? "", start, Math.min(last + 1, sizeBytes)));
      }
      return { done: { [name]: etags } };
    },
  };
}

async function sendPart(
  context: StepContext,
  media: PublishMedia,
  url: string,
  start: number,
  end: number,
): Promise<string> {
  const open = () => context.media.open(media, { rendition: videoRendition(media), start, end });
  const bytes = { contentType: "application/octet-stream", sizeBytes: end - start, open };
  const answer = await sendSigned(context, { method: "PUT", url, bytes, timeoutSeconds: UPLOAD_TIMEOUT_SECONDS });
  const etag = (answer.headers.etag ?? "").replace(/^(?:W\/)?"(.*)"$/, "$1");
  if (etag !== "") return etag;
  throw videoAnew("LinkedIn did not confirm a part of the video.");
}

/** A rejected signed URL has expired; it says nothing about the account. */
async function sendSigned(context: StepContext, request: HttpRequest): Promise<HttpAnswer> {
  try {
    return await sendOrThrow(context, request);
  } catch (error) {
    const isRefused =
      error instanceof BrokerError && ["AUTH_EXPIRED", "AUTH_REVOKED", "CONTENT_REJECTED"].includes(error.code);
    if (!isRefused) throw error;
    const message = "LinkedIn did not accept a part of the video.";
    throw error.with({ code: "MEDIA_FAILED", message, redoFrom: VIDEO, maxAttempts: 2 });
  }
}

/** A cover that LinkedIn rejects is no reason not to post: it generates its own. */
function sendCover(video: PublishMedia, cover: PublishMedia): QuietStep {
  return {
    name: "video-thumbnail",
    effect: "hidden",
    async run(context) {
      const url = context.checkpoint["video-cover"];
      if (typeof url !== "string") return { done: {}, warnings: [COVER_WARNING] };
      const [maxWidth, maxHeight] = [video.width ?? undefined, video.height ?? undefined];
      const rendition = { mimeType: "image/jpeg", maxSizeBytes: COVER_MAX_BYTES, maxWidth, maxHeight } as const;
      try {
        const file = await fileFor(context, cover, rendition);
        const bytes = { ...file, contentType: "application/octet-stream" };
        const headers = { "media-type-family": "STILLIMAGE" };
        await sendOrThrow(context, { method: "PUT", url, headers, bytes, timeoutSeconds: UPLOAD_TIMEOUT_SECONDS });
        return { done: {} };
      } catch (error) {
        if (error instanceof BrokerError || error instanceof TransportError)
          return { done: {}, warnings: [COVER_WARNING] };
        throw error;
      }
    },
  };
}

const COVER_MAX_BYTES = 10_000_000;
const COVER_WARNING = {
  code: "THUMBNAIL_NOT_SET",
  message: "LinkedIn did not accept the video's thumbnail and shows its own.",
} as const;

/** The parts by their etags, in the order of the bytes. */
function closeVideo(steps: number): QuietStep {
  return {
    name: "video-finalize",
    effect: "hidden",
    async run(context) {
      const finalizeUploadRequest = {
        video: context.checkpoint[VIDEO],
        uploadToken: context.checkpoint["video-token"],
        uploadedPartIds: Array.from({ length: steps }, (_, index) => listAt(context, `${PARTS}-${index + 1}`)).flat(),
      };
      const request = restRequest(context, "POST", "videos?action=finalizeUpload", { finalizeUploadRequest });
      try {
        await sendOrThrow(context, request);
      } catch (error) {
        if (!(error instanceof BrokerError) || error.platformError?.status !== 400) throw error;
        if (!(await isClosed(context))) throw notClosed(error);
      }
      return { done: {} };
    },
  };
}

/** A part that an intermediary has delivered again has another ETag than the one we know. */
function notClosed(error: BrokerError): BrokerError {
  if (error.code !== "CONTENT_REJECTED") return error;
  const message = "LinkedIn did not accept the uploaded parts of the video.";
  return error.with({ code: "MEDIA_FAILED", message, redoFrom: VIDEO, maxAttempts: 3 });
}

function listAt({ checkpoint }: StepContext, name: string): string[] {
  const list = checkpoint[name];
  return Array.isArray(list) ? list : [];
}
