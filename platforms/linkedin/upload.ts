import type { MediaRule, Shape } from "../../model/capabilities.ts";
import { cutText } from "../../model/cut-text.ts";
import type { MediaType } from "../../model/post.ts";
import { TransportError, type HttpRequest } from "../kit/http.ts";
import { renditionFor } from "../kit/rendition.ts";
import { BrokerError, type PublishMedia, type QuietStep, type StepContext } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { authorOf, imageStep, VIDEO } from "./post-body.ts";
import { callRest, restRequest, sendOrThrow } from "./rest.ts";
import { imageUpload, videoStatus, videoUpload } from "./wire.ts";

/** Uploads: nothing of them is seen before a post names them. Source: LinkedIn docs, images API and videos API, 2026. */

const UPLOAD_TIMEOUT_SECONDS = 300;

/** One image: opened, and its bytes in one request, which carries the token. */
export function uploadImage(media: PublishMedia, index: number): QuietStep {
  return {
    name: imageStep(index),
    effect: "hidden",
    async run(context) {
      const opened = await callRest(
        context,
        imageUpload,
        restRequest(context, "POST", "images?action=initializeUpload", {
          initializeUploadRequest: { owner: authorOf(context) },
        }),
      );
      const { image, uploadUrl } = opened.value;
      const rendition = renditionFor(media, ruleOf("image"));
      const { mimeType, sizeBytes } = await context.media.describe(media, rendition);
      await sendOrThrow(context, {
        method: "PUT",
        url: uploadUrl,
        headers: { authorization: `Bearer ${context.accessToken}` },
        bytes: {
          contentType: mimeType,
          sizeBytes,
          open: () => context.media.open(media, rendition === undefined ? {} : { rendition }),
        },
        timeoutSeconds: UPLOAD_TIMEOUT_SECONDS,
      });
      return { done: { [imageStep(index)]: image } };
    },
  };
}

/** A member may not ask how an image's processing goes: some seconds are given to it, more for larger ones. */
export function awaitImages(media: readonly PublishMedia[]): QuietStep {
  const largestBytes = Math.max(0, ...media.map(({ sizeBytes }) => sizeBytes));
  return {
    name: "images-ready",
    effect: "read",
    run: async ({ polls }) => (polls === 0 ? { waitSeconds: 3 + Math.ceil(largestBytes / 5_000_000) } : { done: {} }),
  };
}

/** How much of a video is sent in one step: what a crash sends again. */
const STEP_BYTES = 16 * 1024 * 1024;

const PARTS = "video-parts";

/** Opened, sent in parts, given a cover where there is one, closed, and waited for. */
export function uploadVideo(media: PublishMedia): QuietStep[] {
  const steps = Math.max(1, Math.ceil(media.sizeBytes / STEP_BYTES));
  return [
    openVideo(media),
    ...Array.from({ length: steps }, (_, index) => sendParts(media, index, steps)),
    ...(media.thumbnail === null ? [] : [sendCover(media, media.thumbnail)]),
    closeVideo(steps),
    awaitVideo(media),
  ];
}

