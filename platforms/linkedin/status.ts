import { cutText } from "../../model/cut-text.ts";
import { waitAgain } from "../kit/steps.ts";
import { collapseSpaces } from "../kit/text.ts";
import { BrokerError, type PublishMedia, type QuietStep, type StepContext } from "../platform.ts";
import { callRest, restRequest } from "./api.ts";
import { VIDEO } from "./content.ts";
import { videoStatus } from "./wire.ts";

/** A member cannot check an image's processing, so it gets some seconds, more for larger ones. */
export function awaitImages(media: readonly PublishMedia[]): QuietStep {
  const largestBytes = Math.max(0, ...media.map(({ sizeBytes }) => sizeBytes));
  return {
    name: "images-ready",
    effect: "read",
    run: async ({ polls }) => (polls === 0 ? { waitSeconds: 3 + Math.ceil(largestBytes / 5_000_000) } : { done: {} }),
  };
}

/** Few requests, since LinkedIn counts them towards the account's 150 a day. */
const PATIENCE = { waits: [5, 5, 10, 20, 30], giveUpSeconds: 900 };
const SECONDS_FOR_100_MB = 60;

export function awaitVideo(media: PublishMedia): QuietStep {
  return {
    name: "video-ready",
    effect: "read",
    async run(context) {
      if (context.polls === 0) return { waitSeconds: 5 };
      const video = await readVideoIfAllowed(context);
      if (video === null) {
        // It gets some time, and a post created too early is rejected.
        const left = Math.ceil(media.sizeBytes / 100_000_000) * SECONDS_FOR_100_MB - context.waitedSeconds;
        return left > 0 ? { waitSeconds: left } : { done: {} };
      }
      if (video.status === "AVAILABLE") return { done: {} };
      if (video.status === "PROCESSING_FAILED") throw processingFailed(video.processingFailureReason ?? "");
      if (video.status === "WAITING_UPLOAD") throw videoAnew("LinkedIn did not receive the whole video.");
      return waitAgain(context, PATIENCE, videoAnew("LinkedIn did not finish processing the video within 15 minutes."));
    },
  };
}

/** The video must be uploaded again, once. */
export function videoAnew(message: string): BrokerError {
  return new BrokerError("MEDIA_FAILED", message, { redoFrom: VIDEO, maxAttempts: 2 });
}

/** The upload may already have been finalized, with the response lost. */
export async function isClosed(context: StepContext): Promise<boolean> {
  const { status } = await readVideo(context).catch(() => ({ status: "" }));
  return status === "PROCESSING" || status === "AVAILABLE";
}

/** Null if the member cannot check. */
async function readVideoIfAllowed(context: StepContext) {
  try {
    return await readVideo(context);
  } catch (error) {
    if (error instanceof BrokerError && error.platformError?.status === 403) return null;
    throw error;
  }
}

function readVideo(context: StepContext) {
  const path = `videos/${encodeURIComponent(String(context.checkpoint[VIDEO]))}`;
  return callRest(context, videoStatus, restRequest(context, "GET", path));
}

function processingFailed(reason: string): BrokerError {
  const words = cutText(collapseSpaces(reason), 200);
  const message = `LinkedIn could not process the video${words === "" ? "." : `: ${words}`}`;
  const said = words === "" ? null : words;
  const platformError = { status: 200, code: "PROCESSING_FAILED", message: said, requestId: null };
  return new BrokerError("MEDIA_FAILED", message, { retryable: false, platformError });
}
