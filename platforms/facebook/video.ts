import { callGraph, graphRequest, readGraphAnswer } from "../kit/meta-graph.ts";
import { uploadSeconds, uploadUrl, uploadVideo } from "../kit/meta-upload.ts";
import { multipartBytes } from "../kit/multipart.ts";
import { BrokerError, type PublishMedia, type QuietStep, type StepContext, type StepDone } from "../platform.ts";
import { stepNames, videoOf } from "./content.ts";
import { graph, NOT_THERE, videoGraph, WRONG_OFFSET } from "./errors.ts";
import { byteSession, chunkSession, chunkTaken, videoState, wrongOffset, type VideoState } from "./wire.ts";

/** Opens the session of a reel or a video story: it gives the video's id and the address for its bytes. */
export function startBytes(edge: "video_reels" | "video_stories"): QuietStep {
  return {
    name: stepNames.start,
    effect: "hidden",
    async run(context) {
      const request = graphRequest(graph, context.accessToken, "POST", `${context.account.platformAccountId}/${edge}`, {
        upload_phase: "start",
      });
      const { video_id, upload_url } = await callGraph(graph, context.http, byteSession, request);
      return { done: { [stepNames.start]: video_id, uploadUrl: upload_url } };
    },
  };
}

/** Sends what Facebook does not have yet: how much it has is asked first, since this may be a repeat. */
export function sendBytes(): QuietStep {
  return {
    name: "upload",
    effect: "hidden",
    async run(context) {
      const media = videoOf(context);
      const { status } = await readVideo(context);
      const offset = status?.uploading_phase?.bytes_transfered ?? 0;
      if (offset >= media.sizeBytes || status?.uploading_phase?.status === "complete") return { done: {} };
      const url = uploadUrl.parse(context.checkpoint.uploadUrl);
      await uploadVideo(graph, context, { url, media, offset, redoFrom: stepNames.start });
      return { done: {} };
    },
  };
}

/** Facebook has processed the bytes, or says that it cannot: then the call that publishes tells why. */
export function awaitUploaded(): QuietStep {
  return {
    name: "uploaded",
    effect: "read",
    async run(context) {
      const state = (await readVideo(context)).status;
      const name = state?.video_status;
      if (name === "expired" || name === "upload_failed")
        throw new BrokerError("MEDIA_FAILED", "Facebook did not take in the video's bytes.", {
          redoFrom: stepNames.start,
          maxAttempts: 3,
        });
      if (
        name === "upload_complete" ||
        name === "ready" ||
        name === "error" ||
        state?.processing_phase?.status === "error"
      )
        return { done: {} };
      if (context.waitedSeconds < GIVE_UP_SECONDS) return { waitSeconds: WAITS[context.polls] ?? 60 };
      throw new BrokerError("MEDIA_FAILED", "Facebook did not finish taking in the video within 15 minutes.", {
        redoFrom: stepNames.start,
        maxAttempts: 2,
      });
    },
  };
}

const GIVE_UP_SECONDS = 900;
const WAITS = [2, 5, 10, 20, 30];

/** Opens the session of a feed video. */
export function startChunks(): QuietStep {
  return {
    name: stepNames.start,
    effect: "hidden",
    async run(context) {
      const fields = { upload_phase: "start", file_size: String(videoOf(context).sizeBytes) };
      const request = graphRequest(
        videoGraph,
        context.accessToken,
        "POST",
        `${context.account.platformAccountId}/videos`,
        fields,
      );
      const session = await callGraph(videoGraph, context.http, chunkSession, request);
      return {
        done: {
          [stepNames.start]: session.video_id,
          uploadSession: session.upload_session_id,
          startOffset: session.start_offset,
          endOffset: session.end_offset,
        },
      };
    },
  };
}

