import { z } from "zod";

import { BrokerError, type PublishMedia, type Rendition, type StepContext } from "../platform.ts";
import { parseJson, type HttpAnswer } from "./http.ts";
import { readGraphAnswer, type Graph } from "./meta-graph.ts";
import { redact } from "./redaction.ts";

/**
 * Hands a video's bytes to Meta's upload host, from `offset` to the end, streamed. Throws MEDIA_FAILED, to be begun again
 * from `redoFrom`, where the host takes the bytes of this session no more.
 * Source: Facebook docs, publishing reels, 2026-07-30; Instagram docs, POST /{ig-user-id}/media, 2026-09-11.
 */
export async function uploadVideo(
  graph: Graph,
  context: StepContext,
  upload: { url: string; media: PublishMedia; rendition?: Rendition | undefined; offset: number; redoFrom: string },
): Promise<void> {
  const { url, media, rendition, offset, redoFrom } = upload;
  const { sizeBytes } = await context.media.describe(media, rendition);
  const answer = await context.http.send({
    method: "POST",
    url,
    headers: { authorization: `OAuth ${context.accessToken}`, offset: String(offset), file_size: String(sizeBytes) },
    bytes: {
      contentType: "application/octet-stream",
      sizeBytes: sizeBytes - offset,
      open: () => context.media.open(media, { ...(rendition === undefined ? {} : { rendition }), start: offset }),
    },
    timeoutSeconds: uploadSeconds(sizeBytes - offset),
  });
  const refusal = readUploadRefusal(graph, answer, redoFrom);
  if (refusal !== null) throw refusal;
  readGraphAnswer(graph, uploaded, answer);
}

/** Addresses that a token may be sent to. */
export const uploadUrl = z.url({ protocol: /^https$/, hostname: /^rupload\.facebook\.com$/ });

/** A slow line has to get through as well: 256 kB a second. */
export function uploadSeconds(sizeBytes: number): number {
  return 60 + Math.ceil(sizeBytes / 262_144);
}

const uploaded = z.object({ success: z.literal(true) });

const refused = z.object({
  debug_info: z.object({ retriable: z.boolean().nullish(), type: z.string().nullish(), message: z.string().nullish() }),
});

/** The upload host's own form of error; null where the answer is none. */
export function readUploadRefusal(graph: Graph, answer: HttpAnswer, redoFrom: string): BrokerError | null {
  const parsed = refused.safeParse(parseJson(answer.text));
  if (!parsed.success) return null;
  const { type, message } = parsed.data.debug_info;
  const platformError = {
    status: answer.status,
    code: type ?? null,
    message: typeof message === "string" ? redact(message) : null,
    requestId: null,
  };
  if (type === "NotAuthorizedError")
    return new BrokerError("AUTH_REVOKED", `${graph.label} does not let this account upload videos. Reconnect it.`, {
      platformError,
    });
  return new BrokerError("MEDIA_FAILED", `${graph.label} did not take in the video's bytes.`, {
    redoFrom,
    maxAttempts: 4,
    platformError,
  });
}
