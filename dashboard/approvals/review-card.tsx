import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";

import { accountsList } from "../../contract/operations/accounts.ts";
import type { Approval, ShownMedia, WaitingApproval } from "../../contract/operations/approvals.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { useRead } from "../api/use-api.ts";
import { accountNow } from "../posts/account-now.ts";
import { PlatformContent } from "../posts/platform-content.tsx";
import { StatusTag } from "../posts/status.tsx";
import { labelOf } from "../start.ts";
import { Avatar, nameOf } from "../ui/avatar.tsx";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { Loading, Notice, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { Said } from "../words/use-words.tsx";
import { type Deciding, ReviewActions } from "./review-actions.tsx";

/** A post as each platform would get it, and what a person decides about it. */
export function ReviewCard({
  approval,
  post,
  asker,
  select,
  onDeciding,
}: {
  approval: Approval;
  post: Post;
  asker?: Pick<WaitingApproval, "key" | "member">;
  /** What chooses it of several. */
  select?: ReactNode;
} & Pick<Deciding, "onDeciding">) {
  const { t } = useLingui();
  const accounts = useRead(accountsList, { query: { platformSetId: post.platformSetId } });
  if (accounts.isPending) return <Loading rows={3} />;
  const heading = `post-${post.id}`;
  const platforms = post.platformPosts.map(({ platform }) => platform);
  const content = JSON.stringify(post.content);
  return (
    <article aria-labelledby={heading} className="space-y-4 rounded-2xl border bg-card p-4 sm:p-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="flex gap-1.5">
          {platforms.map((platform) => (
            <PlatformLogo key={platform} platform={platform} />
          ))}
        </span>
        <h2 id={heading} className="grow text-base font-semibold">
          <Link to="/posts/$id" params={{ id: post.id }} className="text-ink no-underline hover:underline">
            {platforms.map(labelOf).join(", ")}
          </Link>
        </h2>
        <StateTag post={post} approval={approval} />
        {select}
      </div>
      <p className="text-sm text-dim">
        {asker?.member ? (
          <Trans>
            From {asker.member.name}, <Time at={post.updatedAt} />
          </Trans>
        ) : !asker?.key ? (
          <Trans>
            Edited <Time at={post.updatedAt} />
          </Trans>
        ) : (
          <Trans>
            From key “{asker.key.name}”, <Time at={post.updatedAt} />
          </Trans>
        )}
      </p>
      {withoutTurns(content) !== content && (
        <Notice tone="warn">
          {t`This post contains characters that change the direction of text. They are hidden here but would be published.`}
        </Notice>
      )}
      {approval.sentBackReason !== null && (
        <Notice tone="warn">
          <p className="font-semibold">{t`Sent back`}</p>
          <p className="whitespace-pre-wrap">{approval.sentBackReason}</p>
        </Notice>
      )}
      {approval.approvedAt !== null && (
        <Notice tone="good">
          <Trans>
            Approved on <Time at={approval.approvedAt} />, as shown here.
          </Trans>
        </Notice>
      )}
      {approval.media.map((file) => file.url === null && <Unfetched key={file.path} file={file} />)}
      <div className="grid gap-4 lg:grid-cols-2">
        {post.platformPosts.map((platformPost) => {
          const { platform } = platformPost;
          const account = accountNow(accounts.data?.accounts ?? [], post, platformPost);
          return (
            <div key={platform} className="min-w-0 space-y-3">
              <p className="flex items-center gap-3 text-sm">
                <Avatar
                  url={account?.avatarUrl ?? null}
                  name={account === undefined ? labelOf(platform) : nameOf(account)}
                  platform={platform}
                />
                <span className="min-w-0">
                  <span className="block font-semibold">{labelOf(platform)}</span>
                  {account !== undefined && <span className="block text-dim">{withoutTurns(nameOf(account))}</span>}
                  {account === undefined && accounts.data !== undefined && (
                    <Tag tone="bad">{t`No account connected`}</Tag>
                  )}
                </span>
              </p>
              <PlatformContent platform={platform} content={post.content} account={account} isUnfolded />
            </div>
          );
        })}
      </div>
      <div>
        <ReviewActions
          approval={approval}
          post={post}
          accounts={accounts.data?.accounts ?? []}
          onDeciding={onDeciding}
        />
      </div>
    </article>
  );
}

/** A file that cannot be shown, since it is not stored yet. */
function Unfetched({ file: { status, filename, error } }: { file: ShownMedia }) {
  return (
    <Notice tone="warn">
      {status === "failed" ? (
        <>
          <Trans>{withoutTurns(filename)} could not be fetched.</Trans> <Said text={withoutTurns(error ?? "")} />
        </>
      ) : (
        <Trans>{withoutTurns(filename)} is being fetched.</Trans>
      )}
    </Notice>
  );
}

function StateTag({ post, approval }: { post: Post; approval: Approval }) {
  const { t } = useLingui();
  if (post.status !== "draft") return <StatusTag status={post.status} />;
  if (approval.approvedAt !== null) return <Tag tone="good">{t`Approved`}</Tag>;
  if (approval.sentBackReason !== null) return <Tag tone="warn">{t`Sent back`}</Tag>;
  return post.approval === null ? <StatusTag status="draft" /> : <Tag tone="warn">{t`Waiting for approval`}</Tag>;
}