function openVideo(media: PublishMedia): QuietStep {
  return {
    name: VIDEO,
    effect: "hidden",
    async run(context) {
      const { sizeBytes } = await context.media.describe(media, renditionFor(media, ruleOf("video")));
      const request = {
        owner: authorOf(context),
        fileSizeBytes: sizeBytes,
        uploadCaptions: false,
        uploadThumbnail: media.thumbnail !== null,
      };
      const { value } = await callRest(
        context,
        videoUpload,
        restRequest(context, "POST", "videos?action=initializeUpload", { initializeUploadRequest: request }),
      );
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

/** The `index`th share of the parts. Their addresses are signed: no token goes with them. */
function sendParts(media: PublishMedia, index: number, steps: number): QuietStep {
  const name = `${PARTS}-${index + 1}`;
  return {
    name,
    effect: "hidden",
    async run(context) {
      const urls = listAt(context, "video-urls");
      const ranges = listAt(context, "video-ranges");
      const { sizeBytes } = await context.media.describe(media, renditionFor(media, ruleOf("video")));
      const etags: string[] = [];
      for (
        let part = Math.floor((urls.length * index) / steps);
        part < Math.floor((urls.length * (index + 1)) / steps);
        part += 1
      ) {
        const [first = 0, last = 0] = (ranges[part] ?? "").split("-").map(Number);
        // Both ends are included; the last may lie behind the end of the file.
        const end = Math.min(last + 1, sizeBytes);
        etags.push(await sendPart(context, media, { url: urls[part] ?? "", start: first, end }));
      }
      return { done: { [name]: etags } };
    },
  };
}

async function sendPart(
  context: StepContext,
  media: PublishMedia,
  { url, start, end }: { url: string; start: number; end: number },
): Promise<string> {
  const rendition = renditionFor(media, ruleOf("video"));
  const open = () => context.media.open(media, { ...(rendition === undefined ? {} : { rendition }), start, end });
  const bytes: HttpRequest["bytes"] = { contentType: "application/octet-stream", sizeBytes: end - start, open };
  const answer = await sendSigned(context, { method: "PUT", url, bytes, timeoutSeconds: UPLOAD_TIMEOUT_SECONDS });
  const etag = (answer.headers.etag ?? "").replace(/^(?:W\/)?"(.*)"$/, "$1");
  if (etag !== "") return etag;
  throw new BrokerError("MEDIA_FAILED", "LinkedIn did not confirm a part of the video.", {
    redoFrom: VIDEO,
    maxAttempts: 2,
  });
}

/** A signed address that is refused has expired; it says nothing about the account. */
async function sendSigned(context: StepContext, request: HttpRequest): ReturnType<typeof sendOrThrow> {
  try {
    return await sendOrThrow(context, request);
  } catch (error) {
    if (
      !(error instanceof BrokerError) ||
      (error.code !== "AUTH_EXPIRED" && error.code !== "AUTH_REVOKED" && error.code !== "CONTENT_REJECTED")
    )
      throw error;
    throw error.with({
      code: "MEDIA_FAILED",
      message: "LinkedIn did not take a part of the video.",
      redoFrom: VIDEO,
      maxAttempts: 2,
    });
  }
}

/** A cover that LinkedIn does not take is no reason not to post: it makes one of its own. */
function sendCover(video: PublishMedia, cover: PublishMedia): QuietStep {
  return {
    name: "video-thumbnail",
    effect: "hidden",
    async run(context) {
      const url = context.checkpoint["video-cover"];
      if (typeof url !== "string") return { done: {}, warnings: [COVER_WARNING] };
      const size = {
        ...(video.width === null ? {} : { maxWidth: video.width }),
        ...(video.height === null ? {} : { maxHeight: video.height }),
      };
      const rendition = { mimeType: "image/jpeg", maxSizeBytes: COVER_MAX_BYTES, ...size } as const;
      try {
        const { sizeBytes } = await context.media.describe(cover, rendition);
        const bytes = {
          contentType: "application/octet-stream",
          sizeBytes,
          open: () => context.media.open(cover, { rendition }),
        };
        await sendOrThrow(context, {
          method: "PUT",
          url,
          headers: { "media-type-family": "STILLIMAGE" },
          bytes,
          timeoutSeconds: UPLOAD_TIMEOUT_SECONDS,
        });
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
  message: "LinkedIn did not take the video's thumbnail and shows one of its own.",
};

/** The parts by their etags, in the order of the bytes. */
function closeVideo(steps: number): QuietStep {
  return {
    name: "video-finalize",
    effect: "hidden",
    async run(context) {
      const uploadedPartIds = Array.from({ length: steps }, (_, index) =>
        listAt(context, `${PARTS}-${index + 1}`),
      ).flat();
      const finalizeUploadRequest = {
        video: context.checkpoint[VIDEO],
        uploadToken: context.checkpoint["video-token"],
        uploadedPartIds,
      };
      try {
        await sendOrThrow(
          context,
          restRequest(context, "POST", "videos?action=finalizeUpload", { finalizeUploadRequest }),
        );
      } catch (error) {
        if (!(error instanceof BrokerError) || error.platformError?.status !== 400 || !(await isClosed(context)))
          throw error;
      }
      return { done: {} };
    },
  };
}

/** Closing may have been done before, with the answer lost. */
async function isClosed(context: StepContext): Promise<boolean> {
  const { status } = await readVideo(context).catch(() => ({ status: "" }));
  return status === "PROCESSING" || status === "AVAILABLE";
}

/** Few reads, since LinkedIn counts them to the account's 150 calls a day. */
const WAITS = [5, 5, 10, 20, 30];
const GIVE_UP_SECONDS = 900;
const SECONDS_FOR_100_MB = 60;

function awaitVideo(media: PublishMedia): QuietStep {
  return {
    name: "video-ready",
    effect: "read",
    async run(context) {
      const { polls, waitedSeconds } = context;
      if (polls === 0) return { waitSeconds: WAITS[0] ?? 5 };
      let found;
      try {
        found = await readVideo(context);
      } catch (error) {
        if (!(error instanceof BrokerError) || error.platformError?.status !== 403) throw error;
        // Not every member may ask: it is given time, and a create that comes too early is refused.
        const left = Math.ceil(media.sizeBytes / 100_000_000) * SECONDS_FOR_100_MB - waitedSeconds;
        return left > 0 ? { waitSeconds: left } : { done: {} };
      }
      if (found.status === "AVAILABLE") return { done: {} };
      if (found.status === "PROCESSING_FAILED") throw processingFailed(found.processingFailureReason ?? "");
      if (found.status === "WAITING_UPLOAD")
        throw new BrokerError("MEDIA_FAILED", "LinkedIn did not receive the whole video.", {
          redoFrom: VIDEO,
          maxAttempts: 2,
        });
      if (waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: WAITS[polls] ?? 60 };
      throw new BrokerError("MEDIA_FAILED", "LinkedIn did not finish processing the video within 15 minutes.", {
        redoFrom: VIDEO,
        maxAttempts: 2,
      });
    },
  };
}

function processingFailed(reason: string): BrokerError {
  const words = cutText(reason.replace(/\s+/g, " ").trim(), 200);
  return new BrokerError(
    "MEDIA_FAILED",
    words === "" ? "LinkedIn could not process the video." : `LinkedIn could not process the video: ${words}`,
    {
      retryable: false,
      platformError: { status: 200, code: "PROCESSING_FAILED", message: words === "" ? null : words, requestId: null },
    },
  );
}

function readVideo(
  context: StepContext,
): Promise<{ status: string; processingFailureReason?: string | null | undefined }> {
  return callRest(
    context,
    videoStatus,
    restRequest(context, "GET", `videos/${encodeURIComponent(String(context.checkpoint[VIDEO]))}`),
  );
}

function listAt({ checkpoint }: StepContext, name: string): string[] {
  const list = checkpoint[name];
  return Array.isArray(list) ? list : [];
}

/** Every shape asks the same of a file. */
function ruleOf(kind: MediaType): MediaRule {
  const shapes: readonly Shape[] = capabilities.placements[0].shapes;
  const rule = shapes.find((shape) => shape[kind] !== undefined)?.[kind];
  if (rule === undefined) throw new Error(`LinkedIn declares no shape with ${kind}`);
  return rule;
}
