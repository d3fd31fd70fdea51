import { useLingui } from "@lingui/react/macro";
import { memo } from "react";

import { useComposer } from "./context.ts";
import { SharedCounters } from "./counters.tsx";
import type { Item } from "./draft.ts";
import { WithIssues } from "./findings.tsx";
import { MediaBox } from "./media-box.tsx";
import { TextBox } from "./text-box.tsx";

const SHARED = { platform: null, path: [] };

/** What all platforms get. */
export const SharedPanel = memo(function SharedPanel({
  text,
  linkUrl,
  media,
}: {
  text: string;
  linkUrl: string;
  media: readonly Item[];
}) {
  const { t } = useLingui();
  const { type } = useComposer();
  return (
    <div className="space-y-5">
      <div className="space-y-2">
        <WithIssues at="/content/text">
          <TextBox
            label={t`Text`}
            isLong
            rows={6}
            autoFocus
            value={text}
            onType={(next) => type("text", (draft) => ({ ...draft, text: next }))}
          />
          <SharedCounters />
        </WithIssues>
      </div>
      <MediaBox label={t`Media`} slot={SHARED} pointer="/content/media" items={media} />
      <div className="space-y-2">
        <WithIssues at="/content/linkUrl">
          <TextBox
            label={t`Link`}
            hint={t`Shown as a card where the platform has them; elsewhere, it is added to the text.`}
            inputMode="url"
            value={linkUrl}
            onType={(next) => type("linkUrl", (draft) => ({ ...draft, linkUrl: next }))}
          />
        </WithIssues>
      </div>
    </div>
  );
});
