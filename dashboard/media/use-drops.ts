import { useEffect, useRef, useState } from "react";

import { may } from "../shell/workspace.ts";

/**
 * Takes files that are dropped or pasted anywhere on the page, unless something on it has taken them. True while some are
 * held over it.
 */
export function useDrops(onFiles: (files: Iterable<File>) => void): boolean {
  const [isOver, setOver] = useState(false);
  const latest = useRef(onFiles);
  useEffect(() => {
    latest.current = onFiles;
  });
  useEffect(() => {
    if (!may("media_create")) return undefined;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const onOver = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (!hasFiles(event) || event.defaultPrevented) return;
      event.preventDefault();
      latest.current(event.dataTransfer?.files ?? []);
    };
    const onPaste = (event: ClipboardEvent) => {
      const files = event.defaultPrevented ? [] : pastedFiles(event);
      if (files.length === 0) return;
      event.preventDefault();
      latest.current(files);
    };
    document.addEventListener("dragover", onOver);
    document.addEventListener("dragleave", onLeave);
    document.addEventListener("drop", onDrop);
    document.addEventListener("paste", onPaste);
    return () => {
      document.removeEventListener("dragover", onOver);
      document.removeEventListener("dragleave", onLeave);
      document.removeEventListener("drop", onDrop);
      document.removeEventListener("paste", onPaste);
    };
  }, []);
  return isOver;
}

/** Cells of a table are copied with a picture of them: where somebody writes, the text is meant. */
export function pastedFiles({ target, clipboardData }: ClipboardEvent): File[] {
  if (clipboardData === null || (isTextField(target) && clipboardData.types.includes("text/plain"))) return [];
  return [...clipboardData.files];
}

/** Whether one can write in it, and the browser undoes what was written. */
export function isTextField(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement) return target.selectionStart !== null;
  return target instanceof HTMLTextAreaElement;
}
