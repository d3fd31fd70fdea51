import { useLingui } from "@lingui/react/macro";
import { useBlocker } from "@tanstack/react-router";
import type { RefObject } from "react";

import { Button } from "../ui/controls.tsx";
import { Dialog } from "../ui/surfaces.tsx";

/** What a person may take for done who leaves the composer. */
export type Undone = "changes" | "files" | "time";

/** Asks before the composer is left while something is not done. */
export function Leaving({ undone, isQuiet }: { undone: readonly Undone[]; isQuiet: RefObject<boolean> }) {
  const { t } = useLingui();
  const { status, proceed, reset } = useBlocker({
    // A place on the same page is no other page.
    shouldBlockFn: ({ current, next }) =>
      current.pathname !== next.pathname || JSON.stringify(current.search) !== JSON.stringify(next.search),
    enableBeforeUnload: () => !isQuiet.current,
    disabled: undone.length === 0,
    withResolver: true,
  });
  const words: Record<Undone, string> = {
    changes: t`The post is scheduled, and goes out without your last changes.`,
    files: t`Not all files are uploaded. The post will be without them.`,
    time: t`The post is a draft. It is not scheduled yet.`,
  };
  return (
    <Dialog title={t`Leave this page?`} isOpen={status === "blocked"} onClose={() => reset?.()}>
      <ul className="mb-4 space-y-2 text-sm">
        {undone.map((each) => (
          <li key={each}>{words[each]}</li>
        ))}
      </ul>
      <div className="flex justify-end gap-2">
        <Button onClick={() => proceed?.()}>{t`Leave`}</Button>
        <Button kind="main" onClick={() => reset?.()}>{t`Stay`}</Button>
      </div>
    </Dialog>
  );
}
