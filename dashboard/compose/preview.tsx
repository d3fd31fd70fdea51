import { useLingui } from "@lingui/react/macro";
import { memo, useMemo, useState } from "react";

import type { PlatformName } from "../../model/platform-names.ts";
import { PostPreview } from "../preview/post-preview.tsx";
import { labelOf } from "../start.ts";
import { Button } from "../ui/controls.tsx";
import { Card } from "../ui/surfaces.tsx";
import { useComposer } from "./context.ts";
import { contentOf, type Draft, shownEntry } from "./draft.ts";
import { ALL, type Tab } from "./issues.ts";

/** What the audience of a platform will see: of the one whose tab is open, otherwise of one after the other. */
export const Preview = memo(function Preview({ draft, tab }: { draft: Draft; tab: Tab }) {
  const { t } = useLingui();
  const { accountOf } = useComposer();
  const [chosen, setChosen] = useState<PlatformName>();
  const { platforms } = draft;
  const platform = tab === ALL ? (platforms.find((each) => each === chosen) ?? platforms[0]) : tab;
  const content = useMemo(() => contentOf(draft, shownEntry), [draft]);
  if (platform === undefined) return null;
  return (
    <Card title={t`Preview: ${labelOf(platform)}`}>
      {tab === ALL && platforms.length > 1 && (
        <div role="group" aria-label={t`Preview`} className="mb-3 flex flex-wrap gap-1.5">
          {platforms.map((each) => (
            <Button
              key={each}
              kind="quiet"
              className="min-h-8! px-2.5! aria-pressed:bg-tint"
              aria-pressed={each === platform}
              onClick={() => setChosen(each)}
            >
              {labelOf(each)}
            </Button>
          ))}
        </div>
      )}
      <PostPreview platform={platform} content={content} account={accountOf(platform)} />
    </Card>
  );
});
