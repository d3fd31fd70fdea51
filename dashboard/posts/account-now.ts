import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformPost, Post } from "../../contract/operations/posts.ts";

/** The account that a platform post would go out with: another one, if its own was replaced in the platform set. */
export function accountNow(
  accounts: readonly Account[],
  { platformSetId }: Pick<Post, "platformSetId">,
  { platform, accountId }: Pick<PlatformPost, "platform" | "accountId">,
): Account | undefined {
  return (
    accounts.find(({ id }) => id === accountId) ??
    accounts.find((account) => account.platform === platform && account.platformSetId === platformSetId)
  );
}
