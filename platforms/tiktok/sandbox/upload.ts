import type { Call, CallPost, Outcome, PlatformAnswer, SandboxRoute } from "../../../sandbox/platform.ts";
import { uploadAnswer } from "./errors.ts";
import { validateVideo } from "./media-rules.ts";
import { factsOf } from "./people.ts";
import { showPost } from "./show.ts";
import { findUpload, finishTask, setReceived, type Task } from "./tasks.ts";

/**
 * The bytes of a video, in consecutive chunks; the last one publishes it. The URL itself grants access.
 * Source: TikTok docs, media transfer guide, 2026-09-11.
 */
export const UPLOAD_ROUTES: readonly SandboxRoute[] = [
  {
    method: "PUT",
    host: "open-upload.tiktokapis.com",
    path: "/video",
    rawBody: true,
    run: putChunk,
    post: uploadedPost,
    operation: (call) => (isLast(call) ? "publish" : "upload"),
  },
];

const TYPES = /^video\/(mp4|quicktime|webm)\b/i;

interface Range {
  first: number;
  last: number;
  total: number;
}

function rangeOf({ headers }: Call): Range | undefined {
  const [, first, last, total] = /^bytes (\d{1,12})-(\d{1,12})\/(\d{1,12})$/.exec(headers["content-range"] ?? "") ?? [];
  return first === undefined ? undefined : { first: Number(first), last: Number(last), total: Number(total) };
}

/** A draft's last chunk publishes nothing. */
function isLast(call: Call): boolean {
  const range = rangeOf(call);
  return range !== undefined && range.last === range.total - 1 && findUpload(call)?.isDraft === false;
}

function uploadedPost(call: Call): CallPost | undefined {
  const task = findUpload(call);
  return task && { accountId: task.owner, text: task.content.text, carriesText: false, handle: task.publishId };
}

function putChunk(call: Call): Outcome {
  const task = findUpload(call);
  if (!task || task.finishedAt !== null) return uploadAnswer(404);
  if (call.now >= task.expiresAt) return uploadAnswer(403);
  const range = rangeOf(call);
  const { body } = call;
  if (!range || body.kind !== "bytes" || !body.bytes.complete || !TYPES.test(body.bytes.contentType))
    return uploadAnswer(400);
  if (body.bytes.sizeBytes !== range.last - range.first + 1) return uploadAnswer(400);
  if (!isNext(task, range)) return progress(task, 416, task.receivedBytes);
  const received = range.last + 1;
  const name = `tiktok-${task.uploadId ?? ""}`;
  const written = call.world.uploads.write(name, body.bytes, { offset: range.first });
  if (received < task.totalBytes) {
    return written.then(() => () => {
      setReceived(call, task, received);
      return progress(task, 206, received);
    });
  }
  return written
    .then(() => call.world.uploads.finish(name))
    .then((measured) => () => {
      if (findUpload(call)?.finishedAt !== null) return uploadAnswer(404);
      const person = call.world.identity.person("tiktok", task.owner);
      const finished = finishTask(
        call,
        task,
        [measured],
        person ? validateVideo(measured, factsOf(person)) : "internal",
      );
      if (finished.postId !== null) showPost(call, finished, [measured], task.publishId);
      return progress(task, 201, received);
    });
}

/** Chunks arrive in order and as announced; the last one includes the remainder. */
function isNext({ receivedBytes, totalBytes, chunkBytes, chunkCount }: Task, { first, last, total }: Range): boolean {
  const isLastChunk = first === chunkBytes * (chunkCount - 1);
  return (
    total === totalBytes && first === receivedBytes && last === (isLastChunk ? totalBytes : first + chunkBytes) - 1
  );
}

/** The middle number is a count, as TikTok's documentation calls it. */
function progress({ totalBytes }: Task, status: number, receivedBytes: number): PlatformAnswer {
  return uploadAnswer(status, { "content-range": `bytes 0-${receivedBytes}/${totalBytes}` });
}
