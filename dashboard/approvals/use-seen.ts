import { useLingui } from "@lingui/react/macro";

import { AmpostError } from "../../client/errors.ts";
import { type Approval, postsApproval } from "../../contract/operations/approvals.ts";
import { ask } from "../api/ask.ts";
import { useMode } from "../shell/mode.ts";

/**
 * The ETag with which only the version that is shown is changed or published. It rejects with PRECONDITION_FAILED if
 * the post has another version by now.
 */
export function useSeen({ postId, contentHash }: Approval): () => Promise<string | undefined> {
  const { t } = useLingui();
  const mode = useMode();
  return async () => {
    const { approval, etag } = await ask(postsApproval, mode, { params: { id: postId } });
    if (approval.contentHash !== contentHash)
      throw new AmpostError("PRECONDITION_FAILED", t`The post has changed since it was shown. Review it again.`);
    return etag ?? undefined;
  };
}
