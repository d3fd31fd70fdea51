import type { Post } from "../../../contract/operations/posts.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { checkPublishPolicies, requestApprovalIfMissing } from "../api-keys/policies.ts";
import type { Answer, Call } from "../caller.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { refuseIssues } from "./find-issues.ts";
import { getPost } from "./get-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { retry } from "./post-actions.ts";

/** Publishes failed platform posts anew; one whose outcome is unknown only where it is named and the caller insists. */
export async function retryPost(
  services: Services,
  call: Call,
  id: string,
  options: { platforms?: readonly PlatformName[]; force?: boolean },
): Promise<Answer<{ post: Post }>> {
  return await requestApprovalIfMissing(
    services,
    call,
    id,
    async () =>
      await write(services, call, async (tx) => {
        const post = await lockOwnPost(tx, call, id);
        // First, so that nobody is asked to approve what could not be retried anyhow; a refusal of the key takes it
        // back.
        await retry(tx, post, options);
        refuseIssues(
          await checkPublishPolicies(services, tx, call, { id, platforms: options.platforms ?? post.platforms }),
        );
        return await getPost(services, call, id, tx);
      }),
  );
}
