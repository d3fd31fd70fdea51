import { Trans, useLingui } from "@lingui/react/macro";
import { Link, useSearch } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";

import { approvalsList } from "../../contract/operations/approvals.ts";
import { type Post, postsList } from "../../contract/operations/posts.ts";
import type { ApprovalState } from "../../model/status.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { useRead } from "../api/use-api.ts";
import { may, needsApproval } from "../shell/workspace.ts";
import { labelOf } from "../start.ts";
import { Button, Checkbox } from "../ui/controls.tsx";
import { Failure } from "../ui/failure.tsx";
import { Empty, Loading, View } from "../ui/surfaces.tsx";
import { showCurrent } from "../ui/tabs.ts";
import type { ApprovalView } from "./approval-view.ts";
import { DraftCard } from "./draft-card.tsx";
import { ReviewCard } from "./review-card.tsx";
import { ApproveSeveral, canBeApproved, useSeveral } from "./several.tsx";

const PAGE = 20;
const FRESH_MILLISECONDS = 5_000;

/** Posts of keys and writers that need a person: to approve, approved and not published yet, sent back, and drafts. */
export function Approvals() {
  const { t } = useLingui();
  const { view = "pending" } = useSearch({ from: "/approvals" });
  const views: readonly [view: ApprovalView, name: string][] = [
    ["pending", t`Waiting`],
    ["approved", t`Approved`],
    ["sent_back", t`Sent back`],
    ["drafts", t`Drafts`],
  ];
  return (
    <View title={t`Approvals`}>
      <nav
        aria-label={t`Approvals`}
        ref={showCurrent}
        className="relative -mx-4 flex gap-1 overflow-x-auto border-b px-4 sm:mx-0 sm:px-0"
      >
        {views.map(([each, name]) => (
          <Link
            key={each}
            to="/approvals"
            search={({ mode }) => ({ mode, view: each === "pending" ? undefined : each })}
            activeOptions={{ exact: true }}
            className="flex min-h-11 items-center border-b-2 border-transparent px-3 text-sm font-semibold whitespace-nowrap text-dim no-underline aria-[current=page]:border-ink aria-[current=page]:text-ink"
          >
            {name}
          </Link>
        ))}
      </nav>
      {view === "drafts" ? <Drafts /> : <Reviews key={view} state={view} />}
    </View>
  );
}

function Reviews({ state }: { state: ApprovalState }) {
  const { t } = useLingui();
  const several = useSeveral();
  const [isDeciding, setDeciding] = useState(false);
  const [cursors, setCursors] = useState<readonly string[]>([]);
  const cursor = cursors.at(-1);
  const query = { state, limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
  const { data, error, refetch } = useRead(
    approvalsList,
    { query },
    { everyMilliseconds: FRESH_MILLISECONDS, keepsPrevious: true, enabled: !isDeciding },
  );
  if (data === undefined)
    return error === null ? <Loading /> : <Failure error={error} onRetry={() => void refetch()} />;
  const next = data.nextCursor;
  const isMany = state === "pending" && may("posts_approve");
  const canChoose = isMany && data.approvals.filter(canBeApproved).length > 1;
  return (
    <>
      {error !== null && <Failure error={error} onRetry={() => void refetch()} />}
      <Explanation state={state} />
      {data.approvals.length === 0 && <Nothing state={state} />}
      {isMany && <ApproveSeveral waiting={data.approvals} several={several} />}
      {data.approvals.map((waiting) => (
        <ReviewCard
          key={waiting.post.id}
          approval={waiting.approval}
          post={waiting.post}
          asker={waiting}
          onDeciding={setDeciding}
          select={
            canChoose &&
            canBeApproved(waiting) && (
              <Checkbox
                label={t`Select`}
                aria-label={t`Select: ${beginningOf(waiting.post)}`}
                checked={several.isChosen(waiting)}
                onChange={({ target: { checked } }) => several.choose([waiting], checked)}
              />
            )
          }
        />
      ))}
      <Pages
        onNewer={cursors.length === 0 ? undefined : () => setCursors(cursors.slice(0, -1))}
        onOlder={next === null ? undefined : () => setCursors([...cursors, next])}
      />
    </>
  );
}

/** Tells posts of the same platforms apart. */
function beginningOf({ content, platformPosts }: Post): string {
  const beginning = withoutTurns(content.text).slice(0, 100).trim();
  return beginning === "" ? platformPosts.map(({ platform }) => labelOf(platform)).join(", ") : beginning;
}

function Explanation({ state }: { state: ApprovalState }) {
  const approves = may("posts_approve");
  const texts: Record<ApprovalState, ReactNode> = {
    pending: approves ? (
      <Trans>
        Posts of API keys and writers that need approval. You approve a post exactly as it is shown: any edit removes
        the approval.
      </Trans>
    ) : (
      <Trans>Posts of API keys and writers that need a publisher’s approval.</Trans>
    ),
    approved: <Trans>Not published yet. Their API key or writer can publish them now, and so can a publisher.</Trans>,
    sent_back: needsApproval ? (
      <Trans>Change your posts as the reasons say, and send them for approval again.</Trans>
    ) : (
      <Trans>
        Changes have been asked for. A post waits for approval again once its API key edits it, or its writer sends it
        again.
      </Trans>
    ),
  };
  return <p className="text-sm text-dim">{texts[state]}</p>;
}

function Nothing({ state }: { state: ApprovalState }) {
  const { t } = useLingui();
  const titles: Record<ApprovalState, string> = {
    pending: t`No posts are waiting for approval`,
    approved: t`No approved post waits to be published`,
    sent_back: t`No post has been sent back`,
  };
  return (
    <Empty title={titles[state]}>
      {state === "pending" && (
        <Trans>
          API keys with the policy “approval required” and writers publish only what has been approved here.
        </Trans>
      )}
    </Empty>
  );
}

/** Drafts that wait for nobody's approval, such as those of keys that only create drafts. */
function Drafts() {
  const { t } = useLingui();
  const [offset, setOffset] = useState(0);
  const [isDeciding, setDeciding] = useState(false);
  const { data, error, refetch } = useRead(
    postsList,
    { query: { status: "draft", limit: PAGE, offset } },
    { everyMilliseconds: FRESH_MILLISECONDS, keepsPrevious: true, enabled: !isDeciding },
  );
  if (data === undefined)
    return error === null ? <Loading /> : <Failure error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <p className="text-sm text-dim">
        <Trans>
          Posts that are neither scheduled nor published, such as those of keys that only create drafts. You publish,
          schedule or discard each as it is shown.
        </Trans>
      </p>
      {data.posts.length === 0 && <Empty title={t`No drafts`} />}
      {data.posts.map(({ id }) => (
        <DraftCard key={id} id={id} isDeciding={isDeciding} onDeciding={setDeciding} />
      ))}
      <Pages
        onNewer={offset === 0 ? undefined : () => setOffset(offset - PAGE)}
        onOlder={data.posts.length < PAGE ? undefined : () => setOffset(offset + PAGE)}
      />
    </>
  );
}

function Pages({ onNewer, onOlder }: { onNewer: (() => void) | undefined; onOlder: (() => void) | undefined }) {
  const { t } = useLingui();
  if (onNewer === undefined && onOlder === undefined) return null;
  return (
    <div className="flex gap-2">
      <Button disabled={onNewer === undefined} onClick={onNewer}>{t`Newer`}</Button>
      <Button disabled={onOlder === undefined} onClick={onOlder}>{t`Older`}</Button>
    </div>
  );
}
