import { Trans, useLingui } from "@lingui/react/macro";
import { Link } from "@tanstack/react-router";

import { type Account, accountsList } from "../../contract/operations/accounts.ts";
import type { Approval, WaitingApproval } from "../../contract/operations/approvals.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { useRead } from "../api/use-api.ts";
import { StatusTag } from "../posts/status.tsx";
import { labelOf } from "../start.ts";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { Notice, Tag } from "../ui/surfaces.tsx";
import { Time } from "../ui/time.tsx";
import { previewsOf } from "./previews.ts";
import { ReviewActions } from "./review-actions.tsx";
import { ShownPreview } from "./shown-preview.tsx";

/** A post as each platform would get it, and what a person decides about it. */
export function ReviewCard({
  approval,
  post,
  asker,
}: {
  approval: Approval;
  post: Post;
  asker?: Pick<WaitingApproval, "key" | "member">;
}) {
  const { t } = useLingui();
  const accounts = useRead(accountsList, { query: { platformSetId: post.platformSetId } });
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
      <div className="grid gap-4 lg:grid-cols-2">
        {previewsOf(post, approval.media).map((preview) => (
          <ShownPreview
            key={preview.platforms.join()}
            preview={preview}
            accounts={accounts.data === undefined ? null : accountsOf(post, accounts.data.accounts)}
          />
        ))}
      </div>
      <div>
        <ReviewActions approval={approval} post={post} />
      </div>
    </article>
  );
}

function accountsOf(post: Post, accounts: readonly Account[]): Account[] {
  const ids = new Set(post.platformPosts.map(({ accountId }) => accountId));
  return accounts.filter(({ id }) => ids.has(id));
}

function StateTag({ post, approval }: { post: Post; approval: Approval }) {
  const { t } = useLingui();
  if (post.status !== "draft") return <StatusTag status={post.status} />;
  if (approval.approvedAt !== null) return <Tag tone="good">{t`Approved`}</Tag>;
  if (approval.sentBackReason !== null) return <Tag tone="warn">{t`Sent back`}</Tag>;
  return post.approval === null ? <StatusTag status="draft" /> : <Tag tone="warn">{t`Waiting for approval`}</Tag>;
}
