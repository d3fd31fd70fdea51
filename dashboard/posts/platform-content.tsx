import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { labelOfName } from "../api/in-words.ts";
import { PostPreview } from "../preview/post-preview.tsx";
import { useWords } from "../words/use-words.tsx";

interface PlatformContentProps {
  platform: PlatformName;
  content: Post["content"];
  account: Account | undefined;
  publishedAt?: string | null;
  /** Shows all of a text, of which feeds show the beginning. */
  isUnfolded?: boolean;
}

/** What a platform gets of a post, as its audience sees it, and what does not show: alt texts and settings. */
export function PlatformContent({
  platform,
  content,
  account,
  publishedAt = null,
  isUnfolded = false,
}: PlatformContentProps) {
  const { t } = useLingui();
  const say = useWords();
  const json = JSON.stringify(content);
  const given = useMemo<PostContent>(() => JSON.parse(json), [json]);
  const { media, settings } = given.platformOverrides[platform] ?? {};
  const { thread: _, ...others } = settings ?? {};
  const shown = [
    ...(media ?? given.media).map(({ altText }, index) => ({ name: t`Alt text ${index + 1}`, value: altText || null })),
    ...Object.entries(others).map(([name, value]) => ({
      name: say(labelOfName(name)),
      value: typeof value === "boolean" ? (value ? t`Yes` : t`No`) : value,
    })),
  ].filter(({ value }) => value !== null);
  return (
    <div className="space-y-3">
      <div className="max-w-118">
        <PostPreview
          platform={platform}
          content={given}
          account={account}
          publishedAt={publishedAt}
          isUnfolded={isUnfolded}
        />
      </div>
      {shown.length > 0 && (
        <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
          {shown.map(({ name, value }) => (
            <div key={name} className="flex min-w-0 gap-1.5">
              <dt className="shrink-0 text-dim">{name}</dt>
              <dd className="min-w-0 wrap-anywhere whitespace-pre-wrap">
                {withoutTurns(typeof value === "string" ? value : JSON.stringify(value))}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}
