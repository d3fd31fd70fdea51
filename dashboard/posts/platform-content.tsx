import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";

import type { Account } from "../../contract/operations/accounts.ts";
import type { Post } from "../../contract/operations/posts.ts";
import { COVER_MEDIA_ID } from "../../model/capabilities.ts";
import type { PlatformName } from "../../model/platform-names.ts";
import type { PostContent } from "../../model/post.ts";
import { withoutTurns } from "../../model/text-direction.ts";
import { PostPreview } from "../preview/post-preview.tsx";
import { Fact, Facts, SettingsList } from "./settings-list.tsx";

/** Settings that the card of the platform draws. */
const DRAWN: ReadonlySet<string> = new Set(["thread", "coverUrl", COVER_MEDIA_ID]);

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
  const json = JSON.stringify(content);
  const given = useMemo<PostContent>(() => JSON.parse(json), [json]);
  const { media, settings } = given.platformOverrides[platform] ?? {};
  const altTexts = (media ?? given.media).flatMap(({ altText }, index) =>
    altText ? [{ name: t`Alt text ${index + 1}`, altText }] : [],
  );
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
      {altTexts.length > 0 && (
        <Facts>
          {altTexts.map(({ name, altText }) => (
            <Fact key={name} name={name}>
              {withoutTurns(altText)}
            </Fact>
          ))}
        </Facts>
      )}
      {settings && <SettingsList platform={platform} settings={settings} except={DRAWN} />}
    </div>
  );
}
