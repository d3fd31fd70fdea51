import { useEffect, useEffectEvent } from "react";

import { useMode } from "../shell/mode.ts";
import type { Draft } from "./draft.ts";
import { dropKept, keep, type Kept } from "./kept.ts";
import type { useSaving } from "./saving.ts";

const KEEP_MILLISECONDS = 800;

/** What could not be saved yet stays in this browser until it is. */
export function useKeeping(
  key: string,
  draft: Draft,
  isTouched: boolean,
  { savedDraft, saved }: Pick<ReturnType<typeof useSaving>, "savedDraft" | "saved">,
  continued: Kept | null,
): void {
  const mode = useMode();
  const isSaved = draft === savedDraft;
  const keepNow = useEffectEvent(() => {
    if (isTouched && !isSaved) keep(mode, { key, at: Date.now(), version: saved.current, draft });
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
