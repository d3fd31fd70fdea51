import { firstComment, type Comments } from "../kit/first-comment.ts";
import { BrokerError, type Broker, type StepContext, type VisibleStep } from "../platform.ts";
import { insertResource, readResource } from "./api.ts";
import { doneOf, liveAs } from "./content.ts";
import { reconcile } from "./reconcile.ts";
import { scopes } from "./scopes.ts";
import { awaitProcessed, watchProcessing } from "./status.ts";
import {
  openSession,
  pieceRequest,
  readStanding,
  sendBytes,
  sessionOf,
  setThumbnail,
  stepNames,
  type Standing,
} from "./upload.ts";
import { commentThread, commentThreads } from "./wire.ts";

/**
 * YouTube creates a video when an upload session has its last byte. All chunks but the last are sent in advance; the
 * chunk that completes the session is the one that publishes.
 */
export const broker: Broker = {
  steps: (content) => [
    openSession(),
    sendBytes(),
    publish(),
    awaitProcessed(),
    watchProcessing(),
    ...(content.media[0]?.thumbnail ? [setThumbnail()] : []),
    ...firstComment(content, { label: "YouTube", scopes }, comments),
  ],
  reconcile,
  found: (_context, _step, id) => liveAs(id),
  // The playlist of uploads lags by a few minutes.
  indexingLagSeconds: 300,
};

/** Source: YouTube docs, commentThreads.insert, 2026-10. */
const comments: Comments = {
  postOf: ({ checkpoint }) => (typeof checkpoint.video === "string" ? checkpoint.video : null),
  async list(context, videoId) {
    const { items } = await readResource(context, commentThreads, "commentThreads", { part: "snippet", videoId });
    return (items ?? []).map(({ snippet }) => snippet?.topLevelComment?.snippet?.textOriginal ?? "");
  },
  add: (context, videoId, textOriginal) =>
    insertResource(
      context,
      commentThread,
      "commentThreads",
      { part: "snippet" },
      {
        snippet: { videoId, topLevelComment: { snippet: { textOriginal } } },
      },
    ),
};

/** Sends the last chunk. If the session already has all bytes, it asks for the response that the session gave then. */
function publish(): VisibleStep {
  return {
    name: stepNames.publish,
    effect: "visible",
    request: (context) =>
      pieceRequest(context, {
        start: Number(context.checkpoint.storedBytes),
        end: sessionOf(context.checkpoint).sizeBytes,
      }),
    accept(answer, context) {
      const standing = readAnswer(() => readStanding(answer), context);
      if ("video" in standing) return doneOf(context, standing.video);
      throw new BrokerError("PLATFORM_UNAVAILABLE", "YouTube did not accept the last bytes of the video.", {
        notPublished: true,
        redoFrom: stepNames.upload,
      });
    },
  };
}

/** After a request with an unknown outcome, a session that is gone may have become a video. */
function readAnswer(read: () => Standing, { mayBeLive }: StepContext): Standing {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BrokerError) || !error.notPublished || mayBeLive !== true) throw error;
    throw error.with({ notPublished: false, redoFrom: null });
  }
}
