import type { HttpAnswer, HttpRequest } from "../kit/http.ts";
import { BrokerError, type PublishMedia, type StepContext } from "../platform.ts";
import { readStatus } from "./status.ts";

/** A file in consecutive chunks; the last one includes the remainder. */
export interface ChunkPlan {
  chunkBytes: number;
  count: number;
}

/**
 * TikTok uses "megabytes" both ways: these numbers satisfy both. A chunk has 5 to 64 of them, the last one at most 128.
 * Source: TikTok docs, media transfer guide, 2026-09-11.
 */
const ONE_CHUNK_BYTES = 64_000_000;
const CHUNK_BYTES = 10_000_000;

export function planChunks(sizeBytes: number): ChunkPlan {
  if (sizeBytes <= ONE_CHUNK_BYTES) return { chunkBytes: sizeBytes, count: 1 };
  return { chunkBytes: CHUNK_BYTES, count: Math.floor(sizeBytes / CHUNK_BYTES) };
}

/** The first byte of a chunk and the one behind its last. */
export function chunkBounds(
  { chunkBytes, count }: ChunkPlan,
  index: number,
  sizeBytes: number,
): { start: number; end: number } {
  return { start: index * chunkBytes, end: index === count - 1 ? sizeBytes : (index + 1) * chunkBytes };
}

/** The URL itself grants access, so no token is sent. */
export function chunkRequest(context: StepContext, media: PublishMedia, index: number): HttpRequest {
  const { start, end } = chunkBounds(planChunks(media.sizeBytes), index, media.sizeBytes);
  return {
    method: "PUT",
    url: String(context.checkpoint.uploadUrl),
    headers: { "content-range": `bytes ${start}-${end - 1}/${media.sizeBytes}` },
    bytes: {
      contentType: media.mimeType,
      sizeBytes: end - start,
      open: () => context.media.open(media, { start, end }),
    },
    timeoutSeconds: 60 + Math.ceil((end - start) / 262_144),
  };
}

/**
 * Sends every chunk except the last, which publishes. A repeat starts at the beginning; TikTok then says that it has
 * more, and its status says how much.
 */
export async function sendChunks(context: StepContext, media: PublishMedia, redoFrom: string): Promise<void> {
  const plan = planChunks(media.sizeBytes);
  let isAsked = false;
  for (let index = 0; index < plan.count - 1;) {
    const answer = await context.http.send(chunkRequest(context, media, index));
    if (answer.status === 206 || answer.status === 200) {
      index += 1;
    } else if (answer.status === 416 && !isAsked) {
      isAsked = true;
      index = Math.floor(((await readStatus(context)).uploaded_bytes ?? 0) / plan.chunkBytes);
    } else {
      throw classifyUpload(answer, redoFrom);
    }
  }
}

/** What an unsuccessful response to a chunk means. Source: TikTok docs, media transfer guide, 2026-09-11. */
export function classifyUpload(answer: HttpAnswer, redoFrom: string): BrokerError {
  const platformError = {
    status: answer.status,
    code: String(answer.status),
    message: null,
    requestId: answer.headers["x-tt-logid"] ?? null,
  };
  if (answer.status >= 500)
    return new BrokerError("PLATFORM_UNAVAILABLE", "TikTok is having problems right now.", { platformError });
  if (answer.status === 429)
    return new BrokerError("RATE_LIMITED", "TikTok is rate limiting requests right now.", {
      platformError,
      notPublished: true,
      retryAfterSeconds: 60,
    });
  // The URL has expired, is unknown, or has received more than this: whether the post was published must be checked.
  if ([403, 404, 416].includes(answer.status)) {
    return new BrokerError("MEDIA_FAILED", "TikTok no longer accepts this upload.", {
      platformError,
      redoFrom,
      maxAttempts: 3,
    });
  }
  return answer.status >= 400
    ? new BrokerError("MEDIA_FAILED", "TikTok did not accept the video data.", {
        platformError,
        retryable: false,
        notPublished: true,
      })
    : new BrokerError("UNEXPECTED_RESPONSE", "TikTok returned an unexpected response.", { platformError });
}
