import type { Post } from "../../../contract/posts.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { retry } from "../../publishing/schedule.ts";
import type { Answer, Call } from "../caller.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { getPost } from "./get-post.ts";
import { holdPost } from "./hold-post.ts";

/** Publishes failed platform posts anew; one whose outcome is unknown only where it is named and the caller insists. */
export async function retryPost(services: Services, call: Call, id: string, options: { platforms?: readonly PlatformName[]; force?: boolean }): Promise<Answer<{ post: Post }>> {
  return await write(services, call, async (tx) => {
    await retry(tx, await holdPost(tx, call, id), options);
    return await getPost(services, call, id, tx);
  });
}
