import { BrokerError, type OpenIntent, type StepContext, type StepDone, type Verdict } from "../platform.ts";
import { failureOf } from "./errors.ts";
import { readStatus, withPostId } from "./status.ts";
import { chunkBounds, planChunks } from "./upload.ts";

/** A video's URL accepts bytes for an hour. Source: TikTok docs, direct post, 2026-09-11. */
const UPLOAD_SECONDS = 3600;

/**
 * Checks the outcome of a video's last bytes by the state of its task. A lost response about photos cannot be settled:
 * TikTok fetches them itself, and no endpoint lists tasks.
 */
export async function reconcile(context: StepContext, intent: OpenIntent): Promise<Verdict> {
  const media = context.content.media[0];
  if (typeof context.checkpoint.publishId !== "string" || media?.type !== "video") {
    return { verdict: "cannot_tell", reason: "TikTok returned no ID for the photos, and it cannot be looked up." };
  }
  const status = await readStatus(context);
  switch (status.status) {
    case "PUBLISH_COMPLETE":
      return { verdict: "published", ...accepted(context), ...withPostId(context, status) };
    case "FAILED":
      return {
        verdict: "not_published",
        definitive: true,
        proof: `The post has failed: ${status.fail_reason ?? "no reason given"}.`,
        redoFrom: "init",
        error: failureOf(status.fail_reason, "init"),
      };
    case "PROCESSING_UPLOAD":
      return ofUpload(context, intent, status.uploaded_bytes ?? null, media.sizeBytes);
    default:
      return { verdict: "pending", reason: `TikTok says ${status.status}.` };
  }
}

/** With all its bytes, the post will be published, however long that takes. Without the last ones, it cannot. */
function ofUpload(context: StepContext, intent: OpenIntent, uploadedBytes: number | null, sizeBytes: number): Verdict {
  if (uploadedBytes === null) return { verdict: "pending", reason: "TikTok did not say how much of the video it has." };
  if (uploadedBytes >= sizeBytes) return { verdict: "published", ...accepted(context) };
  const plan = planChunks(sizeBytes);
  const proof = `TikTok has ${uploadedBytes} of ${sizeBytes} bytes.`;
  const error = new BrokerError("MEDIA_FAILED", "TikTok did not receive the last bytes of the video.");
  const startedAt = Date.parse(String(context.checkpoint.startedAt));
  const isClosed = intent.answer.platformError?.code === "403" || intent.answer.platformError?.code === "404";
  if (isClosed || context.now.getTime() - startedAt >= UPLOAD_SECONDS * 1000)
    return { verdict: "not_published", definitive: true, proof, redoFrom: "init", error };
  // TikTok has rejected the last bytes because others were missing, and said so.
  const wasRefused = intent.answer.platformError?.code === "416";
  if (wasRefused || uploadedBytes < chunkBounds(plan, plan.count - 1, sizeBytes).start)
    return { verdict: "not_published", definitive: wasRefused, proof, redoFrom: "upload", error };
  return { verdict: "not_published", definitive: false, proof, error };
}

/** What TikTok has accepted is identified by the ID of its task. */
export function accepted(context: StepContext): StepDone {
  return { done: {}, remoteId: String(context.checkpoint.publishId) };
}
