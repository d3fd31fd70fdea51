import { useLingui } from "@lingui/react/macro";
import { memo } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { labelOf } from "../start.ts";
import { Tag } from "../ui/surfaces.tsx";
import { useComposer } from "./context.ts";
import type { Counts } from "./counts.ts";
import type { Item } from "./draft.ts";
import { FieldIssues } from "./findings.tsx";
import { MediaBox } from "./media-box.tsx";
import { TextBox } from "./text-box.tsx";

const SHARED = { platform: null, path: [] };

/** What all platforms get. */
export const SharedPanel = memo(function SharedPanel({
  text,
  linkUrl,
  media,
  platforms,
  counts,
}: {
  text: string;
  linkUrl: string;
  media: readonly Item[];
  /** Those without a text of their own. */
  platforms: readonly PlatformName[];
  counts: Counts;
}) {
  const { t } = useLingui();
  const { type } = useComposer();
  return (
    <div className="space-y-5">
      <div className="space-y-2">
        <TextBox
          label={t`Text`}
          isLong
          rows={6}
          autoFocus
          value={text}
          onType={(next) => type("text", (draft) => ({ ...draft, text: next }))}
        />
        <Counters platforms={platforms} counts={counts} />
        <FieldIssues at="/content/text" />
      </div>
      <MediaBox label={t`Media`} slot={SHARED} pointer="/content/media" items={media} />
      <div className="space-y-2">
        <TextBox
          label={t`Link`}
          hint={t`Shown as a card where the platform has them; elsewhere, it is added to the text.`}
          inputMode="url"
          value={linkUrl}
          onType={(next) => type("linkUrl", (draft) => ({ ...draft, linkUrl: next }))}
        />
        <FieldIssues at="/content/linkUrl" />
      </div>
    </div>
  );
});

/** How long the text is for each platform, by its own counting. */
export function Counters({ platforms, counts }: { platforms: readonly PlatformName[]; counts: Counts }) {
  const { t } = useLingui();
  return (
    <ul className="flex flex-wrap gap-1.5" aria-label={t`Length of the text`}>
      {platforms.map((platform) => {
        const counted = counts.get(platform);
        if (counted === undefined) return null;
        const { length, max } = counted;
        const isOver = length === null || length > max;
        return (
          <li key={platform}>
            <Tag tone={isOver ? "bad" : length > max * 0.9 ? "warn" : "neutral"}>
              {labelOf(platform)} {length ?? `> ${max}`} / {max}
            </Tag>
          </li>
        );
      })}
    </ul>
  );
}
