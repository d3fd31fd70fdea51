import { useEffect, useEffectEvent } from "react";

import { useMode } from "../shell/mode.ts";
import type { useHistory } from "./history.ts";
import { dropKept, keep, type Kept } from "./kept.ts";
import type { useSaving } from "./saving.ts";

const KEEP_MILLISECONDS = 800;

/** What could not be saved yet stays in this browser until it is, also what was typed just before leaving. */
export function useKeeping(
  key: string,
  { draft, latest, isTouched }: Pick<ReturnType<typeof useHistory>, "draft" | "latest" | "isTouched">,
  { savedDraft, saved }: Pick<ReturnType<typeof useSaving>, "savedDraft" | "saved">,
  continued: Kept | null,
): void {
  const mode = useMode();
  const isSaved = draft === savedDraft;
  const keepNow = useEffectEvent(() => {
    const typed = latest();
    if ((isTouched || typed !== draft) && typed !== savedDraft)
      keep(mode, { key, at: Date.now(), version: saved.current, draft: typed });
  });
  useEffect(() => {
    if (continued === null) return;
    keepNow();
    dropKept(mode, continued.key);
  }, [mode, continued]);
  useEffect(() => {
    if (!isTouched) return undefined;
    if (isSaved) {
      dropKept(mode, key);
      return undefined;
    }
    const timer = setTimeout(keepNow, KEEP_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [mode, draft, isTouched, isSaved, key]);
  useEffect(() => {
    const onHide = () => keepNow();
    window.addEventListener("pagehide", onHide);
    return () => {
      window.removeEventListener("pagehide", onHide);
      onHide();
    };
  }, []);
}