/** Sends a feed video in the pieces that Facebook asks for. A repeat begins at the front and is told where to go on. */
export function sendChunks(): QuietStep {
  return {
    name: "upload",
    effect: "hidden",
    async run(context) {
      const media = videoOf(context);
      let next = { start: Number(context.checkpoint.startOffset), end: Number(context.checkpoint.endOffset) };
      for (let stalls = 0; next.start < next.end;) {
        const following = await sendChunk(context, media, next);
        stalls = following.start > next.start ? 0 : stalls + 1;
        if (stalls > MOST_STALLS)
          throw new BrokerError("MEDIA_FAILED", "Facebook did not take in the video's bytes.", {
            redoFrom: stepNames.start,
            maxAttempts: 3,
          });
        next = following;
      }
      return { done: {} };
    },
  };
}

/** Facebook may ask for the same piece once more. */
const MOST_STALLS = 2;

interface Piece {
  start: number;
  end: number;
}

/** Sends one piece; answers which is asked for next. */
async function sendChunk(context: StepContext, media: PublishMedia, { start, end }: Piece): Promise<Piece> {
  const fields = {
    upload_phase: "transfer",
    upload_session_id: String(context.checkpoint.uploadSession),
    start_offset: String(start),
  };
  const file = {
    name: "video_file_chunk",
    filename: media.filename,
    contentType: media.mimeType,
    sizeBytes: end - start,
    open: () => context.media.open(media, { start, end }),
  };
  const answer = await context.http.send({
    method: "POST",
    url: `${videoGraph.baseUrl}/${context.account.platformAccountId}/videos`,
    headers: { authorization: `Bearer ${context.accessToken}` },
    bytes: multipartBytes(fields, file),
    timeoutSeconds: uploadSeconds(end - start),
  });
  try {
    const taken = readGraphAnswer(videoGraph, chunkTaken, answer);
    return { start: taken.start_offset, end: Math.min(taken.end_offset, media.sizeBytes) };
  } catch (error) {
    const right = isWrongOffset(error) ? wrongOffset.safeParse(answer.json()) : undefined;
    if (right?.success !== true) throw fromTheStart(error);
    const { start_offset: from, end_offset: to } = right.data.error.error_data;
    return { start: from, end: Math.min(to ?? from + (end - start), media.sizeBytes) };
  }
}

function isWrongOffset(error: unknown): boolean {
  return error instanceof BrokerError && (error.platformError?.code ?? "").split("/").includes(String(WRONG_OFFSET));
}

/** A session that takes no more bytes has to be opened anew. */
function fromTheStart(error: unknown): unknown {
  if (!(error instanceof BrokerError) || error.code !== "MEDIA_FAILED") return error;
  return error.with({ redoFrom: stepNames.start });
}

/** Facebook's word on the video. */
export async function readVideo(context: StepContext): Promise<VideoState> {
  const path = String(context.checkpoint[stepNames.start]);
  return callGraph(
    graph,
    context.http,
    videoState,
    graphRequest(graph, context.accessToken, "GET", path, { fields: "status,published,permalink_url,post_id" }),
  );
}

/** The same, null where Facebook says no more than that it is not there. */
export async function readVideoIfThere(context: StepContext): Promise<VideoState | null> {
  try {
    return await readVideo(context);
  } catch (error) {
    if (error instanceof BrokerError && error.platformError?.code === NOT_THERE) return null;
    throw error;
  }
}

/** Of a video and a reel Facebook names the post by the video's id. */
export function acceptedAs(videoId: string): StepDone {
  return { done: { [stepNames.publish]: videoId }, remoteId: videoId, platformPostId: videoId };
}

/** What a video has come to. Of a feed video Facebook may tell no publishing phase. */
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

/** The reason that Facebook gives for a failed phase; it has no number. */
export function reasonOf({ status }: VideoState): string | null {
  const processing = status?.processing_phase;
  return (
    processing?.error?.message ?? processing?.errors?.[0]?.message ?? status?.publishing_phase?.error?.message ?? null
  );
}
