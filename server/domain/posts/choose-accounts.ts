import type pg from "pg";

import { issueOf, type Issue } from "../../../model/errors.ts";
import type { Tenant } from "../../../model/tenant.ts";
import { chooseAccounts as bindAccounts } from "../../db/queries/posts.ts";

/**
 * A person chooses through which accounts of the set a post goes out from now on, in place of those that they have
 * replaced. Returns an issue for each that is not connected there.
 */
export async function chooseAccounts(
  tx: pg.PoolClient,
  caller: Tenant,
  post: { id: string; platformSetId: string },
  accountIds: readonly string[],
): Promise<Issue[]> {
  if (accountIds.length === 0) return [];
  const rows = await bindAccounts.all(tx, [post.id, caller.userId, caller.mode, post.platformSetId, accountIds]);
  const chosen = new Set(rows.map(({ id }) => id));
  return accountIds.flatMap((id, index) =>
    chosen.has(id)
      ? []
      : [
          issueOf({
            rule: "post.accountIds.connected",
            code: "PLATFORM_NOT_CONNECTED",
            path: `/accountIds/${index}`,
            message: `The post's platform set has no connected account with the ID "${id}".`,
            actual: id,
            fix: "Use the IDs from GET /api/v1/accounts.",
          }),
        ],
  );
}
