import type { Post } from "../../../contract/operations/posts.ts";
import { PublicError } from "../../../model/errors.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { findPost } from "../../db/queries/posts.ts";
import type { Db } from "../../db/sql.ts";
import type { Answer } from "../call.ts";
import type { Services } from "../services.ts";
import { toPostAnswer } from "./to-post.ts";

/** One post with its platform posts. Throws POST_NOT_FOUND. */
export async function getPost(
  services: Pick<Services, "pool" | "settings">,
  caller: Tenant,
  id: string,
  db: Db = services.pool,
): Promise<Answer<{ post: Post }>> {
  const row = await findPost.one(db, [id, caller.userId, caller.mode]);
  if (row === undefined) throw postNotFound();
  return toPostAnswer(services.settings, row);
}

export function postNotFound(): PublicError {
  return new PublicError("POST_NOT_FOUND", "Post not found.");
}
