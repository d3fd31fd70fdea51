import type { KeyPolicies } from "../../contract/operations/api-keys.ts";
import type { Mode } from "../../model/platform-names.ts";
import type { IdempotencyClaim } from "./idempotency.ts";
import type { Upload } from "./media/upload.ts";

/** On whose behalf something is done: all that is read and written goes through the pair of user and mode. */
export interface Caller {
  userId: string;
  mode: Mode;
}

/**
 * Who acts, as the audit log names them: a key, a person's session, a connect link, the instance itself, or somebody
 * who has not signed in.
 */
export interface Actor {
  kind: "key" | "session" | "connect_link" | "instance" | "visitor";
  id: string | null;
}

/** Where something that is done comes from. */
export interface Origin {
  actor: Actor;
  /** The caller's network address; null where nobody called over a network. */
  address: string | null;
  requestId: string | null;
}

/** The origin of what the instance, or who operates it, does by itself. */
export const BY_INSTANCE: Origin = { actor: { kind: "instance", id: null }, address: null, requestId: null };

/** A caller's call of an operation: what came with it beside its input. */
export interface Call extends Caller, Origin {
  requestId: string;
  /** What the key that calls is held to; null where no key calls. */
  policies: KeyPolicies | null;
  /** The caller's Idempotency-Key, claimed; null where none was sent. */
  claim: IdempotencyClaim | null;
  /** The revision the post has to be at; null where any will do. */
  ifRevision: number | null;
  /** Files that came with the request, stored already. */
  uploads: readonly Upload[];
}

/** What a verb answers: the envelope, and what the skins need to know about it. */
export interface Answer<Body = object> {
  body: Body;
  /** What is stored for a repeat of the call, and answered to it, where the body shows a secret: that is shown once. */
  kept?: object;
  /** Of one post: what its ETag is made of. */
  post?: { id: string; etag: string };
}
