import type { Post } from "../../../contract/operations/posts.ts";
import { checkPublishPolicies, requestApprovalIfMissing } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { budgetsOf, reserve } from "./budgets.ts";
import { findIssues, refuseIssues } from "./find-issues.ts";
import { getPost } from "./get-post.ts";
import { loadStoredPost } from "./load-stored-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { publishNow } from "./post-actions.ts";

/** Makes a post due now. It is validated again with current data: its accounts, and its media if measured. */
export async function publishPost(services: Services, call: Call, id: string): Promise<Answer<{ post: Post }>> {
  return await requestApprovalIfMissing(
    services,
    call,
    id,
    async () =>
      await write(services, call, async (tx) => {
        const post = await lockOwnPost(tx, call, id);
        // First, so that the accounts that are judged, and were approved, are those that it goes out with; a refusal rolls
        // it back.
        await publishNow(tx, post);
        const stored = await loadStoredPost(services, call, tx, post);
        refuseIssues([
          ...findIssues(services, { ...stored, scheduledFor: null }, []).issues,
          ...(await checkPublishPolicies(services, tx, call, post)),
        ]);
        const { uses } = budgetsOf(services, call, stored);
        if (uses.length > 0) await reserve(tx, call, post, uses, { at: new Date(), path: "" });
        return await getPost(services, call, id, tx);
      }),
  );
}
