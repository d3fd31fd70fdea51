import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import { type Approval, postsApprove } from "../../contract/operations/approvals.ts";
import { type Post, postsDelete, postsPublish } from "../../contract/operations/posts.ts";
import { isAllowed } from "../../model/status.ts";
import { useWrite } from "../api/use-api.ts";
import { Sharing } from "../posts/sharing.tsx";
import { may } from "../shell/workspace.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass } from "../ui/controls.tsx";
import { Dialog, Notice } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { REVIEWED } from "./reviewed.ts";
import { ScheduleForm } from "./schedule-form.tsx";
import { SendBackForm } from "./send-back-form.tsx";
import { useSeen } from "./use-seen.ts";

type Open = "schedule" | "sendBack" | "discard" | null;

/**
 * Approve, publish, schedule, send back, edit or discard. Everything is about exactly the version that is shown:
 * `contentHash` stands for it.
 */
export function ReviewActions({
  approval,
  post,
  accounts,
}: {
  approval: Approval;
  post: Post;
  accounts: readonly Account[];
}) {
  const { t } = useLingui();
  const toasts = useToasts();
  const seen = useSeen(approval);
  const [open, setOpen] = useState<Open>(null);
  const approve = useWrite(postsApprove, REVIEWED);
  const publish = useWrite(postsPublish, REVIEWED);
  const { status } = post;
  const edit = isAllowed(status, "edit") && may("posts_update") && (
    <Link to="/compose" search={({ mode }) => ({ mode, post: post.id })} className={buttonClass("quiet")}>
      {t`Edit`}
    </Link>
  );
  if (!may("posts_approve")) return edit;
  if (status !== "draft" && status !== "failed" && status !== "partial" && status !== "scheduled") return null;
  const waits = post.approval !== null;
  const isApproved = approval.approvedAt !== null;
  const isShown = approval.media.every((each) => each.status === "ready");
  const given = { params: { id: post.id }, body: { contentHash: approval.contentHash } };
  const close = () => setOpen(null);
  const runApprove = () =>
    approve.mutate(given, {
      onSuccess: () => toasts.say(t`The post has been approved. It can now be published.`),
      onError: toasts.sayFailure,
    });
  const runPublish = async () => {
    try {
      const ifMatch = await seen();
      if (waits && !isApproved) await approve.mutateAsync(given);
      await publish.mutateAsync({ params: given.params, ifMatch });
      toasts.say(t`The post is being published.`);
    } catch (error) {
      if (error instanceof Error) toasts.sayFailure(error);
    }
  };
  const isBusy = approve.isPending || publish.isPending;
  return (
    <>
      <div className="mb-3 space-y-2 empty:hidden">
        {isShown ? <Sharing post={post} accounts={accounts} /> : <NotShown approval={approval} />}
      </div>
      <div className="flex flex-wrap gap-2 max-sm:*:grow">
        {isShown && waits && !isApproved && (
          <Button kind="main" isBusy={isBusy} onClick={runApprove}>
            {t`Approve`}
          </Button>
        )}
        {isShown && status === "draft" && (
          <>
            <Button kind={waits && !isApproved ? "plain" : "main"} isBusy={isBusy} onClick={() => void runPublish()}>
              {waits && !isApproved ? t`Approve and publish` : t`Publish now`}
            </Button>
            <Button onClick={() => setOpen("schedule")}>
              {waits && !isApproved ? t`Approve and schedule` : t`Schedule`}
            </Button>
          </>
        )}
        {waits && approval.sentBackReason === null && (
          <Button onClick={() => setOpen("sendBack")}>{t`Send back`}</Button>
        )}
        {edit}
        {status === "draft" && (
          <Button kind="quiet" className="text-bad" onClick={() => setOpen("discard")}>
            {t`Discard`}
          </Button>
        )}
      </div>
      <Dialog title={t`Schedule post`} isOpen={open === "schedule"} onClose={close}>
        <ScheduleForm approval={approval} post={post} accounts={accounts} onDone={close} />
      </Dialog>
      <Dialog title={t`Send back`} isOpen={open === "sendBack"} onClose={close}>
        <SendBackForm approval={approval} onDone={close} />
      </Dialog>
      <Discard post={post} isOpen={open === "discard"} onClose={close} />
    </>
  );
}

function NotShown({ approval }: { approval: Approval }) {
  return (
    <Notice tone="warn">
      {approval.media.some(({ status }) => status === "failed") ? (
        <Trans>
          This post cannot be approved because some of its media could not be fetched. Replace the media in the post.
        </Trans>
      ) : (
        <Trans>This post can be approved once all its media has been fetched.</Trans>
      )}
    </Notice>
  );
}

function Discard({ post, isOpen, onClose }: { post: Post; isOpen: boolean; onClose: () => void }) {
  const { t } = useLingui();
  const toasts = useToasts();
  const discard = useWrite(postsDelete, REVIEWED);
  return (
    <Confirm
      title={t`Discard this post?`}
      action={t`Discard`}
      isOpen={isOpen}
      isBusy={discard.isPending}
      onClose={onClose}
      onConfirm={() =>
        discard.mutate(
          { params: { id: post.id } },
          {
            onSuccess: () => {
              toasts.say(t`The post has been discarded.`);
              onClose();
            },
            onError: toasts.sayFailure,
          },
        )
      }
    >
      <p>
        <Trans>It will not be published. This cannot be undone.</Trans>
      </p>
    </Confirm>
  );
}
