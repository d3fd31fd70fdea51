import type { Post } from "../../../contract/operations/posts.ts";
import { checkPublishPolicies, requestApprovalIfMissing } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { refuseIssues } from "./find-issues.ts";
import { findStoredIssues } from "./find-stored-issues.ts";
import { getPost } from "./get-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { assertAllowed, publishNow } from "./post-actions.ts";

/** Makes a post due now. It is validated again with current data: its accounts, and its media if measured. */
export async function publishPost(services: Services, call: Call, id: string): Promise<Answer<{ post: Post }>> {
  return await requestApprovalIfMissing(
    services,
    call,
    id,
    async () =>
      await write(services, call, async (tx) => {
        const post = await lockOwnPost(tx, call, id);
        assertAllowed(post, "publish");
        refuseIssues([
          ...(await findStoredIssues(services, call, tx, { ...post, scheduledFor: null })).issues,
          ...(await checkPublishPolicies(services, tx, call, post)),
        ]);
        await publishNow(tx, post);
        return await getPost(services, call, id, tx);
      }),
  );
}
