import { z } from "zod";

import { BrokerError, type PublishMedia, type Rendition, type StepContext } from "../../platform.ts";
import { platformWords } from "../errors.ts";
import { parseJson, type HttpAnswer } from "../http.ts";
import { fileFor } from "../rendition.ts";
import { readGraphAnswer, type Graph } from "./graph.ts";

/**
 * Uploads a video to Meta's upload host, from `offset` to the end, streamed. Throws MEDIA_FAILED, to start again from
 * `redoFrom`, if the host no longer accepts bytes for this session. Source: Facebook docs, publishing reels,
 * 2026-07-30; Instagram docs, POST /{ig-user-id}/media, 2026-09-11.
 */
export async function sendVideo(
  graph: Graph,
  context: StepContext,
  upload: { url: string; media: PublishMedia; rendition?: Rendition; offset?: number; redoFrom: string },
): Promise<void> {
  const { url, media, rendition, offset = 0, redoFrom } = upload;
  const file = await fileFor(context, media, rendition, offset);
  const wholeBytes = String(offset + file.sizeBytes);
  const answer = await context.http.send({
    method: "POST",
    url,
    headers: { authorization: `OAuth ${context.accessToken}`, offset: String(offset), file_size: wholeBytes },
    bytes: { ...file, contentType: "application/octet-stream" },
    timeoutSeconds: uploadSeconds(file.sizeBytes),
  });
  const refusal = readUploadRefusal(graph, answer, redoFrom);
  if (refusal !== null) throw refusal;
  readGraphAnswer(graph, success, answer);
}

/** URLs that a token may be sent to. */
export const uploadUrl = z.url({ protocol: /^https$/, hostname: /^rupload\.facebook\.com$/ });

/** A slow connection must succeed as well: 256 kB per second. */
export function uploadSeconds(sizeBytes: number): number {
  return 60 + Math.ceil(sizeBytes / 262_144);
}

/** Meta's response if there is nothing to report. */
export const success = z.object({ success: z.literal(true) });

const refused = z.object({
  debug_info: z.object({ retriable: z.boolean().nullish(), type: z.string().nullish(), message: z.string().nullish() }),
});

/** The upload host's own error format; null if the response has none. */
export function readUploadRefusal(graph: Graph, answer: HttpAnswer, redoFrom: string): BrokerError | null {
  const parsed = refused.safeParse(parseJson(answer.text));
  if (!parsed.success) return null;
  const { type, message } = parsed.data.debug_info;
  const platformError = {
    status: answer.status,
    code: type ?? null,
    message: platformWords(message),
    requestId: null,
  };
  if (type === "NotAuthorizedError")
    return new BrokerError(
      "AUTH_REVOKED",
      `${graph.label} does not allow this account to upload videos. Reconnect it.`,
      {
        platformError,
      },
    );
  return new BrokerError("MEDIA_FAILED", `${graph.label} did not accept the video data.`, {
    redoFrom,
    maxAttempts: 4,
    platformError,
  });
}
