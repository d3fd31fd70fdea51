import type { Account } from "../../contract/operations/accounts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { useFreshCreators } from "../api/fresh-creators.ts";
import { AccountLine } from "../compose/account-line.tsx";
import { Consent } from "../compose/consent.tsx";
import { settingsIn } from "../compose/draft.ts";
import { dutiesOf } from "../start.ts";
import { accountNow } from "./account-now.ts";

/** What people must see before they publish a post, where a platform requires it. */
export function Sharing({
  post,
  platforms,
  accounts,
}: {
  post: Post;
  /** Absent: all of the post. */
  platforms?: readonly PlatformName[];
  accounts: readonly Account[];
}) {
  const shared = post.platformPosts
    .filter(({ platform }) => dutiesOf(platform) !== undefined && platforms?.includes(platform) !== false)
    .map((each) => ({ platform: each.platform, account: accountNow(accounts, post, each) }));
  useFreshCreators(shared.flatMap(({ account }) => account?.id ?? []));
  return shared.map(({ platform, account }) => {
    const duties = dutiesOf(platform);
    return (
      duties !== undefined && (
        <div key={platform} className="space-y-2">
          {account !== undefined && <AccountLine account={account} nameFrom={duties.creatorName} />}
          <Consent platform={platform} duties={duties} settings={settingsIn(post, platform)} account={account} />
        </div>
      )
    );
  });
}
