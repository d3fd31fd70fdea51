import type { Account } from "../../contract/operations/accounts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import { useFreshCreators } from "../api/fresh-creators.ts";
import { Consent } from "../compose/consent.tsx";
import { isRecord } from "../compose/draft.ts";
import { dutiesOf } from "../start.ts";

/** What people must see before they publish a post, where a platform requires it. */
export function Sharing({
  post: { content, platformPosts },
  platforms,
  accounts,
}: {
  post: Post;
  /** Absent: all of the post. */
  platforms?: readonly PlatformName[];
  accounts: readonly Account[];
}) {
  const shared = platformPosts.filter(
    ({ platform }) => dutiesOf(platform) !== undefined && platforms?.includes(platform) !== false,
  );
  useFreshCreators(shared.flatMap(({ accountId }) => accountId ?? []));
  return shared.map(({ platform, accountId }) => {
    const duties = dutiesOf(platform);
    const override = content.platformOverrides[platform];
    const settings = isRecord(override) && isRecord(override["settings"]) ? override["settings"] : {};
    return (
      duties !== undefined && (
        <Consent
          key={platform}
          platform={platform}
          duties={duties}
          settings={settings}
          account={accounts.find(({ id }) => id === accountId)}
        />
      )
    );
  });
}
