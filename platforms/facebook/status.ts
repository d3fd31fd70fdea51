import { codeOf, getGraph } from "../kit/meta/graph.ts";
import { waitAgain } from "../kit/steps.ts";
import { BrokerError, type QuietStep, type StepContext, type StepDone } from "../platform.ts";
import { edgeOf, stepNames } from "./content.ts";
import { graph, NOT_THERE } from "./errors.ts";
import { postLink, storyList, videoState, type VideoState } from "./wire.ts";

const UPLOAD_PATIENCE = { waits: [2, 5, 10, 20, 30], giveUpSeconds: 900 };

/** Facebook has processed the bytes, or says that it cannot: then the publishing request returns the reason. */
export function awaitUploaded(): QuietStep {
  return {
    name: "uploaded",
    effect: "read",
    async run(context) {
      const state = (await readVideo(context)).status;
      const name = state?.video_status ?? "";
      if (name === "expired" || name === "upload_failed") throw bytesNotTaken();
      if (["upload_complete", "ready", "error"].includes(name) || state?.processing_phase?.status === "error")
        return { done: {} };
      const tooLate = "Facebook did not finish processing the video within 15 minutes.";
      const again = { redoFrom: stepNames.start, maxAttempts: 2 };
      return waitAgain(context, UPLOAD_PATIENCE, new BrokerError("MEDIA_FAILED", tooLate, again));
    },
  };
}

/** The session must be reopened. */
export function bytesNotTaken(): BrokerError {
  const message = "Facebook did not accept the video data.";
  return new BrokerError("MEDIA_FAILED", message, { redoFrom: stepNames.start, maxAttempts: 3 });
}

const LIVE_PATIENCE = { waits: [3, 5, 10, 20, 30], giveUpSeconds: 840 };

/** Facebook processes what it has accepted, and can still reject it. */
export function awaitLive(): QuietStep {
  return {
    name: "live",
    effect: "read",
    async run(context) {
      const video = await readVideoIfThere(context);
      const progress = video === null ? "processing" : progressOf(video);
      if (progress === "live" || (video !== null && isReadyFeedVideo(video)))
        return { done: {}, publishedUrl: video?.permalink_url ?? undefined };
      if (video !== null && (progress === "failed" || progress === "dead")) {
        const message = "Facebook accepted the video but could not process it, so it is not live.";
        throw failedVideo(video, message, { retryable: false, neverLive: true });
      }
      const tooLate = "Facebook accepted the video but has not finished processing it.";
      return waitAgain(context, LIVE_PATIENCE, new BrokerError("OUTCOME_UNKNOWN", tooLate));
    },
  };
}

/** For a feed video, Facebook may only say that it is ready. */
function isReadyFeedVideo({ status, published }: VideoState): boolean {
  return status?.video_status === "ready" && !status.publishing_phase && published !== false;
}

/** Facebook's word on the video. */
export function readVideo(context: StepContext): Promise<VideoState> {
  const fields = "status,published,permalink_url,post_id";
  return getGraph(graph, context, videoState, String(context.checkpoint[stepNames.start]), { fields });
}

/** The same, or null if Facebook only says that it does not exist. */
export async function readVideoIfThere(context: StepContext): Promise<VideoState | null> {
  try {
    return await readVideo(context);
  } catch (error) {
    if (codeOf(error, (code) => code === NOT_THERE) !== null) return null;
    throw error;
  }
}

/** Of a video and a reel Facebook names the post by the video's id. */
export function acceptedAs(videoId: string): StepDone {
  return { done: { [stepNames.publish]: videoId }, remoteId: videoId, platformPostId: videoId };
}

/** A video's outcome. For a feed video, Facebook may return no publishing phase. */
export type Progress = "live" | "publishing" | "failed" | "dead" | "processing" | "waiting";

export function progressOf({ status, published }: VideoState): Progress {
  const { video_status: name, processing_phase: processing, publishing_phase: publishing } = status ?? {};
  const word = publishing?.publish_status;
  const isOver = publishing?.status === "complete" || publishing?.status === "completed";
  if (word === "published" || word === "scheduled" || published === true || (isOver && !word)) return "live";
  if (publishing?.status === "error" || word === "error" || processing?.status === "error" || name === "error")
    return "failed";
  if (name === "upload_failed" || name === "expired") return "dead";
  if (isOver || publishing?.status === "in_progress") return "publishing";
  return name === "processing" || name === "uploading" ? "processing" : "waiting";
}

/** The reason that Facebook gives for a failed phase has no number. */
export function failedVideo(
  { status }: VideoState,
  message: string,
  options: ConstructorParameters<typeof BrokerError>[2],
): BrokerError {
  const { processing_phase: processing, publishing_phase: publishing } = status ?? {};
  const reason = processing?.error?.message ?? processing?.errors?.[0]?.message ?? publishing?.error?.message ?? null;
  const platformError = { status: 200, code: status?.video_status ?? null, message: reason, requestId: null };
  return new BrokerError("MEDIA_FAILED", message, { ...options, platformError });
}

export function readPermalink(): QuietStep {
  return {
    name: "permalink",
    effect: "read",
    cosmetic: true,
    async run(context) {
      const id = context.checkpoint[stepNames.publish];
      if (typeof id !== "string" || context.checkpoint.hasLink === true) return { done: {} };
      const { permalink_url: link } = await getGraph(graph, context, postLink, id, { fields: "permalink_url" });
      // A plain URL with the ID leads to the post as well.
      return { done: {}, publishedUrl: link ?? `https://www.facebook.com/${id}` };
    },
  };
}

const STORY_LINK_WAITS = [2, 10, 60];

/** A story's URL is only in the Page's list of stories. */
export function readStoryLink(): QuietStep {
  return {
    name: "permalink",
    effect: "read",
    cosmetic: true,
    async run(context) {
      const { data } = await getGraph(graph, context, storyList, edgeOf(context, "stories"));
      const url = data.find(({ post_id: id }) => id === context.checkpoint[stepNames.publish])?.url;
      if (url) return { done: {}, publishedUrl: url };
      const waitSeconds = STORY_LINK_WAITS[context.polls];
      return waitSeconds === undefined ? { done: {} } : { waitSeconds };
    },
  };
}
