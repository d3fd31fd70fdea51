import type { KeyPolicies } from "../../contract/operations/api-keys.ts";
import type { Tenant } from "../../model/tenant.ts";
import type { IdempotencyClaim } from "./idempotency.ts";
import type { Upload } from "./media/upload.ts";

/**
 * Who acts, as named in the audit log: a key, a user's session, a connect link, the instance itself or its operator
 * (with the ID of an operator key, if there is one), or someone who is not signed in.
 */
export interface Actor {
  kind: "key" | "session" | "connect_link" | "instance" | "visitor";
  id: string | null;
  /** Of a session in another user's workspace: the membership, and the person. */
  member?: { id: string; userId: string };
}

/** The person who calls with a session: in another user's workspace, a member. */
export function personOf({ userId, actor }: Pick<Call, "userId" | "actor">): string {
  return actor.member?.userId ?? userId;
}

/** Where a request comes from. */
export interface Origin {
  actor: Actor;
  /** The caller's network address; null if there is none. */
  address: string | null;
  requestId: string | null;
}

/** The origin of actions by the instance itself or its operator. */
export const BY_INSTANCE: Origin = { actor: { kind: "instance", id: null }, address: null, requestId: null };

/** A caller's request for an operation: everything besides its input. */
export interface Call extends Tenant, Origin {
  requestId: string;
  /** The calling key's restrictions; null if there is no key. */
  policies: KeyPolicies | null;
  /** The caller's Idempotency-Key, claimed; or null. */
  claim: IdempotencyClaim | null;
  /** The revision the post must be at; null for any. */
  ifRevision: number | null;
  /** The ETags in `If-Match`, one of which the tenant must have; undefined for any. */
  ifMatch?: readonly string[] | undefined;
  /** Files sent with the request, already stored. */
  uploads: readonly Upload[];
}

/** A use case's result: the envelope, and what the interfaces need to know about it. */
export interface Answer<Body = object> {
  body: Body;
  /** What is stored for repeated requests instead, if the body shows a secret, which is shown only once. */
  kept?: object;
  /** The parts of a post that its ETag is made of. */
  post?: { id: string; etag: string };
  /** The ETag of anything else that has one. */
  etag?: string;
}

/** The ETag of what is returned, if it has one. */
export function etagOf({ post, etag }: Answer): string | undefined {
  return post?.etag ?? etag;
}
