import { useLingui } from "@lingui/react/macro";
import { memo } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { labelOf } from "../start.ts";
import { Card } from "../ui/surfaces.tsx";
import { useComposer } from "./context.ts";
import type { Counts } from "./counts.ts";
import type { Item } from "./draft.ts";
import { AccountLine } from "./platform-panel.tsx";
import { Thumbnail } from "./thumbnail.tsx";

/** What the audience of a platform gets: the text with its link, the media, and the parts that follow. */
export const Preview = memo(function Preview({
  platform,
  media,
  counts,
}: {
  platform: PlatformName;
  media: readonly Item[];
  counts: Counts;
}) {
  const { t } = useLingui();
  const { accountOf, described } = useComposer();
  const account = accountOf(platform);
  const read = counts.get(platform);
  if (read === undefined) return null;
  const { content } = read;
  const parts = content.thread.filter(({ text }) => text !== "");
  return (
    <Card title={t`Preview: ${labelOf(platform)}`}>
      <div className="space-y-3">
        {account !== undefined && (
          <AccountLine account={account} nameFrom={described.get(platform)?.capabilities.sharing?.creatorName} />
        )}
        {content.text !== "" && <p className="text-sm whitespace-pre-wrap">{content.text}</p>}
        {media.length > 0 && (
          <div className={`grid gap-1 overflow-hidden rounded-xl ${media.length > 1 ? "grid-cols-2" : ""}`}>
            {media.map((item) => (
              <div key={item.key} className="grid aspect-square place-items-center bg-tint">
                <Thumbnail item={item} />
              </div>
            ))}
          </div>
        )}
        {content.linkUrl !== null && <p className="truncate rounded-xl border px-3 py-2 text-sm">{content.linkUrl}</p>}
        {parts.map((part, place) => (
          // Parts have no other keys than places.
          <p key={place} className="border-s-2 ps-3 text-sm whitespace-pre-wrap">
            {part.text}
          </p>
        ))}
      </div>
    </Card>
  );
});
