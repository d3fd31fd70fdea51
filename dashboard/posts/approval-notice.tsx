import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

import type { Post } from "../../contract/operations/posts.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { may, needsApproval } from "../shell/workspace.ts";
import { Notice } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { mayEdit } from "./may-edit.ts";

/** What a person has said about a post that needs approval, and what is to be done next. */
export function ApprovalNotice({
  post: { id, status, approval },
  isBeingEdited = false,
}: {
  post: Post;
  isBeingEdited?: boolean;
}) {
  const { t } = useLingui();
  if (approval === null) return null;
  switch (approval.state) {
    case "pending":
      return (
        <Notice tone="warn">
          {t`This post waits for approval.`}{" "}
          {may("posts_approve") && (
            <Link to="/posts/$id/approve" params={{ id }} className="text-link underline">
              {t`Review it`}
            </Link>
          )}
        </Notice>
      );
    case "sent_back":
      return (
        <Notice tone="warn">
          <p className="font-semibold">{t`This post was sent back:`}</p>
          <p className="whitespace-pre-wrap wrap-anywhere" dir="auto">
            {withoutTurns(approval.reason ?? "")}
          </p>
        </Notice>
      );
    case "approved":
      return (
        <Notice tone="good">
          <p>
            {approval.approvedAt !== null && (
              <Trans>
                Approved on <Time at={approval.approvedAt} withZone />.
              </Trans>
            )}{" "}
            {needsApproval && status === "draft" && !isBeingEdited && t`You can publish it now.`}{" "}
            {mayEdit(status) && t`Any edit removes the approval.`}
            {needsApproval && status === "scheduled" && t`To edit it, make it a draft first.`}
          </p>
        </Notice>
      );
  }
}
