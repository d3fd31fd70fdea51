import type pg from "pg";
import { z } from "zod";

import { PublicError } from "../../model/errors.ts";
import { newId } from "../../model/ids.ts";
import type { Mode } from "../../model/platform-names.ts";
import type { Tenant } from "../../model/tenant.ts";
import { type Json, jsonb } from "../db/jsonb.ts";
import { CLAIM_SECONDS, idempotencyKeys, type KeyRow } from "../db/queries/idempotency.ts";
import { type Db, transaction } from "../db/sql.ts";
import { type Answer, type Call, etagOf } from "./call.ts";

/** An Idempotency-Key that is ours while the work is done. */
export interface IdempotencyClaim {
  key: string;
  id: string;
  /** The success status, stored with the result. */
  status: number;
  owner: KeyOwner;
}

/** Whose key it is: a user's, in a mode, or an operator key's, which may act for any user. */
export interface KeyOwner {
  kind: keyof typeof idempotencyKeys;
  id: string;
  mode: Mode;
}

export interface StoredAnswer {
  status: number;
  body: unknown;
  headers: Record<string, string>;
  /** For a result about a post, which is read again: everything else is kept. */
  postId: string | null;
}

/** What identifies a request: the same key with another operation or request is a mistake of the caller. */
export interface IdempotencyRequest {
  key: string;
  operation: string;
  requestHash: string;
  status: number;
}

/**
 * Claims a key of the caller before the work; for an operator, `userId` is the operator key's ID. Returns the claim, or the stored result if the same request was completed before.
 * Throws IDEMPOTENCY_KEY_REUSED or IDEMPOTENCY_IN_PROGRESS.
 */
export async function claim(
  pool: pg.Pool,
  caller: Tenant,
  request: IdempotencyRequest,
  kind: KeyOwner["kind"] = "user",
): Promise<IdempotencyClaim | StoredAnswer> {
  const owner = { kind, id: caller.userId, mode: caller.mode };
  const keys = idempotencyKeys[kind];
  const values = [owner.id, owner.mode, request.key] as const;
  // Between the two statements, the holder may release the key: then it is claimed again.
  for (let tries = 0; tries < 3; tries += 1) {
    const id = newId();
    if (await keys.claim.one(pool, [...values, request.operation, request.requestHash, id]))
      return { key: request.key, id, status: request.status, owner };
    const found = await keys.find.one(pool, values);
    if (found !== undefined) return readStored(found, request);
  }
  throw inProgress(1);
}

function readStored(found: KeyRow, request: IdempotencyRequest): StoredAnswer {
  if (found.operation !== request.operation || found.request_hash !== request.requestHash) {
    const object = objectOf(found);
    const named = object === null ? "" : `, which answered with the ${object.type} ${object.id}`;
    throw new PublicError(
      "IDEMPOTENCY_KEY_REUSED",
      `This Idempotency-Key was already used with a different request${named}. Use a new key only for a new request.`,
      { extra: object === null ? {} : { object } },
    );
  }
  if (found.status === null) throw inProgress(found.seconds_left);
  return { status: found.status, body: found.body, headers: found.headers ?? {}, postId: found.post_id };
}

const answeredWith = z.object({ id: z.string() });

/** The object that the request with this key created or changed; null if it has not finished, or answered with none. */
function objectOf({ post_id: postId, body }: KeyRow): { type: string; id: string } | null {
  if (postId !== null) return { type: "post", id: postId };
  for (const [type, value] of Object.entries(Object(body))) {
    const found = answeredWith.safeParse(value);
    if (found.success) return { type, id: found.data.id };
  }
  return null;
}

/** Does the work while keeping the claim alive; an error releases the key. */
export async function withClaim<Result>(
  pool: pg.Pool,
  held: IdempotencyClaim,
  work: () => Promise<Result>,
): Promise<Result> {
  const { kind, id, mode } = held.owner;
  const values = [id, mode, held.key, held.id] as const;
  const heartbeat = setInterval(
    () => void idempotencyKeys[kind].renew.run(pool, values).catch(() => undefined),
    (CLAIM_SECONDS * 1000) / 3,
  );
  try {
    return await work();
  } catch (error) {
    // If the database is down, the claim expires.
    await idempotencyKeys[kind].free.run(pool, values).catch(() => undefined);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/**
 * Does a write and stores its result in the same transaction, so that no crash can separate them. If the claim was lost
 * in the meantime, the work is rolled back.
 */
export async function write<Body extends object>(
  services: { pool: pg.Pool },
  { claim: held }: Pick<Call, "claim">,
  work: (tx: pg.PoolClient) => Promise<Answer<Body>>,
): Promise<Answer<Body>> {
  return await transaction(services.pool, async (tx) => {
    const answer = await work(tx);
    if (held !== null && !(await store(tx, held, answer))) throw inProgress(1);
    return answer;
  });
}

/** Replaces the stored result with a later one, after waiting has improved it. */
export async function replaceStoredAnswer(pool: pg.Pool, held: IdempotencyClaim, answer: Answer): Promise<void> {
  await store(pool, held, answer);
}

/** What is stored of an answer: the body and headers. */
export function storedOf(answer: Answer): [body: Json, headers: object] {
  const etag = etagOf(answer);
  return [jsonb(answer.kept ?? withoutPost(answer)), etag === undefined ? {} : { etag }];
}

async function store(db: Db, held: IdempotencyClaim, answer: Answer): Promise<boolean> {
  const { kind, id, mode } = held.owner;
  const values = [id, mode, held.key, held.id, held.status, ...storedOf(answer), answer.post?.id ?? null] as const;
  return (await idempotencyKeys[kind].store.run(db, values)) === 1;
}

/** A repeated request returns the post's current state: its earlier state is not stored. */
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
