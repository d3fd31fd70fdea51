import type { Post } from "../../../contract/operations/posts.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { getPost } from "./get-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { discard } from "./post-actions.ts";

/** What cancel and delete do: anything not yet published never will be. */
export async function discardPost(services: Services, call: Call, id: string): Promise<Answer<{ post: Post }>> {
  return await write(services, call, async (tx) => {
    await discard(tx, await lockOwnPost(tx, call, id));
    return await getPost(services, call, id, tx);
  });
}
