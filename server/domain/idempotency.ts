import type pg from "pg";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import { jsonb } from "../db/jsonb.ts";
import {
  CLAIM_SECONDS,
  claimKey,
  findKey,
  freeClaim,
  renewClaim,
  storeAnswer,
  type KeyRow,
} from "../db/queries/idempotency.ts";
import { type Db, transaction } from "../db/sql.ts";
import type { Answer, Call, Caller } from "./caller.ts";

/** An Idempotency-Key that is ours while the work is done. */
export interface IdempotencyClaim {
  key: string;
  id: string;
  /** The status of success, stored with the answer. */
  status: number;
}

export interface StoredAnswer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
  /** Of an answer about a post, which is to be read anew: kept is the rest. */
  postId: string | null;
}

/** What a call is claimed by: the same key with another operation or another request is a mistake of the caller's. */
export interface IdempotencyRequest {
  key: string;
  operation: string;
  requestHash: string;
  status: number;
}

/**
 * Claims a key before the work. Answers the claim, or the stored answer where the same request was answered before.
 * Throws IDEMPOTENCY_KEY_REUSED or IDEMPOTENCY_IN_PROGRESS.
 */
export async function claim(
  pool: pg.Pool,
  caller: Caller,
  request: IdempotencyRequest,
): Promise<IdempotencyClaim | StoredAnswer> {
  const owner = [caller.userId, caller.mode, request.key] as const;
  // Between the two statements the holder may free the key: then it is claimed again.
  for (let tries = 0; tries < 3; tries += 1) {
    const id = newId();
    if (await claimKey.one(pool, [...owner, request.operation, request.requestHash, id]))
      return { key: request.key, id, status: request.status };
    const found = await findKey.one(pool, owner);
    if (found !== undefined) return readStored(found, request);
  }
  throw inProgress(1);
}

function readStored(found: KeyRow, request: IdempotencyRequest): StoredAnswer {
  if (found.operation !== request.operation || found.request_hash !== request.requestHash) {
    throw new PublicError(
      "IDEMPOTENCY_KEY_REUSED",
      "This Idempotency-Key was already used with a different request. Use a new key for a new request.",
    );
  }
  if (found.status === null) throw inProgress(found.seconds_left);
  return { status: found.status, body: found.body, headers: found.headers ?? {}, postId: found.post_id };
}

/** Does the work while the claim is kept alive; what is refused or fails frees the key. */
export async function withClaim<Result>(
  pool: pg.Pool,
  caller: Caller,
  held: IdempotencyClaim,
  work: () => Promise<Result>,
): Promise<Result> {
  const values = [caller.userId, caller.mode, held.key, held.id] as const;
  const heartbeat = setInterval(
    () => void renewClaim.run(pool, values).catch(() => undefined),
    (CLAIM_SECONDS * 1000) / 3,
  );
  try {
    return await work();
  } catch (error) {
    // Where the database is away the claim frees itself after its time.
    await freeClaim.run(pool, values).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Does a write in one transaction and stores its answer in the same one, so that no crash can part the two: either both
 * are there or neither. A claim that was lost meanwhile undoes the work.
 */
export async function write<Body extends object>(
  services: { pool: pg.Pool },
  call: Pick<Call, "userId" | "mode" | "claim">,
  work: (tx: pg.PoolClient) => Promise<Answer<Body>>,
): Promise<Answer<Body>> {
  const { claim: held } = call;
  return await transaction(services.pool, async (tx) => {
    const answer = await work(tx);
    if (held !== null && !(await store(tx, call, held, answer))) throw inProgress(1);
    return answer;
  });
}

/** Puts a later answer in the place of the stored one, where waiting has made it better. */
export async function replaceStoredAnswer(
  pool: pg.Pool,
  call: Caller,
  held: IdempotencyClaim,
  answer: Answer,
): Promise<void> {
  await store(pool, call, held, answer);
}

async function store(db: Db, caller: Caller, held: IdempotencyClaim, answer: Answer): Promise<boolean> {
  const headers = answer.post === undefined ? {} : { etag: answer.post.etag };
  const values = [
    caller.userId,
    caller.mode,
    held.key,
    held.id,
    held.status,
    jsonb(answer.kept ?? withoutPost(answer)),
    headers,
    answer.post?.id ?? null,
  ] as const;
  return (await storeAnswer.run(db, values)) === 1;
}

/** A post is answered as it is when the call is repeated: what it was is kept nowhere. */
function withoutPost({ body, post }: Answer): object {
  return post === undefined || !("post" in body) ? body : { ...body, post: null };
}

function inProgress(retryAfterSeconds: number): PublicError {
  return new PublicError(
    "IDEMPOTENCY_IN_PROGRESS",
    "The first request with this Idempotency-Key is still in progress. Try again shortly.",
    {
      headers: { "retry-after": String(retryAfterSeconds) },
    },
  );
}
