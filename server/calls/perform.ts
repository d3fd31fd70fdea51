import { z } from "zod";

import { refuseHostile } from "../../contract/forms/parse.ts";
import { type Operation, type RawInput, takesKey } from "../../contract/operation.ts";
import { mediaCreate, mediaUploadUrl } from "../../contract/operations/media.ts";
import { MOST_IN_BATCH } from "../../contract/operations/post-batches.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { PublicError } from "../../model/errors.ts";
import type { Answer, Call } from "../domain/call.ts";
import {
  claim,
  withClaim,
  replaceStoredAnswer,
  type IdempotencyClaim,
  type StoredAnswer,
} from "../domain/idempotency.ts";
import { getMedia } from "../domain/media/media.ts";
import { reopenUploadUrl } from "../domain/media/upload-urls.ts";
import { getPost } from "../domain/posts/get-post.ts";
import type { Services } from "../domain/services.ts";
import type { Binding } from "./bind.ts";
import { hashRequest } from "./request-headers.ts";
import { isDecidedPost, isSettledPost, waitUntil } from "./wait-for-post.ts";

/** A request as read by an interface: the caller, the input, and how to run it. */
export interface Asked {
  call: Call;
  raw: RawInput;
  /** The caller's Idempotency-Key, or null. */
  key: string | null;
  /** The path of the request: together with the body, it identifies repeated requests. */
  path: string;
  /** Counts more requests, or throws RATE_LIMITED; null if everything is counted. */
  count: ((requests: number) => Promise<void>) | null;
  /**
   * How long to wait until the post is settled, what ends the wait, and who is notified of its start and of changes;
   * null not to wait.
   */
  waiting: { seconds: number; ended: AbortSignal; onBegin?: () => void; onRead?: (post: Post) => void } | null;
}

/** The result, or that of an earlier request with the same key, whose work is already done. */
export type Done = { answer: Answer } | { stored: StoredAnswer };

/** Runs an operation for every interface: key, use case, waiting. Throws the use case's errors. */
export async function perform(services: Services, binding: Binding, asked: Asked): Promise<Done> {
  const { call, raw, key, path } = asked;
  const { operation } = binding;
  const items = operation.batch === undefined ? undefined : Object(raw.body)[operation.batch];
  if (Array.isArray(items) && items.length > 1) await asked.count?.(Math.min(items.length, MOST_IN_BATCH) - 1);
  if (key === null || !takesKey(operation)) return { answer: await run(services, binding, asked) };
  // Hashing goes as deep as the body does.
  refuseHostile(raw.body);
  const requestHash = hashRequest(
    path,
    raw.body,
    call.uploads.map(({ field, filename, received }) => ({ field, filename, sha256: received?.sha256 ?? null })),
  );
  const held = await claim(
    services.pool,
    call,
    { key, operation: operation.name, requestHash, status: operation.status },
    operation.auth === "operator" ? "operator" : "user",
  );
  if (!isClaim(held)) return { stored: await readAgain(services, operation, asked, held) };
  return {
    answer: await withClaim(services.pool, held, () =>
      run(services, binding, { ...asked, call: { ...call, claim: held } }),
    ),
  };
}

async function run(services: Services, binding: Binding, { call, raw, waiting }: Asked): Promise<Answer> {
  const answer = await binding.run(services, call, raw);
  if (waiting === null || answer.post === undefined) return answer;
  // The work is done; failing to wait for its outcome must not look like its failure.
  return await waitForPost(services, binding.operation, call, answer.post.id, waiting).catch(() => answer);
}

async function waitForPost(
  services: Services,
  { writes }: Operation,
  call: Call,
  id: string,
  { seconds, ended, onBegin, onRead }: NonNullable<Asked["waiting"]>,
): Promise<Answer> {
  onBegin?.();
  const read = async () => {
    const answer = await getPost(services, call, id);
    onRead?.(answer.body.post);
    return answer;
  };
  const isOver = writes ? isSettledPost : isDecidedPost;
  const answer = await waitUntil(services.listener, read, await read(), { isOver, seconds, signal: ended });
  if (call.claim !== null) await replaceStoredAnswer(services.pool, call.claim, answer);
  return answer;
}

/**
 * The result of an earlier request, with the current state of its post or media; a repeated request that wants to wait
 * does so, too.
 */
async function readAgain(
  services: Services,
  operation: Operation,
  { call, waiting }: Asked,
  stored: StoredAnswer,
): Promise<StoredAnswer> {
  const { postId, body } = stored;
  if (operation.name === mediaCreate.name) {
    // Media deleted in the meantime is returned as it was, without its URL.
    const now = await getMedia(services, call, createdMedia.parse(body).media.id).catch((error: unknown) => {
      if (error instanceof PublicError) return null;
      throw error;
    });
    return now === null ? stored : { ...stored, body: now.body };
  }
  if (operation.name === mediaUploadUrl.name) return { ...stored, body: reopenUploadUrl(services, call, body) };
  if (postId === null || typeof body !== "object" || body === null || !("post" in body)) return stored;
  const now =
    waiting === null
      ? await getPost(services, call, postId)
      : await waitForPost(services, operation, call, postId, waiting);
  return {
    ...stored,
    body: { ...body, ...now.body },
    headers: now.post === undefined ? stored.headers : { ...stored.headers, etag: now.post.etag },
  };
}

const createdMedia = z.object({ media: z.object({ id: z.string() }) });

function isClaim(held: IdempotencyClaim | StoredAnswer): held is IdempotencyClaim {
  return "key" in held;
}
