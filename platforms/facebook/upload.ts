import type { z } from "zod";

import type { RequestParameters } from "../kit/http.ts";
import { created, postGraph, readGraphAnswer } from "../kit/meta/graph.ts";
import { sendVideo, success, uploadSeconds, uploadUrl } from "../kit/meta/upload.ts";
import { multipartBytes } from "../kit/multipart.ts";
import { fileFor, renditionFor, ruleFor } from "../kit/rendition.ts";
import { coverOf, videoOf } from "../kit/steps.ts";
import { BrokerError, type PublishMedia, type QuietStep, type StepContext } from "../platform.ts";
import { capabilities } from "./capabilities.ts";
import { edgeOf, stepNames } from "./content.ts";
import { graph, videoGraph, WRONG_OFFSET } from "./errors.ts";
import { bytesNotTaken, readVideo } from "./status.ts";
import { byteSession, chunkSession, chunkTaken, wrongOffset } from "./wire.ts";

/** An unpublished photo, until a post or a story uses it. */
export function uploadPhoto(item: number): QuietStep {
  return {
    name: stepNames.photo(item),
    effect: "hidden",
    async run(context) {
      const media = context.content.media[item];
      if (media === undefined) throw new Error("The post has no such photo");
      const altText = context.content.placement === "story" ? null : media.altText;
      const fields = { published: "false", alt_text_custom: altText || undefined };
      const { id } = await sendImage(context, created, edgeOf(context, "photos"), fields, media);
      return { done: { [stepNames.photo(item)]: id } };
    },
  };
}

/** Source: known from the Graph API; Meta's current guides omit it. */
export function setCover(): QuietStep {
  return {
    name: "cover",
    effect: "hidden",
    cosmetic: true,
    async run(context) {
      const cover = coverOf(context.content);
      const path = `${String(context.checkpoint[stepNames.start])}/thumbnails`;
      if (cover !== null) await sendImage(context, success, path, { is_preferred: "true" }, cover);
      return { done: {} };
    },
  };
}

async function sendImage<T>(
  context: StepContext,
  schema: z.ZodType<T>,
  path: string,
  fields: RequestParameters,
  media: PublishMedia,
): Promise<T> {
  const file = await fileFor(context, media, renditionFor(media, ruleFor(capabilities, "image")));
  const answer = await context.http.send({
    method: "POST",
    url: `${graph.baseUrl}/${path}`,
    headers: { authorization: `Bearer ${context.accessToken}` },
    bytes: multipartBytes(fields, { name: "source", filename: media.filename, ...file }),
    timeoutSeconds: 120,
  });
  return readGraphAnswer(graph, schema, answer);
}

/** Starts the session of a reel or a video story: it returns the video's ID and the upload URL. */
export function startBytes(edge: "video_reels" | "video_stories"): QuietStep {
  return {
    name: stepNames.start,
    effect: "hidden",
    async run(context) {
      const fields = { upload_phase: "start" };
      const { video_id, upload_url } = await postGraph(graph, context, byteSession, edgeOf(context, edge), fields);
      return { done: { [stepNames.start]: video_id, uploadUrl: upload_url } };
    },
  };
}

/** Sends the missing bytes, after asking how many there are, since this may be a repeat. */
export function sendBytes(): QuietStep {
  return {
    name: "upload",
    effect: "hidden",
    async run(context) {
      const media = videoOf(context);
      const phase = (await readVideo(context)).status?.uploading_phase;
      const offset = phase?.bytes_transfered ?? 0;
      if (offset >= media.sizeBytes || phase?.status === "complete") return { done: {} };
      const url = uploadUrl.parse(context.checkpoint.uploadUrl);
      await sendVideo(graph, context, { url, media, offset, redoFrom: stepNames.start });
      return { done: {} };
    },
  };
}

/** Opens the session of a feed video. */
export function startChunks(): QuietStep {
  return {
    name: stepNames.start,
    effect: "hidden",
    async run(context) {
      const fields = { upload_phase: "start", file_size: String(videoOf(context).sizeBytes) };
      const session = await postGraph(videoGraph, context, chunkSession, edgeOf(context, "videos"), fields);
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

/** Facebook may ask for the same chunk again. */
const MOST_STALLS = 2;

/**
 * Sends a feed video in the chunks that Facebook asks for. A repeat starts at the beginning and is told where to
 * continue.
 */
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
        if (stalls > MOST_STALLS) throw bytesNotTaken();
        next = following;
      }
      return { done: {} };
    },
  };
}

interface Piece {
  start: number;
  end: number;
}

/** Sends one chunk; returns which is requested next. */
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
    url: `${videoGraph.baseUrl}/${edgeOf(context, "videos")}`,
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

/** A session that accepts no more bytes must be reopened. */
function fromTheStart(error: unknown): unknown {
  const isRefused = error instanceof BrokerError && error.code === "MEDIA_FAILED";
  return isRefused ? error.with({ redoFrom: stepNames.start }) : error;
}
