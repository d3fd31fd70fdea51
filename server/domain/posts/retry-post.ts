import type { Post } from "../../../contract/operations/posts.ts";
import type { PlatformName } from "../../../model/platform-names.ts";
import { checkPublishPolicies, requestApprovalIfMissing } from "../api-keys/policies.ts";
import type { Answer, Call } from "../call.ts";
import { write } from "../idempotency.ts";
import type { Services } from "../services.ts";
import { budgetsOf, reserve } from "./budgets.ts";
import { chooseAccounts } from "./choose-accounts.ts";
import { refuseIssues, replacedIssue } from "./find-issues.ts";
import { getPost } from "./get-post.ts";
import { loadStoredPost } from "./load-stored-post.ts";
import { lockOwnPost } from "./lock-own-post.ts";
import { retry } from "./post-actions.ts";

/** Publishes failed platform posts again; one with an unknown outcome only if it is listed and `force` is set. */
export async function retryPost(
  services: Services,
  call: Call,
  id: string,
  options: { platforms?: readonly PlatformName[]; force?: boolean; accountIds?: readonly string[] },
): Promise<Answer<{ post: Post }>> {
  return await requestApprovalIfMissing(
    services,
    call,
    id,
    async () =>
      await write(services, call, async (tx) => {
        const post = await lockOwnPost(tx, call, id);
        const ofPost = { id, platformSetId: post.platform_set_id };
        const chosen = await chooseAccounts(tx, call, ofPost, options.accountIds ?? []);
        // Before the policies, so that nobody is asked to approve what could not be retried anyway, and the accounts are
        // those that it goes out with; a refusal rolls it back.
        const platforms = await retry(tx, post, options);
        const stored = await loadStoredPost(services, call, tx, post);
        refuseIssues([
          ...chosen,
          ...stored.replaced.filter((each) => platforms.includes(each)).map((each) => replacedIssue(each, "")),
          ...(await checkPublishPolicies(services, tx, call, { id, platforms: options.platforms ?? post.platforms })),
        ]);
        const { uses } = budgetsOf(services, call, { ...stored, platforms });
        if (uses.length > 0) await reserve(tx, call, { id, platforms }, uses, { at: new Date(), path: "" });
        return await getPost(services, call, id, tx);
      }),
  );
}
