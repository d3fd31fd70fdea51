import type pg from "pg";

import { PublicError } from "../../../model/errors.ts";
import { lockPost, type PostRow } from "../../db/queries/posts.ts";
import type { Call } from "../call.ts";
import { postNotFound } from "./get-post.ts";

/**
 * Locks a post's row until the transaction ends, which everything that changes it does first. Throws POST_NOT_FOUND,
 * and PRECONDITION_FAILED if the caller has another revision of it.
 */
export async function lockOwnPost(tx: pg.PoolClient, call: Call, id: string): Promise<PostRow> {
  const post = await lockPost.one(tx, [id, call.userId, call.mode]);
  if (post === undefined) throw postNotFound();
  if (call.ifRevision !== null && call.ifRevision !== post.revision) {
    throw new PublicError(
      "PRECONDITION_FAILED",
      "The post has changed since you read the ETag in If-Match. Get the post again and reapply your change.",
    );
  }
  return post;
}
