import { useLingui } from "@lingui/react/macro";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { useMode } from "../shell/mode.ts";
import { labelOf } from "../start.ts";
import { Sharing } from "./sharing.tsx";

/** What a person knows before a post goes out. */
export function GoesOut({ post, accounts }: { post: Post; accounts: readonly Account[] }) {
  const { t } = useLingui();
  const mode = useMode();
  return (
    <>
      <p>
        {t`The post goes to ${post.platformPosts.map(({ platform }) => labelOf(platform)).join(", ")} at once.`}{" "}
        {mode === "test" ? t`In test mode, that is the sandbox.` : t`It is then public and cannot be taken back here.`}
      </p>
      <Sharing post={post} accounts={accounts} />
    </>
  );
}
