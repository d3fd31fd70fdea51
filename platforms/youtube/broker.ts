import { BrokerError, type Broker, type QuietStep, type StepContext, type VisibleStep } from "../platform.ts";
import { awaitProcessed, setThumbnail, watchProcessing } from "./processing.ts";
import { reconcile } from "./reconcile.ts";
import {
  askStanding,
  fileNameFor,
  PIECE_BYTES,
  pieceRequest,
  readSessionUrl,
  readStanding,
  sessionOf,
  stepNames,
  videoOf,
  type Standing,
} from "./session.ts";
import { doneOf, resourceOf, settingsOf } from "./video.ts";

/**
 * YouTube makes a video of an upload session, when its last byte is there. All bytes but the last piece are sent ahead;
 * the piece that completes the session is the one that publishes.
 */
export const broker: Broker = {
  steps: (content) => [
    openSession(),
    sendBytes(),
    publish(),
    awaitProcessed(),
    watchProcessing(),
    ...(content.media[0]?.thumbnail ? [setThumbnail()] : []),
  ],
  reconcile,
  secretCheckpoint: ["session"],
  // The playlist of uploads lags by some minutes.
  indexingLagSeconds: 300,
};

function openSession(): QuietStep {
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
        query: {
          uploadType: "resumable",
          part: "snippet,status",
          ...(notifySubscribers === undefined ? {} : { notifySubscribers: String(notifySubscribers) }),
        },
        headers: {
          authorization: `Bearer ${context.accessToken}`,
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

/** So many pieces may be refused one after the other before a new session is opened. */
const MOST_STALLS = 3;

/** Sends all pieces but the last. How far the session is is asked first, since this may be a repeat. */
function sendBytes(): QuietStep {
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
        if (stalls > MOST_STALLS)
          throw new BrokerError("MEDIA_FAILED", "YouTube did not take in the video's bytes.", {
            redoFrom: stepNames.open,
            maxAttempts: 3,
          });
        stored = now;
      }
      return { done: { storedBytes: stored } };
    },
  };
}

/** A session that has become a video has them all. */
function storedOf(standing: Standing, sizeBytes: number): number {
  return "video" in standing ? sizeBytes : standing.storedBytes;
}

/** Sends the last piece. Where the session has all bytes already, it asks for the answer that the session gave then. */
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
      throw new BrokerError("PLATFORM_UNAVAILABLE", "YouTube did not take in the last bytes of the video.", {
        notPublished: true,
        redoFrom: stepNames.upload,
      });
    },
  };
}

/** After a call whose outcome nobody knows, a session that is gone may have become a video. */
function readAnswer(read: () => Standing, { mayBeLive }: StepContext): Standing {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BrokerError) || !error.notPublished || mayBeLive !== true) throw error;
    throw error.with({ notPublished: false, redoFrom: null });
  }
}
