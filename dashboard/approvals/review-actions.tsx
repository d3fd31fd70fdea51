import { Trans, useLingui } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import { type Approval, postsApprove } from "../../contract/operations/approvals.ts";
import { type Post, postsDelete, postsPublish } from "../../contract/operations/posts.ts";
import { useWrite } from "../api/use-api.ts";
import { GoesOut } from "../posts/goes-out.tsx";
import { mayEdit } from "../posts/may-edit.ts";
import { Sharing } from "../posts/sharing.tsx";
import { may } from "../shell/workspace.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Button, buttonClass, type ButtonKind } from "../ui/controls.tsx";
import { Dialog, Notice } from "../ui/surfaces.tsx";
import { useToasts } from "../ui/toasts.tsx";
import { REVIEWED } from "./reviewed.ts";
import { ScheduleForm } from "./schedule-form.tsx";
import { SendBackForm } from "./send-back-form.tsx";
import { useSeen } from "./use-seen.ts";

type Question = "publish" | "schedule" | "sendBack" | "discard";

/** While somebody decides about a post, nothing is read again: what they see and type stays as it is. */
export interface Deciding {
  isDeciding: boolean;
  onDeciding: (isDeciding: boolean) => void;
}

/**
 * Approve, publish, schedule, send back, edit or discard. Everything is about exactly the version that is shown:
 * `contentHash` stands for it.
 */
export function ReviewActions({
  onDeciding,
  accounts,
  ...now
}: {
  approval: Approval;
  post: Post;
  accounts: readonly Account[];
} & Pick<Deciding, "onDeciding">) {
  const { t } = useLingui();
  const toasts = useToasts();
  const [asked, setAsked] = useState<(typeof now & { question: Question }) | null>(null);
  const [reason, setReason] = useState("");
  const { approval, post } = asked ?? now;
  const seen = useSeen(approval);
  const approve = useWrite(postsApprove, REVIEWED);
  const publish = useWrite(postsPublish, REVIEWED);
  const discard = useWrite(postsDelete, REVIEWED);
  const { status } = post;
  const edit = mayEdit(status) && (
    <Link to="/compose" search={({ mode }) => ({ mode, post: post.id })} className={buttonClass("quiet")}>
      {t`Edit`}
    </Link>
  );
  if (!may("posts_approve")) return edit;
  if (status !== "draft" && status !== "failed" && status !== "partial" && status !== "scheduled") return null;
  const waits = post.approval !== null;
  const isApproved = approval.approvedAt !== null;
  const isShown = approval.media.every((each) => each.status === "ready");
  const params = { id: post.id };
  const given = { params, body: { contentHash: approval.contentHash } };
  const begin = (question: Question) => {
    setAsked({ ...now, question });
    onDeciding(true);
  };
  const close = () => {
    setAsked(null);
    onDeciding(false);
  };
  const dialog = (question: Question) => ({ isOpen: asked?.question === question, onClose: close });
  const publishes = waits && !isApproved ? t`Approve and publish` : t`Publish now`;
  return (
    <>
      <div className="mb-3 space-y-2 empty:hidden">
        {isShown ? <Sharing post={post} accounts={accounts} /> : <NotShown approval={approval} />}
      </div>
      <div className="flex flex-wrap gap-2 max-sm:*:grow">
        {isShown && waits && !isApproved && (
          <Button
            kind="main"
            isBusy={approve.isPending}
            onClick={() =>
              approve.mutate(given, {
                onSuccess: () => toasts.say(t`The post has been approved. It can now be published.`),
                onError: toasts.sayFailure,
              })
            }
          >
            {t`Approve`}
          </Button>
        )}
        {isShown && status === "draft" && (
          <>
            <Button kind={waits && !isApproved ? "plain" : "main"} onClick={() => begin("publish")}>
              {publishes}
            </Button>
            <Button onClick={() => begin("schedule")}>
              {waits && !isApproved ? t`Approve and schedule` : t`Schedule`}
            </Button>
          </>
        )}
        {waits && approval.sentBackReason === null && <Button onClick={() => begin("sendBack")}>{t`Send back`}</Button>}
        {edit}
        {status === "draft" && (
          <Button kind="quiet" className="text-bad" onClick={() => begin("discard")}>
            {t`Discard`}
          </Button>
        )}
      </div>
      <Decision
        {...dialog("publish")}
        kind="main"
        title={`${publishes}?`}
        action={publishes}
        said={t`The post is being published.`}
        run={async () => {
          const ifMatch = await seen();
          if (waits && !isApproved) await approve.mutateAsync(given);
          await publish.mutateAsync({ params, ifMatch });
        }}
      >
        <GoesOut post={post} accounts={accounts} />
      </Decision>
      <Dialog {...dialog("schedule")} title={t`Schedule post`}>
        <ScheduleForm approval={approval} post={post} accounts={accounts} onDone={close} />
      </Dialog>
      <Dialog {...dialog("sendBack")} title={t`Send back`}>
        <SendBackForm approval={approval} reason={reason} onReason={setReason} onDone={close} />
      </Dialog>
      <Decision
        {...dialog("discard")}
        title={t`Discard this post?`}
        action={t`Discard`}
        said={t`The post has been discarded.`}
        run={async () => void (await discard.mutateAsync({ params, ifMatch: await seen() }))}
      >
        <p>
          <Trans>It will not be published. This cannot be undone.</Trans>
        </p>
      </Decision>
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

/** Asks before it runs. If it fails, the post is shown as it is then. */
function Decision({
  run,
  said,
  onClose,
  ...question
}: {
  title: string;
  action: string;
  kind?: ButtonKind;
  isOpen: boolean;
  onClose: () => void;
  run: () => Promise<void>;
  said: string;
  children: ReactNode;
}) {
  const toasts = useToasts();
  const decide = useMutation<void, Error>({
    mutationFn: run,
    onSuccess: () => toasts.say(said),
    onError: toasts.sayFailure,
    onSettled: onClose,
  });
  return <Confirm {...question} isBusy={decide.isPending} onClose={onClose} onConfirm={() => decide.mutate()} />;
}
