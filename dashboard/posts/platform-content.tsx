import { useMemo } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import { PostPreview } from "../preview/post-preview.tsx";

interface PlatformContentProps {
  platform: PlatformName;
  content: Post["content"];
  account: Account | undefined;
}

/** What a platform gets of a post, as its audience sees it, and the settings that do not show. */
export function PlatformContent({ platform, content, account }: PlatformContentProps) {
  const json = JSON.stringify(content);
  const given = useMemo<PostContent>(() => JSON.parse(json), [json]);
  const { thread: _, ...settings } = given.platformOverrides[platform]?.settings ?? {};
  const shown = Object.entries(settings).filter(([, value]) => value !== null);
  return (
    <div className="space-y-3">
      <div className="max-w-118">
        <PostPreview platform={platform} content={given} account={account} />
      </div>
      {shown.length > 0 && (
        <dl className="flex flex-wrap gap-x-6 gap-y-1 text-sm">
          {shown.map(([name, value]) => (
            <div key={name} className="flex gap-1.5">
              <dt className="text-dim">{wordsOf(name)}</dt>
              <dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      )}
    </div>
  );
}

/** "replySettings" as "Reply settings". */
function wordsOf(name: string): string {
  const words = name.replaceAll(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
