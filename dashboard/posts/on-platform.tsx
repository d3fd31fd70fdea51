import { useLingui } from "@lingui/react/macro";

import type { Account } from "../../contract/operations/accounts.ts";
import type { PlatformPost } from "../../contract/operations/posts.ts";
import { labelOf } from "../start.ts";
import { nameOf } from "../ui/avatar.tsx";
import { OutLink } from "../ui/controls.tsx";
import { OpenIcon } from "../ui/icons.tsx";
import { PlatformLogo } from "../ui/platform-logo.tsx";
import { Card, Notice } from "../ui/surfaces.tsx";
import { useWords } from "../words/use-words.tsx";
import { Attempts } from "./attempts.tsx";
import { Outcome } from "./outcome.tsx";
import { PlatformContent } from "./platform-content.tsx";
import { StatusTag } from "./status.tsx";
import type { FollowedPost } from "./use-post.ts";

interface OnPlatformProps {
  followed: FollowedPost;
  platformPost: PlatformPost;
  account: Account | undefined;
}

/** The post on one platform: its state, its link, what it shows there, and everything that was done. */
export function OnPlatform({ followed, platformPost, account }: OnPlatformProps) {
  const { platform, status, warnings } = platformPost;
  const say = useWords();
  return (
    <Card
      title={
        <span className="flex items-center gap-2">
          <PlatformLogo platform={platform} />
          <span className="flex min-w-0 flex-wrap gap-x-2">
            <span>{labelOf(platform)}</span>
            {account !== undefined && (
              <span className="font-normal text-dim" dir="auto">
                {nameOf(account)}
              </span>
            )}
          </span>
        </span>
      }
      actions={followed.post.status !== "draft" && <StatusTag status={status} />}
    >
      <div className="space-y-3">
        <Outcome followed={followed} platformPost={platformPost} account={account && nameOf(account)} />
        {warnings.map(({ code, message }) => (
          <Notice key={`${code} ${message}`} tone="warn">
            {say(message)}
          </Notice>
        ))}
        <Links platformPost={platformPost} />
        <PlatformContent
          platform={platform}
          content={followed.post.content}
          account={account}
          publishedAt={platformPost.publishedAt}
        />
        <Attempts post={followed.post} platformPostId={platformPost.id} etag={followed.etag} />
      </div>
    </Card>
  );
}

function Links({ platformPost: { platform, publishedUrl, sandboxUrl, parts } }: { platformPost: PlatformPost }) {
  const { t } = useLingui();
  const link = sandboxUrl ?? publishedUrl;
  const label = labelOf(platform);
  if (link === null) return null;
  return (
    <p className="flex flex-wrap gap-x-4 gap-y-1 text-sm">
      <OutLink href={link} target="_blank" className="inline-flex items-center gap-1">
        {sandboxUrl === null ? t`Open on ${label}` : t`Open in the sandbox`} <OpenIcon />
      </OutLink>
      {parts.map((part, index) => {
        const place = index + 2;
        const href = part.sandboxUrl ?? part.publishedUrl;
        return (
          href !== null && (
            <OutLink key={part.platformPostId} href={href} target="_blank">
              {t`Part ${place}`}
            </OutLink>
          )
        );
      })}
    </p>
  );
}
